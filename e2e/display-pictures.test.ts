/** Pictures of a display at work in both themes: the bench with three instruments, its page with three planes, and a panic. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPage, picture, startBrowser, THEMES } from './browser.ts';
import { eventually, type RunningLab, root, startLab } from './lab.ts';

/** Inside the checkout, so that a driver written here finds the lab's own modules. */
const folder = join(root, 'test-results/display-pictures');
/** A picture shows a lab that has been running for a while. */
const SPARK_MS = process.env.FERROLAB_PICTURES ? 35_000 : 0;

/** A sky of bars, a window that is half transparent above it, and a pointer that goes round. */
const SCENE = `
import { bindDisplay } from '#drivers/gpu/bind-display.ts';
import { openCard } from '#drivers/gpu/card.ts';
import { probeFerro } from '#drivers/gpu/ferro-drm.ts';
import { PANIC_PARAMS } from '#drivers/gpu/panic/panic-options.ts';
import { defineModule } from '#drivers/kernel/module.ts';

const mix = (a, b, t) => [16, 8, 0].reduce((c, s) => c | (Math.round(((a >> s) & 255) * (1 - t) + ((b >> s) & 255) * t) << s), 0);
const BARS = [0xc8c8c8, 0xc8c83c, 0x3cc8c8, 0x3cc83c, 0xc83cc8, 0xc83c3c, 0x3c3cc8];

export const driver = defineModule({
  name: 'three_planes',
  description: 'Draws on three planes',
  author: 'A test',
  license: 'MIT',
  drives: ['display'],
  params: { ...PANIC_PARAMS },
  async init(given) {
    const { kernel, device } = await bindDisplay(given, probeFerro, given.params);
    const card = await openCard(device);
    const sky = card.picture();
    const { width, height } = sky;
    for (let y = 0; y < height; y++) sky.fill(0, y, width, 1, mix(0x0b1d33, 0x2f6d7a, y / height));
    BARS.forEach((bar, i) => sky.fill(120 + i * 240, height - 330, 240, 180, bar));
    for (let x = 0; x < 1680; x++) sky.fill(120 + x, height - 150, 1, 60, mix(0x000000, 0xffffff, x / 1680));
    const window = card.picture(760, 420, 'ARGB8888');
    window.fill(0, 0, 760, 420, 0xb0101418);
    window.fill(0, 0, 760, 40, 0xe0e8946a);
    for (let x = 0; x < 700; x++) {
      const y = Math.round(230 + 110 * Math.sin(x / 42) * Math.exp(-x / 500));
      window.fill(30 + x, y, 2, 390 - y, 0xa0206048);
      window.fill(30 + x, y - 3, 3, 6, 0xff5fd68d);
    }
    const pointer = card.picture(64, 64, 'ARGB8888');
    for (let i = 0; i < 40; i++) {
      pointer.fill(0, i, Math.max(1, i - 8), 1, 0xffffffff);
      pointer.fill(0, i, 2, 1, 0xff000000);
      pointer.fill(Math.max(1, i - 8), i, 2, 1, 0xff000000);
    }
    const loop = { turn: 0 };
    const nothing = [{ x1: 0, y1: 0, x2: 1, y2: 1 }];
    kernel.pr.info('three planes on the screen');
    await card.commit({ primary: { picture: sky }, overlay: { picture: window, x: 180, y: 120 }, cursor: { picture: pointer, x: 900, y: 500 } });
    const draw = kernel.delayedWork(async () => {
      loop.turn += 0.06;
      const [x, y] = [Math.round(1250 + 260 * Math.cos(loop.turn)), Math.round(430 + 200 * Math.sin(loop.turn))];
      await card.commit({ primary: { picture: sky, damage: nothing }, cursor: { picture: pointer, x, y, damage: nothing } });
      draw.schedule();
    });
    draw.schedule();
  },
});
`;

let lab: RunningLab;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const scene = join(folder, 'three-planes.ts');
  writeFileSync(scene, SCENE);
  [lab, browser] = await Promise.all([startLab(), startBrowser()]);
  await eventually(
    () => lab.get<readonly { name: string; owner: { link: string | null } | null }[]>('/devices'),
    (devices) => devices.find(({ name }) => name === 'card0')?.owner != null,
    60_000,
  );
  await lab.send('DELETE', '/modules/card0');
  const loaded = await lab.ferrolab('insmod', scene, 'card0');
  if (loaded.code !== 0) throw new Error(loaded.stderr);
}, 90_000);
afterAll(async () => {
  await browser.close();
  await lab.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Requests to the disk beside it, until stopped. */
const busyDisk = (): (() => Promise<void>) => {
  let on = true;
  const workers = Array.from({ length: 4 }, async (_, worker) => {
    for (let i = worker; on; i += 4) {
      const op = i % 3 === 0 ? 'write' : 'read';
      await lab.send('POST', '/devices/nullb0/io', { op, sector: (i * 7919 * 8) % 2_000_000, sectors: 8 });
    }
  });
  return async () => {
    on = false;
    await Promise.all(workers);
  };
};

for (const theme of THEMES)
  test(`${theme}: the bench with three instruments, and the page of the display`, async () => {
    const { page, errors } = await openPage(browser, lab.url, { theme, reducedMotion: 'reduce' });
    page.setDefaultTimeout(20_000);
    const card = page.getByRole('article', { name: 'card0' });
    await card.getByText('primary, overlay, cursor').waitFor();
    const stop = busyDisk();
    const past = Date.now() + SPARK_MS;
    await page.waitForFunction((end) => Date.now() > end, past, { timeout: SPARK_MS + 20_000 });
    await picture(page, `bench-three-${theme}`);
    await stop();
    await page.getByRole('link', { name: 'Open card0' }).click();
    await page.getByText(/^[1-9]\d* flips?$/).waitFor();
    await page.getByRole('button', { name: 'planes', exact: true }).click();
    const glass = page.getByRole('application', { name: /^Pixel inspector/ });
    await glass.hover({ position: { x: 96, y: 116 } });
    await page.getByRole('region', { name: 'Pixel' }).getByText('overlay').waitFor();
    await page.getByRole('region', { name: 'Monitor' }).getByText('FERRO FHD60').waitFor({ state: 'attached' });
    await picture(page, `display-${theme}`);
    expect(errors).toEqual([]);
    await page.context().close();
  }, 120_000);

test('a panic on the page, large', async () => {
  await lab.send('POST', '/devices/card0/panic', { text: 'Attempted to kill init! exitcode=0x0000000b' });
  const { page, errors } = await openPage(browser, new URL('/devices/card0', lab.url).href, {
    viewport: { width: 1600, height: 1000 },
    reducedMotion: 'reduce',
  });
  await page.getByText('read back off the pixels on this page').waitFor();
  await picture(page, 'display-panic-dark');
  expect(errors).toEqual([]);
  await page.context().close();
}, 60_000);
