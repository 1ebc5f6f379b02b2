/** The signal path as logic: light and settings in, the state of PMA, PCS, PHY XS and transmitter out. */

import { bitErrorRatio, HIGH_BER_RATIO, isHighBer, LOS_DBM } from '#datasheets/qt2025-optics.ts';
import { DARK_DBM } from '#datasheets/sfp.ts';

export interface PathInputs {
  /** The firmware has powered the data path (1.C300h bits 4:3). */
  readonly powered: boolean;
  readonly lowPower: { readonly pma: boolean; readonly wis: boolean; readonly pcs: boolean; readonly phyxs: boolean };
  readonly moduleReady: boolean;
  /** A 1G module: the PMA runs, a 10GBASE-R PCS finds no blocks in it. */
  readonly oneGig: boolean;
  /** Light at the module, dBm. */
  readonly rxDbm: number;
  /** The firmware holds the receiver: 1.C030h bit 4 set or 3.C000h bit 3 clear. */
  readonly receiverHeld: boolean;
  /** 1.C301h bit 6. */
  readonly polarityInverted: boolean;
  readonly pmaLoopback: boolean;
  readonly pcsLoopback: boolean;
  /** Transmit on although looped back: 1.C001h bit 15, 3.C000h bit 5. */
  readonly pmaDrives: boolean;
  readonly pcsDrives: boolean;
  readonly txDisabled: boolean;
  readonly txFault: boolean;
  readonly macUp: boolean;
  readonly pcsStuck: boolean;
  readonly highBer: boolean;
  readonly errorsPerSecond: number;
}

export interface PathState {
  readonly signalDetect: boolean;
  readonly pmaLink: boolean;
  /** The gigabit receiver is synchronised: whether the 10G path is released does not matter to it. */
  readonly gigabit: boolean;
  readonly wisLink: boolean;
  readonly blockLock: boolean;
  readonly highBer: boolean;
  readonly pcsLink: boolean;
  readonly lanesAligned: boolean;
  readonly phyxsLink: boolean;
  /** The PHY asks the module to send. */
  readonly driving: boolean;
  /** It does. */
  readonly transmitting: boolean;
  readonly pmaTxFault: boolean;
  readonly pmaRxFault: boolean;
  readonly pcsTxFault: boolean;
  readonly pcsRxFault: boolean;
  readonly phyxsTxFault: boolean;
  readonly phyxsRxFault: boolean;
  /** Bit error ratio at the PCS; 0 when it sees no bits. */
  readonly bitErrorRatio: number;
  /** Errored blocks of the bit-errors fault, on top. */
  readonly extraErrorsPerSecond: number;
}

export const pathState = (is: PathInputs): PathState => {
  const light = is.moduleReady && is.rxDbm > DARK_DBM && is.rxDbm >= LOS_DBM;
  const pmaOn = is.powered && !is.lowPower.pma;
  const receiving = pmaOn && !is.receiverHeld;
  const pmaLink = receiving && (is.pmaLoopback || light);
  // In PMA loopback the receiver's polarity must be turned, else not.
  const bitsGood = pmaLink && is.polarityInverted === is.pmaLoopback && (is.pmaLoopback || !is.oneGig);
  const pcsOn = is.powered && !is.lowPower.pcs;
  const blockLock = pcsOn && (is.pcsLoopback || bitsGood);
  const fromLight = blockLock && !is.pcsLoopback && !is.pmaLoopback;
  const ratio = fromLight ? Math.max(bitErrorRatio(is.rxDbm), is.highBer ? HIGH_BER_RATIO : 0) : 0;
  const highBer = isHighBer(ratio);
  const pcsLink = blockLock && !highBer && !is.pcsStuck;
  const phyxsOn = is.powered && !is.lowPower.phyxs;
  const lanesAligned = phyxsOn && is.macUp;
  const loopedOff = (is.pmaLoopback && !is.pmaDrives) || (is.pcsLoopback && !is.pcsDrives);
  const driving = pmaOn && is.moduleReady && !is.txDisabled && !loopedOff;
  return {
    signalDetect: light,
    pmaLink,
    gigabit: pmaOn && is.oneGig && light,
    wisLink: pmaLink && !is.lowPower.wis,
    blockLock,
    highBer,
    pcsLink,
    lanesAligned,
    phyxsLink: lanesAligned,
    driving,
    transmitting: driving && !is.txFault,
    pmaTxFault: is.txFault || !is.powered,
    pmaRxFault: !pmaLink,
    pcsTxFault: !is.powered,
    pcsRxFault: !blockLock || highBer,
    phyxsTxFault: !lanesAligned,
    phyxsRxFault: !is.powered,
    bitErrorRatio: ratio,
    extraErrorsPerSecond: fromLight ? is.errorsPerSecond : 0,
  };
};
