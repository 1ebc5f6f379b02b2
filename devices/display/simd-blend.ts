/** The two busiest blends, four pixels at a time: a WebAssembly module of two loops, put together here byte by byte. */
import type { QuickBlend } from './quick-blend.ts';

/** Premultiplied over opaque, and opaque. */
export interface BusyBlends {
  readonly copy: QuickBlend;
  readonly over: QuickBlend;
}

/** Undefined where there is no WebAssembly with vectors. */
export const simdBlends = (): BusyBlends | undefined => {
  made ??= make();
  return made.blends;
};
let made: { readonly blends: BusyBlends | undefined } | undefined;

const make = (): { readonly blends: BusyBlends | undefined } => {
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(MODULE)) return { blends: undefined };
  const { memory, copy, over } = new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports as unknown as Exports;
  const above = new Uint32Array(memory.buffer, ABOVE, ROW_PIXELS);
  const ground = new Uint32Array(memory.buffer, GROUND, ROW_PIXELS);
  const through =
    (loop: (bytes: number) => void, mixes: boolean): QuickBlend =>
    (words, from, out, to, count) => {
      for (let done = 0; done < count; done += ROW_PIXELS) {
        const part = Math.min(ROW_PIXELS, count - done);
        above.set(words.subarray(from + done, from + done + part));
        if (mixes) ground.set(out.subarray(to + done, to + done + part));
        loop(part * 4);
        out.set(ground.subarray(0, part), to + done);
      }
    };
  return { blends: { copy: through(copy, false), over: through(over, true) } };
};

/** What the module offers: loops over the first bytes of ABOVE, which leave their result at GROUND. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  copy(bytes: number): void;
  over(bytes: number): void;
}

/** One page: a row of pixels as memory has them, and one as they are shown. */
const [ABOVE, GROUND, PAGE_BYTES] = [0, 32_768, 65_536];
const ROW_PIXELS = (PAGE_BYTES - GROUND) / 4;

// The WebAssembly binary format, as far as it is needed: https://webassembly.github.io/spec/core/binary/
const leb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
const vector = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()];
const section = (id: number, body: readonly number[]): number[] => [id, ...leb(body.length), ...body];
const text = (name: string): number[] => [...leb(name.length), ...[...name].map((char) => char.charCodeAt(0))];

const [I32, V128, NO_RESULT] = [0x7f, 0x7b, 0x40];
const get = (local: number): number[] => [0x20, ...leb(local)];
const set = (local: number): number[] => [0x21, ...leb(local)];
/** i32.const, of what fits six bits. */
const small = (value: number): number[] => [0x41, value];
const simd = (op: number, ...more: readonly number[]): number[] => [0xfd, ...leb(op), ...more];
const load = (at: readonly number[], offset: number): number[] => [...at, ...simd(0x00, 4, ...leb(offset))];
const store = (at: readonly number[], value: readonly number[], offset: number): number[] => [
  ...at,
  ...value,
  ...simd(0x0b, 4, ...leb(offset)),
];
const of = (op: number, ...operands: readonly (readonly number[])[]): number[] => [...operands.flat(), ...simd(op)];
/** A constant of the same lane again and again. */
const lanes = (bytes: readonly number[]): number[] =>
  simd(0x0c, ...Array.from({ length: 16 }, (_, i) => bytes[i % bytes.length]!));
const words = (value: number): number[] => lanes([value & 0xff, value >>> 8]);
const shuffle = (value: readonly number[], order: readonly number[]): number[] => [
  ...value,
  ...value,
  ...simd(0x0d, ...order),
];
const OP = {
  or: 0x50,
  bytesOfWords: 0x66,
  wordsOfLongs: 0x86,
  lowBytes: 0x89,
  highBytes: 0x8a,
  addSaturated: 0x90,
  subtract: 0x91,
  multiply: 0x95,
  least: 0x97,
  shiftRight: 0xad,
  addLongs: 0xae,
  lowProducts: 0xbe,
  highProducts: 0xbf,
} as const;

const [BYTES, AT, PIXELS, SHOWN, PART] = [0, 1, 2, 3, 4];
/** Blue and red change places, in four pixels. */
const turned = shuffle(
  load(get(AT), ABOVE),
  [0, 4, 8, 12].flatMap((at) => [at + 2, at + 1, at, at + 3]),
);
const solid = (pixels: readonly number[]): number[] => of(OP.or, pixels, lanes([0, 0, 0, 255]));

/** Eight channels: s = 255 * above + below * clear, its upper byte as `quick-blend.ts` has it. */
const mixed = (half: number): number[] => {
  const alpha = shuffle(get(PART), [6, 7, 6, 7, 6, 7, 6, 7, 14, 15, 14, 15, 14, 15, 14, 15]);
  const sum = of(
    OP.addSaturated,
    of(OP.multiply, get(PART), words(255)),
    of(OP.multiply, of(half, get(SHOWN)), of(OP.subtract, words(255), alpha)),
  );
  const byte = (products: number): number[] => [
    ...of(OP.addLongs, of(products, get(PART), words(33_025)), lanes([16_511 & 0xff, 16_511 >>> 8, 0, 0])),
    ...small(23),
    ...simd(OP.shiftRight),
  ];
  return [
    ...of(half, get(PIXELS)),
    ...set(PART),
    ...of(OP.least, sum, words(65_025)),
    ...set(PART),
    ...of(OP.wordsOfLongs, byte(OP.lowProducts), byte(OP.highProducts)),
  ];
};

/** A function of so many bytes that does this for every four pixels. */
const loop = (step: readonly number[]): number[] => {
  const body = [
    ...vector([
      [1, I32],
      [3, V128],
    ]),
    0x03,
    NO_RESULT,
    ...step,
    ...get(AT),
    ...small(16),
    0x6a, // i32.add
    ...set(AT),
    ...get(AT),
    ...get(BYTES),
    0x49, // i32.lt_u
    0x0d, // br_if: again
    0,
    0x0b,
    0x0b,
  ];
  return [...leb(body.length), ...body];
};

const MODULE = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic, version 1
  ...section(1, vector([[0x60, 1, I32, 0]])),
  ...section(3, vector([[0], [0]])),
  ...section(5, vector([[0, 1]])), // memory of one page
  ...section(
    7,
    vector([
      [...text('memory'), 2, 0],
      [...text('copy'), 0, 0],
      [...text('over'), 0, 1],
    ]),
  ),
  ...section(
    10,
    vector([
      loop(store(get(AT), solid(turned), GROUND)),
      loop([
        ...turned,
        ...set(PIXELS),
        ...load(get(AT), GROUND),
        ...set(SHOWN),
        ...store(get(AT), solid(of(OP.bytesOfWords, mixed(OP.lowBytes), mixed(OP.highBytes))), GROUND),
      ]),
    ]),
  ),
]);
