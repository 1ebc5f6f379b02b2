/** Reads a recording back: sections with their devices, records, names and events, as far as the file goes. */
import { LabError } from '#bus/errors.ts';
import {
  RECORD_BYTES,
  TRACE_OPS,
  TRACE_OUTCOMES,
  type TraceNames,
  type TraceRecord,
  unpackRecord,
} from '#bus/trace.ts';
import { parseEvent } from './event-decode.ts';
import {
  isEvent,
  LINK_TYPES,
  type NamesEvent,
  type PortKind,
  type RecordedDevice,
  type RecordingEvent,
  type RecordingHeader,
} from './format.ts';
import { BLOCK, BlockReader, damaged, OPTION, type PcapngBlock } from './pcapng.ts';

export interface PlacedEvent {
  readonly event: RecordingEvent;
  /** Records that came before it. */
  readonly after: number;
}

/** One run, or one stretch of a live lab. */
export interface RecordedSection {
  readonly header: RecordingHeader;
  readonly devices: readonly RecordedDevice[];
  readonly names: TraceNames;
  /** 32 bytes each. */
  readonly records: Uint8Array;
  readonly count: number;
  /** All but those about names. */
  readonly events: readonly PlacedEvent[];
  /** PNG files by the number that events of frames name. */
  readonly pictures: ReadonlyMap<number, Uint8Array>;
  /** Records that were lost before they could be written. */
  readonly missing: number;
  /** The recorder ended it; false where it was cut off. */
  readonly complete: boolean;
}

export interface Recording {
  readonly sections: readonly RecordedSection[];
  /** Bytes at the end that are no whole block. */
  readonly cutBytes: number;
}

/** The record at an index of a section. */
export const recordAt = ({ records }: Pick<RecordedSection, 'records'>, index: number): TraceRecord =>
  unpackRecord(records, index * RECORD_BYTES);

/** Every mistake is an EINVAL that says what was found; a file that ends in the midst of a block is read up to there. */
export const readRecording = (bytes: Uint8Array): Recording => {
  const blocks = new BlockReader(bytes);
  const first = firstWord(bytes);
  if (bytes.length === 0) throw new LabError('EINVAL', 'is empty');
  if (bytes.length >= 4 && first !== BLOCK.section)
    throw new LabError('EINVAL', 'is no pcapng file; a recording of Ferrolab is one');
  const sections: OpenSection[] = [];
  for (let block = blocks.next(); block !== undefined; block = blocks.next()) {
    if (block.type === BLOCK.section) {
      sections.at(-1)?.check();
      sections.push(new OpenSection(bytes, blocks, block));
    } else if (block.type === BLOCK.interface) sections.at(-1)?.interface(block);
    else if (block.type === BLOCK.packet) sections.at(-1)?.packet(block);
    // other blocks are somebody else's additions
  }
  // a section whose header was not written any more holds nothing
  const read = sections.filter((section) => section.begun);
  if (read.length === 0)
    throw new LabError(
      'EINVAL',
      sections[0]?.foreign === true
        ? 'is a pcapng file, but not a recording of Ferrolab'
        : 'was cut off before anything was recorded',
    );
  sections.at(-1)?.check();
  return { sections: read.map((section) => section.close()), cutBytes: bytes.length - blocks.end };
};

const firstWord = (bytes: Uint8Array): number =>
  bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);

const PORTS: ReadonlyMap<number, PortKind> = new Map(
  (['mdio', 'mmio', 'block'] as const).map((port) => [LINK_TYPES[port], port]),
);
const TEXTED: ReadonlySet<number> = new Set(
  (['irq', 'fault', 'note', 'span_read', 'span_write'] as const).map((op) => TRACE_OPS.indexOf(op)),
);
/** Names in one section: a trace has at most these. */
const NAMES_LIMIT = 100_000;

class OpenSection {
  readonly #bytes: Uint8Array;
  readonly #blocks: BlockReader;
  readonly #at: number;
  readonly #ours: boolean;
  readonly #linkTypes: number[] = [];
  readonly #devices = new Map<string, RecordedDevice>();
  readonly #interfaceNames: string[] = [];
  readonly #names = { devices: [] as string[], requesters: [] as string[], texts: [] as string[] };
  readonly #events: PlacedEvent[] = [];
  readonly #pictures = new Map<number, Uint8Array>();
  #header: RecordingHeader | undefined;
  #records: Uint8Array = new Uint8Array(1024 * RECORD_BYTES);
  #count = 0;
  #missing = 0;
  #complete = false;
  #packets = 0;

  constructor(bytes: Uint8Array, blocks: BlockReader, block: PcapngBlock) {
    this.#bytes = bytes;
    this.#blocks = blocks;
    this.#at = block.at;
    this.#ours = blocks.option(block, OPTION.application).startsWith('Ferrolab ');
  }

  get begun(): boolean {
    return this.#header !== undefined;
  }

