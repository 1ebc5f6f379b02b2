/** Process of the display benchmark: Debian's Chromium on the dashboard's page of a display; prints how many frames a second its canvas was given. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright';
import { areaOf, isScene, stampOf } from './display-scenes.ts';

const [url = '', scene = '', seconds = '3'] = process.argv.slice(2);
if (!isScene(scene)) throw new Error(`no scene '${scene}'`);
const stamp = scene === 'cursor' ? null : stampOf(areaOf(scene, 0));
const asked = process.env.CHROMIUM_PATH;
const found = [asked, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);
const browser = await chromium.launch({
  ...(found === undefined ? {} : { executablePath: found }),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  // frames as the page puts them on its canvas: by their number, or by the tasks that draw
  await page.addInitScript((at) => {
    const counted = { frames: 0, shown: -1, task: false };
    Object.assign(window, { counted });
    const { putImageData } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.putImageData = function (
      image: ImageData,
      x: number,
      y: number,
      ...dirty: number[]
    ) {
      Reflect.apply(putImageData, this, [image, x, y, ...dirty]);
      if (at === null) {
        if (!counted.task) counted.frames++;
        counted.task = true;
        queueMicrotask(() => {
          counted.task = false;
        });
        return;
      }
      const [column, row] = [at.x - x, at.y - y];
      if (column < 0 || row < 0 || column >= image.width || row >= image.height) return;
      const i = (row * image.width + column) * 4;
      const number = image.data[i]! * 65_536 + image.data[i + 1]! * 256 + image.data[i + 2]!;
      if (number !== counted.shown) counted.frames++;
      counted.shown = number;
    };
  }, stamp);
  await page.goto(`${url}/devices/card0`);
  await page.waitForFunction(() => (window as unknown as Counting).counted.frames > 2, null, { timeout: 120_000 });
  const frames = (): Promise<number> => page.evaluate(() => (window as unknown as Counting).counted.frames);
  const first = await frames();
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
  const perSecond = ((await frames()) - first) / ((performance.now() - began) / 1000);
  process.stdout.write(`${JSON.stringify({ perSecond })}\n`);
} finally {
  await browser.close();
}

interface Counting {
  readonly counted: { readonly frames: number };
}
