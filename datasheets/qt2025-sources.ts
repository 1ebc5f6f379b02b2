/** Where the QT2025's facts come from, and the words its tables share. */
import { bits, type Evidence, type Provenance, reg } from '#regmap/declare.ts';
import { c45, Mmd } from './c45.ts';
import * as std from './ieee8023.ts';

export const from = (evidence: Evidence, source: string): Provenance => ({ evidence, source });
export const RUST = from('driver', 'Linux drivers/net/phy/qt2025.rs');
export const FALCON = from('driver', 'Linux drivers/net/ethernet/sfc/falcon/qt202x_phy.c');
export const VENDOR = from('driver', 'Tehuti QT2025_phy.c');
export const FIRMWARE = from('firmware', 'what the public firmware 2.0.3.3 does with it');
export const UAPI = from('driver', 'Linux include/uapi/linux/mdio.h');
export const DEVICES = from(
  'driver',
  'falcon needs at least PMA, PCS and PHY XS; the WIS bit follows the sibling data sheet',
);

/** The only silicon revision the drivers accept. */
export const QT2025_REVISION = 0xb3;

/** The identifier as two registers of an MMD. Drivers read it in MMD 1; that the others repeat it is our choice. */
export const identification = (mmd: number) => {
  const source = mmd === Mmd.PMAPMD ? RUST : from('choice', 'no source states it: the same as in MMD 1');
  return [std.deviceId1(mmd, 0x0043, source), std.deviceId2(mmd, 0xa400, source)] as const;
};

/** A register of one 16-bit field. */
export const word = (doc: string, reset = 0) => ({ WORD: bits(15, 0, 'rw', doc, reset) });

/** A register the public firmware touches and nobody explains. */
export const storage = (mmd: number, register: number) =>
  reg(
    c45(mmd, register),
    'Meaning unknown *',
    word('Kept as written *'),
    from('firmware', 'touched by the public firmware, meaning unknown'),
  );
