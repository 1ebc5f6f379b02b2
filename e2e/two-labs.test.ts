/** Two labs on one Mosquitto: a driver on each, one dashboard that shows both benches, ordinary tools that look in. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPage, startBrowser } from './browser.ts';
import { command, eventually, type RunningLab, startLab } from './lab.ts';
import { type Mosquitto, startMosquitto } from './mosquitto.ts';

interface Device {
  readonly name: string;
  readonly lab: string;
  readonly remote: boolean;
  readonly owner: { readonly module: string; readonly link: string | null } | null;
}

let broker: Mosquitto;
let east: RunningLab;
let west: RunningLab;

beforeAll(async () => {
  broker = await startMosquitto();
  [east, west] = await Promise.all([
    startLab('--broker', broker.url, '--name', 'east'),
    startLab('--broker', broker.url, '--name', 'west'),
  ]);
});
afterAll(async () => {
  await Promise.all([east?.stop(), west?.stop()]);
  await broker?.stop();
});

test('each lab drives its own phy0 and sees the other one as remote', async () => {
  for (const [lab, own, other] of [
    [east, 'east', 'west'],
    [west, 'west', 'east'],
  ] as const) {
    const devices = await eventually(
      () => lab.get<readonly Device[]>('/devices'),
      (seen) => seen.length === 6 && seen.every((device) => device.owner !== null),
    );
    expect(devices).toMatchObject([
      { lab: own, remote: false, name: 'phy0', owner: { module: 'qt2025' } },
      { lab: own, remote: false, name: 'nullb0', owner: { module: 'null_blk' } },
      { lab: own, remote: false, name: 'card0', owner: { module: 'ferro_drm' } },
      { lab: other, remote: true, name: 'phy0', owner: { module: 'qt2025' } },
      { lab: other, remote: true, name: 'nullb0', owner: { module: 'null_blk' } },
      { lab: other, remote: true, name: 'card0', owner: { module: 'ferro_drm' } },
    ]);
  }
});

test('one dashboard shows both benches', async () => {
  const browser = await startBrowser();
  const { page } = await openPage(browser, east.url);
  await page.getByRole('main').getByText('west').first().waitFor();
  await browser.close();
});

test('mosquitto_sub sees the life of both labs', async () => {
  const { stdout } = await command(
    'mosquitto_sub',
    ['-h', '127.0.0.1', '-p', String(broker.port), '-t', 'ferrolab/#', '-F', '%t', '-W', '2'],
    { limitMs: 10_000 },
  );
  const topics = new Set(stdout.split('\n'));
  expect(topics).toContain('ferrolab/1/east/device/phy0');
  expect(topics).toContain('ferrolab/1/west/device/phy0');
  expect([...topics].some((topic) => /^ferrolab\/1\/east\/client\//.test(topic))).toBe(true);
});
