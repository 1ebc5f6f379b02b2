/** What the last flip took over: the levels of plane and background registers, and the gamma table. */
import { DISPLAY } from '#datasheets/display.ts';
import { PLANE_REGISTERS } from '#datasheets/display-planes.ts';
import { decode } from '#regmap/codec.ts';
import type { RegisterFile } from '#regmap/file.ts';
import { fromBase64, toBase64 } from '../base64.ts';
import { type GammaTables, gammaTables, identityGamma } from './gamma.ts';
import { type Levels, type Mode, modeOf } from './scanout.ts';

export interface LatchesSnapshot {
  /** Raw levels by address. */
  readonly latched: readonly (readonly [at: number, level: number])[];
  readonly gamma: string;
  readonly latchedGamma: string;
}

/** Registers a flip takes over. */
const LATCHED = [...Object.values(PLANE_REGISTERS), DISPLAY.CRTC_CTRL, DISPLAY.BACKGROUND_GB, DISPLAY.BACKGROUND_R];
/** Registers a mode set takes over. */
const TIMINGS = [
  DISPLAY.CLOCK_KHZ,
  DISPLAY.H_DISPLAY,
  DISPLAY.H_SYNC_START,
  DISPLAY.H_SYNC_END,
  DISPLAY.H_TOTAL,
  DISPLAY.V_DISPLAY,
  DISPLAY.V_SYNC_START,
  DISPLAY.V_SYNC_END,
  DISPLAY.V_TOTAL,
];

export class Latches {
  /** As the bus writes it. */
  readonly gamma = identityGamma();
  readonly #regs: RegisterFile<typeof DISPLAY>;
  readonly #latched = new Map<number, number>();
  #latchedGamma: Uint8Array = this.gamma.slice();
  #tables: GammaTables | undefined;

  constructor(regs: RegisterFile<typeof DISPLAY>) {
    this.#regs = regs;
  }

  readonly level: Levels = (at) => this.#latched.get(at) ?? 0;

  takeTimings(): void {
    for (const { at } of TIMINGS) this.#latched.set(at, this.#regs.level(at));
  }

  take(): void {
    for (const { at } of LATCHED) this.#latched.set(at, this.#regs.level(at));
    if (this.gamma.every((byte, i) => byte === this.#latchedGamma[i])) return;
    this.#latchedGamma = this.gamma.slice();
    this.#tables = undefined;
  }

  /** The latched gamma, the same tables as long as it is the same. */
  gammaTables(): GammaTables {
    this.#tables ??= gammaTables(this.#latchedGamma);
    return this.#tables;
  }

  /** The mode that was latched; undefined while the extension is off. */
  mode(): Mode | undefined {
    const { ENABLE, INTERLACE } = decode(DISPLAY.CRTC_CTRL, this.level(DISPLAY.CRTC_CTRL.at));
    return ENABLE ? modeOf(this.level, INTERLACE) : undefined;
  }

  snapshot(): LatchesSnapshot {
    return { latched: [...this.#latched], gamma: toBase64(this.gamma), latchedGamma: toBase64(this.#latchedGamma) };
  }

  restore({ latched, gamma, latchedGamma }: LatchesSnapshot): void {
    this.#latched.clear();
    for (const [at, level] of latched) this.#latched.set(at, level);
    this.gamma.set(fromBase64(gamma));
    this.#latchedGamma = fromBase64(latchedGamma);
    this.#tables = undefined;
  }
}
