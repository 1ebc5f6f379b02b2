/** Variable refresh rate (IGT kms_vrr). */
import { expect, test } from 'vitest';
import type { VirtualClock } from '#bus/clock.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { litOn } from '../ferro-rig.ts';
import { frameDurationNs } from '../modes.ts';

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
const litBench = litOn(silicon);

test('a variable rate: frames come when they are asked for, within what the monitor takes (kms_vrr)', async () => {
  const { rig, card, picture, crtc, device, file, set } = await litBench({ monitor: 'vrr144' });
  const connector = device.connectors[0]!;
  expect(file.properties(connector.id).get('vrr_capable')?.value).toBe(1);
  await set(crtc.id, { VRR_ENABLED: 1 }, 0x400);
  const frames: number[] = [];
  for (const pauseNs of [0, 0, 18e6, 0]) {
    await rig.pass(pauseNs);
    frames.push((await rig.until(card.commit({ primary: { picture } }))).timeNs);
  }
  const { min, max } = connector.edid?.refreshHz ?? { min: 0, max: 0 };
  expect([min, max]).toEqual([48, 144]);
  const gaps = frames.slice(1).map((at, i) => at - (frames[i] ?? 0));
  for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(1e9 / max - 1);
  expect(Math.max(...gaps)).toBeGreaterThan(frameDurationNs(card.mode));
});
