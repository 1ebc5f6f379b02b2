/** QT2025 registers of MMD 4: the PHY XS and its XAUI lanes. */
import { bits, flag, reg } from '#regmap/declare.ts';
import { c45, Mmd } from './c45.ts';
import * as std from './ieee8023.ts';
import { DEVICES, from, identification, storage } from './qt2025-sources.ts';

const { PHYXS } = Mmd;
const [PHYXS_DEVID1, PHYXS_DEVID2] = identification(PHYXS);

/** MMD 4. */
export const PHYXS_REGISTERS = {
  PHYXS_CTRL1: std.control1Loopback(PHYXS, 'PHY XS loopback: the line side returns to the line'),
  PHYXS_STAT1: std.status1(PHYXS, 'XAUI transmit link'),
  PHYXS_DEVID1,
  PHYXS_DEVID2,
  PHYXS_SPEED: std.speedAbility(PHYXS),
  PHYXS_DEVS1: std.package1(PHYXS, DEVICES),
  PHYXS_DEVS2: std.package2(PHYXS),
  PHYXS_STAT2: std.status2Plain(PHYXS),
  PHYXS_PKGID1: std.packageId(PHYXS, 1, 0x0043),
  PHYXS_PKGID2: std.packageId(PHYXS, 2, 0xa400),
  XGXS_LANES: std.xgxsLanes(PHYXS),
  XGXS_VEND1: reg(
    c45(PHYXS, 0xc000),
    'XGXS vendor 1',
    {
      BIT15: flag(15, 'rw', 'Unknown *'),
      SYSLPBK: flag(14, 'rw', 'XAUI loopback; the bit number is our choice *'),
      MID: bits(13, 4, 'rw', 'Unknown *'),
      GIGABIT: flag(3, 'ro', 'Ready for a 1G signal *'),
      LO: bits(2, 0, 'rw', 'Unknown *'),
    },
    from('choice', 'libefx names SYSLPBK, its bit was not found; bit 3 as the public firmware asks for it'),
  ),
} as const;

/** Kept as written, without effect. */
export const PHYXS_STORAGE = {
  XS_C020: storage(PHYXS, 0xc020),
  XS_C056: storage(PHYXS, 0xc056),
  XS_C057: storage(PHYXS, 0xc057),
  XS_C058: storage(PHYXS, 0xc058),
  XS_C059: storage(PHYXS, 0xc059),
  XS_C05A: storage(PHYXS, 0xc05a),
  XS_C05B: storage(PHYXS, 0xc05b),
  XS_C05C: storage(PHYXS, 0xc05c),
  XS_C05E: storage(PHYXS, 0xc05e),
  XS_C05F: storage(PHYXS, 0xc05f),
  XS_C060: storage(PHYXS, 0xc060),
  XS_C061: storage(PHYXS, 0xc061),
  XS_C070: storage(PHYXS, 0xc070),
  XS_C071: storage(PHYXS, 0xc071),
  XS_C0FE: storage(PHYXS, 0xc0fe),
} as const;
