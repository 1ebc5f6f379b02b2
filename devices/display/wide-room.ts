/** Where rows of 16 bits a channel lie while lines are composed: memory the quick loops reach, given out anew with each pass. */
import { WIDE_MODULE, type WideLoops } from './wide-loops.ts';

export class WideRoom {
  readonly loops: WideLoops;
  readonly #buffer: ArrayBuffer;
  readonly #bytes: Uint8Array;
  #tables: object | undefined;
  #end = ROWS;

  constructor(loops: WideLoops) {
    this.loops = loops;
    this.#buffer = loops.memory.buffer;
    this.#bytes = new Uint8Array(this.#buffer);
  }

  /** What was given out before is void: one pass at a time. */
  begin(): void {
    this.#end = ROWS;
  }

  /** Room that begins at a multiple of 64, with some behind it that may be written over. Undefined: there is no more. */
  take(bytes: number): number | undefined {
    const at = this.#end;
    if (at + bytes + SLACK_BYTES > this.#buffer.byteLength) return undefined;
    this.#end = Math.ceil((at + bytes + SLACK_BYTES) / 64) * 64;
    return at;
  }

  words(count: number): Uint16Array<ArrayBuffer> | undefined {
    const at = this.take(count * 2);
    return at === undefined ? undefined : new Uint16Array(this.#buffer, at, count);
  }

  /** Where a word of a row lies for the loops; undefined: it is a row of its own. */
  place(row: Uint16Array, word: number): number | undefined {
    return row.buffer === this.#buffer ? row.byteOffset + 2 * word : undefined;
  }

  /** Copies bytes of video memory to where the loops reach them, over what was brought before. Undefined: too many. */
  bring(bytes: Uint8Array, to: 'first' | 'second' = 'first'): number | undefined {
    if (bytes.length > BROUGHT_BYTES - SLACK_BYTES) return undefined;
    const at = to === 'first' ? 0 : BROUGHT_BYTES;
    this.#bytes.set(bytes, at);
    return at;
  }

  /** Where these tables are: the last ones stay. */
  tables(tables: readonly Float64Array[]): number {
    if (this.#tables !== tables)
      for (const [i, table] of tables.entries()) this.doubles(TABLES + i * table.byteLength, table.length).set(table);
    this.#tables = tables;
    return TABLES;
  }

  doubles(at: number, count: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#buffer, at, count);
  }
  longs(at: number, count: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#buffer, at, count);
  }
  /** A line of pixels of a byte a channel; undefined: it is too long. The place of its first one is `lineAt`. */
  line(pixels: number): Uint32Array<ArrayBuffer> | undefined {
    return pixels * 4 > BROUGHT_BYTES - SLACK_BYTES ? undefined : new Uint32Array(this.#buffer, LINE, pixels);
  }
  readonly lineAt = LINE;

  /** Which squares of 64 pixels of the line differ from these, from pixel `from` on: four words each, not all 0. */
  differing(shown: Uint32Array, from: number): Int32Array {
    new Uint32Array(this.#buffer, SHOWN, shown.length).set(shown);
    this.loops.compare(LINE + 4 * from, SHOWN, FOUND, shown.length / 64);
    return new Int32Array(this.#buffer, FOUND, shown.length / 16);
  }
}

const SLACK_BYTES = 128;
/** Bytes of video memory, twice; tables; a line as it is composed, and as it is shown; where they differ; then rows. */
const BROUGHT_BYTES = 65_536;
const TABLES = 2 * BROUGHT_BYTES;
const LINE = TABLES + 16_384;
const SHOWN = LINE + BROUGHT_BYTES;
const FOUND = SHOWN + BROUGHT_BYTES;
const ROWS = FOUND + 16_384;

/** One for all displays of a process; undefined where there is no WebAssembly with vectors. */
export const wideRoom = (): WideRoom | undefined => {
  made ??= make();
  return made.room;
};
let made: { readonly room: WideRoom | undefined } | undefined;

const make = (): { readonly room: WideRoom | undefined } => {
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(WIDE_MODULE)) return { room: undefined };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(WIDE_MODULE));
  return { room: new WideRoom(exports as unknown as WideLoops) };
};
