/** The registers of the display's extension block, in the verbs of a driver: what the ferro-drm driver stands on. */
import type { MmioAccess, MmioPort } from '#bus/mmio.ts';
import { DISPLAY, EDID_WINDOW_BYTES, FERRO_ID, PANIC_SPAN } from '#datasheets/display.ts';
import { PLANE_BLOCKS, type PlaneName } from '#datasheets/display-planes.ts';
import { decode, encode } from '#regmap/codec.ts';
import type { Register, Values, Writes } from '#regmap/declare.ts';
import { BLEND, type PlaneState, ROTATION, SCALING_FILTER } from './kms-state.ts';
import { MODE_FLAG, type Mode } from './modes.ts';
import type { VblankStamp } from './vblank.ts';

export class FerroHardware {
  readonly #port: MmioPort;
  /** Plane registers written since the last flip: they count from the next. */
  readonly #batch: MmioAccess[] = [];

  constructor(port: MmioPort) {
    this.#port = port;
  }

  async read<R extends Register>(register: R): Promise<Values<R>> {
    return decode(register, await this.#port.read(register.at));
  }

  async write<R extends Register>(register: R, values: Writes<R>): Promise<void> {
    await this.#port.write(register.at, encode(register, values));
  }

  /** The block is there, in a version this driver knows. */
  async identify(): Promise<{ readonly there: boolean; readonly major: number; readonly vramBytes: number }> {
    const [id = 0, version = 0, vramBytes = 0] = await this.#port.transfer(
      [DISPLAY.FERRO_ID, DISPLAY.FERRO_VERSION, DISPLAY.VRAM_BYTES].map(({ at }) => ({ op: 'read', at }) as const),
    );
    return { there: id === FERRO_ID, major: decode(DISPLAY.FERRO_VERSION, version).MAJOR, vramBytes };
  }

  async enableInterrupts(vblank: boolean): Promise<void> {
    await this.write(DISPLAY.INT_ENABLE, {
      VBLANK: vblank,
      FLIP_DONE: true,
      HOTPLUG: true,
      WRITEBACK_DONE: true,
      UNDERRUN: true,
      PANIC_BUTTON: true,
    });
  }

  async disableInterrupts(): Promise<void> {
    await this.write(DISPLAY.INT_ENABLE, {});
  }

