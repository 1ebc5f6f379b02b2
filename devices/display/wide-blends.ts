/** Loops that lay rows on each other: widened, blended, narrowed, compared. */
import {
  type Code,
  doubles,
  during,
  get,
  lanes,
  loadV,
  OP,
  of,
  set,
  shiftedLanes,
  shuffle,
  storeV,
  TYPE,
  type WasmLoop,
} from './wasm.ts';
import { ALPHA_OF_BOTH, at, halves, LOW_LONGS, OPAQUE, WHOLE_SIGNED } from './wide-words.ts';

const { i32, f64, v128 } = TYPE;

const twice = (pixel: number): number[] => [3, 3, 2, 2, 1, 1, 0, 0].map((byte) => 4 * pixel + byte);
const TWICE = [
  [...twice(0), ...twice(1)],
  [...twice(2), ...twice(3)],
] as const;

export const widening = (name: string, solid: boolean): WasmLoop => {
  const [from, to, count, x, pixels] = [0, 1, 2, 3, 4];
  const read = loadV(at(from, x, 2));
  return {
    name,
    params: [i32, i32, i32],
    locals: [i32, v128],
    body: during(x, count, 4, [
      ...set(pixels, solid ? of(OP.or, read, lanes([0, 0, 0, 255])) : read),
      ...TWICE.flatMap((order, i) => storeV(at(to, x, 3), shuffle(get(pixels), get(pixels), order), 16 * i)),
    ]),
  };
};

/** Locals: the pixels above, those below, and what the parts of a step leave to each other. */
interface Blending {
  readonly pixels: number;
  readonly below: number;
  readonly first: number;
  readonly second: number;
}

/** Two pixels: the nearest of p / 65535 for every product of two words is (t + (t >> 16)) >> 16 with t = p + 8000h. */
const overTwo = ({ pixels, below, first: clear, second: part }: Blending, ground: Code, offset: number): number[] => {
  const weighed = (products: number): number[] => [
    ...set(part, of(OP.addLongs, of(products, get(below), get(clear)), lanes([0, 0x80, 0, 0]))),
    ...shiftedLanes(
      OP.shiftLongsRight,
      of(OP.addLongs, get(part), shiftedLanes(OP.shiftLongsRight, get(part), 16)),
      16,
    ),
  ];
  return [
    ...set(below, loadV(ground, offset)),
    ...set(clear, of(OP.not, shuffle(get(pixels), get(pixels), ALPHA_OF_BOTH))),
    ...storeV(
      ground,
      of(OP.addSaturated, get(pixels), of(OP.wordsOfLongs, weighed(OP.lowProducts), weighed(OP.highProducts))),
      offset,
    ),
  ];
};

export const over = (): WasmLoop => {
  const [above, ground, count, x, pixels, below, first, second] = [0, 1, 2, 3, 4, 5, 6, 7];
  return {
    name: 'over',
    params: [i32, i32, i32],
    locals: [i32, v128, v128, v128, v128],
    body: during(x, count, 2, [
      ...set(pixels, loadV(at(above, x, 3))),
      ...overTwo({ pixels, below, first, second }, at(ground, x, 3), 0),
    ]),
  };
};

export const overBytes = (): WasmLoop => {
  const [above, ground, count, x, four, pixels, below, first, second] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  return {
    name: 'overBytes',
    params: [i32, i32, i32],
    locals: [i32, v128, v128, v128, v128, v128],
    body: during(x, count, 4, [
      ...set(four, loadV(at(above, x, 2))),
      ...TWICE.flatMap((order, i) => [
        ...set(pixels, shuffle(get(four), get(four), order)),
        ...overTwo({ pixels, below, first, second }, at(ground, x, 3), 16 * i),
      ]),
    ]),
  };
};

/** The nearest of each product with `scale`, in 32 bits with a sign. */
const scaled = (pairs: readonly [Code, Code], scale: number): number[] => {
  const half = (pair: Code): number[] =>
    of(OP.addDoubles, of(OP.multiplyDoubles, pair, of(OP.doubles, get(scale))), doubles(WHOLE_SIGNED));
  return shuffle(half(pairs[0]), half(pairs[1]), LOW_LONGS);
};

