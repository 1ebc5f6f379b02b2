/** Makes the bytes of a recording: sections, an interface for each device, a packet for each record and each event. */
import { RECORD_BYTES, TRACE_OPS, type TraceNames, unpackRecord } from '#bus/trace.ts';
import { textOf } from '#bus/trace-words.ts';
import {
  FORMAT,
  LINK_TYPES,
  type NamesEvent,
  type RecordedDevice,
  type RecordingEvent,
  type RecordingHeader,
} from './format.ts';
import {
  BLOCK,
  interfaceBlock,
  OPTION,
  PACKET_HEAD_BYTES,
  type PacketTime,
  packetBlock,
  sectionBlock,
} from './pcapng.ts';

/** The interface that events are on. */
export const EVENTS = 0;
/** A packet that holds a record and no comment. */
export const RECORD_BLOCK_BYTES = PACKET_HEAD_BYTES + RECORD_BYTES + 4;

/** Behind a display's name: the interface of its pictures. No device has a name with a space. */
const PICTURES = ' pictures';
const WORD = 2 ** 32;
const NAMES_AT_ONCE = 1000;
const NANOSECONDS = Uint8Array.of(9);
const TEXT = new TextEncoder();
/** Records whose text is a comment, so that a reader without our dissector sees it. */
const COMMENTED = TRACE_OPS.map((op) => op === 'irq' || op === 'fault' || op === 'note');

export class RecordingEncoder {
  readonly #deviceOf: (name: string) => RecordedDevice;
  #out: Uint8Array<ArrayBuffer> = new Uint8Array(1 << 16);
  #view = new DataView(this.#out.buffer);
  #length = 0;
  #interfaces = new Map<string, number>();
  #count = 0;
  /** Interface by device index of the records. */
  #byIndex: number[] = [];
  #told = { devices: 0, requesters: 0, texts: 0 };
  #base: PacketTime = { high: 0, low: 0 };

  /** `deviceOf` says what a device is that has no interface yet. */
  constructor(deviceOf: (name: string) => RecordedDevice) {
    this.#deviceOf = deviceOf;
  }

