/** What the loops over wide rows are put together from: rounding, halves, addresses. */
import { add, type Code, get, lanes, shifted, shuffle } from './wasm.ts';

/** Added to a double, it leaves the nearest whole number in the lower bits; the half goes to the even one. */
export const WHOLE = 2 ** 52;
export const WHOLE_SIGNED = 1.5 * 2 ** 52;
/** Channels are in the order alpha, red, green, blue. */
export const OPAQUE = lanes([255, 255, 0, 0, 0, 0, 0, 0]);
export const ALPHA_OF_BOTH = [0, 1, 0, 1, 0, 1, 0, 1, 8, 9, 8, 9, 8, 9, 8, 9];
export const UPPER = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
/** The lower half of each 64 bits, of two vectors. */
export const LOW_LONGS = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
export const LOW_WORDS = [0, 1, 8, 9, 16, 17, 24, 25, 0, 1, 8, 9, 16, 17, 24, 25];

export const halves = (v: Code): number[] => shuffle(v, v, UPPER);
/** A row of so many bytes a pixel: the address of where the loop is. */
export const at = (row: number, walked: number, shift: number): number[] => add(get(row), shifted(get(walked), shift));