export const weigh = (): WasmLoop => {
  const [above, ground, count, u, v, scale, x, pixels, below, alpha, forth, back] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
  ];
  const pair = (pick: (value: Code) => Code): number[] =>
    of(OP.subtractDoubles, of(OP.doublesOfUnsigned, pick(get(forth))), of(OP.doublesOfUnsigned, pick(get(back))));
  const pixel = (products: number, longs: number): number[] => [
    ...set(forth, of(products, get(pixels), of(OP.or, get(alpha), of(OP.words, get(u))))),
    ...set(back, of(products, get(below), of(OP.or, get(alpha), of(OP.words, get(v))))),
    ...of(OP.addLongs, scaled([pair((value) => value), pair(halves)], scale), of(longs, get(below))),
  ];
  return {
    name: 'weigh',
    params: [i32, i32, i32, i32, i32, f64],
    locals: [i32, v128, v128, v128, v128, v128],
    body: during(x, count, 2, [
      ...set(pixels, loadV(at(above, x, 3))),
      ...set(below, loadV(at(ground, x, 3))),
      ...set(alpha, shuffle(get(pixels), get(pixels), ALPHA_OF_BOTH)),
      ...storeV(at(ground, x, 3), solid(pixel(OP.lowProducts, OP.lowLongs), pixel(OP.highProducts, OP.highLongs))),
    ]),
  };
};
const solid = (first: Code, second: Code): number[] => of(OP.or, of(OP.wordsOfLongs, first, second), OPAQUE);

/** A byte times a word fits 24 bits: one difference in whole numbers, half as many doubles. */
export const weighBytes = (): WasmLoop => {
  const [above, ground, count, u, v, scale, solids, x] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [four, pixels, below, alpha, part] = [8, 9, 10, 11, 12];
  const pixel = (products: number, longs: number): number[] => [
    ...set(
      part,
      of(
        OP.subtractLongs,
        of(products, get(pixels), of(OP.or, get(alpha), of(OP.words, get(u)))),
        of(products, get(below), of(OP.or, get(alpha), of(OP.words, get(v)))),
      ),
    ),
    ...of(
      OP.addLongs,
      scaled([of(OP.doublesOfLongs, get(part)), of(OP.doublesOfLongs, halves(get(part)))], scale),
      of(longs, get(below)),
    ),
  ];
  return {
    name: 'weighBytes',
    params: [i32, i32, i32, i32, i32, f64, i32],
    locals: [i32, v128, v128, v128, v128, v128],
    body: during(x, count, 4, [
      ...set(four, of(OP.or, loadV(at(above, x, 2)), of(OP.longs, get(solids)))),
      ...TWICE.flatMap((order, i) => [
        ...set(pixels, shuffle(get(four), get(four), order)),
        ...set(below, loadV(at(ground, x, 3), 16 * i)),
        ...set(alpha, shiftedLanes(OP.shiftWordsRight, shuffle(get(pixels), get(pixels), ALPHA_OF_BOTH), 8)),
        ...storeV(
          at(ground, x, 3),
          solid(pixel(OP.lowProducts, OP.lowLongs), pixel(OP.highProducts, OP.highLongs)),
          16 * i,
        ),
      ]),
    ]),
  };
};

export const narrow = (): WasmLoop => {
  const [from, to, count, x] = [0, 1, 2, 3];
  const upper = [0, 8, 16, 24].flatMap((pixel) => [pixel + 3, pixel + 5, pixel + 7, pixel + 1]);
  const shown = shuffle(loadV(at(from, x, 3)), loadV(at(from, x, 3), 16), upper);
  return {
    name: 'narrow',
    params: [i32, i32, i32],
    locals: [i32],
    body: during(x, count, 4, storeV(at(to, x, 2), of(OP.or, shown, lanes([0, 0, 0, 255])))),
  };
};

export const compare = (): WasmLoop => {
  const [row, other, found, tiles, tile] = [0, 1, 2, 3, 4];
  const differences = Array.from({ length: 16 }, (_, i) =>
    of(OP.xor, loadV(at(row, tile, 8), 16 * i), loadV(at(other, tile, 8), 16 * i)),
  );
  return {
    name: 'compare',
    params: [i32, i32, i32, i32],
    locals: [i32],
    body: during(
      tile,
      tiles,
      1,
      storeV(
        at(found, tile, 4),
        differences.reduce((all, one) => of(OP.or, all, one)),
      ),
    ),
  };
};
