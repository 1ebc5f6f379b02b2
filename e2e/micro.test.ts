/** A person debugs the firmware: a breakpoint by name from the command line, the page at the stop, steps, and on to the link. */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPage, startBrowser } from './browser.ts';
import { eventually, type RunningLab, startLab } from './lab.ts';

interface Micro {
  readonly state: string;
  readonly why: string | null;
  readonly place: string;
  readonly registers: { readonly pc: number };
}

let lab: RunningLab;
let browser: Browser;

beforeAll(async () => {
  [lab, browser] = await Promise.all([startLab('--no-drivers'), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await lab.stop();
});

const micro = (): Promise<Micro> => lab.get<Micro>('/devices/phy0/micro');

test('a breakpoint by symbol stops the firmware, the page shows it, and stepping and continuing bring the link up', async () => {
  const set = await lab.ferrolab(
    ...['micro', 'phy0', 'break', 'search', '--symbols', 'firmware/ferrolab-qt2025.map', '--json'],
  );
  expect(JSON.parse(set.stdout)).toMatchObject([{ id: 1, on: 'execute', place: 'search', hits: 0 }]);
  const { page, errors } = await openPage(browser, new URL('/devices/phy0', lab.url).href);
  page.setDefaultTimeout(30_000);
  await page.getByRole('link', { name: '8051' }).click();
  const core = page.getByRole('region', { name: 'The core' });
  await core.getByText('Off', { exact: true }).waitFor();

  expect((await lab.ferrolab('insmod', 'qt2025', 'phy0')).code).toBe(0);
  await core.getByText('breakpoint 1 at search').waitFor();
  const stopped = await micro();
  const program = page.getByRole('region', { name: 'Disassembly' });
  const here = program.locator('[aria-current]');
  expect(await here.textContent()).toContain(hex(stopped.registers.pc));
  await page.getByRole('region', { name: 'Breakpoints' }).getByText('stopped here').waitFor();

  await page.keyboard.press('s');
  await core.getByText('stepped to').waitFor();
  const stepped = await micro();
  expect(stepped.registers.pc).toBeGreaterThan(stopped.registers.pc);
  await here.getByText(hex(stepped.registers.pc)).waitFor();

  await program.getByRole('button', { name: `Breakpoint at ${hex(stopped.registers.pc)}`, pressed: true }).click();
  await page.getByRole('region', { name: 'Breakpoints' }).getByText('none').waitFor();
  await core.getByRole('button', { name: 'Continue' }).click();
  await core.getByText('Running', { exact: true }).waitFor();
  await eventually(
    () => lab.get<readonly { link: string; owner: { link: string | null } | null }[]>('/devices'),
    ([phy0]) => phy0?.link === 'up' && phy0.owner?.link === 'up',
    30_000,
  );
  await page.getByRole('region', { name: 'Named cells of XDATA' }).getByText('tracking', { exact: true }).waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

test('a halted core stops the heart and nothing else: the registers answer, and the bench says who did it', async () => {
  const { page, errors } = await openPage(browser, new URL('/devices/phy0/micro', lab.url).href);
  page.setDefaultTimeout(30_000);
  const core = page.getByRole('region', { name: 'The core' });
  await core.getByText('Running', { exact: true }).waitFor();
  await page.keyboard.press('h');
  await core.getByText(/halted at .*; goes on in \d+:\d\d/).waitFor();
  const heart = (): Promise<{ level: number }> => lab.get('/devices/phy0/registers/HEARTBEAT');
  expect((await heart()).level).toBe((await heart()).level);
  expect(await lab.get('/devices/phy0/registers/PCS_STAT1')).toMatchObject({ name: 'PCS_STAT1' });
  await page.goto(lab.url);
  await page.getByText('halted by the debugger').waitFor();
  await lab.ferrolab('micro', 'phy0', 'continue');
  await eventually(micro, ({ state }) => state === 'running');
  await page.getByText('halted by the debugger').waitFor({ state: 'detached' });
  expect(errors).toEqual([]);
  await page.context().close();
});

const hex = (value: number): string => `${value.toString(16).toUpperCase().padStart(4, '0')}h`;
