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

type Level = boolean | number;

/** Registers keep what is poked into them until the hardware itself drives another value. */
export class LinkRegisters {
  readonly #regs: Regs;
  /** By place in LEVELS; undefined was never driven. */
  #driven: (Level | undefined)[] = [];
  #aligned = false;

  constructor(regs: Regs) {
    this.#regs = regs;
  }

  /** Drives what has changed since the last time: at most accesses nothing has. */
  drive(path: PathState, alarms: AlarmInputs): void {
    for (let i = 0; i < LEVELS.length; i++) {
      const { register, field, of } = LEVELS[i]!;
      const level = of(path, alarms);
      if (this.#driven[i] === level) continue;
      this.#driven[i] = level;
      this.#regs.poke(register, { [field]: level });
    }
    const aligned = path.signalDetect && path.blockLock && path.lanesAligned;
    if (aligned !== this.#aligned) this.#pulseLinkAlarm();
    this.#aligned = aligned;
  }

  /** Registers were reset: drive everything again. */
  forget(): void {
    this.#driven = [];
    this.#aligned = false;
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

  snapshot(): LinkSnapshot {
    return { driven: this.#driven.map((level) => level ?? null), aligned: this.#aligned };
  }

  restore({ driven, aligned }: LinkSnapshot): void {
    this.#driven = driven.map((level) => level ?? undefined);
    this.#aligned = aligned;
  }

  /** A change is an event, not a level: the latch holds it until read. */
  #pulseLinkAlarm(): void {
    this.#regs.poke('LASI_STAT', { LS: true });
    this.#regs.poke('LASI_STAT', { LS: false });
  }
}

interface LinkSnapshot {
  readonly driven: readonly (Level | null)[];
  readonly aligned: boolean;
}

interface Driver {
  readonly register: keyof typeof QT2025;
  readonly field: string;
  readonly of: (path: PathState, alarms: AlarmInputs) => Level;
}

const drives = <K extends keyof typeof QT2025>(
  register: K,
  field: keyof (typeof QT2025)[K]['fields'] & string,
  of: Driver['of'],
): Driver => ({ register, field, of });

/** Every field that the hardware drives, and from what. */
const LEVELS: readonly Driver[] = [
  drives('PIN_STATUS', 'MOD_ABS', (_, alarms) => alarms.moduleAbsent),
  drives('PMA_RXDET', 'GLOBAL', (path) => path.signalDetect),
  drives('PMA_STAT1', 'LSTATUS', (path) => path.pmaLink),
  drives('PMA_STAT2', 'TXFAULT', (path) => path.pmaTxFault),
  drives('PMA_STAT2', 'RXFAULT', (path) => path.pmaRxFault),
  drives('WIS_STAT1', 'LSTATUS', (path) => path.wisLink),
  drives('WIS_STAT2', 'RXFAULT', (path) => !path.wisLink),
  drives('PCS_STAT1', 'LSTATUS', (path) => path.pcsLink),
  drives('PCS_STAT2', 'TXFAULT', (path) => path.pcsTxFault),
  drives('PCS_STAT2', 'RXFAULT', (path) => path.pcsRxFault),
  drives('BASER_STAT1', 'BLOCKLOCK', (path) => path.blockLock),
  drives('BASER_STAT1', 'HIBER', (path) => path.highBer),
  drives('BASER_STAT1', 'RXLINK', (path) => path.pcsLink),
  drives('BASER_STAT2', 'BLOCKLOCK', (path) => path.blockLock),
  drives('BASER_STAT2', 'HIBER', (path) => path.highBer),
  drives('GIGABIT_STAT1', 'SYNC', (path) => path.gigabit),
  drives('GIGABIT_STAT2', 'SYNC', (path) => path.gigabit),
  drives('XGXS_VEND1', 'GIGABIT', (path) => path.gigabit),
  drives('PHYXS_STAT1', 'LSTATUS', (path) => path.phyxsLink),
  drives('PHYXS_STAT2', 'TXFAULT', (path) => path.phyxsTxFault),
  drives('PHYXS_STAT2', 'RXFAULT', (path) => path.phyxsRxFault),
  drives('XGXS_LANES', 'ALIGNED', (path) => path.lanesAligned),
  drives('XGXS_LANES', 'SYNC', (path) => (path.lanesAligned ? 0xf : 0)),
  drives('RX_ALARM_STAT', 'PHYXS_FAULT', (path) => path.phyxsRxFault),
  drives('RX_ALARM_STAT', 'PCS_FAULT', (path) => path.pcsRxFault),
  drives('RX_ALARM_STAT', 'PMA_FAULT', (path) => path.pmaRxFault),
  drives('RX_ALARM_STAT', 'OPTICAL_POWER', (_, alarms) => alarms.rxPowerLow),
  drives('RX_ALARM_STAT', 'WIS_FAULT', (path) => !path.wisLink),
  drives('TX_ALARM_STAT', 'PHYXS_FAULT', (path) => path.phyxsTxFault),
  drives('TX_ALARM_STAT', 'PCS_FAULT', (path) => path.pcsTxFault),
  drives('TX_ALARM_STAT', 'PMA_FAULT', (path) => path.pmaTxFault),
  drives('TX_ALARM_STAT', 'LASER_POWER', (_, alarms) => alarms.txFault),
  drives('TX_ALARM_STAT', 'LASER_BIAS', (_, alarms) => alarms.txFault),
  drives('TX_ALARM_STAT', 'LASER_TEMP', (_, alarms) => alarms.overTemperature || alarms.txFault),
];
