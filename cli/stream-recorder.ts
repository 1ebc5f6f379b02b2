/** Writes what a running lab streams into a recording file: whole blocks as they come, counted when they are written. */
import { LabError } from '#bus/errors.ts';
import { ACCESS_OPS, RECORD_BYTES, TRACE_OPS } from '#bus/trace.ts';
import { EVENTS, eventBlock } from '#recording/encode.ts';
import { parseEvent } from '#recording/event-decode.ts';
import { isEvent, type RecordingEvent } from '#recording/format.ts';
import { BLOCK, BlockReader, type PcapngBlock } from '#recording/pcapng.ts';
import type { AppendFile } from '#server/recording/append-file.ts';
import type { LabHttp } from './lab-http.ts';

/** What is in the file. */
export interface Recorded {
  readonly records: number;
  readonly accesses: number;
  /** Records the lab had to overwrite before they could be taken. */
  readonly missing: number;
  readonly bytes: number;
}

export interface StreamRecorderOptions {
  readonly lab: LabHttp;
  readonly file: AppendFile;
  readonly devices?: readonly string[];
  /** Begin with everything the lab still keeps. */
  readonly history?: boolean;
  /** Called each time something has been written. */
  readonly onWritten?: (recorded: Recorded) => void;
}

const ACCESSES: ReadonlySet<number> = new Set([...ACCESS_OPS].map((op) => TRACE_OPS.indexOf(op)));

export class StreamRecorder {
  readonly #options: StreamRecorderOptions;
  readonly #hangUp = new AbortController();
  #rest: Uint8Array = new Uint8Array();
  #records = 0;
  #accesses = 0;
  #missing = 0;
  #time = 0;
  #startedAt: string | null = null;
  #begun = false;
  /** The lab ended the section itself. */
  #over = false;
  #seq = 0;
  readonly #waiting = new Set<() => void>();

  constructor(options: StreamRecorderOptions) {
    this.#options = options;
  }

  get recorded(): Recorded {
    const { file } = this.#options;
    return { records: this.#records, accesses: this.#accesses, missing: this.#missing, bytes: file.bytes };
  }

  /** Resolves when the header is in the file; `ended` resolves when the stream is over, with an error when nobody ended it. */
  async start(): Promise<{ readonly ended: Promise<LabError | null> }> {
    const { lab, devices = [], history = false } = this.#options;
    const query = [...devices.map((name) => `device=${encodeURIComponent(name)}`), ...(history ? ['since=0'] : [])];
    const stream = await lab.stream(`/recording?${query.join('&')}`, this.#hangUp.signal);
    const reader = stream.getReader();
    while (!this.#begun) {
      const { value, done } = await reader.read();
      if (done) throw new LabError('EPROTO', 'the lab ended the recording before it began');
      this.#take(value);
    }
    return { ended: this.#follow(reader) };
  }

  /** Hangs up and ends the section; nothing is written after that. */
  stop(reason: string): void {
    this.#hangUp.abort();
    if (!this.#over) this.event({ event: 'end', time: this.#time, reason });
  }

  /** Adds an event of our own to the section. */
  event(event: RecordingEvent): void {
    this.#options.file.append(eventBlock(event, this.#startedAt));
  }

  /** Resolves when everything up to this sequence number of the lab's trace is in the file. */
  async reached(seq: number): Promise<void> {
    while (this.#seq < seq) await new Promise<void>((wake) => this.#waiting.add(wake));
  }

  /** Lab time of the newest thing written. */
  get time(): number {
    return this.#time;
  }

  async #follow(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<LabError | null> {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (this.#hangUp.signal.aborted) return null;
        if (done) break;
        this.#take(value);
      }
    } catch (thrown) {
      if (this.#hangUp.signal.aborted) return null;
      if (thrown instanceof LabError) return thrown;
    }
    return this.#over ? null : new LabError('EIO', 'the lab went away');
  }

  /** Whole blocks go into the file; what is left of one waits for its rest. */
  #take(piece: Uint8Array): void {
    const bytes = new Uint8Array(this.#rest.length + piece.length);
    bytes.set(this.#rest);
    bytes.set(piece, this.#rest.length);
    const blocks = new BlockReader(bytes);
    let [records, accesses, missing] = [0, 0, 0];
    for (let block = blocks.next(); block !== undefined; block = blocks.next()) {
      if (block.type !== BLOCK.packet) continue;
      if (blocks.packet(block).nth === EVENTS) missing += this.#heard(bytes, blocks, block);
      else {
        const { from, bytes: length } = blocks.packet(block);
        if (length !== RECORD_BYTES) continue; // a picture
        records++;
        if (ACCESSES.has(bytes[from + 6] ?? 0)) accesses++;
        const record = new DataView(bytes.buffer, from, RECORD_BYTES);
        this.#time = record.getFloat64(8, true);
        this.#seq = record.getUint32(0, true);
      }
    }
    this.#rest = bytes.subarray(blocks.end);
    this.#options.file.append(bytes.subarray(0, blocks.end));
    this.#records += records;
    this.#accesses += accesses;
    this.#missing += missing;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
    this.#options.onWritten?.(this.recorded);
  }

  /** How many records an event says are missing. */
  #heard(bytes: Uint8Array, blocks: BlockReader, block: PcapngBlock): number {
    const { from, bytes: length } = blocks.packet(block);
    const event = parseEvent(bytes.subarray(from, from + length), block.at);
    this.#time = Math.max(this.#time, event.time);
    if (event.event === 'recording') {
      this.#begun = true;
      this.#startedAt = (event as RecordingEvent & { readonly startedAt: string | null }).startedAt;
    }
    if (isEvent(event, 'end')) this.#over = true;
    if (isEvent(event, 'mark')) this.#seq = Math.max(this.#seq, event.seq);
    return isEvent(event, 'gap') ? event.missing : 0;
  }
}