  /** Begins a section. */
  begin(header: Omit<RecordingHeader, 'event' | 'format'>): void {
    this.#interfaces = new Map();
    this.#count = 0;
    this.#byIndex = [];
    this.#told = { devices: 0, requesters: 0, texts: 0 };
    this.#base = epochOf(header.startedAt);
    const title = header.scenario === null ? `lab ${header.lab ?? ''}` : `scenario ${header.scenario.name}`;
    this.#append(
      sectionBlock([
        [OPTION.application, `Ferrolab ${header.ferrolab}`],
        [OPTION.comment, `${title}, ${header.mode} time, seed ${header.seed}`],
      ]),
    );
    this.#interface(LINK_TYPES.event, 'events', 'kernel log, steps, drivers, names');
    this.event({ event: 'recording', format: FORMAT, time: 0, ...header } as RecordingEvent);
    for (const name of Object.keys(header.bench)) this.#device(name);
  }

  event(event: RecordingEvent): void {
    this.#append(packetBlock(EVENTS, this.#stamp(event.time), TEXT.encode(JSON.stringify(event))));
  }

  /** Packed records, and the names behind their indexes as they are now. */
  records(packed: Uint8Array, names: TraceNames): void {
    if (packed.length === 0) return;
    const words = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    this.#tell(names, words.getFloat64(8, true));
    for (let at = 0; at < packed.length; ) {
      const device = packed[at + 4] ?? 0;
      const known = this.#byIndex[device] ?? -1;
      const nth = known >= 0 ? known : this.#device(names.devices[device] ?? '', device);
      if (COMMENTED[packed[at + 6] ?? 0] === true) {
        const record = unpackRecord(packed, at);
        const comment = textOf(record, names).slice(0, 4096);
        const payload = packed.subarray(at, at + RECORD_BYTES);
        this.#append(packetBlock(nth, this.#stamp(record.time), payload, [[OPTION.comment, comment]]));
        at += RECORD_BYTES;
      } else at = this.#alike(packed, words, at, nth);
    }
  }

  /** A picture of a display, by the number that the event of its frame names. */
  picture(device: string, number: number, time: number, file: Uint8Array): void {
    const name = `${device}${PICTURES}`;
    let nth = this.#interfaces.get(name);
    if (nth === undefined) {
      nth = this.#interface(LINK_TYPES.picture, name, 'frames as PNG files');
      this.#interfaces.set(name, nth);
    }
    const payload = new Uint8Array(4 + file.length);
    new DataView(payload.buffer).setUint32(0, number, true);
    payload.set(file, 4);
    this.#append(packetBlock(nth, this.#stamp(time), payload));
  }

  /** A device of another kind has taken this name. */
  replaced(name: string): void {
    const nth = this.#interfaces.get(name);
    this.#interfaces.delete(name);
    this.#byIndex = this.#byIndex.map((of) => (of === nth ? -1 : of));
  }

  /** What has been made since the last call. */
  take(): Uint8Array<ArrayBuffer> {
    return this.view().slice();
  }

  /** As `take`, as it stands in memory: valid until something is made again. */
  view(): Uint8Array<ArrayBuffer> {
    const made = this.#out.subarray(0, this.#length);
    this.#length = 0;
    return made;
  }

  /**
   * The common packets, written in place, up to a record of another device or one with a comment; returns where that is.
   * All in one loop, word by word: calls that pass numbers beyond 31 bits, and copies by `set`, take several times as long.
   */
  #alike(packed: Uint8Array, words: DataView, begin: number, nth: number): number {
    const device = packed[begin + 4];
    this.#room(((packed.length - begin) / RECORD_BYTES) * RECORD_BLOCK_BYTES);
    const [view, { high, low }] = [this.#view, this.#base];
    let at = this.#length;
    let from = begin;
    for (; from < packed.length; from += RECORD_BYTES, at += RECORD_BLOCK_BYTES) {
      if (packed[from + 4] !== device || COMMENTED[packed[from + 6] ?? 0] === true) break;
      const time = words.getFloat64(from + 8, true);
      const upper = Math.floor(time / WORD); // as `stamp`
      const lower = low + (time - upper * WORD);
      const carry = lower >= WORD ? 1 : 0;
      view.setUint32(at, BLOCK.packet, true);
      view.setUint32(at + 4, RECORD_BLOCK_BYTES, true);
      view.setUint32(at + 8, nth, true);
      view.setUint32(at + 12, high + upper + carry, true);
      view.setUint32(at + 16, lower - carry * WORD, true);
      view.setUint32(at + 20, RECORD_BYTES, true);
      view.setUint32(at + 24, RECORD_BYTES, true);
      const to = at + PACKET_HEAD_BYTES;
      view.setUint32(to, words.getUint32(from, true), true);
      view.setUint32(to + 4, words.getUint32(from + 4, true), true);
      view.setUint32(to + 8, words.getUint32(from + 8, true), true);
      view.setUint32(to + 12, words.getUint32(from + 12, true), true);
      view.setUint32(to + 16, words.getUint32(from + 16, true), true);
      view.setUint32(to + 20, words.getUint32(from + 20, true), true);
      view.setUint32(to + 24, words.getUint32(from + 24, true), true);
      view.setUint32(to + 28, words.getUint32(from + 28, true), true);
      view.setUint32(to + RECORD_BYTES, RECORD_BLOCK_BYTES, true);
    }
    this.#length = at;
    return from;
  }

  /** Names that are new, so many at a time that no block grows out of bounds. */
  #tell(names: TraceNames, time: number): void {
    for (;;) {
      const from = this.#told;
      const to = {
        devices: Math.min(names.devices.length, from.devices + NAMES_AT_ONCE),
        requesters: Math.min(names.requesters.length, from.requesters + NAMES_AT_ONCE),
        texts: Math.min(names.texts.length, from.texts + NAMES_AT_ONCE),
      };
      if (to.devices === from.devices && to.requesters === from.requesters && to.texts === from.texts) return;
      this.#told = to;
      const event: NamesEvent = {
        event: 'names',
        time,
        from,
        devices: names.devices.slice(from.devices, to.devices),
        requesters: names.requesters.slice(from.requesters, to.requesters),
        texts: names.texts.slice(from.texts, to.texts),
      };
      this.event(event);
    }
  }

  /** The interface of a device, made when it is new. */
  #device(name: string, index?: number): number {
    let nth = this.#interfaces.get(name);
    if (nth === undefined) {
      const { kind, port } = this.#deviceOf(name);
      nth = this.#interface(LINK_TYPES[port], name, kind);
      this.#interfaces.set(name, nth);
    }
    if (index !== undefined) this.#byIndex[index] = nth;
    return nth;
  }

  #interface(linkType: number, name: string, description: string): number {
    this.#append(
      interfaceBlock(linkType, [
        [OPTION.name, name],
        [OPTION.description, description],
        [OPTION.resolution, NANOSECONDS],
      ]),
    );
    return this.#count++;
  }

  #stamp(time: number): PacketTime {
    return stamp(this.#base, time);
  }

  #append(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#out.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#out.length) return;
    const grown = new Uint8Array(Math.max(this.#out.length * 2, this.#length + bytes));
    grown.set(this.#out.subarray(0, this.#length));
    this.#out = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** One event for a section that somebody else writes. */
export const eventBlock = (event: RecordingEvent, startedAt: string | null): Uint8Array<ArrayBuffer> =>
  packetBlock(EVENTS, stamp(epochOf(startedAt), event.time), TEXT.encode(JSON.stringify(event)));

/** Where lab time 0 is on the clock of the file: 1970 in virtual time. */
const epochOf = (startedAt: string | null): PacketTime => {
  const beganNs = BigInt(startedAt === null ? 0 : Date.parse(startedAt)) * 1_000_000n;
  return { high: Number(beganNs >> 32n), low: Number(beganNs & 0xffffffffn) };
};

/** No remainders: they are slow, and this is done for every record. */
const stamp = (base: PacketTime, time: number): PacketTime => {
  const words = Math.floor(time / WORD);
  const low = base.low + (time - words * WORD);
  return low >= WORD ? { high: base.high + words + 1, low: low - WORD } : { high: base.high + words, low };
};
