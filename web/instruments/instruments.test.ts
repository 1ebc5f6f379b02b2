/** What B on a row asks for, and how rows of faults and holds read. */
import { expect, test } from 'vitest';
import { readSelection } from '#bus/filters/selection.ts';
import { packTag, type TraceRecord } from '#bus/trace.ts';
import { QT2025, QT2025_ALL, QT2025_SPANS } from '#datasheets/qt2025.ts';
import { type Lab, sheetOf } from '../filter/sheets.ts';
import { instrumentWords } from './instrument-words.ts';
import { wishOf } from './wish.ts';

const kinds: Readonly<Record<string, string>> = { phy0: 'qt2025', nullb0: 'nullb', card0: 'display' };
const lab: Lab = { kindOf: (device) => kinds[device], devices: Object.keys(kinds), requesters: [] };
const names = { devices: ['', 'phy0', 'nullb0', 'card0'], requesters: ['', 'drv'], texts: ['', 'vram'] };
const record = (of: Partial<TraceRecord>): TraceRecord => ({
  seq: 1,
  device: 1,
  requester: 1,
  op: 'write',
  outcome: 'ok',
  time: 0,
  at: QT2025.MICRO_BOOT.at,
  value: 0x40,
  old: 0xc0,
  aux: 0,
  ...of,
});
const wish = (of: Partial<TraceRecord>) => wishOf(record(of), names, lab, (device) => sheetOf(lab, device));

test('B asks for the same access again, in words the lab takes', () => {
  expect(wish({})).toEqual({ device: 'phy0', when: 'write MICRO_BOOT == 0x0040' });
  expect(wish({ op: 'read' })).toEqual({ device: 'phy0', when: 'read MICRO_BOOT' });
  expect(wish({ at: 0x39a2c, value: 0x5e })).toEqual({ device: 'phy0', when: 'write 3.9A2Ch == 0x005e' });
  const place = { port: 'mdio', registers: QT2025_ALL, spans: QT2025_SPANS } as const;
  for (const of of [{}, { op: 'read' as const }, { at: 0x39a2c }]) {
    const { op, at, value, old } = record(of);
    const touch = { device: 'phy0', op, at, value, old, requester: 'drv', widthBits: 16 };
    expect(readSelection(wish(of)?.when ?? '', place)(touch)).toBe(true);
  }
});

test('requests, spans and notes are asked for as what they are', () => {
  const old = packTag({ tag: 1, hctx: 0, detail: 0 });
  expect(wish({ device: 2, at: 8, old })).toEqual({ device: 'nullb0', when: 'write sector == 8' });
  expect(wish({ device: 2, at: 8, old: packTag({ tag: 1, hctx: 0xff, detail: 0 }) })).toBeNull();
  expect(wish({ device: 3, op: 'span_write', at: 0, aux: 1 })).toEqual({
    device: 'card0',
    when: 'span_write span == vram',
  });
  expect(wish({ op: 'note' })).toBeNull();
});

test('a fault that fired and an access that was held name their register and what changed', () => {
  const sheet = sheetOf(lab, 'phy0');
  const fired = record({ op: 'fault', old: 0x56, value: 0x5e, at: 0x39a2c });
  expect(instrumentWords(fired, 'filter', 'noise bit-flip', sheet)).toMatchObject({
    address: '3.9A2Ch',
    change: '0056 → 005E',
    decoded: 'fired: noise bit-flip',
  });
  const held = record({ op: 'note', outcome: 'held' });
  expect(instrumentWords(held, 'breakpoint', 'held by breakpoint 1', sheet)).toMatchObject({
    name: 'MICRO_BOOT',
    change: '00C0 → 0040',
  });
  expect(instrumentWords(record({ op: 'fault', outcome: 'on' }), 'filter', 'x', sheet)).toBeUndefined();
  expect(instrumentWords(record({ op: 'note' }), 'dashboard', 'x', sheet)).toBeUndefined();
});
