/** What generic phylib code does to any Clause 45 PHY. Order of accesses: Linux drivers/net/phy/phy-c45.c. */

import { ms } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import { c45, Mmd } from '#datasheets/c45.ts';
import type { Params } from '#regmap/params.ts';
import { readPollTimeout } from '../kernel/iopoll.ts';
import { AN, CTRL1, PCS, PMA, SPEED_MASK, SPEEDS_MBPS } from './c45-registers.ts';
import type { PhyDevice } from './phy-device.ts';

const TEN_GIGABIT_MBPS = 10_000;
/** Value of 1.7 for "10GBASE-T": what the forced-speed path takes any 10G PHY for. Source: Linux phy-c45.c. */
const TYPE_10GBASE_T = 9;
const RESET = 0x8000;
const AN_ENABLE_RESTART = 0x1200;

const has = <P extends Params>(phy: PhyDevice<P>, mmd: number): boolean =>
  (phy.ids.devicesInPackage & (1 << mmd)) !== 0;

/**
 * Link of the PMA alone. While the link was up and we poll, one read: a drop since the last poll still shows. While it
 * was down, a second read looks behind the latch.
 */
export const genphyC45ReadLink = async <P extends Params>(phy: PhyDevice<P>): Promise<boolean> => {
  if (has(phy, Mmd.AN) && (await phy.regs.read(AN.CTRL1)).RESTART) return false;
  if (!phy.link && (await phy.regs.read(PMA.STAT1)).LSTATUS) return true;
  return (await phy.regs.read(PMA.STAT1)).LSTATUS;
};

/** Forced speed from control 1; undefined when the bits mean nothing. */
export const genphyC45ReadPma = async <P extends Params>(phy: PhyDevice<P>): Promise<number | undefined> =>
  SPEEDS_MBPS.get((await phy.regs.readRaw(PMA.CTRL1)) & SPEED_MASK);

/** Link and speed, for a PHY without auto-negotiation. */
export const genphyC45ReadStatus = async <P extends Params>(phy: PhyDevice<P>): Promise<PhyStatus> => {
  const link = await genphyC45ReadLink(phy);
  return { link, mbps: await genphyC45ReadPma(phy), duplex: 'full' };
};

export interface PhyStatus {
  readonly link: boolean;
  /** Undefined: unknown. */
  readonly mbps: number | undefined;
  readonly duplex: 'full' | 'half';
}

/** Abilities of the PMA by link mode: 1.8, and 1.11 when 1.8 announces it. */
export const genphyC45PmaReadAbilities = async <P extends Params>(phy: PhyDevice<P>): Promise<readonly string[]> => {
  const able = await phy.regs.read(PMA.STAT2);
  const modes: string[] = [];
  if (able.SR) modes.push('10000baseSR');
  if (able.LR) modes.push('10000baseLR');
  if (able.ER) modes.push('10000baseER');
  if (able.EXTABLE) {
    const more = await phy.regs.read(PMA.EXTABLE);
    if (more.LRM) modes.push('10000baseLRM');
    if (more.T10G) modes.push('10000baseT');
    if (more.KX4) modes.push('10000baseKX4');
    if (more.KR) modes.push('10000baseKR');
    if (more.KX) modes.push('1000baseKX');
  }
  return modes;
};

/** Forces 10 Gb/s: control 1, the PMA type, then auto-negotiation off (lost where there is none). */
export const genphyC45PmaSetupForced = async <P extends Params>(phy: PhyDevice<P>): Promise<void> => {
  const { regs } = phy;
  const control = await regs.readRaw(PMA.CTRL1);
  const type = await regs.readRaw(PMA.CTRL2);
  const speed = [...SPEEDS_MBPS].find(([, mbps]) => mbps === TEN_GIGABIT_MBPS)?.[0] ?? 0;
  await regs.writeRaw(PMA.CTRL1, (control & ~SPEED_MASK) | speed);
  await regs.writeRaw(PMA.CTRL2, (type & ~0x3f) | TYPE_10GBASE_T);
  const { BASET1 } = await regs.read(PMA.EXTABLE);
  if (BASET1) throw new LabError('EOPNOTSUPP', 'a BASE-T1 PHY needs its own forced-speed set-up');
  const negotiation = await regs.readRaw(AN.CTRL1);
  if ((negotiation & AN_ENABLE_RESTART) !== 0) await regs.writeRaw(AN.CTRL1, negotiation & ~AN_ENABLE_RESTART);
};

/** Without auto-negotiation, configuring it means forcing the speed. */
export const genphyC45ConfigAneg = <P extends Params>(phy: PhyDevice<P>): Promise<void> => genphyC45PmaSetupForced(phy);

/** PCS loopback, as `genphy_c45_loopback`: a read, and a write when the bit changes. */
export const genphyC45Loopback = <P extends Params>(phy: PhyDevice<P>, on: boolean): Promise<boolean> =>
  phy.regs.modify(PCS.CTRL1, { LOOPBACK: on });

/** Resets through x.0 bit 15 and waits for it to clear: 50 ms steps, 600 ms at most (IEEE 802.3 allows 500 ms). */
export const genphyC45SoftReset = async <P extends Params>(
  phy: PhyDevice<P>,
  mmd: number = Mmd.PMAPMD,
): Promise<void> => {
  const at = c45(mmd, CTRL1);
  await phy.regs.port.write(at, RESET);
  await readPollTimeout(
    phy.kernel,
    () => phy.regs.port.read(at),
    (value) => (value & RESET) === 0,
    { until: `${mmd}.0000h clears bit 15`, everyNs: ms(50), timeoutNs: ms(600) },
  );
};
