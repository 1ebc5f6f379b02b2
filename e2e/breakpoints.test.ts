/** A person stops a driver at a register in the browser, sees what it is about to do, and lets it go on. */
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPage, picture, startBrowser, THEMES } from './browser.ts';
import { eventually, type RunningLab, startLab } from './lab.ts';

let lab: RunningLab;
let browser: Browser;
const WAIT = 15_000;

beforeAll(async () => {
  [lab, browser] = await Promise.all([startLab('--no-drivers'), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await lab.stop();
});

const open = async (path: string): Promise<{ page: Page; close: (allowed?: readonly RegExp[]) => Promise<void> }> => {
  const { page, errors } = await openPage(browser, new URL(path, lab.url).href);
  page.setDefaultTimeout(WAIT);
  return {
    page,
    close: async (allowed = []) => {
      expect(errors.filter((error) => !allowed.some((pattern) => pattern.test(error)))).toEqual([]);
      await page.context().close();
    },
  };
};

interface Modules {
  readonly state: string;
}
const stateOfDriver = async (): Promise<string | undefined> =>
  (await lab.get<readonly Modules[]>('/modules'))[0]?.state;

test('`break write 3.E854 == 0x0040` holds the start of the firmware; Continue lets the driver finish its probe', async () => {
  const { code, stdout } = await lab.ferrolab('break', 'write', '3.E854', '==', '0x0040');
  expect([code, stdout]).toEqual([0, 'breakpoint 1: break write 3.E854 == 0x0040\n']);
  const { page, close } = await open('/traffic');
  const bar = page.getByRole('region', { name: 'Breakpoints and bus faults' });
  await bar.getByText('Nothing is held').waitFor();
  const before = await page.getByRole('grid', { name: 'Accesses' }).boundingBox();
  const loading = lab.send('POST', '/modules', { driver: 'qt2025', device: 'phy0' });

  await bar.getByText('phy0 is held').waitFor();
  await bar.getByText('MICRO_BOOT').waitFor();
  await bar.getByText('00C0h → 0040h').waitFor();
  await bar.getByText('FROM rom → sram').waitFor();
  await bar.getByText(/Goes on by itself in \d+ s/).waitFor();
  await page.getByRole('timer', { name: 'Lab clock, held' }).waitFor();
  expect(await page.getByRole('grid', { name: 'Accesses' }).boundingBox()).toEqual(before); // nothing jumps
  expect(await stateOfDriver()).not.toBe('live');
  await picture(page, 'held-access');

  await page.keyboard.press('c');
  await loading;
  await bar.getByText('Nothing is held').waitFor();
  expect(await stateOfDriver()).toBe('live');
  const log = await lab.ferrolab('dmesg');
  expect(log.stdout).toMatch(/phy0 is held by breakpoint 1: write 3\.E854h MICRO_BOOT 00C0h → 0040h by qt2025/);
  expect(log.stdout).toMatch(/phy0: continue/);
  await close();
});

test('B on a row asks for the same access again; Step goes access by access', async () => {
  const { page, close } = await open(`/traffic?filter=${encodeURIComponent('reg == PMA_STAT1')}`);
  const grid = page.getByRole('grid', { name: 'Accesses' });
  await page.keyboard.press(' '); // stand still, so that the row stays
  await grid
    .getByRole('row', { name: /PMA_STAT1/ })
    .first()
    .click();
  await page.keyboard.press('b');
  const panel = page.getByRole('dialog', { name: 'Breakpoints' });
  const when = panel.getByRole('textbox', { name: 'Which accesses' });
  await when.waitFor();
  expect(await when.inputValue()).toBe('read PMA_STAT1');
  await when.press('Enter');
  const bar = page.getByRole('region', { name: 'Breakpoints and bus faults' });
  await bar.getByText(/by breakpoint 2/).waitFor();
  await page.keyboard.press('Escape');
  await bar.getByRole('button', { name: /^Step/ }).click();
  await bar.getByText(/by a step/).waitFor();
  await bar.getByRole('button', { name: /^Breakpoints/ }).click();
  await panel.getByRole('button', { name: 'Take breakpoint 2 away' }).click();
  await panel.getByRole('button', { name: 'Close' }).click();
  await bar.getByRole('button', { name: /^Continue/ }).click();
  await bar.getByText('Nothing is held').waitFor();
  await close();
});

test('a bus fault is put there from the page, fires, is switched off and taken away; a mistake is said beside its field', async () => {
  const { page, close } = await open('/traffic');
  const bar = page.getByRole('region', { name: 'Breakpoints and bus faults' });
  await bar.getByRole('button', { name: /^Bus faults/ }).click();
  const panel = page.getByRole('dialog', { name: 'Bus faults' });
  await panel.getByRole('combobox', { name: 'Effect' }).selectOption('bit-flip');
  const when = panel.getByRole('textbox', { name: 'Which accesses are hit' });
  await when.fill('read PMA_STATT1');
  await panel.getByRole('button', { name: 'Add' }).click();
  await panel.getByText(/did you mean PMA_STAT1/).waitFor();
  await when.fill('read PMA_STAT1');
  await panel.getByRole('button', { name: 'Add' }).click();
  const toggle = panel.getByRole('switch', { name: 'Bus fault bit-flip-1' });
  await panel.getByText(/fired [1-9]/).waitFor();
  expect(await toggle.getAttribute('aria-checked')).toBe('true');
  await picture(page, 'bus-faults');
  await toggle.click();
  await eventually(
    () => toggle.getAttribute('aria-checked'),
    (state) => state === 'false',
  );
  await panel.getByRole('button', { name: 'Take the bus fault bit-flip-1 away' }).click();
  await panel.getByText('None yet').waitFor();
  await close([/status of 400/]); // the mistake
});

test('the held bar reads well in both themes, and on a phone nothing is wider than the page', async () => {
  await lab.ferrolab('break', 'read', 'PMA_STAT1');
  const { page, close } = await open('/traffic');
  await page.getByText('phy0 is held').waitFor();
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    await picture(page, `held-${theme}`);
  }
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 720 });
    await page.getByRole('button', { name: /^Continue/ }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
  }
  await picture(page, 'held-phone');
  await close();
  await lab.ferrolab('unbreak');
});
