/** The gamma table: 256 entries a channel, straight lines between them. */
import { GAMMA_BYTES, GAMMA_ENTRIES } from '#datasheets/display.ts';

/** Three tables of 65,536 words: red, green, blue. */
export type GammaTables = readonly [Uint16Array, Uint16Array, Uint16Array];

/** The bytes of a table that changes nothing. */
export const identityGamma = (): Uint8Array => {
  const words = new Uint16Array(GAMMA_ENTRIES * 3).map((_, i) => Math.floor(i / 3) * 257);
  return new Uint8Array(words.buffer);
};

export const gammaTables = (bytes: Uint8Array): GammaTables => [whole(bytes, 0), whole(bytes, 1), whole(bytes, 2)];

const whole = (bytes: Uint8Array, channel: number): Uint16Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, GAMMA_BYTES);
  const entry = (i: number): number => view.getUint16((Math.min(i, GAMMA_ENTRIES - 1) * 3 + channel) * 2, true);
  const table = new Uint16Array(65_536);
  for (let i = 0; i < GAMMA_ENTRIES; i++) {
    const [from, to] = [entry(i), entry(i + 1)];
    const steps = i === GAMMA_ENTRIES - 1 ? 1 : 257; // FFFFh is 255 * 257, the last entry itself
    for (let step = 0; step < steps; step++) table[i * 257 + step] = Math.round(from + ((to - from) * step) / 257);
  }
  return table;
};
