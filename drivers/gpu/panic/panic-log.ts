/** The newest lines of the kernel log, kept as printed text where a panic can read them without allocating. */
import { LOG_LEVELS, type LogLevel } from '#bus/api.ts';

export interface PanicLogOptions {
  /** Text kept; the oldest lines go first. */
  readonly capacityBytes?: number;
  /** Writes `<6>` before each line, as `dmesg --raw` does. The kernel's own panic code carries no levels. */
  readonly levels?: boolean;
}

/** Longest line taken, the kernel's own bound; the rest of a longer one is cut off. */
const MAX_LINE_BYTES = 1024;
const SHORTEST_LINE_BYTES = 16;

export class PanicLog {
  readonly #text: Uint8Array;
  readonly #starts: Int32Array;
  readonly #lengths: Int32Array;
  readonly #levels: boolean;
  readonly #line = new Uint8Array(MAX_LINE_BYTES);
  readonly #encoder = new TextEncoder();
  /** Index of the next line, and of the next byte, both round and round. */
  #nextLine = 0;
  #nextByte = 0;
  #lines = 0;
  #bytes = 0;

  constructor({ capacityBytes = 65_536, levels = false }: PanicLogOptions = {}) {
    const capacity = Math.max(capacityBytes, MAX_LINE_BYTES);
    this.#text = new Uint8Array(capacity);
    this.#starts = new Int32Array(Math.ceil(capacity / SHORTEST_LINE_BYTES));
    this.#lengths = new Int32Array(this.#starts.length);
    this.#levels = levels;
  }

  /** Lines kept. */
  get lines(): number {
    return this.#lines;
  }

  /** Prints `[   14.123456] text`, each line of the text for itself. */
  append(level: LogLevel, timeNs: number, text: string): void {
    const micros = Math.max(0, Math.floor(timeNs / 1000));
    const seconds = String(Math.floor(micros / 1e6)).padStart(5);
    const stamp = `[${seconds}.${String(micros % 1e6).padStart(6, '0')}]`;
    const prefix = this.#levels ? `<${LOG_LEVELS.indexOf(level)}>${stamp}` : stamp;
    for (const line of text.replace(/\n$/, '').split('\n')) this.#keep(`${prefix} ${line}`);
  }

  /** Bytes of a line, its newline included; line 0 is the newest. */
  lineLength(age: number): number {
    return this.#lengths[this.#index(age)]!;
  }

  byteOf(age: number, offset: number): number {
    const at = this.#starts[this.#index(age)]! + offset;
    return this.#text[at < this.#text.length ? at : at - this.#text.length]!;
  }

  /** Copies the newest whole lines that have room in `limit` bytes, the oldest of them first; answers the bytes. */
  copyNewest(out: Uint8Array, limit: number): number {
    let lines = 0;
    let bytes = 0;
    const room = limit < out.length ? limit : out.length;
    while (lines < this.#lines && bytes + this.lineLength(lines) <= room) bytes += this.lineLength(lines++);
    let to = 0;
    for (let age = lines - 1; age >= 0; age--) {
      const length = this.lineLength(age);
      for (let i = 0; i < length; i++) out[to++] = this.byteOf(age, i);
    }
    return bytes;
  }

  #keep(line: string): void {
    const { written } = this.#encoder.encodeInto(line, this.#line.subarray(0, MAX_LINE_BYTES - 1));
    this.#line[written] = NEWLINE;
    const length = written + 1;
    while (this.#bytes + length > this.#text.length || this.#lines === this.#starts.length) {
      this.#bytes -= this.lineLength(this.#lines - 1);
      this.#lines--;
    }
    this.#starts[this.#nextLine] = this.#nextByte;
    this.#lengths[this.#nextLine] = length;
    this.#nextLine = (this.#nextLine + 1) % this.#starts.length;
    for (let i = 0; i < length; i++) {
      this.#text[this.#nextByte] = this.#line[i]!;
      this.#nextByte = (this.#nextByte + 1) % this.#text.length;
    }
    this.#lines++;
    this.#bytes += length;
  }

  #index(age: number): number {
    const at = this.#nextLine - 1 - age;
    return at < 0 ? at + this.#starts.length : at;
  }
}

const NEWLINE = 0x0a;
