/** The example driver of the README does what it says. */
import { expect, test } from 'vitest';
import { ms } from '#bus/clock.ts';
import { Qt2025 } from '#devices/qt2025/qt2025.ts';
import { VirtualBench } from '../kernel/virtual-bench.ts';
import { driver } from './blink.ts';

test('turns LED0 on and off by its timer, and leaves it off', async () => {
  const lab = new VirtualBench((clock) => new Qt2025({ clock, seed: 1 }));
  const lit = () => lab.device.inspect().leds[0]?.lit;
  const { exit } = await lab.insmod(driver, { half_ms: 100 });
  await lab.pass(ms(110));
  expect(lit()).toBe(true);
  await lab.pass(ms(100));
  expect(lit()).toBe(false);
  await lab.pass(ms(100));
  expect(lit()).toBe(true);
  await exit();
  expect(lit()).toBe(false);
  expect(lab.accesses()).toEqual(['W 1.D006h 0005', 'W 1.D006h 0004', 'W 1.D006h 0005', 'W 1.D006h 0004']);
});
