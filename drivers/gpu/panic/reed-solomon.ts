/** Reed-Solomon check bytes over GF(256) with polynomial 11Dh, as QR codes use them; nothing is allocated after load. */

/** Most check bytes of one block. */
const WORDS = 8;

/**
 * Writes `count` check bytes of data[from..to) into `out` at `at`; `out` may be the same array as `data`.
 * The remainder is a shift register of eight words, so that a step moves four bytes at once.
 */
export const writeCheckBytes = (
  data: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  at: number,
  count: number,
): void => {
  const products = PRODUCTS[count]!;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let e = 0;
  let f = 0;
  let g = 0;
  let h = 0;
  for (let i = from; i < to; i++) {
    const row = (data[i]! ^ (a >>> 24)) * WORDS;
    a = ((a << 8) | (b >>> 24)) ^ products[row]!;
    b = ((b << 8) | (c >>> 24)) ^ products[row + 1]!;
    c = ((c << 8) | (d >>> 24)) ^ products[row + 2]!;
    d = ((d << 8) | (e >>> 24)) ^ products[row + 3]!;
    e = ((e << 8) | (f >>> 24)) ^ products[row + 4]!;
    f = ((f << 8) | (g >>> 24)) ^ products[row + 5]!;
    g = ((g << 8) | (h >>> 24)) ^ products[row + 6]!;
    h = (h << 8) ^ products[row + 7]!;
  }
  for (let i = 0; i < count; i++) {
    out[at + i] = a >>> 24;
    a = (a << 8) | (b >>> 24);
    b = (b << 8) | (c >>> 24);
    c = (c << 8) | (d >>> 24);
    d = (d << 8) | (e >>> 24);
    e = (e << 8) | (f >>> 24);
    f = (f << 8) | (g >>> 24);
    g = (g << 8) | (h >>> 24);
    h <<= 8;
  }
};

const EXP = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = x;
  EXP[i + 255] = x;
  LOG[x] = i;
  x = (x << 1) ^ (x & 0x80 ? 0x11d : 0);
}

const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : EXP[LOG[a]! + LOG[b]!]!);

/** Coefficients of (x - a^0)(x - a^1)…, the leading one left out. */
export const generator = (count: number): Uint8Array => {
  let poly = Uint8Array.of(1);
  for (let root = 0; root < count; root++) {
    const next = new Uint8Array(poly.length + 1);
    for (const [i, c] of poly.entries()) {
      next[i] = next[i]! ^ c;
      next[i + 1] = next[i + 1]! ^ times(c, EXP[root]!);
    }
    poly = next;
  }
  return poly.subarray(1);
};

/** For each number of check bytes: the generator times every byte, packed into words, the first byte highest. */
const PRODUCTS: readonly Int32Array[] = Array.from({ length: 4 * WORDS - 1 }, (_, count) => {
  const poly = generator(count);
  const at = (byte: number, i: number): number => times(byte, poly[i] ?? 0);
  const products = new Int32Array(256 * WORDS);
  for (let bit = 1; bit < 256; bit <<= 1)
    for (let n = 0, j = 0; n < WORDS; n++, j += 4)
      products[bit * WORDS + n] = (at(bit, j) << 24) | (at(bit, j + 1) << 16) | (at(bit, j + 2) << 8) | at(bit, j + 3);
  // The product is linear: every other byte is the sum of its lowest bit and the rest.
  for (let byte = 3; byte < 256; byte++)
    for (let n = 0; n < WORDS; n++)
      products[byte * WORDS + n] = products[(byte & (byte - 1)) * WORDS + n]! ^ products[(byte & -byte) * WORDS + n]!;
  return products;
});
