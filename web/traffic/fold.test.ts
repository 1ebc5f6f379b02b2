/** Folding and rows: what is one row, what opens, what is missing, and that nothing is lost on the way. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Trace } from '#bus/trace.ts';
import { c45, Mmd } from '#datasheets/c45.ts';
import { QT2025_SRAM } from '#datasheets/qt2025.ts';
import { SHEETS } from '../filter/sheets.ts';
import { TraceRing } from '../store/trace-ring.ts';
import { Burst } from './burst.ts';
import { Fold, MIN_BURST } from './fold.ts';
import { frozen, type Records } from './records.ts';
import { type Opened, type Row, rowsOf, toggled } from './rows.ts';
import { burstWords } from './words.ts';

interface Access {
  readonly at: number;
  readonly value?: number;
  readonly device?: string;
  readonly requester?: string;
  readonly op?: 'read' | 'write' | 'irq' | 'note';
}

const bench = (capacity?: number) => {
  const trace = new Trace();
  const ring = new TraceRing(capacity);
  let time = 0;
  const play = (accesses: readonly Access[], skip = 0): void => {
    const since = trace.last + 1 + skip;
    for (let i = 0; i < skip; i++) trace.record({ device: 'phy0', requester: 'x', op: 'read', outcome: 'ok', time: 0 });
    for (const { at, value = 0, device = 'phy0', requester = 'qt2025', op = 'write' } of accesses) {
      time += 51_200;
      trace.record({ device, requester, op, outcome: 'ok', time, at, value, wireNs: 51_200 });
    }
    ring.push({
      records: trace.slice(since),
      names: { from: { devices: 0, requesters: 0, texts: 0 }, ...trace.names },
    });
  };
  const fold = new Fold({ test: () => true, sheetOf: () => SHEETS.qt2025 });
  return { ring, play, fold };
};
const image = (length: number): Uint8Array => {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
  bytes.set([length >> 8, length & 0xff], 0x0a02);
  bytes.set([0, 0], 0x0a00);
  const sum = bytes.reduce((total, byte) => (total + byte) & 0xffff, 0);
  bytes.set([sum >> 8, sum & 0xff], 0x0a00);
  return bytes;
};
const upload = (bytes: Uint8Array): Access[] => {
  const places = QT2025_SRAM.flatMap(({ at, length }) => Array.from({ length }, (_, i) => at + i));
  return [...bytes].map((value, i) => ({ at: places[i]!, value }));
};
const allRows = (fold: Fold, opened: Opened = new Set()): Row[] => {
  const rows = rowsOf(fold, opened);
  return Array.from({ length: rows.count }, (_, i) => rows.at(i)!);
};
const burstOf = (fold: Fold, index: number): Burst => {
  const item = fold.item(index);
  if (!(item instanceof Burst)) throw new Error(`item ${index} is no burst`);
  return item;
};
const row = (length: number, at = c45(Mmd.PCS, 0x8000)): Access[] => Array.from({ length }, (_, i) => ({ at: at + i }));

test('a firmware upload is one row that says what, how many, where, how long and the sum', () => {
  const { ring, play, fold } = bench();
  play([{ at: c45(1, 0xd001), op: 'read' }, ...upload(image(24_543)), { at: c45(3, 0xe854) }]);
  fold.feed(ring);
  expect(fold.length).toBe(3);
  const burst = burstOf(fold, 1);
  expect(burst.count).toBe(24_543);
  expect(burstWords(burst)).toEqual({
    title: 'Firmware upload',
    rest: '24,543 writes, two ranges, 1.257 s',
    range: '3.8000h … 3.BFFFh, 4.8000h … 4.9FDEh',
  });
  expect(burst.sum).toMatchObject({ good: true });
});

test('a flipped byte shows in the sum, beside what the image says', () => {
  const { ring, play, fold } = bench();
  const bytes = image(24_543);
  const said = (bytes[0x0a00]! << 8) | bytes[0x0a01]!;
  bytes[0x1a2c]! ^= 8;
  play(upload(bytes));
  fold.feed(ring);
  const { sum } = burstOf(fold, 0);
  expect(sum).toMatchObject({ good: false, said });
  expect(Math.abs((sum?.sum ?? 0) - said)).toBe(8);
});

test('an upload that stops half-way has no verdict', () => {
  const { ring, play, fold } = bench();
  play(upload(image(24_543)).slice(0, 9000));
  fold.feed(ring);
  expect(burstOf(fold, 0).sum).toMatchObject({ good: null });
});

test('a burst opens to its windows, and a window to its accesses', () => {
  const { ring, play, fold } = bench();
  play([...upload(image(24_543)), { at: 1 }]);
  fold.feed(ring);
  const burst = burstOf(fold, 0);
  const opened = toggled(new Set(), burst);
  expect(allRows(fold, opened).map(({ kind }) => kind)).toEqual(['burst', 'window', 'window', 'record']);
  const rows = rowsOf(fold, toggled(opened, burst.windows[1]!));
  expect(rows.count).toBe(4 + 24_543 - 16_384);
  expect(rows.at(3)).toEqual({ kind: 'record', position: 16_384, depth: 2 });
  expect(rows.at(rows.count - 1)).toEqual({ kind: 'record', position: 24_543, depth: 0 });
  expect(rows.indexOf(16_390)).toBe(9);
  expect(rows.indexOf(5)).toBe(1);
  expect(rows.at(rows.count)).toBeUndefined();
});

test('fewer than a burst stay single, however they are fed', () => {
  const { ring, play, fold } = bench();
  play(row(MIN_BURST - 1));
  fold.feed(ring);
  expect(fold.length).toBe(MIN_BURST - 1);
  play([{ at: c45(3, 0x8000 + MIN_BURST - 1) }]);
  fold.feed(ring);
  expect(fold.length).toBe(1);
});

test('another requester, another direction or a jump ends a burst', () => {
  for (const stray of [
    { at: c45(3, 0x8020), requester: 'dashboard' },
    { at: c45(3, 0x8020), op: 'read' as const },
    { at: c45(3, 0x8030) },
  ]) {
    const { ring, play, fold } = bench();
    play([...row(32), stray]);
    fold.feed(ring);
    expect(burstOf(fold, 0).count).toBe(32);
    expect(fold.item(1)).toBe(32);
  }
});

test('accesses of another device and interrupts in between do not break a burst', () => {
  const { ring, play, fold } = bench();
  const mixed = row(40).flatMap((access, i): Access[] => [
    access,
    { at: 7, device: 'phy1', op: i % 2 === 0 ? 'read' : 'irq' },
  ]);
  play(mixed);
  fold.feed(ring);
  const burst = burstOf(fold, 0);
  expect(burst.count).toBe(40);
  expect(fold.length).toBe(41);
  const rows = rowsOf(fold, toggled(new Set(), burst));
  expect(Array.from({ length: 41 }, (_, i) => rows.at(i)).slice(1)).toEqual(
    Array.from({ length: 40 }, (_, i) => ({ kind: 'record', position: 2 * i, depth: 1 })),
  );
});

test('missing records are a row of their own, and end a burst', () => {
  const { ring, play, fold } = bench();
  play(row(20));
  play(row(20, c45(3, 0x8014)), 1204);
  fold.feed(ring);
  expect(allRows(fold).map(({ kind }) => kind)).toEqual(['burst', 'gap', 'burst']);
  expect(fold.item(1)).toMatchObject({ why: 'lost', count: 1204 });
});

test('what was overwritten before it was shown is said, and what is gone leaves the table', () => {
  const { ring, play, fold } = bench(100);
  play(Array.from({ length: 50 }, (_, i) => ({ at: 5 * i })));
  fold.feed(ring);
  play(Array.from({ length: 120 }, (_, i) => ({ at: 5 * i })));
  fold.feed(ring);
  expect(fold.item(0)).toMatchObject({ kind: 'gap', why: 'aged', count: 20 });
  expect(fold.length).toBe(101);
});

test('a frozen copy stands still while the ring goes on', () => {
  const { ring, play } = bench(64);
  play(row(50));
  const still: Records = frozen(ring);
  play(row(500));
  expect([still.begin, still.end]).toEqual([0, 50]);
  expect(still.at(3)?.seq).toBe(4);
  expect(ring.at(3)).toBeUndefined();
  expect(still.positionOf(10)).toBe(9);
});

const anyAccess: fc.Arbitrary<Access> = fc.record({
  at: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0x3bff0, max: 0x3c010 })),
  value: fc.nat(0xffff),
  device: fc.constantFrom('phy0', 'phy1'),
  requester: fc.constantFrom('a', 'b'),
  op: fc.constantFrom('read' as const, 'write' as const, 'irq' as const, 'note' as const),
});
const stretch = fc
  .tuple(anyAccess, fc.integer({ min: 1, max: 40 }))
  .map(([access, n]) => Array.from({ length: n }, (_, i) => ({ ...access, at: access.at + i })));
const story = fc.array(fc.oneof(fc.array(anyAccess, { maxLength: 5 }), stretch), { maxLength: 12 });

test('every record is in exactly one row when all is opened, and row and position find each other', () => {
  fc.assert(
    fc.property(story, fc.nat(40), (parts, slice) => {
      const { ring, play, fold } = bench();
      play(parts.flat());
      for (let to = 0; to < ring.end; to += slice + 1) fold.feed(ring, to);
      fold.feed(ring);
      let opened: Opened = new Set();
      for (let i = 0; i < fold.length; i++) {
        const item = fold.item(i);
        if (!(item instanceof Burst)) continue;
        expect(item.serial - fold.firstSerial).toBe(i);
        opened = toggled(opened, item);
        for (const window of item.windows) opened = toggled(opened, window);
      }
      const rows = rowsOf(fold, opened);
      const shown: number[] = [];
      for (let i = 0; i < rows.count; i++) {
        const found = rows.at(i);
        if (found?.kind === 'record') shown.push(found.position);
      }
      expect(shown.sort((a, b) => a - b)).toEqual(Array.from({ length: ring.end }, (_, i) => i));
    }),
  );
});

test('how it is fed does not change what is folded', () => {
  fc.assert(
    fc.property(story, fc.integer({ min: 1, max: 9 }), (parts, step) => {
      const { ring, play, fold } = bench();
      play(parts.flat());
      const other = new Fold({ test: () => true, sheetOf: () => SHEETS.qt2025 });
      fold.feed(ring);
      for (let to = step; to < ring.end + step; to += step) other.feed(ring, Math.min(to, ring.end));
      const shape = (f: Fold) =>
        Array.from({ length: f.length }, (_, i) => f.item(i)).map((item) =>
          item instanceof Burst ? [item.position, item.count] : item,
        );
      expect(shape(other)).toEqual(shape(fold));
    }),
  );
});
