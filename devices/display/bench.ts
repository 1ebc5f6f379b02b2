/** A display alone on the bench, in virtual time: what the tests of this folder build. */
import { VirtualClock } from '#bus/clock.ts';
import { DISPLAY } from '#datasheets/display.ts';
import { fourcc } from '#datasheets/display-formats.ts';
import { PLANE_BLOCKS, type PlaneName } from '#datasheets/display-planes.ts';
import { TIMINGS, type Timing } from '#datasheets/monitors.ts';
import { decode, encode } from '#regmap/codec.ts';
import type { Pokes, Register, Values } from '#regmap/declare.ts';
import { Display, type DisplayOptions } from './display.ts';

/** A plane as a test asks for it; the rest follows from the size of the screen. */
export interface Shown {
  readonly format?: string;
  readonly base?: number;
  readonly pitch?: number;
  readonly bases?: readonly number[];
  readonly pitches?: readonly number[];
  /** x, y, width, height. */
  readonly source?: readonly [number, number, number, number];
  readonly target?: readonly [number, number, number, number];
  readonly control?: Pokes<(typeof PLANE_BLOCKS)['PRIMARY']['CTRL']>;
  readonly order?: Pokes<(typeof PLANE_BLOCKS)['PRIMARY']['ZPOS_ALPHA']>;
}

/** 64x32 in 64 by 50 clocks at 192 kHz: a frame is 20,000,000 ns or so; small enough to compose often. */
export const SMALL: Timing = {
  name: '64x32',
  clockKhz: 192,
  horizontal: [64, 68, 72, 80],
  vertical: [32, 34, 36, 40],
  hPositive: true,
  vPositive: true,
  source: 'ours',
};

export const bench = (options: Partial<DisplayOptions> = {}) => {
  const clock = new VirtualClock();
  const display = new Display({ clock, seed: 7, vramMib: 1, ...options });
  const lines: boolean[] = [];
  display.onInterrupt((_, asserted) => void lines.push(asserted));

  const widthOf = ({ width }: Register): 2 | 4 => (width === 16 ? 2 : 4);
  const read = <R extends Register>(register: R): Values<R> =>
    decode(register, display.read(register.at, widthOf(register)));
  const set = <R extends Register>(register: R, values: Pokes<R>): void =>
    display.write(register.at, encode(register, values), widthOf(register));
  const value = (register: Register, word: number): void => display.write(register.at, word >>> 0, widthOf(register));

  const mode = (timing: Timing = SMALL, control: Pokes<typeof DISPLAY.CRTC_CTRL> = {}): void => {
    value(DISPLAY.CLOCK_KHZ, timing.clockKhz);
    for (const [registers, edges] of [
      [[DISPLAY.H_DISPLAY, DISPLAY.H_SYNC_START, DISPLAY.H_SYNC_END, DISPLAY.H_TOTAL], timing.horizontal],
      [[DISPLAY.V_DISPLAY, DISPLAY.V_SYNC_START, DISPLAY.V_SYNC_END, DISPLAY.V_TOTAL], timing.vertical],
    ] as const)
      for (const [i, register] of registers.entries()) value(register, edges[i] ?? 0);
    set(DISPLAY.CRTC_CTRL, { ENABLE: true, ...control });
  };
  const plane = (name: PlaneName, of: Shown = {}): void => {
    const block = PLANE_BLOCKS[name];
    const [x, y, width, height] = of.source ?? [0, 0, 64, 32];
    const [left, top, across, down] = of.target ?? [0, 0, width, height];
    value(block.FORMAT, fourcc(of.format ?? 'XR24'));
    const bases = of.bases ?? [of.base ?? 0];
    const pitches = of.pitches ?? [of.pitch ?? 256];
    for (const [i, register] of [block.BASE0, block.BASE1, block.BASE2].entries()) value(register, bases[i] ?? 0);
    for (const [i, register] of [block.PITCH0, block.PITCH1, block.PITCH2].entries()) value(register, pitches[i] ?? 0);
    for (const [register, pixels] of [
      [block.SRC_X, x],
      [block.SRC_Y, y],
      [block.SRC_W, width],
      [block.SRC_H, height],
    ] as const)
      value(register, Math.round(pixels * 65_536));
    value(block.DST_X, left);
    value(block.DST_Y, top);
    set(block.DST_SIZE, { WIDTH: across, HEIGHT: down });
    value(
      block.ZPOS_ALPHA,
      encode(block.ZPOS_ALPHA, { ALPHA: 0xffff, ZPOS: ['PRIMARY', 'OVERLAY', 'CURSOR'].indexOf(name), ...of.order }),
    );
    value(block.CTRL, encode(block.CTRL, { ENABLE: true, ...of.control }));
  };
  /** Latches all registers at once. */
  const now = (): void => set(DISPLAY.FLIP, { NOW: true });
  /** Bytes into a span, as the bus does it. */
  const store = (offset: number, bytes: ArrayLike<number>, span = 'vram'): void => {
    display.span(span)?.set(bytes, offset);
    display.wroteSpan(span, offset, bytes.length);
  };
  /** 32-bit words, row by row. */
  const words = (offset: number, list: readonly number[]): void =>
    store(offset, new Uint8Array(Uint32Array.from(list).buffer));
  /** RRGGBB of one pixel on the screen. */
  const at = (x: number, y: number): string => {
    const { rgba, width } = display.frame();
    return [...rgba.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)]
      .map((part) => part.toString(16).padStart(2, '0'))
      .join('');
  };

  return { clock, display, lines, read, set, value, mode, plane, now, store, words, at };
};

export const FULL_HD = TIMINGS['1920x1080@60'];
