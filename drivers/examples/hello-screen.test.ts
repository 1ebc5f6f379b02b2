/** The shortest program shows its picture and lets go of the display. */
import { expect, test } from 'vitest';
import { Display } from '#devices/display/display.ts';
import { DisplayRig } from '../gpu/display-rig.ts';
import { driver } from './hello-screen.ts';

test('the picture is on the screen, the log says since when, and unloading turns the screen off', async () => {
  const rig = new DisplayRig((clock) => new Display({ clock, seed: 1, monitor: 'xga' }));
  const loaded = await rig.insmod(driver);
  const { width, height, rgba } = rig.display.frame();
  const at = (x: number, y: number) => Buffer.from(rgba.subarray(4 * (y * width + x), 4 * (y * width + x) + 3));
  expect([width, height]).toEqual([1024, 768]);
  expect([at(99, 100), at(100, 100), at(499, 299), at(500, 299)].map((rgb) => rgb.toString('hex'))).toEqual([
    '101820',
    'ff8040',
    'ff8040',
    '101820',
  ]);
  expect(rig.kernel.lines.join('\n')).toMatch(/info: shown since vblank \d+, at \d+ ns/);
  await rig.until(loaded.exit());
  expect(rig.display.frame().width).toBe(0);
});
