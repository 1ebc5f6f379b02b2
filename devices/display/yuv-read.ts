/** YUV pixels as 16 bits a channel: the tables of an encoding, and whole rows where memory holds them. */
import type { YuvFormat } from '#datasheets/display-formats.ts';
import type { Layer, YuvEncoding } from './layer.ts';
import { CHANNELS, nearest, OPAQUE, type PixelReader, pattern, type RowReader } from './pixel-read.ts';
import { wideRoom } from './wide-room.ts';

/** Weights of red and blue in luma: BT.601, BT.709, BT.2020. */
const WEIGHTS: Readonly<Record<YuvEncoding, readonly [red: number, blue: number]>> = {
  bt601: [0.299, 0.114],
  bt709: [0.2126, 0.0722],
  bt2020: [0.2627, 0.0593],
};

/** What a sample adds, by its code: to all, of red to red, of blue to blue; and what red and blue take from green. */
type YuvTables = readonly [
  light: Float64Array,
  red: Float64Array,
  blue: Float64Array,
  greenRed: Float64Array,
  greenBlue: Float64Array,
];

const tablesOf = ({ depth }: YuvFormat, { limited, encoding }: Layer): YuvTables => {
  const unit = 2 ** (depth - 8);
  const [black, lumaSpan] = limited ? [16 * unit, 219 * unit] : [0, 2 ** depth - 1];
  const [middle, chromaSpan] = [128 * unit, limited ? 224 * unit : 2 ** depth - 1];
  const [kr, kb] = WEIGHTS[encoding];
  const kg = 1 - kr - kb;
  const table = (word: (code: number) => number): Float64Array =>
    Float64Array.from({ length: 2 ** depth }, (_, code) => OPAQUE * word(code));
  const [red, blue] = [2 * (1 - kr), 2 * (1 - kb)].map(
    (most) => (code: number) => (most * (code - middle)) / chromaSpan,
  );
  return [
    table((code) => (code - black) / lumaSpan),
    table(red!),
    table(blue!),
    table((code) => (kr * red!(code)) / kg),
    table((code) => (kb * blue!(code)) / kg),
  ];
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
  const [bright, reds, blues, greenReds, greenBlues] = tablesOf(format, layer);
  const size = format.depth === 8 ? 1 : 2;
  const shift = size === 2 ? 16 - format.depth : 0;
  const code = (at: number): number => (size === 1 ? memory[at]! : (memory[at]! | (memory[at + 1]! << 8)) >> shift);
  const places = placesOf(format, layer);
  return (x, y, out, at) => {
    const from = places(x, y);
    if (Math.max(from.luma, from.blue, from.red) + size > memory.length) return pattern(x, y, out, at);
    const light = bright[code(from.luma)]!;
    const [red, blue] = [code(from.red), code(from.blue)];
    out[at] = OPAQUE;
    out[at + 1] = toWord(light + reds[red]!);
    out[at + 2] = toWord(light - (greenReds[red]! + greenBlues[blue]!));
    out[at + 3] = toWord(light + blues[blue]!);
  };
};

/** Rows of 8-bit samples that lie in memory; `read` does what is left. */
export const yuvRows = (format: YuvFormat, layer: Layer, memory: Uint8Array, read: PixelReader): RowReader => {
  const tables = tablesOf(format, layer);
  const [bright, reds, blues, greenReds, greenBlues] = tables;
  const room = format.planeBits.length === 2 && format.subX === 2 ? wideRoom() : undefined;
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
    const to = x % 2 === 0 ? room?.place(out, at) : undefined;
    if (room !== undefined && to !== undefined) {
      const pair = Math.min(from.blue, from.red);
      const luma = room.bring(memory.subarray(from.luma, from.luma + count));
      const pairs = room.bring(memory.subarray(pair, pair + count + (count % 2)), 'second');
      if (luma !== undefined && pairs !== undefined) {
        room.loops.yuv(luma, pairs, to, count, from.blue - pair, from.red - pair, room.tables(tables));
        return;
      }
    }
    const cx = x >> half;
    for (let i = 0, word = at; i < count; i++, word += CHANNELS) {
      const chroma = (((x + i) >> half) - cx) * step;
      const light = bright[memory[from.luma + i]!]!;
      const [red, blue] = [memory[from.red + chroma]!, memory[from.blue + chroma]!];
      out[word] = OPAQUE;
      out[word + 1] = toWord(light + reds[red]!);
      out[word + 2] = toWord(light - (greenReds[red]! + greenBlues[blue]!));
      out[word + 3] = toWord(light + blues[blue]!);
    }
  };
};

/** The nearest word there is. */
const toWord = (word: number): number => nearest(Math.min(OPAQUE, Math.max(0, word)));
