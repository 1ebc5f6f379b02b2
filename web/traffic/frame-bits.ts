/** The two frames of one access, bit by bit, as they were on the wire: address frame, then data frame. */

import { addressFrame, packFrame } from '#bus/mdio.ts';
import type { TraceRecord } from '#bus/trace.ts';
import { FRAME, mmdOf, Op } from '#datasheets/c45.ts';

export interface FrameField {
  readonly name: string;
  readonly hi: number;
  readonly lo: number;
  readonly says: string;
}
export interface FrameBits {
  readonly title: string;
  readonly raw: number;
  /** First bit sent first. */
  readonly bits: readonly (0 | 1)[];
  readonly fields: readonly FrameField[];
}

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');

/** A read of a place where nobody is home leaves the turnaround undriven, so both its bits are 1. */
export const framesOf = (record: TraceRecord, prtad: number): readonly [FrameBits, FrameBits] => {
  const read = record.op === 'read';
  const ta = read && record.outcome === 'undriven' ? 0b11 : 0b10;
  const address = addressFrame(prtad, record.at);
  const second = packFrame(read ? Op.read : Op.write, prtad, mmdOf(record.at), record.value & 0xffff, ta);
  return [frame('Address frame', 'ADDRESS', 'adr', address), frame('Data frame', 'DATA', read ? 'rd' : 'wr', second)];
};

const frame = (title: string, last: string, op: string, raw: number): FrameBits => {
  const part = ({ hi, lo }: { hi: number; lo: number }): number => (raw >>> lo) & (2 ** (hi - lo + 1) - 1);
  return {
    title: `${title}, ${hex(raw >>> 16, 4)} ${hex(raw & 0xffff, 4)}h`,
    raw,
    bits: Array.from({ length: 32 }, (_, i) => ((raw >>> (31 - i)) & 1 ? 1 : 0)),
    fields: [
      { name: 'ST', ...FRAME.ST, says: String(part(FRAME.ST)) },
      { name: 'OP', ...FRAME.OP, says: op },
      { name: 'PRTAD', ...FRAME.PRTAD, says: String(part(FRAME.PRTAD)) },
      { name: 'DEVAD', ...FRAME.DEVAD, says: String(part(FRAME.DEVAD)) },
      { name: 'TA', ...FRAME.TA, says: part(FRAME.TA) === 0b11 ? 'Z' : '' },
      { name: last, ...FRAME.DATA, says: `${hex(part(FRAME.DATA), 4)}h` },
    ],
  };
};
