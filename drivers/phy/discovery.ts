/** Finding out who answers at a port address: Clause 45 discovery in the order of Linux `get_phy_c45_ids`. */
import { LabError } from '#bus/errors.ts';
import { c45, Mmd } from '#datasheets/c45.ts';
import type { RegisterPort } from '#regmap/access.ts';
import { DEVID1, DEVID2, DEVS1, DEVS2, PRESENT, PRESENT_MASK, STAT2 } from './c45-registers.ts';

export interface C45Ids {
  readonly prtad: number;
  /** Bit n: MMD n is in the package. */
  readonly devicesInPackage: number;
  /** 32-bit identifier by MMD. */
  readonly ids: ReadonlyMap<number, number>;
}

const MMDS = 32;
const MOSTLY_F = 0x1fffffff;

/** Rejects with ENODEV, after 62 reads, when nobody is home. */
export const readC45Ids = async (port: RegisterPort, prtad: number): Promise<C45Ids> => {
  let devices = 0;
  for (let mmd = 1; mmd < MMDS && (devices === 0 || isMostlyF(devices)); mmd++)
    if (!isVendor(mmd) || (await present(port, mmd))) devices = await devicesInPackage(port, mmd);
  if (isMostlyF(devices)) {
    devices = await devicesInPackage(port, 0);
    if (isMostlyF(devices))
      throw new LabError('ENODEV', `no PHY at port address ${prtad}: every package register reads FFFFh`);
  }
  const ids = new Map<number, number>();
  for (let mmd = 1; mmd < MMDS; mmd++) {
    if ((devices & (1 << mmd)) === 0) continue;
    if (isVendor(mmd) && !(await present(port, mmd))) continue;
    const high = await port.read(c45(mmd, DEVID1));
    ids.set(mmd, ((high << 16) | (await port.read(c45(mmd, DEVID2)))) >>> 0);
  }
  return { prtad, devicesInPackage: devices >>> 0, ids };
};

/** True when any MMD carries the identifier. */
export const matches = ({ ids }: C45Ids, phyId: number, mask = 0xffffffff): boolean =>
  [...ids.values()].some((id) => ((id ^ phyId) & mask) === 0);

/** `0x0043a400`, one each, as found. */
export const printIds = ({ ids }: C45Ids): string =>
  [...new Set(ids.values())].map((id) => `0x${id.toString(16).padStart(8, '0')}`).join(', ') || 'none';

const isMostlyF = (devices: number): boolean => (devices & MOSTLY_F) === MOSTLY_F;
const isVendor = (mmd: number): boolean => mmd === Mmd.VEND1 || mmd === Mmd.VEND2;

const present = async (port: RegisterPort, mmd: number): Promise<boolean> =>
  ((await port.read(c45(mmd, STAT2))) & PRESENT_MASK) === PRESENT;

const devicesInPackage = async (port: RegisterPort, mmd: number): Promise<number> => {
  const high = await port.read(c45(mmd, DEVS2));
  const low = await port.read(c45(mmd, DEVS1));
  return (high << 16) | low;
};
