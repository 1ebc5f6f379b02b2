/** The SFP+ cage: what is plugged in, when it answers, and diagnostics that move as those of a real module do. */
import { ms } from '#bus/clock.ts';
import { noise, seedOf } from '#bus/random.ts';
import type { ModuleKind } from '#datasheets/qt2025-catalogue.ts';
import { LOS_DBM } from '#datasheets/qt2025-optics.ts';
import { DARK_DBM, SFP_A2, SFP_READY_MS, SFP_TEXTS, temperatureWord, tenthsOfMicrowatt } from '#datasheets/sfp.ts';
import {
  biasWord,
  type Limits,
  MODULES,
  moduleA0,
  moduleA2,
  moduleThresholds,
  putWord,
  textOf,
  voltageWord,
} from '#datasheets/sfp-modules.ts';
import type { Timeline } from '../timeline.ts';

export interface PluggedModule {
  readonly kind: ModuleKind;
  readonly lengthM: number;
}

/** What the board and the fibre do to the module. */
export interface CageInputs {
  /** Power arriving from the far end, dBm; `DARK_DBM` is none. */
  readonly rxDbm: number;
  /** The PHY drives TX_DISABLE low and sends. */
  readonly sending: boolean;
  readonly txFault: boolean;
  /** Instead of the module's own temperature. */
  readonly celsius: number | undefined;
}

export interface Diagnostics {
  readonly celsius: number;
  readonly volts: number;
  readonly biasMa: number;
  readonly txDbm: number;
  readonly rxDbm: number;
}

interface CageSnapshot {
  readonly module: PluggedModule | null;
  readonly next: PluggedModule | null;
  readonly ready: boolean;
}

/** A person needs this long between pulling one module and pushing the next. Our choice. */
const SWAP_MS = 500;
/** Bytes of A2h that are measured or follow from it. */
const MEASURED = { from: SFP_A2.TEMP.at, to: SFP_A2.WARNINGS.at + 1 } as const;

export class Cage {
  readonly #time: Timeline;
  readonly #seed: number;
  readonly #inputs: () => CageInputs;
  readonly #changed: () => void;
  #module: PluggedModule | null = null;
  #next: PluggedModule | null = null;
  #ready = false;
  /** Of what is plugged: A0h, and A2h as far as it never changes; undefined without diagnostics. */
  #a0: Uint8Array = new Uint8Array();
  #a2: Uint8Array | undefined;

