/** AMCC QT2025 10G SFP+ PHY: its tables, memory windows, identification. Names marked * in their text are ours. */
import { table } from '#regmap/declare.ts';
import { c45, Mmd } from './c45.ts';
import { PCS_REGISTERS, PCS_STORAGE, WIS_REGISTERS } from './qt2025-pcs.ts';
import { PHYXS_REGISTERS, PHYXS_STORAGE } from './qt2025-phyxs.ts';
import { PMA } from './qt2025-pma.ts';
import { PMA_STORAGE, PMA_VENDOR } from './qt2025-vendor.ts';
import { QT2025_XDATA } from './qt2025-xdata.ts';

export { QT2025_REVISION } from './qt2025-sources.ts';
export { MODULE_TYPE, QT2025_XDATA, UC_STATUS } from './qt2025-xdata.ts';

const { PMAPMD, PCS, PHYXS } = Mmd;

/** The 32-bit identifier a driver matches: 0043h, A400h. */
export const QT2025_PHY_ID = 0x0043a400;
/** From x.0 bit 15 set until it clears itself: the standard allows 500 ms; the value is our choice. */
export const QT2025_RESET_MS = 5;

/** Hardware registers. Reading anything else in MMD 1 to 4 gives 0000h and counts as not modelled. */
export const QT2025 = table('QT2025', {
  ...PMA,
  ...PMA_VENDOR,
  ...PMA_STORAGE,
  ...WIS_REGISTERS,
  ...PCS_REGISTERS,
  ...PCS_STORAGE,
  ...PHYXS_REGISTERS,
  ...PHYXS_STORAGE,
});
/** Hardware registers that keep what is written and do nothing with it. */
export const QT2025_KEPT: ReadonlySet<number> = new Set(
  [
    ...Object.values(PMA_STORAGE),
    ...Object.values(PCS_STORAGE),
    ...Object.values(PHYXS_STORAGE),
    QT2025.A30A,
    QT2025.TX_CLOCK,
    QT2025.GPIO_I2C,
    QT2025.BOOT_C316,
    QT2025.BOOT_C318,
    QT2025.TX_FLAG_CTRL,
    QT2025.RX_FLAG_CTRL,
    QT2025.TEST_SEED_A0,
    QT2025.TEST_SEED_A1,
    QT2025.TEST_SEED_A2,
    QT2025.TEST_SEED_A3,
    QT2025.TEST_CTRL,
  ].map(({ at }) => at),
);

/** Every named register, hardware or firmware cell: what names, decode and documents use. */
export const QT2025_ALL = table('QT2025', { ...QT2025, ...QT2025_XDATA });

/** Program memory: 16 kB behind the PCS, then 8 kB behind the PHY XS. One byte per address. */
export const QT2025_SRAM = [
  { at: c45(PCS, 0x8000), length: 0x4000, offset: 0 },
  { at: c45(PHYXS, 0x8000), length: 0x2000, offset: 0x4000 },
] as const;
export const QT2025_SRAM_BYTES = 0x6000;

/** The window on 8051 XDATA 0000h to 07FFh; its first 256 bytes hold the module's A0h memory. */
export const QT2025_XDATA_WINDOW = { at: c45(PCS, 0xd000), length: 0x800 } as const;
/** Where module A2h diagnostics appear: one byte per register. */
export const QT2025_DOM = { at: c45(PMAPMD, 0xa000), length: 0x100 } as const;
/** The other place for A2h (firmware option D706h bit 7 = 0), and the QT2022's copy of A0h. */
export const QT2025_DOM_ALT = { at: c45(PMAPMD, 0x8007), length: 0x100 } as const;

/** Memory windows by name, for decode: what an address outside the tables is. */
export const QT2025_SPANS = [
  { name: 'SRAM', doc: 'Program memory, bytes 0000h to 3FFFh', ...QT2025_SRAM[0] },
  { name: 'SRAM', doc: 'Program memory, bytes 4000h to 5FFFh', ...QT2025_SRAM[1] },
  { name: 'XDATA', doc: 'Window on 8051 XDATA', offset: 0, ...QT2025_XDATA_WINDOW },
  { name: 'DOM', doc: 'Module diagnostics (A2h)', offset: 0, ...QT2025_DOM },
  { name: 'DOM_ALT', doc: 'Module diagnostics (A2h), other place', offset: 0, ...QT2025_DOM_ALT },
] as const;

/**
 * What the boot EEPROM of a Solarflare board sets before it starts the program. Source: the replay in falcon
 * qt202x_phy.c. `loadMs`: 24 kB at 400 kHz I2C, nine clocks a byte; our choice. The form (sum, length, program) and the
 * pages are those the public firmware writes; where the straps put it and how long a page takes is our choice.
 */
export const QT2025_BOOT_EEPROM = {
  loadMs: 553,
  headerBytes: 3,
  pageBytes: 64,
  writeMs: 5,
  straps: 4,
  address: 0xa8,
  registers: [
    [QT2025.GPIO_I2C.at, 0x4900],
    [QT2025.SREFCLK_FREQ.at, 0x0004],
    [QT2025.BOOT_C316.at, 0x0013],
    [QT2025.BOOT_C318.at, 0x0054],
    [QT2025.OP_MODE.at, 0x0038],
    [QT2025.LAN_WAN.at, 0x0098],
    [QT2025.CFG_WORD0.at, 0x0e00],
    [QT2025.CFG_WORD1.at, 0x0013],
    [QT2025.CFG_SIGNATURE.at, 0xa528],
    [QT2025.LED0.at, 0x000a],
    [QT2025.LED1.at, 0x0009],
    [QT2025.LED2.at, 0x0004],
  ],
} as const;

/** Firmware image layout. Source: analysis of the public firmware, checked numerically. */
export const QT2025_IMAGE = {
  maxBytes: QT2025_SRAM_BYTES,
  sumAt: 0x0a00,
  lengthAt: 0x0a02,
  dateAt: 0x0a04,
  timeAt: 0x0a0c,
  versionAt: 0x0a14,
} as const;

/** What each source takes for "link up". Source: phy-c45.c `genphy_c45_read_link`; falcon mdio_10g.c `mdio45_links_ok`. */
export const LINK_OPINIONS = {
  phylib: { doc: 'Linux phylib looks at 1.1 bit 2 alone', mmds: [PMAPMD], faultCounts: false },
  falcon: {
    doc: 'Solarflare looks at x.1 link and fault of MMD 1, 3 and 4',
    mmds: [PMAPMD, PCS, PHYXS],
    faultCounts: true,
  },
} as const;
