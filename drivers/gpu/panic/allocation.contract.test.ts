/** A panic allocates nothing: the heap of a process that panics again and again does not grow by one byte. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('drawing any of the screens, compressing and encoding included, leaves the heap as it was', () => {
  // an optimiser may remove allocations, and a real panic runs once: so the interpreter, which boxes every fraction
  const flags = ['--expose-gc', '--no-opt', '--no-sparkplug', '--no-maglev', '--max-semi-space-size=64'];
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, join(import.meta.dirname, 'allocation-rig.ts')], {
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  const { nothing, ...grown } = JSON.parse(stdout) as Record<string, number>;
  expect(Object.keys(grown).length).toBe(12);
  for (const [what, bytes] of Object.entries(grown))
    expect(`${what}: ${bytes - (nothing ?? 0)} bytes`).toBe(`${what}: 0 bytes`);
});
