/** A memory-backed device against a simple model of it: whatever is asked, in whatever order, the same bytes come back. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bench, SECTOR } from './bench.ts';
import { Medium } from './medium.ts';
import { PageStore } from './page-store.ts';

const SECTORS = 512;

const span = fc
  .tuple(fc.nat({ max: SECTORS - 1 }), fc.integer({ min: 1, max: 40 }))
  .map(([sector, sectors]) => [sector, Math.min(sectors, SECTORS - sector)] as const);
const step = fc.oneof(
  fc.record({ op: fc.constantFrom('write' as const, 'fua' as const), span, byte: fc.integer({ min: 1, max: 255 }) }),
  fc.record({
    op: fc.constantFrom('discard' as const, 'write_zeroes' as const, 'allocate' as const, 'read' as const),
    span,
  }),
  fc.record({ op: fc.constant('flush' as const) }),
);

/** Sectors as they should read, and as they would after a loss of power. */
class Model {
  readonly seen = new Uint8Array(SECTORS);
  readonly kept = new Uint8Array(SECTORS);

  set(sector: number, sectors: number, byte: number, through: boolean): void {
    this.seen.fill(byte, sector, sector + sectors);
    if (through) this.kept.fill(byte, sector, sector + sectors);
  }
  flush(): void {
    this.kept.set(this.seen);
  }
}

test.each([
  ['no cache', {}],
  ['a cache', { cache_size: '1' }],
  ['blocks of 4096', { blocksize: '4096', cache_size: '1' }],
] as const)('with %s it reads what the model reads', (_name, attributes) => {
  const block = 'blocksize' in attributes ? 8 : 1;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const on = bench({ memory_backed: '1', discard: '1', size: '1', irqmode: '0', ...attributes });
      const cached = 'cache_size' in attributes;
      const model = new Model();
      for (const each of steps) {
        if (each.op === 'flush') {
          expect(on.status('flush')).toBe('OK');
          model.flush();
          continue;
        }
        const sector = Math.floor(each.span[0] / block) * block;
        const sectors = Math.min(Math.ceil(each.span[1] / block) * block, SECTORS - sector);
        switch (each.op) {
          case 'read':
            expect(on.read(sector, sectors)).toEqual([...model.seen.subarray(sector, sector + sectors)]);
            break;
          case 'discard':
          case 'write_zeroes':
            expect(on.status(each.op, sector, sectors)).toBe('OK');
            model.set(sector, sectors, 0, true); // a hole is a hole in both
            break;
          case 'allocate':
            expect(on.status('write_zeroes', sector, sectors, { noUnmap: true })).toBe('OK');
            model.set(sector, sectors, 0, !cached);
            break;
          default:
            expect(on.write(sector, sectors, each.byte, { fua: each.op === 'fua' })).toBe('OK');
            model.set(sector, sectors, each.byte, !cached || each.op === 'fua');
        }
      }
      expect(on.read(0, SECTORS)).toEqual([...model.seen]);
      on.device.control('power-cut');
      on.device.control('power-on');
      expect(on.read(0, SECTORS)).toEqual([...model.kept]);
    }),
    { numRuns: 60 },
  );
});

test('the direct verbs and the queues see the same bytes, at any offset and length', () => {
  const io = fc.record({
    write: fc.boolean(),
    at: fc.nat({ max: 30_000 }),
    length: fc.integer({ min: 1, max: 9000 }),
    byte: fc.nat({ max: 255 }),
  });
  fc.assert(
    fc.property(fc.array(io, { maxLength: 40 }), fc.boolean(), (steps, cache) => {
      const on = bench({ memory_backed: '1', size: '1', irqmode: '0', ...(cache ? { cache_size: '1' } : {}) });
      const model = new Uint8Array(1 << 20);
      for (const { write, at, length, byte } of steps) {
        const bytes = new Uint8Array(length + 3).fill(byte);
        if (write) {
          expect(on.device.writeFrom(at, length, bytes, 3, byte % 2 === 0)).toBe('OK');
          model.fill(byte, at, at + length);
        } else {
          expect(on.device.readInto(at, length, bytes, 3)).toBe('OK');
          expect(bytes.subarray(3)).toEqual(model.subarray(at, at + length));
        }
      }
      const all = on.run('read', 0, 128)?.data;
      expect(all).toEqual(model.subarray(0, 128 * SECTOR));
    }),
    { numRuns: 60 },
  );
});

