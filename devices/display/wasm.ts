/** The WebAssembly binary format, as far as loops over vectors need it: https://webassembly.github.io/spec/core/binary/ */

export type Code = readonly number[];

const leb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
const signed = (value: number): number[] =>
  value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];
const vector = (items: readonly Code[]): number[] => [...leb(items.length), ...items.flat()];
const section = (id: number, body: Code): number[] => [id, ...leb(body.length), ...body];
const text = (name: string): number[] => [...leb(name.length), ...[...name].map((char) => char.charCodeAt(0))];

export const TYPE = { i32: 0x7f, f64: 0x7c, v128: 0x7b } as const;

export interface WasmLoop {
  readonly name: string;
  /** Types of the parameters, and of the locals behind them. */
  readonly params: readonly number[];
  readonly locals: readonly number[];
  readonly body: Code;
}

/** A module of these functions and a memory of so many pages, under the name `memory`. */
export const wasmModule = (loops: readonly WasmLoop[], pages: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic, version 1
    ...section(1, vector(loops.map(({ params }) => [0x60, ...vector(params.map((type) => [type])), 0]))),
    ...section(3, vector(loops.map((_, i) => leb(i)))),
    ...section(5, vector([[0, ...leb(pages)]])),
    ...section(7, vector([[...text('memory'), 2, 0], ...loops.map(({ name }, i) => [...text(name), 0, ...leb(i)])])),
    ...section(
      10,
      vector(
        loops.map(({ locals, body }) => {
          const code = [...vector(locals.map((type) => [1, type])), ...body, 0x0b];
          return [...leb(code.length), ...code];
        }),
      ),
    ),
  ]);

export const get = (local: number): number[] => [0x20, ...leb(local)];
export const set = (local: number, value: Code): number[] => [...value, 0x21, ...leb(local)];
export const int = (value: number): number[] => [0x41, ...signed(value)];
export const add = (a: Code, b: Code): number[] => [...a, ...b, 0x6a];
export const shifted = (a: Code, bits: number): number[] => [...a, ...int(bits), 0x74];
export const load8 = (at: Code, offset = 0): number[] => [...at, 0x2d, 0, ...leb(offset)];
export const load32 = (at: Code, offset = 0): number[] => [...at, 0x28, 0, ...leb(offset)];

/** Does it again as long as the local, after `step` of them, is less than the end. */
export const during = (local: number, end: number, step: number, body: Code): number[] => [
  ...[0x03, 0x40],
  ...body,
  ...set(local, add(get(local), int(step))),
  ...get(local),
  ...get(end),
  ...[0x49, 0x0d, 0, 0x0b], // i32.lt_u, br_if, end
];

const simd = (op: number, ...more: readonly number[]): number[] => [0xfd, ...leb(op), ...more];
/** Operands, then the operation. */
export const of = (op: number, ...operands: readonly Code[]): number[] => [...operands.flat(), ...simd(op)];
export const loadV = (at: Code, offset = 0): number[] => [...at, ...simd(0x00, 0, ...leb(offset))];
/** Eight bytes, and nothing above them. */
export const loadHalf = (at: Code, offset = 0): number[] => [...at, ...simd(0x5d, 0, ...leb(offset))];
/** Eight bytes, twice. */
export const loadTwice = (at: Code, offset = 0): number[] => [...at, ...simd(0x0a, 0, ...leb(offset))];
/** Eight bytes into the upper half of a vector. */
export const loadUpper = (at: Code, under: Code, offset = 0): number[] => [
  ...at,
  ...under,
  ...simd(0x57, 0, ...leb(offset), 1),
];
export const storeV = (at: Code, value: Code, offset = 0): number[] => [
  ...at,
  ...value,
  ...simd(0x0b, 0, ...leb(offset)),
];
/** A constant: these bytes again and again. */
export const lanes = (bytes: readonly number[]): number[] =>
  simd(0x0c, ...Array.from({ length: 16 }, (_, i) => bytes[i % bytes.length]!));
export const doubles = (value: number): number[] => lanes([...new Uint8Array(Float64Array.of(value).buffer)]);
/** Bytes of two vectors, 0 to 15 of the one and 16 to 31 of the other. */
export const shuffle = (a: Code, b: Code, order: readonly number[]): number[] => [...a, ...b, ...simd(0x0d, ...order)];
export const shiftedLanes = (op: number, value: Code, bits: number): number[] => [...value, ...int(bits), ...simd(op)];

export const OP = {
  not: 0x4d,
  or: 0x50,
  xor: 0x51,
  words: 0x10, // splat of 16 bits
  longs: 0x11, // of 32
  doubles: 0x14, // splat of 64
  wordsOfLongs: 0x86,
  addSaturated: 0x90,
  lowLongs: 0xa9, // 16 bits to 32, without a sign
  highLongs: 0xaa,
  shiftWordsRight: 0x8d,
  shiftLongsRight: 0xad,
  addLongs: 0xae,
  subtractLongs: 0xb1,
  lowProducts: 0xbe,
  highProducts: 0xbf,
  shiftLeft64: 0xcb,
  addDoubles: 0xf0,
  subtractDoubles: 0xf1,
  multiplyDoubles: 0xf2,
  leastDoubles: 0xf6,
  mostDoubles: 0xf7,
  doublesOfLongs: 0xfe, // the lower two
  doublesOfUnsigned: 0xff,
} as const;
