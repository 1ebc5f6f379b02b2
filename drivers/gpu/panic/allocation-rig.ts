/** A process that panics again and again and prints how much the heap grew: run with --expose-gc and without an optimiser. */
import { PanicLog } from './panic-log.ts';
import { panicSettings } from './panic-options.ts';
import { PanicScreen } from './screen.ts';
import { MemorySurface } from './surface.ts';

const PANICS = 2;
const { gc } = globalThis;
if (gc === undefined) throw new Error('run with --expose-gc');

const log = new PanicLog();
for (let i = 0; i < 200; i++)
  log.append('info', i * 1_234_567, `usb ${i % 7}-${i % 5}: device ${(i * 7919) % 10_007} at ${i ** 3}`);
const identity = { machine: 'x86_64', release: '6.15.0' };
const settings = {
  user: panicSettings({ panic_screen: 'user' }),
  kmsg: panicSettings({ panic_screen: 'kmsg' }),
  z: panicSettings({ panic_qr_url: 'http://127.0.0.1:8025/panic#' }),
  zl: panicSettings({ panic_qr_url: 'http://127.0.0.1:8025/panic#', panic_qr_version: 12, panic_qr_encoding: 'zl' }),
  plain: panicSettings({ panic_qr_version: 12 }),
  parts: panicSettings({ panic_qr_url: 'http://127.0.0.1:8025/panic#', panic_qr_version: 5, panic_qr_parts: 3 }),
};
const surfaces = [
  new MemorySurface({ format: 'RGB888', width: 640, height: 480 }),
  new MemorySurface({ format: 'NV12', width: 401, height: 403 }),
];

const panic = (screen: PanicScreen, surface: MemorySurface): void => {
  screen.draw(surface, 'sysrq triggered crash\n');
  for (let part = 0; part < screen.report.parts; part++) screen.drawPart(surface, part);
};

const screens = Object.entries(settings).map(([name, setting]) => ({
  name,
  screen: new PanicScreen(log, setting, identity),
}));

const measure = (): Record<string, number> => {
  const grown: Record<string, number> = { nothing: grownBy(() => {}) };
  for (const { name, screen } of screens)
    for (const surface of surfaces) grown[`${name} on ${surface.format}`] = grownBy(() => panic(screen, surface));
  return grown;
};

const grownBy = (work: () => void): number => {
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < PANICS; i++) work();
  return process.memoryUsage().heapUsed - before;
};

// the first rounds compile the code and fill the inline caches, and now and then a later one still does
const rounds = [measure(), measure(), measure(), measure()];
const least = Object.keys(rounds[0] ?? {}).map((name) => [name, Math.min(...rounds.map((round) => round[name] ?? 0))]);
process.stdout.write(JSON.stringify(Object.fromEntries(least)));
