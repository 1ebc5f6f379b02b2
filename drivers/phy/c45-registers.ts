/** The Clause 45 registers that generic PHY code touches, whatever the part. */
import { c45, Mmd } from '#datasheets/c45.ts';
import * as std from '#datasheets/ieee8023.ts';
import { bits, flag, type Provenance, reg } from '#regmap/declare.ts';

const UAPI: Provenance = { source: 'Linux include/uapi/linux/mdio.h; IEEE 802.3 cl. 45', evidence: 'driver' };

/** Addresses that every MMD has at the same place. Source: IEEE 802.3, table 45-3 and its sisters. */
export const CTRL1 = 0;
export const STAT1 = 1;
export const DEVID1 = 2;
export const DEVID2 = 3;
export const DEVS1 = 5;
export const DEVS2 = 6;
export const STAT2 = 8;

/** Status 2 bits 15:14: 10 says that a device is present. Source: IEEE 802.3, 45.2.1.7.1. */
export const PRESENT_MASK = 0xc000;
export const PRESENT = 0x8000;

export const PMA = {
  CTRL1: std.pmaControl1(Mmd.PMAPMD),
  STAT1: std.status1(Mmd.PMAPMD, 'PMA receive link'),
  CTRL2: reg(
    c45(Mmd.PMAPMD, 7),
    'Control 2: PMA type',
    { HI: bits(15, 6, 'rw', 'Reserved'), TYPE: bits(5, 0, 'rw', 'PMA type; 9 is 10GBASE-T') },
    UAPI,
  ),
  STAT2: std.pmaStatus2(Mmd.PMAPMD),
  EXTABLE: reg(
    c45(Mmd.PMAPMD, 11),
    'Extended ability',
    {
      BASET1: flag(11, 'ro', 'BASE-T1 abilities'),
      KX: flag(6, 'ro', '1000BASE-KX able'),
      KR: flag(4, 'ro', '10GBASE-KR able'),
      KX4: flag(3, 'ro', '10GBASE-KX4 able'),
      T10G: flag(2, 'ro', '10GBASE-T able'),
      LRM: flag(1, 'ro', '10GBASE-LRM able'),
    },
    UAPI,
  ),
} as const;

export const PCS = {
  CTRL1: std.control1Loopback(Mmd.PCS, 'PCS loopback'),
} as const;

export const AN = {
  CTRL1: reg(
    c45(Mmd.AN, 0),
    'Auto-negotiation control',
    { ENABLE: flag(12, 'rw', 'Negotiates'), RESTART: flag(9, 'sc', 'Starts anew') },
    UAPI,
  ),
} as const;

/** Control 1 bits 13, 6 and 5:2: the speed. Source: Linux include/uapi/linux/mdio.h, MDIO_CTRL1_SPEEDSEL. */
export const SPEED_MASK = 0x207c;
export const SPEEDS_MBPS: ReadonlyMap<number, number> = new Map([
  [0x0000, 10],
  [0x2000, 100],
  [0x0040, 1000],
  [0x2040, 10_000],
  [0x2058, 2500],
  [0x205c, 5000],
]);
