/** What bears on the signal path at one moment: the fibre, the hand at the cage, faults, and the control registers. */

import { ms } from '#bus/clock.ts';
import type { QT2025 } from '#datasheets/qt2025.ts';
import type { QT2025_FAULTS } from '#datasheets/qt2025-catalogue.ts';
import { LOS_DBM } from '#datasheets/qt2025-optics.ts';
import { DARK_DBM } from '#datasheets/sfp.ts';
import { moduleThresholds } from '#datasheets/sfp-modules.ts';
import type { RegisterFile } from '#regmap/file.ts';
import type { FaultBoard } from '../fault-board.ts';
import type { Cage, CageInputs, PluggedModule } from './cage.ts';
import type { AlarmInputs } from './link-registers.ts';
import type { ReceiverSignals } from './micro.ts';
import type { PathInputs, PathState } from './path.ts';

/** A PMA loopback at least this long cures a stuck PCS: drivers hold it 100 ms, less what a bus may eat of it. Our choice. */
const CURE_MS = 90;
const LOOPBACK = 1;
/** Upper minus lower eye level: open at good light, closing below. The firmware asks for more than 30. Our choice. */
const EYE = { open: 64, fromDbm: -11, perDb: 4 } as const;
/** SCL on the pins of 1.C303h: bit 5 on new boards, bit 4 on old ones. Source: what falcon's nine STOPs write there. */
const SCL_PINS = 0x30;
/** So many clocks make a device let go of SDA. Source: I2C specification, 3.1.16. */
const BUS_CLEAR_CLOCKS = 9;

export interface ConditionsSnapshot {
  readonly module: PluggedModule | null;
  readonly lightDbm: number;
  readonly hostTxDisable: boolean;
  readonly loopbackSince: number;
  readonly i2cClocks: number;
  readonly saves: boolean;
  readonly restart: { readonly reload: boolean; readonly fromSram: boolean };
}

export class Conditions {
  readonly #regs: RegisterFile<typeof QT2025>;
  readonly #faults: FaultBoard<typeof QT2025_FAULTS>;
  /** What the hand left in the cage, whatever faults say. */
  module: PluggedModule | null;
  /** What the far end sends, dBm. */
  lightDbm: number;
  hostTxDisable = false;
  /** How the 8051 goes on after a full reset. */
  restart = { reload: false, fromSram: false };
  #loopbackSince = 0;
  #i2cClocks = 0;
  /** The strap that asks the firmware to save itself. */
  saves = false;

  constructor(
    regs: RegisterFile<typeof QT2025>,
    faults: FaultBoard<typeof QT2025_FAULTS>,
    { module, lightDbm }: { readonly module: PluggedModule | null; readonly lightDbm: number },
  ) {
    this.#regs = regs;
    this.#faults = faults;
    this.module = module;
    this.lightDbm = lightDbm;
  }

