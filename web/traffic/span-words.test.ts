/** Traffic of a memory-mapped device: its addresses, its spans of memory, and what folds. */
import { expect, test } from 'vitest';
import { Trace } from '#bus/trace.ts';
import { DISPLAY } from '#datasheets/display.ts';
import { encode } from '#regmap/codec.ts';
import { readFilter } from '../filter/compile.ts';
import { complete } from '../filter/complete.ts';
import { SHEETS } from '../filter/sheets.ts';
import { TraceRing } from '../store/trace-ring.ts';
import { Burst } from './burst.ts';
import { clauseOf } from './cell-clause.ts';
import { Fold, MIN_BURST } from './fold.ts';
import { burstWords, wordsOf } from './words.ts';

const lab = {
  kindOf: (device: string) => (device === 'card0' ? 'display' : device === 'phy0' ? 'qt2025' : undefined),
  devices: ['phy0', 'card0'],
  requesters: [],
};
const sheetOf = (device: string) => SHEETS[lab.kindOf(device) ?? ''];

const bench = () => {
  const trace = new Trace(1024);
  let time = 0;
  const tick = (): number => {
    time += 1000;
    return time;
  };
  const base = { device: 'card0', requester: 'ferro_drm', outcome: 'ok' } as const;
  return {
    read: (at: number, value = 0) => trace.record({ ...base, op: 'read', time: tick(), at, value }),
    write: (at: number, value: number, old = 0) => trace.record({ ...base, op: 'write', time: tick(), at, value, old }),
    span: (at: number, bytes: number) =>
      trace.record({ ...base, op: 'span_write', time: tick(), at, value: bytes, old: 0xabcd, text: 'vram' }),
    look: () => {
      const ring = new TraceRing(1024);
      ring.push({ records: trace.slice(1), names: { from: { devices: 0, requesters: 0, texts: 0 }, ...trace.names } });
      const fold = new Fold({ test: () => true, sheetOf });
      fold.feed(ring);
      return { ring, items: Array.from({ length: fold.length }, (_, i) => fold.item(i)) };
    },
  };
};

test('a register of 32 bits is named and decoded, at its offset', () => {
  const { write, look } = bench();
  write(DISPLAY.INT_STATUS.at, encode(DISPLAY.INT_STATUS, { FLIP_DONE: true }), 0);
  const { ring } = look();
  expect(wordsOf(ring.at(0)!, ring.names, sheetOf, 'hex')).toMatchObject({
    address: '1010h',
    name: 'INT_STATUS',
    value: '00000002h',
    change: '00000000 → 00000002',
    decoded: 'FLIP_DONE 0 → 1',
  });
  const clause = clauseOf('register', ring.at(0)!, ring.names, sheetOf) ?? '';
  expect(clause).toBe('reg == INT_STATUS');
  const reading = readFilter(clause, lab);
  expect(reading.ok && reading.test(ring.at(0)!, ring.names)).toBe(true);
});

test('a move of memory says how much and where', () => {
  const { span, look } = bench();
  span(0x1b7700, 256);
  const { ring } = look();
  expect(wordsOf(ring.at(0)!, ring.names, sheetOf, 'hex')).toMatchObject({
    address: '+1B7700h',
    name: 'vram',
    value: '256 B',
    decoded: 'written to 1B77FFh, FNV-1a 0000abcd',
    result: 'ok',
  });
});

test('the rows of a picture fold, a picture with other rows begins anew', () => {
  const { span, look } = bench();
  for (let row = 0; row < 64; row++) span(row * 7680, 256);
  for (let row = 0; row < 32; row++) span(row * 7680 + 512, 128);
  const { items } = look();
  expect(items.map((item) => (item instanceof Burst ? item.count : item))).toEqual([64, 32]);
  expect(items[0] instanceof Burst && burstWords(items[0])).toMatchObject({
    title: 'Memory written row by row',
    rest: '64 spans, 16 KiB, 63.0 µs',
    range: '+0000h … +762FFh',
  });
});

test('whole frames, each at the same place, stay apart', () => {
  const { span, look } = bench();
  for (let frame = 0; frame < 2 * MIN_BURST; frame++) span(0, 8_294_400);
  expect(look().items).toHaveLength(2 * MIN_BURST);
});

test('the bytes of an EDID fold, the registers of a plane do not', () => {
  const { read, write, look } = bench();
  for (let at = 0; at < 128; at++) read(at);
  for (let i = 0; i < 16; i++) write(0x1100 + 4 * i, i);
  const { items } = look();
  expect(items).toHaveLength(17);
  expect(items[0] instanceof Burst && burstWords(items[0])).toMatchObject({
    title: 'edid read in a row',
    range: '0000h … 007Fh',
  });
});

test('a filter that names the display completes its registers and no others', () => {
  const offered = (text: string) => complete(text, text.length, lab).options.map((option) => option.text);
  expect(offered('dev == card0 && FLIP')).toContain('FLIP_STATUS');
  expect(offered('dev == card0 && PCS_')).toEqual([]);
  expect(offered('dev == phy0 && PCS_ST')).toContain('PCS_STAT1');
  expect(offered('FLIP_ST')).toContain('FLIP_STATUS');
});
