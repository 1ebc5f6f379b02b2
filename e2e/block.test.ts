/** A person at a block device: watches it work, breaks it, sets it up as configfs would, and reads its requests. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPage, startBrowser } from './browser.ts';
import { eventually, type RunningLab, root, startLab } from './lab.ts';

const ZONE_SECTORS = 32_768;

let lab: RunningLab;
let browser: Browser;

beforeAll(async () => {
  [lab, browser] = await Promise.all([
    startLab('--nbd', '0', '--bench', join(root, 'e2e/block-bench.yaml')),
    startBrowser(),
  ]);
  await eventually(
    () => lab.get<readonly { name: string; owner: unknown }[]>('/devices'),
    (devices) => devices.some(({ name, owner }) => name === 'nullb0' && owner !== null),
    60_000,
  );
});
afterAll(async () => {
  await browser.close();
  await lab.stop();
});

const open = async (path: string): Promise<{ page: Page; close: (refused?: number) => Promise<void> }> => {
  const { page, errors } = await openPage(browser, new URL(path, lab.url).href);
  page.setDefaultTimeout(20_000);
  return {
    page,
    // the browser itself says on its console that a request was answered with 400
    close: async (refused = 0) => {
      expect(errors.filter((error) => !error.includes('status of 400'))).toEqual([]);
      expect(errors.length).toBe(refused);
      await page.context().close();
    },
  };
};

const io = (body: Readonly<Record<string, unknown>>): Promise<{ status: string }> =>
  lab.send('POST', '/devices/nullb0/io', body);

/** A disk is there some time after its driver. */
const diskUp = (): Promise<{ status: string }> =>
  eventually(
    () => io({ op: 'read', sector: 0, sectors: 8 }),
    ({ status }) => status === 'OK',
    60_000,
  );

test('the bench shows both instruments, who drives the disk, and where NBD clients find it', async () => {
  await diskUp();
  await io({ op: 'write', sector: 4 * ZONE_SECTORS, sectors: 1024 });
  const { page, close } = await open('/');
  const nullb0 = page.getByRole('article', { name: 'nullb0' });
  await page.getByRole('article', { name: 'phy0' }).getByText('Link up').waitFor();
  await nullb0.getByText('null_blk', { exact: true }).first().waitFor();
  await nullb0.getByText('1 GiB').waitFor();
  await nullb0.getByText(/^nbd:\/\/127\.0\.0\.1:\d+\/nullb0$/).waitFor();
  await nullb0.getByRole('img', { name: /^64 zones: 4 conventional, .* 1 implicitly open/ }).waitFor();
  await nullb0.getByRole('listitem').filter({ hasText: 'irqmode timer, 50 µs' }).waitFor();
  const high = await page.evaluate(() => {
    const main = document.querySelector('main');
    return main === null ? 1 : main.scrollHeight - main.clientHeight;
  });
  expect(high).toBeLessThanOrEqual(0);
  await close();
});

test('a fault is switched on from the panel, fails requests, cannot be missed, and is cleared there', async () => {
  const { page, close } = await open('/');
  const nullb0 = page.getByRole('article', { name: 'nullb0' });
  await nullb0.getByRole('switch', { name: 'errors' }).click();
  await nullb0.getByRole('button', { name: 'Clear' }).waitFor();
  expect(await io({ op: 'read', sector: 0, sectors: 8 })).toMatchObject({ status: 'IOERR' });
  await page.goto(new URL('/devices/nullb0', lab.url).href);
  const counters = page.getByRole('region', { name: 'Counters' });
  await counters.getByText(/\d+ ended IOERR/).waitFor();
  await page.getByRole('region', { name: 'Requests' }).getByRole('cell', { name: 'IOERR' }).first().waitFor();
  await page.getByRole('article', { name: 'nullb0' }).getByRole('button', { name: 'Clear' }).click();
  await page.getByRole('article', { name: 'nullb0' }).getByRole('switch', { name: 'errors', checked: false }).waitFor();
  expect(await io({ op: 'read', sector: 0, sectors: 8 })).toMatchObject({ status: 'OK' });
  await close();
});

test('zones are drawn with their letters, and one looked at says its write pointer', async () => {
  const { page, close } = await open('/devices/nullb0');
  const zones = page.getByRole('region', { name: 'Zones' });
  const list = zones.getByRole('listbox');
  await list.getByRole('option', { name: /^zone 4, implicitly open/ }).click();
  await zones.getByText('132,096').waitFor();
  await io({ op: 'zone_finish', sector: 4 * ZONE_SECTORS });
  await list.getByRole('option', { name: 'zone 4, full, 100 percent written' }).waitFor();
  await list.focus();
  await page.keyboard.press('Home');
  await zones.getByText('zone 0').waitFor();
  await close();
});

test('bad blocks are made and healed on the map', async () => {
  const { page, close } = await open('/devices/nullb0');
  const bad = page.getByRole('region', { name: 'Bad blocks' });
  await bad.getByRole('textbox').fill('64-71');
  await bad.getByRole('button', { name: 'Make bad' }).click();
  await bad.getByText('8 sectors in 1 of 512 ranges').waitFor();
  expect(await io({ op: 'read', sector: 64, sectors: 8 })).toMatchObject({ status: 'IOERR' });
  await bad.getByRole('button', { name: 'Heal sectors 64 to 71' }).click();
  await bad.getByRole('heading', { name: /none/ }).waitFor();
  expect(await io({ op: 'read', sector: 64, sectors: 8 })).toMatchObject({ status: 'OK' });
  await close();
});

test('what the kernel refuses stands under its field with the errno, and what needs it is written powered off', async () => {
  const { page, close } = await open('/devices/nullb0');
  const form = page.getByRole('form', { name: 'Attributes' });
  await form.getByRole('textbox', { name: 'badblocks', exact: true }).fill('8192-8199');
  await form.getByRole('button', { name: 'Write' }).click();
  await form.getByRole('alert').filter({ hasText: 'EINVAL' }).waitFor();
  await form.getByText('1 change, 1 refused').waitFor();
  await form.getByRole('button', { name: 'Discard' }).click();
  expect(await form.getByRole('textbox', { name: 'completion_nsec' }).count()).toBe(0);
  await form.getByRole('button', { name: 'Power off to edit' }).click();
  await form.getByRole('textbox', { name: 'completion_nsec' }).fill('2000000');
  await form.getByRole('button', { name: 'Write' }).click();
  await form.getByText('no change').waitFor();
  await form.getByRole('button', { name: 'Power on' }).click();
  await page.getByRole('article', { name: 'nullb0' }).getByText('irqmode timer, 2 ms').waitFor();
  expect(await lab.get<readonly { name: string; value: string }[]>('/devices/nullb0/attributes')).toContainEqual(
    expect.objectContaining({ name: 'completion_nsec', value: '2000000' }),
  );
  await close(1);
});

test('the traffic table says what a request was and how it was answered', async () => {
  const { page, close } = await open(`/traffic?filter=${encodeURIComponent('dev == nullb0 && sector == 64')}`);
  const grid = page.getByRole('grid', { name: 'Accesses' });
  await grid
    .getByRole('row', { name: /s 64 read/ })
    .first()
    .click();
  await page.getByText('Request: read').waitFor();
  await page.getByText('8 sectors, 4 KiB').waitFor();
  await page.goto(new URL(`/traffic?filter=${encodeURIComponent('status == IOERR')}`, lab.url).href);
  await grid.getByRole('row', { name: /IOERR/ }).first().click();
  await page.getByText('BLK_STS_IOERR').waitFor();
  await close();
});