  /** Another program wrote it. */
  get foreign(): boolean {
    return !this.#ours || (this.#packets > 0 && !this.begun);
  }

  interface(block: PcapngBlock): void {
    const linkType = this.#blocks.linkType(block);
    const port = PORTS.get(linkType);
    const name = this.#blocks.option(block, OPTION.name);
    this.#linkTypes.push(linkType);
    this.#interfaceNames.push(name);
    if (port !== undefined)
      this.#devices.set(name, { name, kind: this.#blocks.option(block, OPTION.description), port });
  }

  packet(block: PcapngBlock): void {
    this.#packets++;
    if (!this.#ours) return;
    const { nth, from, bytes } = this.#blocks.packet(block);
    const linkType = this.#linkTypes[nth];
    if (linkType === undefined) throw damaged(block.at, `interface ${nth}; there are ${this.#linkTypes.length}`);
    if (linkType === LINK_TYPES.event) this.#event(this.#bytes.subarray(from, from + bytes), block.at);
    else if (PORTS.has(linkType)) this.#record(nth, from, bytes, block.at);
    else if (linkType === LINK_TYPES.picture) this.#picture(this.#bytes.subarray(from, from + bytes), block.at);
  }

  /** A whole section is ours or foreign; both in one file is neither. */
  check(): void {
    if (this.foreign && this.#packets > 0)
      throw new LabError('EINVAL', `is a pcapng file, but the section at byte ${this.#at} is not Ferrolab's`);
  }

  close(): RecordedSection {
    const header = this.#header;
    if (header === undefined) throw new LabError('EINVAL', 'a section without a header');
    return {
      header,
      devices: [...this.#devices.values()],
      names: this.#names,
      records: this.#records.subarray(0, this.#count * RECORD_BYTES),
      count: this.#count,
      events: this.#events,
      pictures: this.#pictures,
      missing: this.#missing,
      complete: this.#complete,
    };
  }

  #event(payload: Uint8Array, at: number): void {
    const event = parseEvent(payload, at);
    if (this.#header === undefined) {
      if (event.event !== 'recording') throw damaged(at, `'${event.event.slice(0, 40)}' before the header`);
      this.#header = event as RecordingHeader & RecordingEvent;
    } else if (isEvent(event, 'names')) this.#learn(event, at);
    else {
      if (isEvent(event, 'gap')) this.#missing += event.missing;
      if (isEvent(event, 'end')) this.#complete = true;
      this.#events.push({ event, after: this.#count });
    }
  }

  #picture(payload: Uint8Array, at: number): void {
    if (this.#header === undefined) throw damaged(at, 'a picture before the header');
    if (payload.length < 4) throw damaged(at, `a picture of ${payload.length} bytes`);
    const number = new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
    if (this.#pictures.has(number)) throw damaged(at, `picture ${number} twice`);
    this.#pictures.set(number, payload.slice(4)); // a copy: who hands it on shall not hand on the file
  }

  #learn(event: NamesEvent, at: number): void {
    for (const list of ['devices', 'requesters', 'texts'] as const) {
      const known = this.#names[list];
      if (event.from[list] !== known.length) throw damaged(at, `names from ${event.from[list]} after ${known.length}`);
      if (known.length + event[list].length > NAMES_LIMIT) throw damaged(at, `more than ${NAMES_LIMIT} ${list}`);
      for (const name of event[list]) known.push(name);
    }
  }

  #record(nth: number, from: number, bytes: number, at: number): void {
    if (this.#header === undefined) throw damaged(at, 'a record before the header');
    if (bytes !== RECORD_BYTES) throw damaged(at, `a record of ${bytes} bytes; it has ${RECORD_BYTES}`);
    const [source, { devices, requesters, texts }] = [this.#bytes, this.#names];
    const [device = 0, requester = 0, op = 0, outcome = 0] = source.subarray(from + 4, from + 8);
    if (devices[device] !== this.#interfaceNames[nth] || requester >= requesters.length)
      throw damaged(at, `a record of device ${device} and requester ${requester}, which have no such names`);
    if (op >= TRACE_OPS.length || outcome >= TRACE_OUTCOMES.length)
      throw damaged(at, `operation ${op} with outcome ${outcome}, which this version does not know`);
    const view = new DataView(source.buffer, source.byteOffset + from, RECORD_BYTES);
    if (TEXTED.has(op) && view.getUint32(28, true) >= texts.length)
      throw damaged(at, `text ${view.getUint32(28, true)}; there are ${texts.length}`);
    const time = view.getFloat64(8, true);
    if (!(time >= 0 && time <= Number.MAX_SAFE_INTEGER)) throw damaged(at, `time ${time}`);
    const offset = this.#count * RECORD_BYTES;
    if (offset === this.#records.length) {
      const grown = new Uint8Array(this.#records.length * 2);
      grown.set(this.#records);
      this.#records = grown;
    }
    for (let i = 0; i < RECORD_BYTES; i++) this.#records[offset + i] = source[from + i]!;
    this.#count++;
  }
}
