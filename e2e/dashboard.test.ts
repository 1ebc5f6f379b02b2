/** A person at the dashboard: sees the hardware, breaks it, mends it, and follows what the drivers do. */
import { statSync } from 'node:fs';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPage, startBrowser } from './browser.ts';
import { eventually, type RunningLab, startLab } from './lab.ts';

let lab: RunningLab;
let browser: Browser;
const WAIT = 15_000;
/** Every one of them is a write of the upload. */
const FIRMWARE_BYTES = statSync(new URL('../firmware/ferrolab-qt2025.fw', import.meta.url)).size;

beforeAll(async () => {
  [lab, browser] = await Promise.all([startLab(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await lab.stop();
});

const open = async (path: string): Promise<{ page: Page; close: () => Promise<void> }> => {
  const { page, errors } = await openPage(browser, new URL(path, lab.url).href);
  page.setDefaultTimeout(WAIT);
  return {
    page,
    close: async () => {
      expect(errors).toEqual([]);
      await page.context().close();
    },
  };
};

const faultsOfPhy = async (): Promise<readonly { name: string }[]> => {
  const devices = await lab.get<readonly { name: string; faults: readonly { name: string }[] }[]>('/devices');
  return devices.find(({ name }) => name === 'phy0')?.faults ?? [];
};

test('the bench shows the PHY come up, who drives it, and every stage locked', async () => {
  const { page, close } = await open('/');
  const phy0 = page.getByRole('article', { name: 'phy0' });
  await phy0.getByText('Link up').waitFor();
  await phy0.getByText('tracking').waitFor();
  for (const stage of ['PMA: locked', 'PCS: locked', 'PHY XS: locked', 'MAC: up'])
    await phy0.getByRole('region', { name: stage }).waitFor();
  await phy0.getByText('qt2025', { exact: true }).first().waitFor();
  await close();
});

test('a fault is switched on from the panel, cannot be missed, and is cleared there', async () => {
  const { page, close } = await open('/');
  const phy0 = page.getByRole('article', { name: 'phy0' });
  await phy0.getByText('Link up').waitFor();
  await phy0.getByRole('switch', { name: 'weak light' }).click();
  await phy0.getByRole('button', { name: 'Clear' }).waitFor();
  await phy0.getByRole('region', { name: /^PMA: / }).waitFor();
  await phy0.getByRole('region', { name: /^PCS: .*high BER/ }).waitFor();
  expect(await faultsOfPhy()).toMatchObject([{ name: 'weak-light' }]);
  await phy0.getByRole('button', { name: 'Clear' }).click();
  await phy0.getByRole('region', { name: 'PCS: locked' }).waitFor();
  await close();
});

test('a second window sees the same fault, and so does a page that is loaded again', async () => {
  const first = await open('/');
  const second = await open('/');
  await first.page.getByRole('switch', { name: 'loss of signal' }).click();
  await second.page.getByRole('article', { name: 'phy0' }).getByText('Link down').waitFor();
  await second.page.reload();
  await second.page.getByRole('button', { name: 'Clear' }).click();
  await first.page.getByRole('article', { name: 'phy0' }).getByText('Link up').waitFor();
  await first.close();
  await second.close();
});

test('the module is pulled and another kind put in, and the page tells what it is', async () => {
  const { page, close } = await open('/devices/phy0');
  await page.getByText('Link up').first().waitFor();
  const module = page.getByRole('region', { name: 'Module' });
  await module.getByRole('button', { name: 'Pull the module' }).click();
  await page.getByText('Link down').first().waitFor();
  await module.getByRole('combobox').selectOption('lr');
  await module.getByRole('button', { name: /Insert|Change to/ }).click();
  await page.getByText('10GBASE-LR').first().waitFor();
  await page.getByText('Link up').first().waitFor();
  await close();
});

test('a register is found by name, decoded, poked, and read on the bus', async () => {
  const { page, close } = await open('/devices/phy0');
  await page.getByRole('searchbox', { name: 'Filter the registers' }).fill('LED2');
  await page.getByRole('button', { name: /^LED2/ }).click();
  const register = page.getByRole('region', { name: 'Register LED2' });
  await register.getByRole('textbox').fill('0005');
  await register.getByRole('button', { name: 'Poke' }).click();
  await page
    .getByRole('img', { name: /^LED2 (?:green|on|lit)/ })
    .first()
    .waitFor();
  await register.getByRole('button', { name: 'Read on the bus' }).click();
  await eventually(
    () =>
      lab.get<{ records: readonly { register?: string; requester: string }[] }>(
        `/trace?limit=10000&since=${FIRMWARE_BYTES}`,
      ),
    ({ records }) => records.some((row) => row.register === 'LED2' && row.requester === 'dashboard'),
  );
  await close();
});

test('the traffic table folds the firmware upload into one row that opens', async () => {
  const { page, close } = await open(`/traffic?filter=${encodeURIComponent('op == write && requester == qt2025')}`);
  const grid = page.getByRole('grid', { name: 'Accesses' });
  const burst = grid.getByRole('row', { name: `${FIRMWARE_BYTES.toLocaleString('en')} writes` });
  await burst.first().waitFor();
  await burst.first().click();
  await grid
    .getByRole('row', { name: /16,384 writes/ })
    .first()
    .waitFor();
  await close();
});

test('a filter says whether it is valid and why not, and the address carries it', async () => {
  const { page, close } = await open('/traffic');
  const filter = page.getByRole('combobox', { name: 'Filter' });
  await filter.fill('reg == PCS_STAT9');
  await page
    .getByText(/did you mean/i)
    .first()
    .waitFor();
  await filter.fill('reg == HW_REV && op == read');
  await page
    .getByRole('grid')
    .getByRole('row', { name: /1\.D001h/ })
    .first()
    .waitFor();
  await expect.poll(() => decodeURIComponent(page.url()), { timeout: WAIT }).toContain('HW_REV');
  await close();
});

test('a row shows its fields and the bits of its frames', async () => {
  const { page, close } = await open('/traffic?filter=reg%20%3D%3D%20HW_REV');
  await page
    .getByRole('row', { name: /1\.D001h/ })
    .first()
    .click();
  await page.getByText('Hardware revision').first().waitFor();
  await page.getByText('15:8').first().waitFor();
  await page.getByText('PRTAD').first().waitFor();
  await page.getByText('DEVAD').first().waitFor();
  await close();
});

test('a scenario runs with one click, ticks its steps off and links them to their accesses', async () => {
  const { page, close } = await open('/scenarios');
  await page.getByRole('button', { name: /^Firmware byte flipped/ }).click();
  await page.getByRole('button', { name: 'Run virtual' }).click();
  await page.getByText('pass', { exact: true }).first().waitFor();
  await page.getByRole('link', { name: /#\d/ }).first().click();
  await page.waitForURL(/\/traffic\?run=\d+/);
  await page.getByRole('grid', { name: 'Accesses' }).getByRole('row').nth(1).waitFor();
  await close();
});

test('a driver is unloaded and loaded again from its page, and the kernel log tells it', async () => {
  const { page, close } = await open('/drivers');
  await page.getByRole('button', { name: 'Unload the driver of phy0' }).click();
  await page.getByRole('option', { name: 'phy0', exact: true }).first().waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Load qt2025' }).click();
  await page.getByRole('button', { name: 'Unload the driver of phy0' }).waitFor();
  await page.goto(new URL('/log', lab.url).href);
  await page.getByRole('log').getByText('Link is Up').last().waitFor();
  await close();
});

test('a page of another origin gets nothing from the lab', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route('http://evil.example/**', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<title>elsewhere</title>' }),
  );
  await page.goto('http://evil.example/');
  const got = await page.evaluate(async (url) => {
    const ask = (init?: RequestInit) =>
      fetch(url, init).then(
        (response) => response.status,
        () => 'refused',
      );
    return [await ask(), await ask({ method: 'POST', mode: 'no-cors', body: '{"name":"absent"}' })];
  }, new URL('/api/v1/devices/phy0/faults', lab.url).href);
  expect(got[0]).toBe('refused');
  expect(await faultsOfPhy()).toEqual([]);
  await context.close();
});

test('keys work and are listed, but never while typing', async () => {
  const { page, close } = await open('/traffic');
  await page.getByRole('grid').waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.type('op == read?');
  expect(await page.getByRole('dialog').count()).toBe(0);
  await close();
});

test('the lab is paused, stepped and taken on from the page; nobody can overlook that, and the link is up afterwards', async () => {
  const { page, close } = await open('/');
  const phy0 = page.getByRole('article', { name: 'phy0' });
  await phy0.getByText('Link up').waitFor();
  await page.getByRole('timer', { name: 'Lab clock, real' }).waitFor();
  const time = () => lab.get<{ state: string; now: number; epoch: number; next: { at: number } | null }>('/time');

  await page.keyboard.press('k');
  const paused = page.getByRole('timer', { name: 'Lab clock, paused' });
  await paused.waitFor();
  await page.getByText('Lab paused').waitFor();
  const shown = await paused.innerText();
  const { epoch } = await time();

  await page.keyboard.press('.');
  const stepped = await eventually(time, (view) => view.state === 'paused' && view.epoch > epoch && view.next !== null);
  await page.keyboard.press('.');
  await eventually(time, (view) => view.epoch > stepped.epoch && view.next !== null && view.now >= stepped.now);
  const { now } = await time();

  await page.getByRole('button', { name: 'Time control' }).click();
  const sheet = page.getByRole('region', { name: 'Time of the lab' });
  await sheet.getByText(/^next in .* of /).waitFor();
  await sheet.getByRole('textbox', { name: 'Jump by' }).fill('5s');
  await sheet.getByRole('button', { name: 'Jump' }).click();
  await eventually(time, (view) => view.now === now + 5e9);
  await eventually(
    () => paused.innerText(),
    (text) => text !== shown,
  );

  await sheet.getByRole('button', { name: '×10', exact: true }).click();
  await sheet.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('timer', { name: 'Lab clock, ×10' }).waitFor();
  await sheet.getByRole('button', { name: '×1', exact: true }).click();
  await page.getByRole('timer', { name: 'Lab clock, real' }).waitFor();
  await phy0.getByText('Link up').waitFor();
  expect(await lab.ferrolab('time', 'jump', '-5s')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/forward only/),
  });
  await close();
});