test('a page store gives back what it was given, counts its pages, and lets go of what was freed', () => {
  const io = fc.record({
    what: fc.constantFrom('write', 'free'),
    sector: fc.nat({ max: 40_000 }),
    sectors: fc.integer({ min: 1, max: 30 }),
    byte: fc.integer({ min: 1, max: 255 }),
  });
  fc.assert(
    fc.property(fc.array(io, { maxLength: 80 }), (steps) => {
      const store = new PageStore(1e6);
      const model = new Map<number, number>();
      for (const { what, sector, sectors, byte } of steps) {
        const data = new Uint8Array(sectors * SECTOR).fill(byte);
        if (what === 'write') expect(store.write(sector * SECTOR, data.length, data, 0)).toBe(data.length);
        else store.free(sector * SECTOR, data.length);
        for (let i = sector; i < sector + sectors; i++)
          if (what === 'write') model.set(i, byte);
          else model.delete(i);
      }
      expect(store.pages).toBe(new Set([...model.keys()].map((sector) => sector >> 3)).size);
      const sector = new Uint8Array(SECTOR);
      for (const { sector: at } of steps) {
        store.read(at * SECTOR, SECTOR, sector, 0);
        expect(sector[17]).toBe(model.get(at) ?? 0);
      }
      const held: number[] = [];
      for (let page = store.nextPage(0); page >= 0; page = store.nextPage(page + 1)) held.push(page);
      expect(held).toEqual([...new Set([...model.keys()].map((at) => at >> 3))].sort((a, b) => a - b));
      store.free(0, 50_000 * SECTOR);
      expect(store.pages).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('extents are what was stored, adjoining ones differ, and they cover all of it', () => {
  fc.assert(
    fc.property(fc.array(span, { maxLength: 12 }), fc.boolean(), (spans, cached) => {
      const medium = new Medium(1 << 24);
      if (cached) medium.sizeCache(1 << 20);
      const model = new Uint8Array(SECTORS);
      for (const [sector, sectors] of spans) {
        medium.write(sector * SECTOR, sectors * SECTOR, new Uint8Array(sectors * SECTOR), 0, false);
        model.fill(1, sector, sector + sectors);
      }
      const found: number[] = [];
      let last: boolean | undefined;
      for (let at = 0; at < SECTORS * SECTOR; ) {
        const { bytes, stored } = medium.extent(at, SECTORS * SECTOR);
        expect(bytes).toBeGreaterThan(0);
        expect(stored).not.toBe(last);
        last = stored;
        found.push(...Array<number>(bytes / SECTOR).fill(stored ? 1 : 0));
        at += bytes;
      }
      expect(found).toEqual([...model]);
    }),
  );
});

test('when memory is full a write is NOSPC, and there is room again after a discard', () => {
  const on = bench({ memory_backed: '1', discard: '1', size: '64', irqmode: '0' }, { memoryBytes: 1 << 20 });
  for (let i = 0; i < 256; i++) expect(on.write(i * 8, 8, 1)).toBe('OK');
  expect(on.write(8 * 256, 8, 1)).toBe('NOSPC');
  expect(on.write(0, 8, 2)).toBe('OK');
  expect(on.status('discard', 0, 16)).toBe('OK');
  expect(on.write(8 * 256, 8, 1)).toBe('OK');
  expect(on.device.inspect().statuses).toEqual({ NOSPC: 1 });
});

test('a cache smaller than what is written evicts in order of address, sixteen pages a round', () => {
  const on = bench({ memory_backed: '1', cache_size: '1', size: '64', irqmode: '0' });
  for (let page = 300; page-- > 0; ) on.write(page * 8, 8, 1 + (page % 250));
  const { cachedBytes, storedBytes } = on.device.inspect();
  expect(cachedBytes).toBeLessThanOrEqual(1 << 20);
  expect(storedBytes).toBe(3 * 16 * 4096);
  for (let page = 0; page < 300; page++) expect(on.read(page * 8, 1)).toEqual([1 + (page % 250)]);
});

test('zeroes that must be allocated are stored, others are a hole', () => {
  const on = bench({ memory_backed: '1', size: '64', irqmode: '0' });
  on.write(0, 16, 5);
  on.status('write_zeroes', 0, 8, { noUnmap: true });
  on.status('write_zeroes', 8, 8);
  expect(on.read(0, 16)).toEqual(Array(16).fill(0));
  expect(on.device.inspect().storedBytes).toBe(4096);
});