  /** What shall be in the cage, faults considered. */
  wanted(): PluggedModule | null {
    if (this.module === null || this.#faults.has('module-out')) return null;
    return this.#faults.has('module-unknown') ? { kind: 'unprogrammed', lengthM: 0 } : this.module;
  }

  get rxDbm(): number {
    if (this.#faults.has('rx-loss')) return DARK_DBM;
    return this.#faults.params('weak-light')?.rx_dbm ?? this.lightDbm;
  }

  get macUp(): boolean {
    return !this.#faults.has('xaui-down');
  }

  path(cage: Cage): PathInputs {
    const regs = this.#regs;
    const pma = regs.peek('PMA_CTRL1');
    const pcs = regs.peek('PCS_CTRL1');
    const pcsVendor = regs.peek('PCS_VEND1');
    return {
      powered: regs.peek('MICRO_RESETN').PATH_POWER === 3,
      lowPower: {
        pma: pma.LOWPOWER,
        wis: regs.peek('WIS_CTRL1').LOWPOWER,
        pcs: pcs.LOWPOWER,
        phyxs: regs.peek('PHYXS_CTRL1').LOWPOWER,
      },
      moduleReady: cage.module !== null && cage.ready,
      oneGig: cage.module?.kind === 'sx',
      rxDbm: this.rxDbm,
      receiverHeld: regs.peek('PMA_C030').RX_RESET || !pcsVendor.RX_ENABLE,
      polarityInverted: regs.peek('PMA_MODE').RXIN_SEL,
      pmaLoopback: pma.LOOPBACK,
      pcsLoopback: pcs.LOOPBACK,
      pmaDrives: regs.peek('PMA_VEND1').LBTXD,
      pcsDrives: pcsVendor.LBTXD,
      txDisabled: this.hostTxDisable || regs.peek('FTX_CTRL2').STATIC,
      txFault: this.#faults.has('tx-fault'),
      macUp: this.macUp,
      pcsStuck: this.#faults.has('pcs-stuck'),
      highBer: this.#faults.has('high-ber'),
      errorsPerSecond: this.#faults.params('bit-errors')?.per_second ?? 0,
    };
  }

  atCage(path: PathState): CageInputs {
    return {
      rxDbm: this.rxDbm,
      sending: path.driving,
      txFault: this.#faults.has('tx-fault'),
      celsius: this.#faults.params('over-temperature')?.celsius,
    };
  }

  alarms(cage: Cage, path: PathState): AlarmInputs {
    const kind = cage.module?.kind;
    const { celsius, rxDbm } = moduleThresholds(kind ?? 'sr');
    const hot = this.#faults.params('over-temperature')?.celsius ?? 0;
    return {
      moduleAbsent: cage.module === null,
      txFault: this.#faults.has('tx-fault'),
      overTemperature: cage.ready && kind !== 'dac' && hot > celsius.highAlarm,
      rxPowerLow: !path.signalDetect || (kind !== 'dac' && this.rxDbm < rxDbm.lowAlarm),
    };
  }

  /** What the monitors of the receive path tell the 8051. */
  receiver(path: PathState): ReceiverSignals {
    const { LOOPBACK: looped, LOWPOWER } = this.#regs.peek('PMA_CTRL1');
    const signal = (path.signalDetect && this.rxDbm >= LOS_DBM) || looped;
    const locked = signal && !LOWPOWER;
    const eye = looped ? EYE.open : Math.round(EYE.open - Math.max(0, EYE.fromDbm - this.rxDbm) * EYE.perDb);
    return {
      locked,
      lost: !locked,
      eye: locked ? Math.max(0, eye) : 0,
      lineUp: path.pmaLink && (path.pcsLink || path.gigabit),
      hostUp: path.phyxsLink,
    };
  }

  /** The clock of the 8051 is divided by this: by 1.C302h, and by a fault. Source of the steps: analysis of the public firmware. */
  get microDivider(): number {
    const { DIVIDE } = this.#regs.peek('SREFCLK_FREQ');
    const step = DIVIDE >= 3 && DIVIDE <= 6 ? 2 ** (DIVIDE - 2) : 1;
    return step * (this.#faults.params('slow-boot')?.factor ?? 1);
  }

  /** The host moves the I2C pins by hand; true when that has just freed a bus that somebody held. */
  i2cClocked(now: number, old: number): boolean {
    if (!this.#faults.has('i2c-hung')) this.#i2cClocks = 0;
    else if ((old & ~now & SCL_PINS) !== 0) this.#i2cClocks++;
    return this.#i2cClocks >= BUS_CLEAR_CLOCKS;
  }

  /** Watches 1.0 bit 0; true when a pulse long enough to cure a stuck PCS has just ended. */
  loopbackPulsed(now: number, old: number, at: number): boolean {
    const rose = (now & ~old & LOOPBACK) !== 0;
    const fell = (old & ~now & LOOPBACK) !== 0;
    if (rose) this.#loopbackSince = at;
    return fell && this.#faults.has('pcs-stuck') && at - this.#loopbackSince >= ms(CURE_MS);
  }

  /** Before the registers are reset: what the 8051 will go on with. */
  noteRestart(fromSram: boolean): void {
    this.restart = { reload: this.#regs.peek('BOOT_RELOAD').WORD !== 0xff, fromSram };
  }

  powerOn(): void {
    this.hostTxDisable = false;
    this.#loopbackSince = 0;
    this.#i2cClocks = 0;
  }

  snapshot(): ConditionsSnapshot {
    const { module, lightDbm, hostTxDisable, saves, restart } = this;
    const counted = { loopbackSince: this.#loopbackSince, i2cClocks: this.#i2cClocks };
    return { module, lightDbm, hostTxDisable, saves, restart, ...counted };
  }

  restore({ loopbackSince, i2cClocks, ...rest }: ConditionsSnapshot): void {
    Object.assign(this, rest);
    this.#loopbackSince = loopbackSince;
    this.#i2cClocks = i2cClocks;
  }
}
