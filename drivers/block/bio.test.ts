/** What a disk takes, and how it is cut. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLOCK_OPS } from '#bus/block.ts';
import { BIO_MAX_BYTES, refuse, type SegmentedBio, split } from './bio.ts';
import { checkLimits, DEFAULT_LIMITS, PAGE_BYTES, type QueueLimits } from './limits.ts';

const CAPACITY = 2048;
const bio = (of: Partial<SegmentedBio>): SegmentedBio => {
  const { op = 'read', sectors = 8 } = of;
  const data = op === 'write' || op === 'zone_append' ? { data: new Uint8Array(sectors * 512) } : {};
  return { op, sector: 0, sectors, ...data, ...of };
};
const limits = (of: Partial<QueueLimits> = {}): QueueLimits => ({ ...DEFAULT_LIMITS, discard: true, ...of });
const ZONES = { zoneSectors: 256, zones: 8, conventional: 2, maxOpen: 0, maxActive: 0, maxAppendSectors: 32 };
const zoned = limits({ zones: ZONES, chunkSectors: 256 });

test.each<[string, Partial<SegmentedBio>, Partial<QueueLimits>, string | undefined]>([
  ['the last block', { sector: CAPACITY - 8 }, {}, undefined],
  ['one sector beyond the end', { sector: CAPACITY - 7 }, {}, 'IOERR'],
  ['far beyond the end', { sector: 2 ** 52 }, {}, 'IOERR'],
  ['half a block', { sectors: 4 }, { logicalBlockBytes: 4096 }, 'INVAL'],
  ['from inside a block', { sector: 1 }, { logicalBlockBytes: 4096 }, 'INVAL'],
  ['nothing', { sectors: 0 }, {}, 'INVAL'],
  ['a negative sector', { sector: -1 }, {}, 'INVAL'],
  ['no number', { sector: Number.NaN }, {}, 'INVAL'],
  ['a fraction', { sectors: 1.5 }, {}, 'INVAL'],
  ['a write without payload', { op: 'write', data: new Uint8Array(0) }, {}, 'INVAL'],
  ['a write with too much payload', { op: 'write', data: new Uint8Array(8192) }, {}, 'INVAL'],
  ['a write to a read-only disk', { op: 'write' }, { readOnly: true }, 'IOERR'],
  ['a read of a read-only disk', {}, { readOnly: true }, undefined],
  ['a discard', { op: 'discard' }, {}, undefined],
  ['a discard where there is none', { op: 'discard' }, { discard: false }, 'NOTSUPP'],
  ['a flush', { op: 'flush', sectors: 0 }, {}, undefined],
  ['an open of a zone where there is none', { op: 'zone_open', sectors: 0 }, {}, 'NOTSUPP'],
])('answers %s as the kernel does', (_what, given, of, status) => {
  expect(refuse(bio(given), CAPACITY, limits(of))?.status).toBe(status);
});

test.each<[string, Partial<SegmentedBio>, string | undefined]>([
  ['a report', { op: 'zone_report', sector: 5000, sectors: 0 }, undefined],
  ['an open at the start of a zone', { op: 'zone_open', sector: 256, sectors: 0 }, undefined],
  ['an open inside a zone', { op: 'zone_open', sector: 300, sectors: 0 }, 'INVAL'],
  ['a reset beyond the end', { op: 'zone_reset', sector: CAPACITY, sectors: 0 }, 'IOERR'],
  ['a reset of all', { op: 'zone_reset_all', sectors: 0 }, undefined],
  ['an append', { op: 'zone_append', sector: 512 }, undefined],
  ['an append inside a zone', { op: 'zone_append', sector: 520 }, 'IOERR'],
  ['an append that is too long', { op: 'zone_append', sector: 512, sectors: 64 }, 'IOERR'],
])('answers %s to a zoned disk as the kernel does', (_what, given, status) => {
  expect(refuse(bio(given), CAPACITY, zoned)?.status).toBe(status);
});

test('refuses an operation nobody knows, and more than one bio may carry', () => {
  expect(refuse({ ...bio({}), op: 'format' as 'read' }, CAPACITY, limits())?.status).toBe('NOTSUPP');
  expect(refuse(bio({ sectors: BIO_MAX_BYTES / 512 + 1 }), 2 ** 30, limits())?.status).toBe('INVAL');
});

test('says what was asked and what is allowed', () => {
  expect(refuse(bio({ sector: 2047 }), CAPACITY, limits())?.why).toBe(
    "read at sector 2047: 8 sectors end beyond the disk's 2048 sectors",
  );
});

test('cuts at the largest request and at zones', () => {
  const cut = split(bio({ sector: 200, sectors: 200 }), limits({ maxSectors: 100, chunkSectors: 256 }));
  expect(cut.map(({ sector, sectors }) => [sector, sectors])).toEqual([
    [200, 56],
    [256, 100],
    [356, 44],
  ]);
});

test('cuts where memory does not go on in whole pages, when the device cannot bridge that', () => {
  const segments = [
    { pageOffset: 3072, bytes: 1024 },
    { pageOffset: 0, bytes: PAGE_BYTES },
    { pageOffset: 512, bytes: 1024 },
    { pageOffset: 0, bytes: 2048 },
  ];
  const torn = bio({ op: 'write', sectors: 16, segments });
  expect(split(torn, limits({ virtBoundary: true })).map(({ sectors }) => sectors)).toEqual([10, 2, 4]);
  expect(split(torn, limits()).map(({ sectors }) => sectors)).toEqual([16]);
  expect(refuse(torn, CAPACITY, limits({ virtBoundary: true, logicalBlockBytes: 4096 }))?.status).toBe('INVAL');
});

test('never splits an append', () => {
  expect(split(bio({ op: 'zone_append', sectors: 32 }), limits({ ...zoned, maxSectors: 8 }))).toHaveLength(1);
});

test('cuts into pieces that are whole blocks, within every limit, and add up', () => {
  const sizes = fc.record({
    shift: fc.integer({ min: 0, max: 3 }),
    maxBlocks: fc.integer({ min: 1, max: 64 }),
    chunkBlocks: fc.constantFrom(0, 1, 7, 64),
    sector: fc.integer({ min: 0, max: 500 }),
    sectors: fc.integer({ min: 1, max: 500 }),
    op: fc.constantFrom(...BLOCK_OPS),
  });
  fc.assert(
    fc.property(sizes, ({ shift, maxBlocks, chunkBlocks, sector, sectors, op }) => {
      const block = 2 ** shift;
      const of = limits({
        logicalBlockBytes: 512 * block,
        physicalBlockBytes: 4096,
        maxSectors: maxBlocks * block,
        chunkSectors: chunkBlocks * block,
        zones: { ...ZONES, zoneSectors: 64 * block },
      });
      const whole = bio({ op, sector: sector * block, sectors: sectors * block });
      fc.pre(refuse(whole, 10_000, of) === undefined);
      const pieces = split(whole, of);
      let at = whole.sector;
      for (const piece of pieces) {
        expect(piece.sector).toBe(at);
        expect(piece.offset).toBe((at - whole.sector) * 512);
        expect(piece.sectors % block).toBe(0);
        if (op === 'read' || op === 'write') {
          expect(piece.sectors).toBeGreaterThan(0);
          expect(piece.sectors).toBeLessThanOrEqual(of.maxSectors);
          if (of.chunkSectors > 0)
            expect(Math.floor(piece.sector / of.chunkSectors)).toBe(
              Math.floor((piece.sector + piece.sectors - 1) / of.chunkSectors),
            );
        }
        at += piece.sectors;
      }
      expect(at).toBe(whole.sector + whole.sectors);
    }),
  );
});

test.each<[string, Partial<QueueLimits>]>([
  ['blocks of 256 bytes', { logicalBlockBytes: 256, physicalBlockBytes: 256 }],
  ['blocks of 1000 bytes', { logicalBlockBytes: 1000, physicalBlockBytes: 1000 }],
  ['blocks larger than a page', { logicalBlockBytes: 8192, physicalBlockBytes: 8192 }],
  ['physical blocks below the logical ones', { logicalBlockBytes: 4096, physicalBlockBytes: 512 }],
  ['requests too small for a block', { logicalBlockBytes: 4096, physicalBlockBytes: 4096, maxSectors: 4 }],
])('refuses %s', (_what, of) => {
  expect(() => checkLimits(limits(of))).toThrowError(/block/);
});