  /** Clears what was handled, and reads what there is now, with the vblanks as they stand. */
  async interrupts(handled: number, findings = 0): Promise<Interrupts> {
    const reads = [DISPLAY.INT_STATUS, DISPLAY.FINDING, DISPLAY.FLIP_COUNT, DISPLAY.FRAME_NS, ...STAMP];
    const clear: MmioAccess[] = handled === 0 ? [] : [{ op: 'write', at: DISPLAY.INT_STATUS.at, value: handled }];
    if (findings !== 0) clear.push({ op: 'write', at: DISPLAY.FINDING.at, value: findings });
    const [raw = 0, found = 0, flipCount = 0, frameNs = 0, ...stamp] = await this.#port.transfer([
      ...clear,
      ...reads.map(({ at }) => ({ op: 'read', at }) as const),
    ]);
    const vblank = stampOf(stamp);
    // The last vblank may be one after that of the flip by now.
    const late = (vblank.count - flipCount) >>> 0;
    const flip = { count: vblank.count - late, timeNs: vblank.timeNs - late * frameNs };
    return { raw, found, is: decode(DISPLAY.INT_STATUS, raw), vblank, flip: late < 1000 ? flip : vblank };
  }

  async vblank(): Promise<VblankStamp> {
    return stampOf(await this.#port.transfer(STAMP.map(({ at }) => ({ op: 'read', at }) as const)));
  }

  /** Kept until the next flip. */
  setPlane(name: PlaneName, state: PlaneState, address: (plane: number) => number): void {
    const { fb } = state;
    if (fb === null) return;
    const block = PLANE_BLOCKS[name];
    const turns = state.rotation & 15;
    const put = <R extends Register>(register: R, values: Writes<R>): void =>
      void this.#batch.push({ op: 'write', at: register.at, value: encode(register, values) });
    put(block.FORMAT, { VALUE: fb.format.code });
    for (const [i, [base, pitch]] of [
      [block.BASE0, block.PITCH0] as const,
      [block.BASE1, block.PITCH1] as const,
      [block.BASE2, block.PITCH2] as const,
    ].entries()) {
      put(base, { VALUE: address(i) });
      put(pitch, { VALUE: fb.planes[i]?.pitchBytes ?? 0 });
    }
    put(block.SRC_X, { VALUE: state.srcX });
    put(block.SRC_Y, { VALUE: state.srcY });
    put(block.SRC_W, { VALUE: state.srcW });
    put(block.SRC_H, { VALUE: state.srcH });
    put(block.DST_X, { VALUE: state.crtcX >>> 0 });
    put(block.DST_Y, { VALUE: state.crtcY >>> 0 });
    put(block.DST_SIZE, { WIDTH: state.crtcW, HEIGHT: state.crtcH });
    put(block.ZPOS_ALPHA, { ALPHA: state.alpha, ZPOS: state.zpos });
    put(block.CTRL, {
      ENABLE: true,
      BLEND: fb.format.alpha
        ? state.blend === BLEND.Coverage
          ? 'coverage'
          : state.blend === BLEND.None
            ? 'none'
            : 'premultiplied'
        : 'none',
      ROTATION:
        turns === ROTATION.rotate90
          ? 'r90'
          : turns === ROTATION.rotate180
            ? 'r180'
            : turns === ROTATION.rotate270
              ? 'r270'
              : 'none',
      REFLECT_X: (state.rotation & ROTATION.reflectX) !== 0,
      REFLECT_Y: (state.rotation & ROTATION.reflectY) !== 0,
      FILTER: state.filter === SCALING_FILTER.Default ? 'bilinear' : 'nearest',
      ENCODING: state.colorEncoding,
      RANGE: state.colorRange === 0 ? 'limited' : 'full',
    });
  }

  clearPlane(name: PlaneName): void {
    this.#batch.push({ op: 'write', at: PLANE_BLOCKS[name].CTRL.at, value: 0 });
  }

  /** Starts the CRTC with what the planes were set to: while it is off, a flip counts at once. */
  async start(mode: Mode, control: CrtcControl): Promise<void> {
    const timings: readonly (readonly [Register, number])[] = [
      [DISPLAY.CLOCK_KHZ, mode.clockKHz],
      [DISPLAY.H_DISPLAY, mode.hdisplay],
      [DISPLAY.H_SYNC_START, mode.hsyncStart],
      [DISPLAY.H_SYNC_END, mode.hsyncEnd],
      [DISPLAY.H_TOTAL, mode.htotal],
      [DISPLAY.V_DISPLAY, mode.vdisplay],
      [DISPLAY.V_SYNC_START, mode.vsyncStart],
      [DISPLAY.V_SYNC_END, mode.vsyncEnd],
      [DISPLAY.V_TOTAL, mode.vtotal],
    ];
    await this.#port.transfer([
      ...this.#batch.splice(0),
      ...timings.map(([{ at }, value]) => ({ op: 'write', at, value }) as const),
      { op: 'write', at: DISPLAY.FLIP.at, value: encode(DISPLAY.FLIP, { GO: true }) },
      { op: 'write', at: DISPLAY.INT_STATUS.at, value: encode(DISPLAY.INT_STATUS, { FLIP_DONE: true }) },
      this.#control(mode, control),
    ]);
  }

  async stop(): Promise<void> {
    await this.write(DISPLAY.CRTC_CTRL, {});
  }

  /** Everything set since the last flip, at the next vblank or at once; `control` where it changed. */
  async flip(mode: Mode, background: number, control: CrtcControl | undefined, now: boolean): Promise<void> {
    const low = background % 2 ** 32;
    // A flip at once is done when it is asked for: its interrupt would be taken for that of the next.
    const done: MmioAccess = {
      op: 'write',
      at: DISPLAY.INT_STATUS.at,
      value: encode(DISPLAY.INT_STATUS, { FLIP_DONE: true }),
    };
    await this.#port.transfer([
      ...this.#batch.splice(0),
      ...(control === undefined ? [] : [this.#control(mode, control)]),
      { op: 'write', at: DISPLAY.BACKGROUND_R.at, value: Math.floor(background / 2 ** 32) },
      { op: 'write', at: DISPLAY.BACKGROUND_GB.at, value: low },
      { op: 'write', at: DISPLAY.FLIP.at, value: encode(DISPLAY.FLIP, now ? { NOW: true } : { GO: true }) },
      ...(now ? [done] : []),
    ]);
  }

  /** What was typed beside the panic button; empty when nothing was, or it cannot be read any more. */
  async panicText(): Promise<string> {
    try {
      const { BYTES } = await this.read(DISPLAY.PANIC_TEXT);
      return BYTES === 0 ? '' : String.fromCharCode(...(await this.#port.readSpan(PANIC_SPAN, 0, BYTES)));
    } catch {
      return '';
    }
  }

  async edid(bytes: number): Promise<Uint8Array> {
    const length = Math.min(bytes, EDID_WINDOW_BYTES);
    const accesses = Array.from({ length }, (_, at) => ({ op: 'read', at, width: 1 }) as const);
    return Uint8Array.from(await this.#port.transfer(accesses));
  }

  #control({ flags }: Mode, { gamma, vrr }: CrtcControl): MmioAccess {
    const value = encode(DISPLAY.CRTC_CTRL, {
      ENABLE: true,
      INTERLACE: (flags & MODE_FLAG.INTERLACE) !== 0,
      VRR: vrr,
      GAMMA: gamma,
    });
    return { op: 'write', at: DISPLAY.CRTC_CTRL.at, value };
  }
}

export interface CrtcControl {
  readonly gamma: boolean;
  readonly vrr: boolean;
}

export interface Interrupts {
  readonly raw: number;
  /** Misuse it found, as the bits of FINDING. */
  readonly found: number;
  readonly is: Values<typeof DISPLAY.INT_STATUS>;
  readonly vblank: VblankStamp;
  readonly flip: VblankStamp;
}

/** The low count first: reading it holds the other three. */
const STAMP = [DISPLAY.VBLANK_COUNT_LO, DISPLAY.VBLANK_COUNT_HI, DISPLAY.VBLANK_TIME_LO, DISPLAY.VBLANK_TIME_HI];

const stampOf = ([countLo = 0, countHi = 0, timeLo = 0, timeHi = 0]: readonly number[]): VblankStamp => ({
  count: countHi * 2 ** 32 + countLo,
  timeNs: timeHi * 2 ** 32 + timeLo,
});
