/** The display in a real browser: its picture follows a drawing program, and a crash can be read off it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openPage, startBrowser } from './browser.ts';
import { eventually, type RunningLab, root, startLab } from './lab.ts';

const hasScanner = spawnSync('zbarimg', ['--version']).error === undefined;
/** Inside the checkout, so that a driver written here finds the lab's own modules. */
const folder = join(root, 'test-results/display');

let lab: RunningLab;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  [lab, browser] = await Promise.all([startLab('--bench', join(root, 'e2e/display-bench.yaml')), startBrowser()]);
});
afterEach(async () => {
  await lab.send('DELETE', '/devices/card0/faults');
  const loaded = await lab.get<readonly { device: string }[]>('/modules');
  if (loaded.some(({ device }) => device === 'card0')) await lab.send('DELETE', '/modules/card0');
});
afterAll(async () => {
  await browser.close();
  await lab.stop();
  rmSync(folder, { recursive: true, force: true });
});

const show = async (path = '/devices/card0'): Promise<{ page: Page; errors: string[] }> => {
  const opened = await openPage(browser, new URL(path, lab.url).href, { reducedMotion: 'reduce' });
  opened.page.setDefaultTimeout(20_000);
  return opened;
};

/** What is painted at some places of the canvas, as `#RRGGBB`. */
const coloursAt = (page: Page, points: readonly (readonly [x: number, y: number])[]): Promise<readonly string[]> =>
  page.getByRole('img', { name: 'What card0 shows' }).evaluate((canvas, places) => {
    if (!(canvas instanceof HTMLCanvasElement)) throw new Error('the picture is no canvas');
    const context = canvas.getContext('2d');
    return places.map(([x, y]) => {
      const [r = 0, g = 0, b = 0] = context?.getImageData(x, y, 1, 1).data ?? [];
      return `#${[r, g, b].map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
    });
  }, points);

const WIDTH = 1024;
const MIDDLE = 384;

/** Left edge of the white box on the test pattern; -1 while there is none. */
const boxAt = (page: Page): Promise<number> =>
  page.getByRole('img', { name: 'What card0 shows' }).evaluate((canvas, row) => {
    if (!(canvas instanceof HTMLCanvasElement)) throw new Error('the picture is no canvas');
    const pixels = canvas.getContext('2d')?.getImageData(0, row, canvas.width, 1).data ?? [];
    for (let x = 0; 4 * x < pixels.length; x++)
      if (pixels[4 * x] === 255 && pixels[4 * x + 1] === 255 && pixels[4 * x + 2] === 255) return x;
    return -1;
  }, MIDDLE);

test('the picture appears, follows a drawing program, and tells its pixels', async () => {
  const { page, errors } = await show();
  await page.getByText('Nothing is scanned out: no driver has set a mode.').waitFor();
  const loaded = await lab.ferrolab('insmod', './drivers/examples/test-pattern.ts', 'card0');
  expect(loaded).toMatchObject({ code: 0 });

  await eventually(
    () =>
      coloursAt(page, [
        [20, 20],
        [WIDTH - 20, 20],
      ]),
    ([left, right]) => left === '#c0c0c0' && right === '#0000c0',
    20_000,
  );
  const before = await eventually(
    () => boxAt(page),
    (x) => x >= 0,
  );
  await eventually(
    () => boxAt(page),
    (x) => x >= 0 && x !== before,
  );

  const glass = page.getByRole('application', { name: /^Pixel inspector/ });
  const pixel = page.getByRole('region', { name: 'Pixel' });
  await glass.press('ArrowRight');
  await pixel.getByText('513, 384').first().waitFor();
  await glass.hover({ position: { x: 8, y: 8 } });
  await pixel.getByText('#C0C0C0').waitFor();
  await pixel.getByText('primary').waitFor();
  await page.getByRole('region', { name: 'Timing' }).getByText('1344').waitFor();
  await page.getByText(/^[1-9]\d* flips?$/).waitFor();

  await page.getByRole('button', { name: '2:1' }).click();
  await page.getByText('200 %').waitFor();
  await page.getByRole('button', { name: 'damage' }).click();
  await page.getByRole('button', { name: 'planes', exact: true }).click();
  await page.getByText('primary 1024×768').waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
}, 90_000);

test('monitors are changed, pulled out and told a wrong EDID; the driver hears of each', async () => {
  const { page, errors } = await show();
  await lab.ferrolab('insmod', 'ferro_drm', 'card0');
  const canvas = page.getByRole('img', { name: 'What card0 shows' });
  const size = (): Promise<string> =>
    canvas.evaluate((element) => (element instanceof HTMLCanvasElement ? `${element.width}x${element.height}` : ''));
  await eventually(size, (now) => now === '1024x768', 20_000);

  const monitor = page.getByRole('region', { name: 'Monitor' });
  await monitor.getByRole('combobox').selectOption('fhd60');
  await monitor.getByText('FERRO FHD60').waitFor();
  await eventually(size, (now) => now === '1920x1080', 20_000);

  await monitor.getByRole('button', { name: 'Pull out' }).click();
  await page.getByText('No signal').waitFor();
  await monitor.getByRole('button', { name: 'Plug in' }).click();
  await page.getByText('No signal').waitFor({ state: 'detached' });

  const edid = new Uint8Array(await (await fetch(new URL('/api/v1/devices/card0/edid', lab.url))).arrayBuffer());
  expect(edid).toHaveLength(128);
  edid[127]! ^= 0x55;
  const file = (name: string, bytes: Uint8Array) => ({
    name,
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(bytes),
  });
  await monitor.getByLabel('EDID file').setInputFiles(file('wrong.bin', edid));
  await monitor.getByText(/^Checksum of block 0: wrong/).waitFor();
  await monitor.getByText('an EDID of your own').waitFor({ state: 'attached' });
  await eventually(
    () => lab.get<readonly { facility: string; text: string }[]>('/log'),
    (log) => log.some(({ facility, text }) => facility === 'ferro_drm' && /EDID.*checksum/.test(text)),
  );
  await monitor.getByLabel('EDID file').setInputFiles(file('huge.bin', new Uint8Array(2000)));
  await monitor.getByText('huge.bin has 2000 bytes; an EDID has 1 to 1024').waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
}, 90_000);

test('the button panics the driver with any words, and the driver is loaded again from the same place', async () => {
  await lab.ferrolab('insmod', 'ferro_drm', 'card0');
  const { page, errors } = await show('/');
  await page.getByRole('button', { name: 'Panic…' }).click();
  const sheet = page.getByRole('dialog', { name: 'Panic card0' });
  await sheet.getByLabel('What it says').fill('the "sky" <fell>');
  await sheet.getByRole('button', { name: 'Panic now' }).click();
  const card = page.getByRole('article', { name: 'card0' });
  await card.getByText('the "sky" <fell>').waitFor();
  await card.getByText('Panic drawn').waitFor();
  await card.getByRole('link', { name: 'Open card0' }).click();
  const screen = page.getByRole('region', { name: 'Panic screen' });
  await screen.getByText('read back off the pixels on this page').waitFor();
  await screen.getByText('Kernel panic - not syncing: the "sky" <fell>').waitFor();
  await page.getByRole('button', { name: 'Load ferro_drm again' }).click();
  await screen.getByText('armed').waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
}, 90_000);

/** Says a few things, shows a picture, and trips over what is not there. */
const CRASHING = `
import { bindDisplay } from '#drivers/gpu/bind-display.ts';
import { openCard } from '#drivers/gpu/card.ts';
import { probeFerro } from '#drivers/gpu/ferro-drm.ts';
import { PANIC_PARAMS } from '#drivers/gpu/panic/panic-options.ts';
import { defineModule } from '#drivers/kernel/module.ts';

export const driver = defineModule({
  name: 'trips',
  description: 'Uses an undefined value after some frames',
  author: 'A test',
  license: 'MIT',
  drives: ['display'],
  params: { ...PANIC_PARAMS },
  async init(given) {
    const { kernel, device } = await bindDisplay(given, probeFerro, given.params);
    const card = await openCard(device);
    const picture = card.picture();
    const colours = [0x103060, 0x306010, 0x601030];
    const draw = kernel.delayedWork(async () => {
      const colour = colours.shift();
      kernel.pr.info(\`frame of \${colour.toFixed(0)}\`);
      picture.fill(0, 0, picture.width, picture.height, colour);
      await card.commit({ primary: { picture } });
      draw.schedule();
    });
    draw.schedule();
  },
});
`;

/** Lines as they stand in a panic: without the time, which the driver's own clock gives. */
const words = (line: string): string => line.replace(/^\[[ \d.]+\] ?/, '').trim();

test.skipIf(!hasScanner && !process.env.CI)(
  'a crash of a driver is on the canvas, its code scans from there, and the decoder at that address shows the same log',
  async () => {
    const file = join(folder, 'trips.ts');
    writeFileSync(file, CRASHING);
    const { page, errors } = await show();
    const address = `${lab.url.replace(/\/$/, '')}/panic#`;
    const loaded = await lab.ferrolab('insmod', file, 'card0', `panic_qr_url=${address}`);
    expect([loaded.code, loaded.stderr]).toEqual([0, '']);
    await page.getByText('Panic drawn').waitFor();
    const screen = page.getByRole('region', { name: 'Panic screen' });
    await screen.getByText('read back off the pixels on this page').waitFor();

    const picture = await page
      .getByRole('img', { name: 'What card0 shows' })
      .evaluate((canvas) => (canvas instanceof HTMLCanvasElement ? canvas.toDataURL('image/png') : ''));
    const png = join(folder, 'panic.png');
    writeFileSync(png, Buffer.from(picture.split(',')[1] ?? '', 'base64'));
    const scanner = ['-q', '--raw', '--nodbus', '-Sdisable', '-Sqrcode.enable', png];
    const code = spawnSync('zbarimg', scanner, { encoding: 'utf8' }).stdout.trim();
    expect(code.startsWith(`${address}?a=`)).toBe(true);

    await page.goto(code);
    const decoded = page.getByRole('log');
    await decoded.getByRole('listitem').first().waitFor();
    const shown = (await decoded.getByRole('listitem').allInnerTexts()).map((text) =>
      words(text.replaceAll('\n', ' ')),
    );
    const said = (await lab.get<readonly { facility: string; text: string }[]>('/log'))
      // what the lab found is said of the driver, not by it
      .filter(({ facility, text }) => facility === 'trips' && !text.startsWith('card0: finding: '))
      .map(({ text }) => text);
    const end = said.findIndex((text) => text.startsWith('Kernel panic'));
    expect(said[end]).toContain('Uncaught TypeError');
    expect(shown).toEqual(said.slice(0, end + 1));
    expect(errors).toEqual([]);
    await page.context().close();
  },
  90_000,
);
