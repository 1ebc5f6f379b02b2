/** Puts the state of the path into the standard's link, fault, lock and alarm registers, and LASI on its pin. */
import { QT2025 } from '#datasheets/qt2025.ts';
import type { RegisterFile } from '#regmap/file.ts';
import type { PathState } from './path.ts';

type Regs = RegisterFile<typeof QT2025>;

export interface AlarmInputs {
  readonly moduleAbsent: boolean;
  readonly txFault: boolean;
  readonly overTemperature: boolean;
  readonly rxPowerLow: boolean;
}

/** Registers keep what is poked into them until the hardware itself drives another value. */
export class LinkRegisters {
  readonly #regs: Regs;
  #driven: Readonly<Record<string, boolean | number>> = {};

  constructor(regs: Regs) {
    this.#regs = regs;
  }

  /** Drives what has changed since the last time. */
  drive(path: PathState, alarms: AlarmInputs): void {
    const was = this.#driven;
    const now = levels(path, alarms);
    this.#driven = now;
    for (const [key, value] of Object.entries(now)) {
      if (was[key] === value) continue;
      const [register, field] = key.split('.') as [keyof typeof QT2025, string];
      this.#regs.poke(register, { [field]: value });
    }
    const aligned = (of: Readonly<Record<string, boolean | number>>) =>
      of['PMA_RXDET.GLOBAL'] === true && of['BASER_STAT1.BLOCKLOCK'] === true && of['XGXS_LANES.ALIGNED'] === true;
    if (aligned(was) !== aligned(now)) this.#pulseLinkAlarm();
  }

  /** Registers were reset: drive everything again. */
  forget(): void {
    this.#driven = {};
  }

  /** LASI_STAT bits 2:1 follow the alarm registers as they would read. */
  lasiStatus(stored: number): number {
    const stands = (status: number, control: number): boolean =>
      (this.#regs.look(status) & this.#regs.level(control)) !== 0;
    const rx = stands(QT2025.RX_ALARM_STAT.at, QT2025.RX_ALARM_CTRL.at) ? 0b100 : 0;
    const tx = stands(QT2025.TX_ALARM_STAT.at, QT2025.TX_ALARM_CTRL.at) ? 0b010 : 0;
    return (stored & ~0b110) | rx | tx;
  }

  /** The pin pulls when an enabled bit stands. */
  get lasi(): boolean {
    return (this.#regs.look(QT2025.LASI_STAT.at) & this.#regs.level(QT2025.LASI_CTRL.at) & 0b111) !== 0;
  }

  snapshot(): Readonly<Record<string, boolean | number>> {
    return this.#driven;
  }

  restore(driven: Readonly<Record<string, boolean | number>>): void {
    this.#driven = driven;
  }

  /** A change is an event, not a level: the latch holds it until read. */
  #pulseLinkAlarm(): void {
    this.#regs.poke('LASI_STAT', { LS: true });
    this.#regs.poke('LASI_STAT', { LS: false });
  }
}

const levels = (path: PathState, alarms: AlarmInputs): Readonly<Record<string, boolean | number>> => ({
  'PIN_STATUS.MOD_ABS': alarms.moduleAbsent,
  'PMA_RXDET.GLOBAL': path.signalDetect,
  'PMA_STAT1.LSTATUS': path.pmaLink,
  'PMA_STAT2.TXFAULT': path.pmaTxFault,
  'PMA_STAT2.RXFAULT': path.pmaRxFault,
  'WIS_STAT1.LSTATUS': path.wisLink,
  'WIS_STAT2.RXFAULT': !path.wisLink,
  'PCS_STAT1.LSTATUS': path.pcsLink,
  'PCS_STAT2.TXFAULT': path.pcsTxFault,
  'PCS_STAT2.RXFAULT': path.pcsRxFault,
  'BASER_STAT1.BLOCKLOCK': path.blockLock,
  'BASER_STAT1.HIBER': path.highBer,
  'BASER_STAT1.RXLINK': path.pcsLink,
  'BASER_STAT2.BLOCKLOCK': path.blockLock,
  'BASER_STAT2.HIBER': path.highBer,
  'PHYXS_STAT1.LSTATUS': path.phyxsLink,
  'PHYXS_STAT2.TXFAULT': path.phyxsTxFault,
  'PHYXS_STAT2.RXFAULT': path.phyxsRxFault,
  'XGXS_LANES.ALIGNED': path.lanesAligned,
  'XGXS_LANES.SYNC': path.lanesAligned ? 0xf : 0,
  'RX_ALARM_STAT.PHYXS_FAULT': path.phyxsRxFault,
  'RX_ALARM_STAT.PCS_FAULT': path.pcsRxFault,
  'RX_ALARM_STAT.PMA_FAULT': path.pmaRxFault,
  'RX_ALARM_STAT.OPTICAL_POWER': alarms.rxPowerLow,
  'RX_ALARM_STAT.WIS_FAULT': !path.wisLink,
  'TX_ALARM_STAT.PHYXS_FAULT': path.phyxsTxFault,
  'TX_ALARM_STAT.PCS_FAULT': path.pcsTxFault,
  'TX_ALARM_STAT.PMA_FAULT': path.pmaTxFault,
  'TX_ALARM_STAT.LASER_POWER': alarms.txFault,
  'TX_ALARM_STAT.LASER_BIAS': alarms.txFault,
  'TX_ALARM_STAT.LASER_TEMP': alarms.overTemperature,
});
