/** Loops that make rows of what memory has: YUV, and rows between rows where a layer is scaled. */
import {
  add,
  type Code,
  doubles,
  during,
  get,
  load8,
  load32,
  loadHalf,
  loadTwice,
  loadUpper,
  loadV,
  OP,
  of,
  set,
  shifted,
  shiftedLanes,
  shuffle,
  storeV,
  TYPE,
  type WasmLoop,
} from './wasm.ts';
import { at, halves, LOW_WORDS, OPAQUE, WHOLE } from './wide-words.ts';

const { i32, f64, v128 } = TYPE;

/** Tables of 256 doubles, one behind the other, in the order of `YuvTables`. */
const TABLE_BYTES = 256 * 8;

export const yuv = (): WasmLoop => {
  const [luma, pairs, to, count, blue, red, tables, x, light, u, v] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const entry = (code: Code): number[] => add(get(tables), shifted(code, 3));
  const word = (sum: Code, place: number): number[] =>
    shiftedLanes(
      OP.shiftLeft64,
      of(OP.addDoubles, of(OP.leastDoubles, of(OP.mostDoubles, sum, doubles(0)), doubles(65_535)), doubles(WHOLE)),
      16 * place,
    );
  const added = (address: number, table: number): number[] => loadTwice(get(address), table * TABLE_BYTES);
  const sample = at(luma, x, 0);
  return {
    name: 'yuv',
    params: [i32, i32, i32, i32, i32, i32, i32],
    locals: [i32, v128, i32, i32],
    body: during(x, count, 2, [
      ...set(light, loadUpper(entry(load8(sample, 1)), loadHalf(entry(load8(sample))))),
      ...set(u, entry(load8(add(add(get(pairs), get(x)), get(blue))))),
      ...set(v, entry(load8(add(add(get(pairs), get(x)), get(red))))),
      ...storeV(
        at(to, x, 3),
        of(
          OP.or,
          of(OP.or, OPAQUE, word(of(OP.addDoubles, get(light), added(v, 1)), 1)),
          of(
            OP.or,
            word(of(OP.subtractDoubles, get(light), of(OP.addDoubles, added(v, 3), added(u, 4))), 2),
            word(of(OP.addDoubles, get(light), added(u, 2)), 3),
          ),
        ),
      ),
    ]),
  };
};

export const across = (): WasmLoop => {
  const [source, places, shares, to, count, x, near, far, rest, share] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const pixel = (offset: number): number[] =>
    of(OP.lowLongs, loadHalf(add(get(source), load32(at(places, x, 3), offset))));
  const between = (pick: (value: Code) => Code): number[] =>
    of(
      OP.addDoubles,
      of(OP.multiplyDoubles, of(OP.doublesOfLongs, pick(get(near))), get(rest)),
      of(OP.multiplyDoubles, of(OP.doublesOfLongs, pick(get(far))), get(share)),
    );
  return {
    name: 'across',
    params: [i32, i32, i32, i32, i32],
    locals: [i32, v128, v128, v128, v128],
    body: during(x, count, 1, [
      ...set(near, pixel(0)),
      ...set(far, pixel(4)),
      ...set(rest, loadTwice(at(shares, x, 4))),
      ...set(share, loadTwice(at(shares, x, 4), 8)),
      ...storeV(
        at(to, x, 5),
        between((value) => value),
      ),
      ...storeV(at(to, x, 5), between(halves), 16),
    ]),
  };
};

export const down = (): WasmLoop => {
  const [upper, lower, to, count, above, below, x, first, second] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const between = (offset: number): number[] =>
    of(
      OP.addDoubles,
      of(
        OP.addDoubles,
        of(OP.multiplyDoubles, loadV(at(upper, x, 5), offset), get(first)),
        of(OP.multiplyDoubles, loadV(at(lower, x, 5), offset), get(second)),
      ),
      doubles(WHOLE),
    );
  const pixel = (offset: number): number[] => shuffle(between(offset), between(offset + 16), LOW_WORDS);
  return {
    name: 'down',
    params: [i32, i32, i32, i32, f64, f64],
    locals: [i32, v128, v128],
    body: [
      ...set(first, of(OP.doubles, get(above))),
      ...set(second, of(OP.doubles, get(below))),
      ...during(x, count, 2, storeV(at(to, x, 3), shuffle(pixel(0), pixel(32), LOWER_HALVES))),
    ],
  };
};
const LOWER_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