  constructor(time: Timeline, seed: number, inputs: () => CageInputs, changed: () => void) {
    this.#time = time;
    this.#seed = seedOf(seed, 'cage');
    this.#inputs = inputs;
    this.#changed = changed;
    time.on('module-in', () => this.#plug(this.#next));
    time.on('module-ready', () => {
      this.#ready = true;
      this.#changed();
    });
  }

  /** Null: the cage is empty (MOD_ABS is high). */
  get module(): PluggedModule | null {
    return this.#module;
  }

  /** Powered long enough to answer, to see light and to send. */
  get ready(): boolean {
    return this.#ready;
  }

  /** What shall be in the cage. The old module comes out at once, the new one follows when a hand could have done it. */
  want(module: PluggedModule | null): void {
    this.#next = module;
    if (this.#time.left('module-in') !== undefined) {
      if (module === null) this.#time.cancel('module-in');
      return;
    }
    const occupied = this.#module !== null;
    if (occupied) this.#plug(null);
    if (module === null) return;
    if (occupied) this.#time.set('module-in', ms(SWAP_MS));
    else this.#plug(module);
  }

  /** Power was away: the module starts again, in whatever state the hand left it. */
  powerUp(module: PluggedModule | null): void {
    this.#next = module;
    this.#time.cancel('module-in');
    this.#plug(module);
  }

  /** One byte over the module's I2C bus; undefined when nothing acknowledges. */
  read(device: number, address: number): number | undefined {
    if (this.#module === null || !this.#ready) return undefined;
    const at = address & 0xff;
    if (device === 0xa0) return this.#a0[at];
    if (device !== 0xa2 || this.#a2 === undefined) return undefined;
    return at < MEASURED.from || at > MEASURED.to ? this.#a2[at] : this.#measured(this.#a2)[at];
  }

  get serial(): string {
    return `FL${(this.#seed % 10_000_000).toString().padStart(7, '0')}`;
  }

  /** The texts of A0h as a panel shows them. */
  label(): { vendor: string; partNumber: string; serial: string; dateCode: string } | null {
    if (this.#module === null) return null;
    const a0 = this.#a0;
    return {
      vendor: textOf(a0, SFP_TEXTS.VENDOR),
      partNumber: textOf(a0, SFP_TEXTS.PART_NUMBER),
      serial: textOf(a0, SFP_TEXTS.SERIAL),
      dateCode: textOf(a0, SFP_TEXTS.DATE_CODE),
    };
  }

  /** What an optical module measures now; null without one. */
  diagnostics(): Diagnostics | null {
    if (this.#module === null || !this.#ready) return null;
    const { optical, celsius, biasMa, txDbm } = MODULES[this.#module.kind];
    if (!optical) return null;
    const inputs = this.#inputs();
    const warmth = this.#drift('temperature', 97) * 1.2 + this.#drift('draught', 13) * 0.3;
    const temperature = (inputs.celsius ?? celsius) + warmth;
    const laser = inputs.sending && !inputs.txFault;
    return {
      celsius: temperature,
      volts: 3.3 + this.#drift('supply', 41) * 0.012,
      // A laser needs more current the warmer it is.
      biasMa: laser ? biasMa * (1 + (temperature - celsius) * 0.004 + this.#drift('bias', 29) * 0.008) : 0,
      txDbm: laser ? txDbm + this.#drift('transmit', 37) * 0.08 : DARK_DBM,
      rxDbm: inputs.rxDbm <= DARK_DBM ? DARK_DBM : inputs.rxDbm + this.#drift('receive', 19) * 0.06,
    };
  }

  /** Alarm flags as A2h bytes 112 and 113 hold them. */
  alarms(): number {
    return this.#flags('highAlarm', 'lowAlarm');
  }

  snapshot(): CageSnapshot {
    return { module: this.#module, next: this.#next, ready: this.#ready };
  }

  restore({ module, next, ready }: CageSnapshot): void {
    this.#hold(module);
    this.#next = next;
    this.#ready = ready;
  }

  #plug(module: PluggedModule | null): void {
    this.#hold(module);
    this.#ready = false;
    this.#time.cancel('module-ready');
    if (module !== null) this.#time.set('module-ready', ms(SFP_READY_MS));
    this.#changed();
  }

  #hold(module: PluggedModule | null): void {
    this.#module = module;
    this.#a0 = module === null ? new Uint8Array() : moduleA0(module.kind, module.lengthM, this.serial);
    this.#a2 = module === null ? undefined : moduleA2(module.kind);
  }

  /** A2h with what it says at this moment. */
  #measured(fixed: Uint8Array): Uint8Array {
    const now = this.diagnostics();
    if (now === null || this.#module?.kind === 'unprogrammed') return fixed;
    const bytes = fixed.slice();
    putWord(bytes, SFP_A2.TEMP.at, temperatureWord(now.celsius));
    putWord(bytes, SFP_A2.VCC.at, voltageWord(now.volts));
    putWord(bytes, SFP_A2.BIAS.at, biasWord(now.biasMa));
    putWord(bytes, SFP_A2.TX_POWER.at, tenthsOfMicrowatt(now.txDbm));
    putWord(bytes, SFP_A2.RX_POWER.at, tenthsOfMicrowatt(now.rxDbm));
    const { sending, txFault, rxDbm } = this.#inputs();
    bytes[SFP_A2.STATUS.at] = (sending ? 0 : 0x80) | (txFault ? 0x04 : 0) | (rxDbm < LOS_DBM ? 0x02 : 0);
    putWord(bytes, SFP_A2.ALARMS.at, this.alarms());
    putWord(bytes, SFP_A2.WARNINGS.at, this.#flags('highWarning', 'lowWarning'));
    return bytes;
  }

  #flags(high: keyof Limits, low: keyof Limits): number {
    const now = this.diagnostics();
    if (now === null || this.#module === null || this.#module.kind === 'unprogrammed') return 0;
    const limits = moduleThresholds(this.#module.kind);
    const quantities = ['celsius', 'volts', 'biasMa', 'txDbm', 'rxDbm'] as const; // bits 15:14 down to 7:6
    return quantities.reduce((flags, quantity, i) => {
      const above = now[quantity] > limits[quantity][high] ? 0x8000 : 0;
      const below = now[quantity] < limits[quantity][low] ? 0x4000 : 0;
      return flags | ((above | below) >> (2 * i));
    }, 0);
  }

  /** A smooth wander between -1 and 1: noise at whole periods, eased between them; depends on seed and time alone. */
  #drift(what: string, periodS: number): number {
    const turns = this.#time.now() / 1e9 / periodS;
    const step = Math.floor(turns);
    const part = turns - step;
    const ease = part * part * (3 - 2 * part);
    const seed = seedOf(this.#seed, what);
    const from = noise(seed, step);
    return (from + (noise(seed, step + 1) - from) * ease) * 2 - 1;
  }
}
