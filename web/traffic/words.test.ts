/** The words of the table: what a reader sees for an access. */
import { expect, test } from 'vitest';
import type { TraceRecord } from '#bus/trace.ts';
import { c45 } from '#datasheets/c45.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import { SHEETS } from '../filter/sheets.ts';
import { duration, fieldLines, nibbles, seconds, wordsOf } from './words.ts';

const names = { devices: ['', 'phy0'], requesters: ['', 'qt2025'], texts: ['', 'rx-loss'] };
const words = (of: Partial<TraceRecord>, radix: 'hex' | 'bin' = 'hex') =>
  wordsOf(
    {
      seq: 1,
      device: 1,
      requester: 1,
      op: 'write',
      outcome: 'ok',
      time: 0,
      at: QT2025.MICRO_BOOT.at,
      value: 0,
      old: 0,
      aux: 51_200,
      ...of,
    },
    names,
    () => SHEETS.qt2025,
    radix,
  );

test('a write says what it changes', () => {
  expect(words({ value: 0x00c0, old: 0x0040 })).toMatchObject({
    device: 'phy0',
    requester: 'qt2025',
    address: '3.E854h',
    name: 'MICRO_BOOT',
    value: '00C0h',
    change: '0040 → 00C0',
    decoded: 'FROM sram → rom',
    result: 'ok',
    latency: '51.2',
  });
});

test('a first read says what the value means, a later one what changed', () => {
  expect(words({ op: 'read', at: QT2025.PCS_STAT1.at, value: 6 })).toMatchObject({
    change: '',
    decoded: 'LSTATUS, LPABLE',
  });
  expect(words({ op: 'read', at: QT2025.PCS_STAT1.at, value: 2, old: 6 })).toMatchObject({
    change: '0006 → 0002',
    decoded: 'LSTATUS 1 → 0',
  });
});

test('program memory is bytes at an offset', () => {
  expect(words({ at: c45(3, 0x9a2c), value: 0x5e })).toMatchObject({ name: 'SRAM+1A2Ch', value: '5Eh', decoded: '' });
});

test('an outcome that is not ok is said in words', () => {
  expect(words({ outcome: 'undriven', op: 'read', value: 0xffff })).toMatchObject({
    decoded: 'nobody drives the bus',
    remark: true,
  });
  expect(words({ outcome: 'unmodelled', at: c45(1, 0x1234) })).toMatchObject({ name: '', remark: true });
});

test('faults and interrupts carry their text and no register', () => {
  expect(words({ op: 'fault', outcome: 'on', aux: 1 })).toMatchObject({
    address: '',
    value: '',
    name: 'rx-loss',
    decoded: 'fault switched on',
    result: 'on',
  });
});

test('fields are listed from the highest bit, with what changed and what is reserved', () => {
  const lines = fieldLines(QT2025.MICRO_BOOT, 0x0040, 0x00c0);
  expect(lines.find(({ name }) => name === 'FROM')).toMatchObject({ bits: '7:6', now: '01 sram', was: '11 rom' });
  expect(lines.at(-1)).toMatchObject({ name: 'reserved', now: '0' });
  expect(fieldLines(QT2025.PCS_STAT1, 4, null).find(({ name }) => name === 'LSTATUS')).toMatchObject({
    bits: '2',
    now: '1',
    was: null,
  });
});

test('numbers keep their width', () => {
  expect(nibbles(0xb300, 16)).toBe('1011 0011 0000 0000');
  expect(words({ value: 5 }, 'bin').value).toBe('0000 0000 0000 0101');
  expect(seconds(3.170204e9)).toBe('3.170 204');
  expect(seconds(-51_200)).toBe('−0.000 051');
  expect([duration(51_200), duration(1.257e9), duration(2e6)]).toEqual(['51.2 µs', '1.257 s', '2.0 ms']);
});
