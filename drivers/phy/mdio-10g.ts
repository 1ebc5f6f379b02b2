/** Solarflare's own view of a 10G PHY, without phylib. Order of accesses: Linux sfc/falcon/mdio_10g.c and drivers/net/mdio.c. */
import { ms } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import { c45, Mmd } from '#datasheets/c45.ts';
import { QT2025 as R } from '#datasheets/qt2025.ts';
import type { Registers } from '#regmap/access.ts';
import { readPollTimeout } from '../kernel/iopoll.ts';
import type { Kernel } from '../kernel/module.ts';
import { CTRL1, DEVID1, DEVS1, DEVS2, PRESENT, PRESENT_MASK, STAT1, STAT2 } from './c45-registers.ts';

/** `phyxs-ws` returns the line to the line; the others return the host to itself at that stage. */
export const LOOPBACKS = ['none', 'pma', 'pcs', 'phyxs', 'phyxs-ws'] as const;
export type Loopback = (typeof LOOPBACKS)[number];

/** MMDs that a working PHY must have, and whose links count. */
export const REQUIRED_MMDS: readonly number[] = [Mmd.PMAPMD, Mmd.PCS, Mmd.PHYXS];

const LSTATUS = 1 << 2;
const FAULT = 1 << 7;
const RESET = 1 << 15;

/** What lies between the loopback and the fibre no longer counts. */
const BYPASSED: Readonly<Record<Loopback, readonly number[]>> = {
  none: [],
  pma: [Mmd.PMAPMD],
  pcs: [Mmd.PMAPMD, Mmd.PCS],
  phyxs: [Mmd.PMAPMD, Mmd.PCS, Mmd.PHYXS],
  'phyxs-ws': [],
};

/**
 * Up when every MMD that counts shows link and no fault now: each is read until its latches tell the present, so a
 * drop between two polls goes unseen. With all of them bypassed, the absence of an XAUI receive fault must do.
 */
export const mdio45LinksOk = async (regs: Registers, loopback: Loopback, mmds = REQUIRED_MMDS): Promise<boolean> => {
  if (loopback === 'phyxs-ws') return false;
  const counting = mmds.filter((mmd) => !BYPASSED[loopback].includes(mmd));
  if (counting.length === 0) return !(await regs.read(R.PHYXS_STAT2)).RXFAULT;
  for (const mmd of counting) {
    await regs.port.read(c45(mmd, STAT1));
    await regs.port.read(c45(mmd, STAT2));
    const now = await regs.port.read(c45(mmd, STAT1));
    if ((now & (FAULT | LSTATUS)) !== LSTATUS) return false;
  }
  return true;
};

/** Sets the loopback bits; each is written only when it changes. */
export const mdio45Reconfigure = async (regs: Registers, loopback: Loopback): Promise<void> => {
  await regs.modify(R.PMA_CTRL1, { LOOPBACK: loopback === 'pma' });
  await regs.modify(R.PCS_CTRL1, { LOOPBACK: loopback === 'pcs' });
  await regs.modify(R.PHYXS_CTRL1, { LOOPBACK: loopback === 'phyxs-ws' });
};

/** Resets one MMD through x.0 bit 15; ETIMEDOUT when it has not cleared after `tries` looks, 10 ms apart. */
export const mdio45ResetMmd = async (
  kernel: Pick<Kernel, 'clock' | 'sleep'>,
  { port }: Registers,
  mmd: number,
  tries: number,
): Promise<void> => {
  const at = c45(mmd, CTRL1);
  await port.write(at, RESET);
  await readPollTimeout(
    kernel,
    () => port.read(at),
    (value) => (value & RESET) === 0,
    { until: `${mmd}.0000h clears bit 15`, everyNs: ms(10), timeoutNs: ms(10 * tries) },
  );
};

/** Somebody is home, the package holds what is needed, and each of it says that it is present. */
export const mdio45SelfTest = async ({ port }: Registers): Promise<void> => {
  const lowest = REQUIRED_MMDS[0]!; // the list above is not empty
  const id = await port.read(c45(lowest, DEVID1));
  if (id === 0 || id === 0xffff) throw new LabError('ENODEV', `no PHY: ${lowest}.0002h reads ${hex(id)}`);
  const low = await port.read(c45(Mmd.PHYXS, DEVS1));
  const high = await port.read(c45(Mmd.PHYXS, DEVS2));
  const devices = (high << 16) | low;
  const missing = REQUIRED_MMDS.filter((mmd) => (devices & (1 << mmd)) === 0);
  if (missing.length > 0)
    throw new LabError('ENODEV', `MMD ${missing.join(', ')} is missing: the package says ${hex(devices >>> 0)}`);
  for (const mmd of REQUIRED_MMDS) {
    const status = await port.read(c45(mmd, STAT2));
    if ((status & PRESENT_MASK) !== PRESENT)
      throw new LabError('EIO', `MMD ${mmd} does not respond: ${mmd}.0008h reads ${hex(status)}`);
  }
};

const hex = (value: number): string => `${value.toString(16).toUpperCase().padStart(4, '0')}h`;
