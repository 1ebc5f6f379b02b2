/** Pictures of a block device at work in both themes: the bench with two instruments, and its page. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPage, picture, startBrowser, THEMES } from './browser.ts';
import { eventually, type RunningLab, root, startLab } from './lab.ts';

const ZONE_SECTORS = 32_768;
const WORKERS = 6;
/** A picture shows an instrument that has been running for a while. */
const SPARK_MS = process.env.FERROLAB_PICTURES ? 35_000 : 0;

let lab: RunningLab;
let browser: Browser;

beforeAll(async () => {
  [lab, browser] = await Promise.all([
    startLab('--nbd', '0', '--bench', join(root, 'e2e/block-bench.yaml')),
    startBrowser(),
  ]);
  await eventually(
    () => io({ op: 'read', sector: 0, sectors: 8 }),
    ({ status }) => status === 'OK',
    60_000,
  );
  const { send } = lab;
  for (const zone of [6, 7, 8, 9, 41, 42]) await io({ op: 'write', sector: zone * ZONE_SECTORS, sectors: 2000 });
  for (const zone of [6, 7, 8, 9]) await io({ op: 'zone_finish', sector: zone * ZONE_SECTORS });
  for (const zone of [41, 42]) await io({ op: 'zone_close', sector: zone * ZONE_SECTORS });
  await send('PATCH', '/devices/nullb0/attributes', {
    zone_readonly: 45 * ZONE_SECTORS,
    zone_offline: 57 * ZONE_SECTORS,
    badblocks: '+60000-60007',
  });
});
afterAll(async () => {
  await browser.close();
  await lab.stop();
});

const io = (body: Readonly<Record<string, unknown>>): Promise<{ status: string }> =>
  lab.send('POST', '/devices/nullb0/io', body);

/** Reads anywhere in the conventional zones, writes one after the other in a sequential one; fio beside it where there is one. */
const load = async (): Promise<() => Promise<void>> => {
  let on = true;
  let place = 0;
  const step = async (worker: number): Promise<void> => {
    place = (place * 1_103_515_245 + 12_345) % 2 ** 31;
    if (worker > 0) await io({ op: 'read', sector: (place % (4 * ZONE_SECTORS - 8)) & ~7, sectors: 8 });
    else {
      const { status } = await io({ op: 'zone_append', sector: 12 * ZONE_SECTORS, sectors: 64 });
      if (status !== 'OK') await io({ op: 'zone_reset', sector: 12 * ZONE_SECTORS });
    }
  };
  const workers = Array.from({ length: WORKERS }, async (_, worker) => {
    while (on) await step(worker);
  });
  const view = await lab.get<{ nbd: { port: number } }>('/lab');
  const uri = `nbd://127.0.0.1:${view.nbd.port}/nullb0`;
  const job = ['--name=load', '--thread', '--ioengine=nbd', `--uri=${uri}`, '--rw=randrw', '--rwmixread=70', '--bs=4k'];
  const bounds = ['--iodepth=32', '--size=24m', '--time_based', '--runtime=300', '--rate_iops=4000'];
  const fio = spawn('fio', [...job, ...bounds], { stdio: 'ignore' });
  const gone = new Promise<void>((done) => {
    fio.on('error', () => done());
    fio.on('exit', () => done());
  });
  return async () => {
    on = false;
    fio.kill('SIGKILL');
    await Promise.all([...workers, gone]);
  };
};

const busy = (page: Page, since: number): Promise<unknown> =>
  page.waitForFunction(
    (end) => Date.now() > end && /[1-9]/.test(document.querySelector('.block-iops b')?.textContent ?? ''),
    Date.now() + since,
    { timeout: since + 30_000 },
  );

for (const theme of THEMES)
  test(`${theme}: the bench with two instruments, and the page of the busy disk`, async () => {
    const stop = await load();
    const { page, errors } = await openPage(browser, lab.url, { theme, reducedMotion: 'reduce' });
    page.setDefaultTimeout(20_000);
    try {
      await busy(page, SPARK_MS);
      await picture(page, `bench-two-${theme}`);
      await page.getByRole('link', { name: 'Open nullb0' }).click();
      await page.getByRole('region', { name: 'Requests' }).getByRole('row').nth(4).waitFor();
      await page.getByRole('figure', { name: /^Latency histogram/ }).waitFor();
      await page.getByRole('form', { name: 'Attributes' }).getByText('hw_queue_depth', { exact: true }).waitFor();
      await picture(page, `block-${theme}`);
    } finally {
      await stop();
    }
    expect(errors).toEqual([]);
    await page.context().close();
  });
