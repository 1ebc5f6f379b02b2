import { expect, test } from 'vitest';
import { DRIVERS } from './registry.ts';
import { shippedDriver } from './shipped.ts';

test('each driver of the registry is the one that is loaded by its name', async () => {
  for (const [name, module] of Object.entries(DRIVERS)) expect(await shippedDriver(name)).toBe(module);
});

test.each(['qt2026', '', 'constructor', '__proto__'])("there is no driver '%s'", async (name) => {
  expect(await shippedDriver(name)).toBeUndefined();
});
