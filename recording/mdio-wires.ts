/** Accesses of a management bus as the levels of its two wires: 64 bits a frame, an address frame and a data frame an access. */
import { FIRMWARE_REQUESTER, type TraceRecord } from '#bus/trace.ts';
import { FRAME, mmdOf, Op, registerOf } from '#datasheets/c45.ts';
import { type RecordedSection, recordAt } from './decode.ts';

/** What the wires are drawn with where a lab gives them no time: the fastest clock a QT2025 takes. */
const FAST_BIT_NS = 40;
const FRAME_BITS = 64;
const PREAMBLE_BITS = 32;

export interface Edge {
  readonly ns: number;
  readonly wire: 'mdc' | 'mdio';
  readonly level: '0' | '1' | 'z';
}

/** True for an access that was on the wires: not the chip's own, not one that was held or turned away. */
export const isOnWires = (record: TraceRecord, requesters: readonly string[]): boolean =>
  (record.op === 'read' || record.op === 'write') &&
  record.outcome !== 'held' &&
  record.outcome !== 'refused' &&
  requesters[record.requester] !== FIRMWARE_REQUESTER;

/** Nanoseconds of one bit. */
export const bitNsOf = ({ aux }: TraceRecord): number => (aux === 0 ? FAST_BIT_NS : aux / 2 / FRAME_BITS);

/** One frame on the wires. */
interface Frame {
  readonly bits: string;
  readonly ns: number;
  readonly bitNs: number;
}

/**
 * Edges in order of time. A data frame begins when its access was recorded, its address frame right before. Where a lab gave the wires
 * no time, frames queue up one behind another. `beganNs` is when the drawing begins.
 */
export function* edgesOf(section: RecordedSection, device: string, prtad: number, beganNs: number): Generator<Edge> {
  let end = beganNs;
  for (const { bits, ns, bitNs } of framesOf(section, device, prtad)) {
    const from = Math.max(end, ns);
    let level = '1';
    for (let i = 0; i < FRAME_BITS; i++) {
      const at = from + i * bitNs;
      const bit = bits[i] as Edge['level'];
      if (i > 0) yield { ns: at, wire: 'mdc', level: '0' };
      if (bit !== level) yield { ns: at, wire: 'mdio', level: bit };
      yield { ns: at + bitNs / 2, wire: 'mdc', level: '1' };
      level = bit;
    }
    end = from + FRAME_BITS * bitNs;
    yield { ns: end, wire: 'mdc', level: '0' };
    if (level !== '1') yield { ns: end, wire: 'mdio', level: '1' };
  }
}

function* framesOf(section: RecordedSection, device: string, prtad: number): Generator<Frame> {
  let addressed = false;
  let before: TraceRecord | undefined;
  const draw = function* (access: TraceRecord, increments: boolean): Generator<Frame> {
    const { op, at, value, time, outcome } = access;
    const bitNs = bitNsOf(access);
    const devad = mmdOf(at);
    if (!addressed)
      yield { bits: frame(Op.address, prtad, devad, '10', registerOf(at)), ns: time - FRAME_BITS * bitNs, bitNs };
    const code = op === 'write' ? Op.write : increments ? Op.readIncrement : Op.read;
    const turn = op === 'write' ? '10' : outcome === 'undriven' ? 'z1' : 'z0';
    yield { bits: frame(code, prtad, devad, turn, value & 0xffff), ns: time, bitNs };
    addressed = increments;
  };
  const { names, count } = section;
  const index = names.devices.indexOf(device);
  for (let i = 0; i < count; i++) {
    const record = recordAt(section, i);
    if (record.device !== index || !isOnWires(record, names.requesters)) continue;
    if (before !== undefined) yield* draw(before, incremented(before, record));
    before = record;
  }
  if (before !== undefined) yield* draw(before, false);
}

/** The next register is read before there was time for an address frame: the bus had counted on by itself. */
const incremented = (before: TraceRecord, after: TraceRecord): boolean =>
  before.op === 'read' &&
  after.op === 'read' &&
  before.aux > 0 &&
  after.at === before.at + 1 &&
  mmdOf(after.at) === mmdOf(before.at) &&
  after.time - before.time < before.aux;

/** The 64 bits as they are driven; z where nobody does. */
const frame = (op: number, prtad: number, devad: number, turn: string, content: number): string =>
  '1'.repeat(PREAMBLE_BITS) +
  bits(0, FRAME.ST) +
  bits(op, FRAME.OP) +
  bits(prtad, FRAME.PRTAD) +
  bits(devad, FRAME.DEVAD) +
  turn +
  bits(content, FRAME.DATA);

const bits = (value: number, { hi, lo }: { readonly hi: number; readonly lo: number }): string =>
  value.toString(2).padStart(hi - lo + 1, '0');
