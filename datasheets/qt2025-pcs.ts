/** QT2025 registers of MMD 2 and 3: WIS, PCS, the configuration mailbox, where the 8051 boots from. */
import { bits, choice, flag, reg } from '#regmap/declare.ts';
import { c45, Mmd } from './c45.ts';
import * as std from './ieee8023.ts';
import { DEVICES, FALCON, FIRMWARE, from, identification, RUST, storage, UAPI, word } from './qt2025-sources.ts';

const { WIS, PCS } = Mmd;
const [WIS_DEVID1, WIS_DEVID2] = identification(WIS);
const [PCS_DEVID1, PCS_DEVID2] = identification(PCS);

/** MMD 2. */
export const WIS_REGISTERS = {
  WIS_CTRL1: std.control1Plain(WIS),
  WIS_STAT1: std.status1(WIS, 'WIS link, follows the PMA'),
  WIS_DEVID1,
  WIS_DEVID2,
  WIS_SPEED: std.speedAbility(WIS),
  WIS_DEVS1: std.package1(WIS, DEVICES),
  WIS_DEVS2: std.package2(WIS),
  WIS_CTRL2: reg(
    c45(WIS, 7),
    'Control 2',
    { WAN: flag(0, 'rw', 'WAN type selected') },
    from('standard', 'IEEE 802.3, 45.2.2.6'),
  ),
  WIS_STAT2: std.status2Plain(WIS),
  WIS_PKGID1: std.packageId(WIS, 1, 0x0043),
  WIS_PKGID2: std.packageId(WIS, 2, 0xa400),
} as const;

/** MMD 3. */
export const PCS_REGISTERS = {
  PCS_CTRL1: std.control1Loopback(PCS, 'PCS loopback: transmit returns to receive inside the PCS'),
  PCS_STAT1: std.status1(PCS, 'PCS receive link'),
  PCS_DEVID1,
  PCS_DEVID2,
  PCS_SPEED: std.speedAbility(PCS),
  PCS_DEVS1: std.package1(PCS, DEVICES),
  PCS_DEVS2: std.package2(PCS),
  PCS_CTRL2: reg(
    c45(PCS, 7),
    'Control 2: PCS type',
    { TYPE: choice(1, 0, 'rw', { '10GBASE-R': 0, '10GBASE-X': 1, '10GBASE-W': 2 }, 'Coding') },
    UAPI,
  ),
  PCS_STAT2: std.pcsStatus2(PCS),
  PCS_PKGID1: std.packageId(PCS, 1, 0x0043),
  PCS_PKGID2: std.packageId(PCS, 2, 0xa400),
  PCS_EEE: reg(c45(PCS, 0x14), 'EEE ability', { ABLE: bits(15, 0, 'ro', 'None') }, UAPI),
  PCS_EEE2: reg(c45(PCS, 0x15), 'EEE ability 2', { ABLE: bits(15, 0, 'ro', 'None') }, UAPI),
  BASEX_STAT: reg(
    c45(PCS, 0x18),
    '10GBASE-X status',
    { STATUS: bits(15, 0, 'ro', 'Always 0 on a 10GBASE-R PCS') },
    from('standard', 'IEEE 802.3, 45.2.3.11'),
  ),
  BASER_STAT1: std.baseRStatus1(PCS),
  BASER_STAT2: std.baseRStatus2(PCS),
  TEST_SEED_A0: reg(c45(PCS, 0x22), 'Test pattern seed A 0', word('Seed'), from('standard', 'IEEE 802.3, 45.2.3.15')),
  TEST_SEED_A1: reg(c45(PCS, 0x23), 'Test pattern seed A 1', word('Seed'), from('standard', 'IEEE 802.3, 45.2.3.15')),
  TEST_SEED_A2: reg(c45(PCS, 0x24), 'Test pattern seed A 2', word('Seed'), from('standard', 'IEEE 802.3, 45.2.3.15')),
  TEST_SEED_A3: reg(c45(PCS, 0x25), 'Test pattern seed A 3', word('Seed'), from('standard', 'IEEE 802.3, 45.2.3.15')),
  CFG_WORD0: reg(
    c45(PCS, 0x26),
    'Configuration mailbox word 0 *',
    word('Copied by the firmware to 3.D700h and D701h'),
    RUST,
  ),
  CFG_WORD1: reg(
    c45(PCS, 0x27),
    'Configuration mailbox word 1 *',
    word('Options: D706h low byte, D707h high byte'),
    RUST,
  ),
  CFG_SIGNATURE: reg(
    c45(PCS, 0x28),
    'Configuration mailbox signature *',
    word('The other words count only if this is A528h'),
    RUST,
  ),
  CFG_WORD3: reg(
    c45(PCS, 0x29),
    'Configuration mailbox word 3 *',
    word('Low nibble: cable length limit; next nibble: forced module type'),
    RUST,
  ),
  TEST_CTRL: reg(c45(PCS, 0x2a), 'Test pattern control', word('Control'), from('standard', 'IEEE 802.3, 45.2.3.17')),
  TEST_ERRORS: reg(
    c45(PCS, 0x2b),
    'Test pattern errors',
    { COUNT: bits(15, 0, 'nr', 'Errors since the last read') },
    from('standard', 'IEEE 802.3, 45.2.3.18'),
  ),
  PCS_VEND1: reg(
    c45(PCS, 0xc000),
    'PCS vendor 1',
    {
      HI: bits(15, 6, 'rw', 'Unknown *'),
      LBTXD: flag(5, 'rw', 'Drive the transmitter while in PCS loopback'),
      BIT4: flag(4, 'rw', 'Unknown *'),
      RX_ENABLE: flag(3, 'rw', 'Receiver released after lock *'),
      LO: bits(2, 0, 'rw', 'Unknown *'),
    },
    FALCON,
  ),
  GIGABIT_STAT1: reg(
    c45(PCS, 0xc050),
    'Gigabit receiver, first status *',
    {
      HI: bits(15, 7, 'rw', 'Unknown *'),
      SYNC: flag(6, 'ro', 'Synchronised to a 1G signal *'),
      BIT5: flag(5, 'rw', 'Unknown *'),
      STATE: bits(4, 1, 'ro', 'Constant while synchronised *'),
      BIT0: flag(0, 'rw', 'Unknown *'),
    },
    FIRMWARE,
  ),
  GIGABIT_STAT2: reg(
    c45(PCS, 0xc058),
    'Gigabit receiver, second status *',
    {
      HI: bits(15, 7, 'rw', 'Unknown *'),
      SYNC: flag(6, 'ro', 'Synchronised to a 1G signal *'),
      LO: bits(5, 0, 'rw', 'Unknown *'),
    },
    FIRMWARE,
  ),
  MICRO_BOOT: reg(
    c45(PCS, 0xe854),
    'Where the micro-controller runs from *',
    {
      FROM: choice(
        7,
        6,
        'rw',
        { rom: 0b11, sram: 0b01 },
        'Boot ROM, or the program loaded over MDIO; bit 7 falling starts the 8051 at 0000h',
        'rom',
      ),
      LO: bits(5, 0, 'rw', 'Unknown *'),
    },
    RUST,
  ),
} as const;

/** Kept as written, without effect. */
export const PCS_STORAGE = {
  PCS_C020: storage(PCS, 0xc020),
  PCS_C040: storage(PCS, 0xc040),
  PCS_C041: storage(PCS, 0xc041),
  PCS_C048: storage(PCS, 0xc048),
  PCS_C049: storage(PCS, 0xc049),
} as const;
