/** What resets do to the registers: power-on, x.0 bit 15 of each MMD, and the identity that faults may change. */
import { ms } from '#bus/clock.ts';
import { Mmd, mmdOf, registerOf } from '#datasheets/c45.ts';
import { QT2025, QT2025_PHY_ID, QT2025_RESET_MS } from '#datasheets/qt2025.ts';
import type { QT2025_FAULTS } from '#datasheets/qt2025-catalogue.ts';
import type { RegisterFile } from '#regmap/file.ts';
import type { FaultBoard } from '../fault-board.ts';
import type { Timeline } from '../timeline.ts';

export interface ResetEffects {
  /** A full reset begins: stop the 8051, note what it ran. */
  readonly begins: () => void;
  /** A full reset is over: the 8051 goes on. */
  readonly ends: () => void;
  /** Registers have gone back to their defaults. */
  readonly cleared: () => void;
  /** Levels have changed. */
  readonly changed: () => void;
}

export class Resets {
  readonly #time: Timeline;
  readonly #regs: RegisterFile<typeof QT2025>;
  readonly #faults: FaultBoard<typeof QT2025_FAULTS>;
  readonly #revision: number;
  readonly #effects: ResetEffects;

  constructor(
    time: Timeline,
    regs: RegisterFile<typeof QT2025>,
    faults: FaultBoard<typeof QT2025_FAULTS>,
    revision: number,
    effects: ResetEffects,
  ) {
    this.#time = time;
    this.#regs = regs;
    this.#faults = faults;
    this.#revision = revision;
    this.#effects = effects;
    for (const mmd of MMDS) time.on(`reset-${mmd}`, () => this.#done(mmd));
  }

  powerOn(): void {
    this.#clear(() => true);
  }

  /** A register was written: bit 15 of an x.0 that rises resets. */
  wrote(at: number, now: number, old: number): void {
    const mmd = MMDS.find((each) => each === mmdOf(at));
    if (mmd === undefined || registerOf(at) !== 0 || (now & ~old & RESET) === 0) return;
    if (mmd === Mmd.PMAPMD) {
      this.#effects.begins();
      this.#clear(() => true);
    } else this.#clear((each) => mmdOf(each) === mmd && registerOf(each) < VENDOR_REGISTERS);
    this.#regs.poke(CONTROL1[mmd], { RESET: true });
    this.#time.set(`reset-${mmd}`, ms(QT2025_RESET_MS));
  }

  /** The reset-stuck fault is gone: bits that are overdue clear. */
  unstick(): void {
    for (const mmd of MMDS)
      if (this.#time.left(`reset-${mmd}`) === undefined) this.#regs.poke(CONTROL1[mmd], { RESET: false });
  }

  /** Revision and identifiers, as the part has them or as faults say. */
  identify(): void {
    this.#regs.poke('HW_REV', { REV: this.#faults.params('wrong-revision')?.revision ?? this.#revision });
    const id = this.#faults.params('wrong-id')?.id ?? QT2025_PHY_ID;
    for (const [high, low] of DEVICE_IDS) {
      this.#regs.pokeRaw(high, id >>> 16);
      this.#regs.pokeRaw(low, id & 0xffff);
    }
  }

  #clear(which: (at: number) => boolean): void {
    this.#regs.peek('BASER_STAT2'); // errors due by now belong to the time before
    this.#regs.reset(which);
    this.#effects.cleared();
    this.identify();
  }

  #done(mmd: (typeof MMDS)[number]): void {
    if (!this.#faults.has('reset-stuck')) this.#regs.poke(CONTROL1[mmd], { RESET: false });
    if (mmd === Mmd.PMAPMD) this.#effects.ends();
    this.#effects.changed();
  }
}

const RESET = 0x8000;
/** Registers from here on are the vendor's, memory windows among them: a reset of one MMD leaves them. Our choice. */
const VENDOR_REGISTERS = 0x8000;
const MMDS = [Mmd.PMAPMD, Mmd.WIS, Mmd.PCS, Mmd.PHYXS] as const;
const CONTROL1 = {
  [Mmd.PMAPMD]: 'PMA_CTRL1',
  [Mmd.WIS]: 'WIS_CTRL1',
  [Mmd.PCS]: 'PCS_CTRL1',
  [Mmd.PHYXS]: 'PHYXS_CTRL1',
} as const;
const DEVICE_IDS = [
  [QT2025.PMA_DEVID1.at, QT2025.PMA_DEVID2.at],
  [QT2025.WIS_DEVID1.at, QT2025.WIS_DEVID2.at],
  [QT2025.PCS_DEVID1.at, QT2025.PCS_DEVID2.at],
  [QT2025.PHYXS_DEVID1.at, QT2025.PHYXS_DEVID2.at],
] as const;
