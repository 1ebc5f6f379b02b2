/** YUV pixels as 16 bits a channel: the tables of an encoding, and whole rows where memory holds them. */
import type { YuvFormat } from '#datasheets/display-formats.ts';
import type { Layer, YuvEncoding } from './layer.ts';
import { CHANNELS, OPAQUE, type PixelReader, pattern, type RowReader } from './pixel-read.ts';

/** Weights of red and blue in luma: BT.601, BT.709, BT.2020. */
const WEIGHTS: Readonly<Record<YuvEncoding, readonly [red: number, blue: number]>> = {
  bt601: [0.299, 0.114],
  bt709: [0.2126, 0.0722],
  bt2020: [0.2627, 0.0593],
};

/** What a sample adds, by its code. */
interface Tables {
  readonly bright: Float64Array;
  /** Red and blue over luma. */
  readonly red: Float64Array;
  readonly blue: Float64Array;
  readonly kr: number;
  readonly kg: number;
  readonly kb: number;
}

const tablesOf = ({ depth }: YuvFormat, { limited, encoding }: Layer): Tables => {
  const unit = 2 ** (depth - 8);
  const [black, lumaSpan] = limited ? [16 * unit, 219 * unit] : [0, 2 ** depth - 1];
  const [middle, chromaSpan] = [128 * unit, limited ? 224 * unit : 2 ** depth - 1];
  const [kr, kb] = WEIGHTS[encoding];
  const codes = { length: 2 ** depth };
  return {
    bright: Float64Array.from(codes, (_, code) => (code - black) / lumaSpan),
    red: Float64Array.from(codes, (_, code) => 2 * (1 - kr) * ((code - middle) / chromaSpan)),
    blue: Float64Array.from(codes, (_, code) => 2 * (1 - kb) * ((code - middle) / chromaSpan)),
    kr,
    kg: 1 - kr - kb,
    kb,
  };
};

/** Where the samples of a pixel lie. */
interface Places {
  readonly luma: number;
  readonly blue: number;
  readonly red: number;
}

const placesOf = (format: YuvFormat, { bases, pitches }: Layer): ((x: number, y: number) => Places) => {
  const { subX, subY, depth, crFirst } = format;
  const size = depth === 8 ? 1 : 2;
  const [first, second] = crFirst ? [1, 0] : [0, 1];
  return (x, y) => {
    const [cx, cy] = [x >> (subX - 1), y >> (subY - 1)];
    const luma = bases[0]! + y * pitches[0]! + x * size;
    if (format.planeBits.length === 2) {
      const pair = bases[1]! + cy * pitches[1]! + cx * 2 * size;
      return { luma, blue: pair + first * size, red: pair + second * size };
    }
    const of = (plane: 0 | 1): number => bases[1 + plane]! + cy * pitches[1 + plane]! + cx * size;
    return { luma, blue: of(first as 0 | 1), red: of(second as 0 | 1) };
  };
};

export const yuvReader = (format: YuvFormat, layer: Layer, memory: Uint8Array): PixelReader => {
  const { bright, red, blue, kr, kg, kb } = tablesOf(format, layer);
  const size = format.depth === 8 ? 1 : 2;
  const shift = size === 2 ? 16 - format.depth : 0;
  const code = (at: number): number => (size === 1 ? memory[at]! : (memory[at]! | (memory[at + 1]! << 8)) >> shift);
  const places = placesOf(format, layer);
  return (x, y, out, at) => {
    const from = places(x, y);
    if (Math.max(from.luma, from.blue, from.red) + size > memory.length) return pattern(x, y, out, at);
    const light = bright[code(from.luma)]!;
    const r = light + red[code(from.red)]!;
    const b = light + blue[code(from.blue)]!;
    out[at] = OPAQUE;
    out[at + 1] = toWord(r);
    out[at + 2] = toWord((light - kr * r - kb * b) / kg);
    out[at + 3] = toWord(b);
  };
};

/** Rows of 8-bit samples that lie in memory; `read` does what is left. */
export const yuvRows = (format: YuvFormat, layer: Layer, memory: Uint8Array, read: PixelReader): RowReader => {
  const { bright, red, blue, kr, kg, kb } = tablesOf(format, layer);
  const places = placesOf(format, layer);
  const half = format.subX - 1;
  const step = format.planeBits.length === 2 ? 2 : 1;
  return (x, y, count, out, at) => {
    const last = places(x + count - 1, y);
    if (format.depth !== 8 || Math.max(last.luma, last.blue, last.red) >= memory.length) {
      for (let i = 0; i < count; i++) read(x + i, y, out, at + i * CHANNELS);
      return;
    }
    const from = places(x, y);
    const cx = x >> half;
    for (let i = 0, to = at; i < count; i++, to += CHANNELS) {
      const chroma = (((x + i) >> half) - cx) * step;
      const light = bright[memory[from.luma + i]!]!;
      const r = light + red[memory[from.red + chroma]!]!;
      const b = light + blue[memory[from.blue + chroma]!]!;
      out[to] = OPAQUE;
      out[to + 1] = toWord(r);
      out[to + 2] = toWord((light - kr * r - kb * b) / kg);
      out[to + 3] = toWord(b);
    }
  };
};

/** To the nearest; `Math.round` is three times as slow, and the same for all there is to convert. */
const toWord = (part: number): number => {
  const word = part * OPAQUE + 0.5;
  return word < 1 ? 0 : word > OPAQUE ? OPAQUE : word | 0;
};
