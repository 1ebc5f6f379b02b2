/** Clause 45 discovery, access by access, on buses with nobody, somebody and something odd on them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mmdOf, registerOf } from '#datasheets/c45.ts';
import type { RegisterPort } from '#regmap/access.ts';
import { matches, readC45Ids } from './discovery.ts';

/** A port of plain registers: what is not in the map reads as the pull-up leaves it. */
const port = (registers: Readonly<Record<string, number>>) => {
  const reads: string[] = [];
  const bus: RegisterPort = {
    async read(at) {
      const place = `${mmdOf(at)}.${registerOf(at)}`;
      reads.push(place);
      return registers[place] ?? 0xffff;
    },
    async write() {},
    async writeAll() {},
  };
  return { bus, reads };
};

test('reads an empty address 62 times, then says ENODEV', async () => {
  const { bus, reads } = port({});
  await expect(readC45Ids(bus, 3)).rejects.toMatchObject({ code: 'ENODEV', message: expect.stringContaining('3') });
  expect(reads).toHaveLength(62);
  expect(reads.slice(0, 4)).toEqual(['1.6', '1.5', '2.6', '2.5']);
  expect(reads.slice(-6)).toEqual(['29.6', '29.5', '30.8', '31.8', '0.6', '0.5']);
});

test('stops at the first package that says something, and reads each MMD in it', async () => {
  const ids = { '1.2': 0x43, '1.3': 0xa400, '3.2': 0x43, '3.3': 0xa401 };
  const { bus, reads } = port({ '1.6': 0, '1.5': 0, '2.6': 0, '2.5': 0x000a, ...ids });
  const found = await readC45Ids(bus, 1);
  expect(reads).toEqual(['1.6', '1.5', '2.6', '2.5', '1.2', '1.3', '3.2', '3.3']);
  expect(found.ids).toEqual(
    new Map([
      [1, 0x0043a400],
      [3, 0x0043a401],
    ]),
  );
});

test('asks a vendor MMD whether it is there before its package and its identifier', async () => {
  const { bus, reads } = port({
    ...Object.fromEntries(Array.from({ length: 29 }, (_, i) => [`${i + 1}.6`, 0])),
    ...Object.fromEntries(Array.from({ length: 29 }, (_, i) => [`${i + 1}.5`, 0])),
    '30.8': 0x8000,
    '30.6': 0xc000,
    '30.5': 0,
    '30.2': 0x1234,
    '30.3': 0x5678,
  });
  const found = await readC45Ids(bus, 1);
  expect(reads.slice(58)).toEqual(['30.8', '30.6', '30.5', '30.8', '30.2', '30.3', '31.8']);
  expect(found.ids).toEqual(new Map([[30, 0x12345678]]));
});

test('falls back on MMD 0 when everything else is mostly ones', async () => {
  const { bus } = port({ '0.6': 0, '0.5': 0x0002, '1.2': 0x0043, '1.3': 0xa400 });
  const found = await readC45Ids(bus, 1);
  expect(matches(found, 0x0043a400)).toBe(true);
});

test('matches any MMD, and only the bits of the mask', () => {
  const ids = { prtad: 1, devicesInPackage: 0xa, ids: new Map([[3, 0x0043a401]]) };
  expect(matches(ids, 0x0043a400)).toBe(false);
  expect(matches(ids, 0x0043a400, 0xfffffff0)).toBe(true);
});

test('ends whatever the bus says: an identity, or ENODEV', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 80 }), async (words) => {
      let reads = 0;
      const bus: RegisterPort = {
        read: async () => words[reads++ % words.length] ?? 0,
        write: async () => {},
        writeAll: async () => {},
      };
      await readC45Ids(bus, 0).then(
        ({ ids }) => expect(ids.size).toBeLessThanOrEqual(31),
        (error: unknown) => expect(error).toMatchObject({ code: 'ENODEV' }),
      );
      expect(reads).toBeLessThanOrEqual(64 + 4 + 66);
    }),
  );
});
