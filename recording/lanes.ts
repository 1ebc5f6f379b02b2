/** The records of a section in lanes: what each device heard, and what each did by itself, as numbers that can be compared. */
import { FIRMWARE_REQUESTER, RECORD_BYTES, TRACE_OPS } from '#bus/trace.ts';
import { LEFT_OUT } from '#bus/trace-words.ts';
import type { RecordedSection } from './decode.ts';
import { TupleIds } from './tuple-ids.ts';

/** What of a section is compared. */
export type ComparedSection = Pick<RecordedSection, 'names' | 'records' | 'count' | 'devices'>;

/** Within a lane the order of records means something, between lanes it does not. */
export interface Lane {
  readonly device: string;
  /** The device's own firmware, not the bus. */
  readonly firmware: boolean;
  /** Index of each record in the section. */
  readonly indexes: Int32Array;
  /** Everything a record says but its time… */
  readonly whole: Uint32Array;
  /** …and only what it is about. */
  readonly about: Uint32Array;
}

/** Makes lanes whose numbers mean the same in all of them. */
export class LaneMaker {
  readonly #abouts = new TupleIds();
  readonly #wholes = new TupleIds();
  readonly #texts = new Map<string, number>();

  /** Lanes by their key; a lane without records is not there. */
  lanesOf({ names, records, count, devices }: ComparedSection): ReadonlyMap<string, Lane> {
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
    const texts = names.texts.map((text) => this.#textId(text));
    const leftOut = names.texts.indexOf(LEFT_OUT);
    const blocks = new Set(devices.filter(({ port }) => port === 'block').map(({ name }) => name));
    const isBlock = names.devices.map((name) => blocks.has(name));
    const [lanes, laneOf] = emptyLanes({ names, records, count });
    for (let i = 0; i < count; i++) {
      const at = i * RECORD_BYTES;
      const device = view.getUint8(at + 4);
      const op = view.getUint8(at + 6);
      const outcome = view.getUint8(at + 7);
      const place = view.getUint32(at + 16, true);
      const value = view.getUint32(at + 20, true);
      const old = view.getUint32(at + 24, true);
      const aux = view.getUint32(at + 28, true);
      // which operation on which place; who asked is not part of it, so that two drivers can be compared
      let about: number;
      // what was written or answered; tags and times are left out: they are the machine's, not the driver's
      let more = 0;
      if (IS_TEXTED[op] === 1) about = this.#abouts.of(op, texts[aux] ?? 0, aux === leftOut ? value : 0, 0);
      else if (IS_SPAN[op] === 1) {
        about = this.#abouts.of(op, texts[aux] ?? 0, place, 0);
        more = old;
      } else if (isBlock[device] !== true) about = this.#abouts.of(op, place, 0, 0);
      else if (op === DONE) {
        about = this.#abouts.of(op, place, 0, 0);
        more = old >>> 24;
      } // of a request the upper bits of its sector are in aux, what kind it is in the tag word; an answer's aux is a time
      else about = this.#abouts.of(op, place, aux, old >>> 24);
      const lane = lanes[laneOf[(device << 8) | view.getUint8(at + 5)]!]!;
      lane.indexes[lane.length] = i;
      lane.about[lane.length] = about;
      lane.whole[lane.length] = this.#wholes.of(about, value, more, outcome);
      lane.length++;
    }
    return new Map(lanes.map((lane) => [keyOf(lane), lane]));
  }

  #textId(text: string): number {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, this.#texts.size);
    return this.#texts.size - 1;
  }
}

interface OpenLane extends Lane {
  length: number;
}

/** Lanes with room for exactly their records, and the lane of each pair of device and requester. */
const emptyLanes = ({
  names,
  records,
  count,
}: Pick<ComparedSection, 'names' | 'records' | 'count'>): readonly [OpenLane[], Int32Array] => {
  const counts = new Uint32Array(1 << 16);
  for (let i = 0; i < count; i++) {
    const at = i * RECORD_BYTES;
    counts[(records[at + 4]! << 8) | records[at + 5]!]!++;
  }
  const lanes: { device: string; firmware: boolean; length: number }[] = [];
  const byKey = new Map<string, number>();
  const laneOf = new Int32Array(1 << 16);
  for (const [pair, length] of counts.entries()) {
    if (length === 0) continue;
    const device = names.devices[pair >> 8] ?? '';
    const firmware = names.requesters[pair & 0xff] === FIRMWARE_REQUESTER;
    const key = keyOf({ device, firmware });
    const nth = byKey.get(key) ?? lanes.push({ device, firmware, length: 0 }) - 1;
    byKey.set(key, nth);
    laneOf[pair] = nth;
    lanes[nth]!.length += length;
  }
  const open = lanes.map(({ device, firmware, length }): OpenLane => {
    const [indexes, whole, about] = [new Int32Array(length), new Uint32Array(length), new Uint32Array(length)];
    return { device, firmware, indexes, whole, about, length: 0 };
  });
  return [open, laneOf];
};

const keyOf = ({ device, firmware }: Pick<Lane, 'device' | 'firmware'>): string => `${device}${firmware ? '\0' : ''}`;

const DONE = TRACE_OPS.indexOf('done');
const marks = (...ops: readonly (typeof TRACE_OPS)[number][]): Uint8Array =>
  Uint8Array.from(TRACE_OPS, (op) => (ops.includes(op) ? 1 : 0));
const IS_TEXTED = marks('irq', 'fault', 'note');
const IS_SPAN = marks('span_read', 'span_write');
