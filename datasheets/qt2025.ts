/** AMCC QT2025 10G SFP+ PHY: registers, memory windows, identification. Names marked * in their text are ours. */
import { bits, choice, type Evidence, flag, type Provenance, reg, table } from '#regmap/declare.ts';
import { c45, Mmd } from './c45.ts';
import * as std from './ieee8023.ts';

const from = (evidence: Evidence, source: string): Provenance => ({ evidence, source });
const RUST = from('driver', 'Linux drivers/net/phy/qt2025.rs');
const FALCON = from('driver', 'Linux drivers/net/ethernet/sfc/falcon/qt202x_phy.c');
const VENDOR = from('driver', 'Tehuti QT2025_phy.c');
const FIRMWARE = from('firmware', 'what the public firmware 2.0.3.3 does with it');
const UAPI = from('driver', 'Linux include/uapi/linux/mdio.h');

const { PMAPMD, WIS, PCS, PHYXS } = Mmd;
const word = (doc: string, reset = 0) => ({ WORD: bits(15, 0, 'rw', doc, reset) });
const storage = (
  mmd: number,
  register: number,
  source = 'touched by the public firmware, meaning unknown',
  reset = 0,
) => reg(c45(mmd, register), 'Meaning unknown *', word('Kept as written *', reset), from('firmware', source));

/** The 32-bit identifier a driver matches: 0043h, A400h. */
export const QT2025_PHY_ID = 0x0043a400;
/** The only silicon revision the drivers accept. */
export const QT2025_REVISION = 0xb3;

const identification = (mmd: number) =>
  [std.deviceId(mmd, 1, 0x0043, RUST), std.deviceId(mmd, 2, 0xa400, RUST)] as const;
const devicesFrom = from(
  'driver',
  'falcon needs at least PMA, PCS and PHY XS; the WIS bit follows the sibling data sheet',
);

const [PMA_DEVID1, PMA_DEVID2] = identification(PMAPMD);
const [WIS_DEVID1, WIS_DEVID2] = identification(WIS);
const [PCS_DEVID1, PCS_DEVID2] = identification(PCS);
const [PHYXS_DEVID1, PHYXS_DEVID2] = identification(PHYXS);

const alarm = {
  rx: {
    WIS_FAULT: 9,
    OPTICAL_POWER: 5,
    PMA_FAULT: 4,
    PCS_FAULT: 3,
    PHYXS_FAULT: 0,
  },
  tx: { LASER_BIAS: 9, LASER_TEMP: 8, LASER_POWER: 7, PMA_FAULT: 4, PCS_FAULT: 3, PHYXS_FAULT: 0 },
} as const;
const alarmFields = <A extends 'rw' | 'lh', N extends string>(
  access: A,
  of: Readonly<Record<N, number>>,
  doc: string,
) =>
  Object.fromEntries(Object.entries<number>(of).map(([name, bit]) => [name, flag(bit, access, doc)])) as Record<
    N,
    ReturnType<typeof flag<A>>
  >;

const led = (n: 0 | 1 | 2, reset: number) =>
  reg(
    c45(PMAPMD, 0xd006 + n),
    `LED${n} configuration`,
    {
      PATH: choice(3, 3, 'rw', { tx: 0, rx: 1 }, 'Which direction the LED shows', (reset >> 3) & 1),
      MODE: choice(
        2,
        0,
        'rw',
        { invalid: 0, link: 1, activity: 2, 'link+activity': 3, off: 4, on: 5, input: 6 },
        'What lights the LED',
        reset & 7,
      ),
    },
    from('driver', 'Linux drivers/net/ethernet/sfc/falcon/phy.h, falcon_boards.c'),
  );

/** Hardware registers. Reading anything else in MMD 1 to 4 gives 0000h and counts as not modelled. */
export const QT2025 = table('QT2025', {
  PMA_CTRL1: std.pmaControl1(PMAPMD),
  PMA_STAT1: std.status1(PMAPMD, 'PMA receive link'),
  PMA_DEVID1,
  PMA_DEVID2,
  PMA_SPEED: std.speedAbility(PMAPMD),
  PMA_DEVS1: std.package1(PMAPMD, devicesFrom),
  PMA_DEVS2: std.package2(PMAPMD),
  PMA_CTRL2: reg(
    c45(PMAPMD, 7),
    'Control 2: PMA type',
    {
      TYPE: choice(
        5,
        0,
        'rw',
        {
          '10GBASE-ER': 5,
          '10GBASE-LR': 6,
          '10GBASE-SR': 7,
          '10GBASE-LRM': 8,
          '10GBASE-T': 9,
          '10GBASE-KR': 0xb,
          '1000BASE-T': 0xc,
        },
        'Written by the firmware from the module type; phylib writes 9 and is ignored',
        7,
      ),
    },
    from('driver', 'Linux include/uapi/linux/mdio.h; the firmware writes it by module type'),
  ),
  PMA_STAT2: std.pmaStatus2(PMAPMD),
  PMA_TXDIS: reg(
    c45(PMAPMD, 9),
    'Transmit disable',
    { GLOBAL: flag(0, 'rw', 'Host: no light. The public firmware sets it without darkening the laser') },
    UAPI,
  ),
  PMA_RXDET: std.signalDetect(PMAPMD),
  PMA_EXTABLE: reg(
    c45(PMAPMD, 0xb),
    'Extended ability',
    {
      BASET1: flag(11, 'ro', 'BASE-T1 abilities'),
      KX: flag(6, 'ro', '1000BASE-KX able'),
      KR: flag(4, 'ro', '10GBASE-KR able'),
      LRM: flag(1, 'ro', '10GBASE-LRM able'),
    },
    UAPI,
  ),
  PMA_PKGID1: std.packageId(PMAPMD, 1, 0x0043),
  PMA_PKGID2: std.packageId(PMAPMD, 2, 0xa400),

  RX_ALARM_CTRL: reg(
    c45(PMAPMD, 0x9000),
    'RX_ALARM control: which alarms count',
    alarmFields('rw', alarm.rx, 'Enable'),
    UAPI,
  ),
  TX_ALARM_CTRL: reg(
    c45(PMAPMD, 0x9001),
    'TX_ALARM control: which alarms count',
    alarmFields('rw', alarm.tx, 'Enable'),
    UAPI,
  ),
  LASI_CTRL: reg(
    c45(PMAPMD, 0x9002),
    'LASI control: what pulls the interrupt pin',
    {
      FW: flag(7, 'rw', 'Set by the firmware *'),
      RX: flag(2, 'rw', 'RX_ALARM'),
      TX: flag(1, 'rw', 'TX_ALARM'),
      LS: flag(0, 'rw', 'Link status change'),
    },
    UAPI,
  ),
  RX_ALARM_STAT: reg(
    c45(PMAPMD, 0x9003),
    'RX_ALARM status',
    alarmFields('lh', alarm.rx, 'Alarm since the last read'),
    UAPI,
  ),
  TX_ALARM_STAT: reg(
    c45(PMAPMD, 0x9004),
    'TX_ALARM status',
    alarmFields('lh', alarm.tx, 'Alarm since the last read'),
    UAPI,
  ),
  LASI_STAT: reg(
    c45(PMAPMD, 0x9005),
    'LASI status',
    {
      NOMOD: flag(7, 'rw', 'Set by the firmware while there is no module *'),
      RX: flag(2, 'ro', 'An enabled RX alarm stands'),
      TX: flag(1, 'ro', 'An enabled TX alarm stands'),
      LS: flag(0, 'lh', 'Signal detect, block lock or lane alignment changed'),
    },
    UAPI,
  ),
  TX_FLAG_CTRL: reg(
    c45(PMAPMD, 0x9006),
    'DOM flags into TX_ALARM',
    word('Flag enables'),
    from('standard', 'XENPAK MSA, from memory'),
  ),
  RX_FLAG_CTRL: reg(
    c45(PMAPMD, 0x9007),
    'DOM flags into RX_ALARM',
    word('Flag enables'),
    from('standard', 'XENPAK MSA, from memory'),
  ),

  PMA_VEND1: reg(
    c45(PMAPMD, 0xc001),
    'PMA vendor 1',
    { LBTXD: flag(15, 'rw', 'Drive the transmitter while in PMA loopback'), OTHER: bits(14, 0, 'rw', 'Unknown *') },
    FALCON,
  ),
  PIN_STATUS: reg(
    c45(PMAPMD, 0xc200),
    'Pin status *',
    { MOD_ABS: flag(0, 'ro', 'Module absent: 1 = the cage is empty', 1) },
    FIRMWARE,
  ),
  MICRO_RESETN: reg(
    c45(PMAPMD, 0xc300),
    'Reset line of the 8051 micro-controller',
    {
      HI: bits(15, 2, 'rw', 'Unknown; the firmware leaves FFh in the low byte *'),
      RELEASE: flag(1, 'rw', '0 holds the micro-controller in reset'),
      LO: flag(0, 'rw', 'Unknown *'),
    },
    from('driver', 'Linux drivers/net/phy/qt2025.rs; name from the data sheet by way of the mailing list'),
  ),
  PMA_MODE: reg(
    c45(PMAPMD, 0xc301),
    'PMA mode *',
    {
      HI: bits(15, 7, 'rw', 'Unknown *'),
      RXIN_SEL: flag(6, 'rw', 'Receive polarity; PMA loopback sets it, a firmware restart does not clear it'),
      LO: bits(5, 0, 'rw', 'Unknown *'),
    },
    FALCON,
  ),
  SREFCLK_FREQ: reg(
    c45(PMAPMD, 0xc302),
    'Micro-controller clock',
    {
      HI: bits(15, 5, 'rw', 'Unknown *'),
      DIVIDE: bits(4, 2, 'rw', 'Clock step: 1 as the drivers leave it; 3 halves the speed, 4 to 6 quarter it and more'),
      LO: bits(1, 0, 'rw', 'Unknown *'),
    },
    RUST,
  ),
  GPIO_I2C: reg(c45(PMAPMD, 0xc303), 'GPIO and I2C pins', word('Used to bit-bang nine I2C STOPs'), FALCON),
  FTX_CTRL2: reg(
    c45(PMAPMD, 0xc309),
    'FTX control 2',
    {
      HI: bits(15, 14, 'rw', 'Unknown *'),
      STATIC: flag(13, 'rw', 'Static mode: transmitter off, optics and copper alike'),
      LO: bits(12, 0, 'rw', 'Unknown *'),
    },
    FALCON,
  ),
  TX_CLOCK: reg(c45(PMAPMD, 0xc30a), 'Transmit and recovered clock configuration', word('Configuration'), VENDOR),
  BOOT_C316: reg(c45(PMAPMD, 0xc316), 'Boot configuration *', word('Written 0013h'), FALCON),
  BOOT_RELOAD: reg(
    c45(PMAPMD, 0xc317),
    'Boot ROM reload control',
    word('00FFh keeps the boot ROM from reloading the firmware'),
    FALCON,
  ),
  BOOT_C318: reg(c45(PMAPMD, 0xc318), 'Boot configuration *', word('Written 0054h'), FALCON),
  OP_MODE: reg(
    c45(PMAPMD, 0xc319),
    'Operating mode *',
    {
      HI: bits(15, 6, 'rw', 'Unknown *'),
      MODE: choice(
        5,
        3,
        'rw',
        { fixed: 4, 'self-configure-5': 5, 'self-configure': 7 },
        'Self-configure powers most of the PHY down without a module',
      ),
      BIT2: flag(2, 'rw', 'Unknown *'),
      HOLD: flag(1, 'rw', 'The firmware waits in status 32h'),
      CONFIGURED: flag(0, 'rw', 'Module configuration done or to be skipped; the firmware sets it'),
    },
    FALCON,
  ),
  LAN_WAN: reg(
    c45(PMAPMD, 0xc31a),
    'LAN or WAN, form factor',
    {
      HI: bits(15, 6, 'rw', 'Unknown *', 0),
      FORM: bits(5, 3, 'rw', 'Module form factor; 3 is SFP+'),
      LO: bits(2, 0, 'rw', 'Unknown *'),
    },
    RUST,
  ),
  A30A: reg(
    c45(PMAPMD, 0xa30a),
    'Nothing: a slip for 1.C30Ah in the merged Rust driver',
    word('Kept, no effect'),
    RUST,
  ),
  PRODUCT: reg(
    c45(PMAPMD, 0xd000),
    'Product code',
    { CODE: bits(15, 0, 'ro', 'Product', 0x2025) },
    from('observed', 'Linux netdev, qt2025 v6 review; value is our choice'),
  ),
  HW_REV: reg(
    c45(PMAPMD, 0xd001),
    'Hardware revision',
    {
      REV: bits(15, 8, 'ro', 'Silicon revision; the drivers accept B3h only', QT2025_REVISION),
      LOW: bits(7, 0, 'ro', 'Reserved'),
    },
    RUST,
  ),
  LED0: led(0, 0x4),
  LED1: led(1, 0x4),
  LED2: led(2, 0x4),
  MOD_CLASS: reg(c45(PMAPMD, 0xd100), 'Module class *', word('LRM 02h, copper 10h, 1000BASE-T 20h'), FIRMWARE),
  PRODUCT_FW: reg(
    c45(PMAPMD, 0xd101),
    'Product code as the firmware sees it *',
    word('2025h once the firmware runs'),
    FIRMWARE,
  ),
  REACH: reg(c45(PMAPMD, 0x8018), 'Transceiver code *', word('SR and ER 1, LR 2'), FIRMWARE),
  PMA_C030: reg(
    c45(PMAPMD, 0xc030),
    'Receiver reset *',
    {
      HI: bits(15, 5, 'rw', 'Unknown *'),
      RX_RESET: flag(4, 'rw', 'Pulsed at every acquisition attempt'),
      LO: bits(3, 0, 'rw', 'Unknown *'),
    },
    FIRMWARE,
  ),
  PMA_807A: storage(PMAPMD, 0x807a),
  PMA_C040: storage(PMAPMD, 0xc040),
  PMA_C201: storage(PMAPMD, 0xc201),
  PMA_C307: storage(PMAPMD, 0xc307),
  PMA_C308: storage(PMAPMD, 0xc308),
  PMA_C30C: storage(PMAPMD, 0xc30c),
  PMA_C30D: storage(PMAPMD, 0xc30d),
  PMA_C30F: storage(PMAPMD, 0xc30f),
  PMA_C312: storage(PMAPMD, 0xc312),
  PMA_C313: storage(PMAPMD, 0xc313),
  PMA_C314: storage(PMAPMD, 0xc314),
  PMA_C315: storage(PMAPMD, 0xc315),
  PMA_D002: storage(PMAPMD, 0xd002),
  PMA_D003: storage(PMAPMD, 0xd003),
  PMA_D005: storage(PMAPMD, 0xd005),

  WIS_CTRL1: std.control1Plain(WIS),
  WIS_STAT1: std.status1(WIS, 'WIS link, follows the PMA'),
  WIS_DEVID1,
  WIS_DEVID2,
  WIS_SPEED: std.speedAbility(WIS),
  WIS_DEVS1: std.package1(WIS, devicesFrom),
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

  PCS_CTRL1: std.control1Loopback(PCS, 'PCS loopback: transmit returns to receive inside the PCS'),
  PCS_STAT1: std.status1(PCS, 'PCS receive link'),
  PCS_DEVID1,
  PCS_DEVID2,
  PCS_SPEED: std.speedAbility(PCS),
  PCS_DEVS1: std.package1(PCS, devicesFrom),
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
  PCS_C020: storage(PCS, 0xc020),
  PCS_C040: storage(PCS, 0xc040),
  PCS_C041: storage(PCS, 0xc041),
  PCS_C048: storage(PCS, 0xc048),
  PCS_C049: storage(PCS, 0xc049),
  PCS_C050: storage(PCS, 0xc050),
  PCS_C058: storage(PCS, 0xc058),
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

  PHYXS_CTRL1: std.control1Loopback(PHYXS, 'PHY XS loopback: the line side returns to the line'),
  PHYXS_STAT1: std.status1(PHYXS, 'XAUI transmit link'),
  PHYXS_DEVID1,
  PHYXS_DEVID2,
  PHYXS_SPEED: std.speedAbility(PHYXS),
  PHYXS_DEVS1: std.package1(PHYXS, devicesFrom),
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
      LO: bits(13, 0, 'rw', 'Unknown *'),
    },
    from('choice', 'libefx names SYSLPBK; its bit was not found'),
  ),
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
});

const cell = (offset: number, doc: string, fieldDoc: string, source: Provenance = FIRMWARE) =>
  reg(c45(PCS, 0xd000 + offset), doc, { BYTE: bits(7, 0, 'rw', fieldDoc) }, { ...source, memory: 'XDATA' });

/** Status codes the firmware writes to UC_STATUS. Source: analysis of the public firmware; 00, 10 and 20 also from drivers. */
export const UC_STATUS = {
  starting: 0x00,
  configured: 0x10,
  saving: 0x20,
  'no-module': 0x30,
  'bad-module': 0x31,
  held: 0x32,
  refused: 0x39,
  acquiring: 0x40,
  searching: 0x50,
  'almost-tracking': 0x60,
  tracking: 0x70,
  'checksum-wrong': 0xf0,
  'revision-too-old': 0xf8,
} as const;

/** Module types the firmware writes to MOD_TYPE. Source: Tehuti driver comment; analysis of the public firmware. */
export const MODULE_TYPE = {
  LRM: 0x1,
  SR: 0x2,
  LR: 0x3,
  'passive-DAC': 0x4,
  '1000SX': 0x5,
  '1000LX': 0x6,
  invalid: 0x7,
  '1000CX': 0x8,
  '1000T': 0x9,
  ER: 0xa,
  'active-DAC': 0xb,
} as const;

/** Named cells of the window on 8051 XDATA: variables of whatever program runs, plain memory when none does. */
export const QT2025_XDATA = table('QT2025_XDATA', {
  MAILBOX_CTRL: cell(
    0x100,
    'Module mailbox control *',
    '0 whole block, 1 go, 3:2 result (1 done, 3 failed), 5 write, 6 device A2h, 7 device in D102h',
  ),
  MAILBOX_ADDR: cell(0x101, 'Module mailbox byte address *', 'Byte address'),
  MAILBOX_DEVICE: cell(0x102, 'Module mailbox device *', 'I2C device address byte'),
  MAILBOX_VALUE: cell(0x103, 'Module mailbox value *', 'Byte read or to write'),
  MODULE_READ: cell(0x110, 'Result of reading the module *', '1:0 for A0h, 3:2 for A2h: 1 done, 3 failed'),
  CFG0_HI: cell(0x700, 'Copy of CFG_WORD0, high byte', 'Configuration'),
  CFG0_LO: cell(0x701, 'Copy of CFG_WORD0, low byte', 'Configuration'),
  CFG1_HI: cell(0x702, 'Copy of CFG_WORD1, high byte', 'Configuration'),
  CFG1_LO: cell(0x703, 'Copy of CFG_WORD1, low byte', 'Configuration'),
  CFG_LANWAN: cell(0x704, 'Copy of LAN_WAN, low byte', 'Configuration'),
  CFG_MODE: cell(0x705, 'Mode in force', 'Bits 5:3 mode; bit 7 the 1G branch'),
  OPTIONS_LO: cell(0x706, 'Option flags, low byte', 'Bit 7: module A2h goes to 1.A000h, else to 1.8007h'),
  OPTIONS_HI: cell(0x707, 'Option flags, high byte', 'Bit 3: receiver held off until lock'),
  FW_HW_REV: cell(0x708, 'Hardware revision as the firmware sees it', 'B3h or more'),
  GOOD_ROUNDS: cell(0x70a, 'Tracking rounds needed', '24h; 1Eh for LRM and copper'),
  MODE_ASKED: cell(0x70b, 'Operating mode asked for', '7 is self-configure'),
  MOD_TYPE: reg(
    c45(PCS, 0xd70c),
    'Module type',
    { TYPE: choice(7, 0, 'rw', MODULE_TYPE, 'As the firmware classified the module') },
    { ...VENDOR, memory: 'XDATA' },
  ),
  CABLE_LENGTH: cell(0x70e, 'Copy of module byte 18', 'Copper length, metres'),
  LENGTH_LIMIT: cell(0x70f, 'Cable length limit', 'Low nibble of CFG_WORD3'),
  FORCED_TYPE: cell(0x710, 'Forced module type', 'Second nibble of CFG_WORD3'),
  SUM_VERDICT0: cell(0x716, 'Checksum verdict, first byte', 'F6h good, DEh bad'),
  SUM_VERDICT1: cell(0x717, 'Checksum verdict, second byte', '28h good, ADh bad'),
  SUM_HI: cell(0x718, 'Computed checksum, high byte', 'Sum'),
  SUM_LO: cell(0x719, 'Computed checksum, low byte', 'Sum'),
  DOM_REFRESH: cell(0x71a, 'DOM refresh on', '1 re-reads diagnostics about once a second; off by default'),
  I2C_FAST: cell(0x71b, 'I2C at 400 kHz', 'Not 0: fast'),
  DOM_ROUNDS_HI: cell(0x71c, 'DOM refresh period, high byte', 'Rounds'),
  DOM_ROUNDS_LO: cell(0x71d, 'DOM refresh period, low byte', 'Rounds'),
  ROUNDS_BAD: cell(0x73b, 'Bad tracking rounds', 'Count'),
  ROUNDS_GOOD: cell(0x73c, 'Good tracking rounds', 'Count'),
  TICK_HI: cell(0x7c0, 'Tick counter, high byte', 'Ticks'),
  TICK_LO: cell(0x7c1, 'Tick counter, low byte', 'Ticks'),
  HEARTBEAT: cell(0x7ee, 'Heartbeat', 'Counts every tick of about 0.96 ms and wraps', FALCON),
  RESTARTS: cell(0x7ef, 'Restart counter', 'Counts every start; survives'),
  FW_PRODUCT_HI: cell(0x7f0, 'Product code, high byte', '20h', FALCON),
  FW_PRODUCT_LO: cell(0x7f1, 'Product code, low byte', '25h', FALCON),
  FW_REVISION: cell(0x7f2, 'Firmware revision', '0Bh in the public firmware', FALCON),
  FW_VERSION0: cell(0x7f3, 'Firmware version: major and minor nibble', '20h in the public firmware', FALCON),
  FW_VERSION1: cell(0x7f4, 'Firmware version, third number', '03h in the public firmware', FALCON),
  FW_VERSION2: cell(0x7f5, 'Firmware version, fourth number', '03h in the public firmware', FALCON),
  FW_YEAR: cell(0x7f6, 'Firmware build year since 2000', 'Binary', FALCON),
  FW_MONTH: cell(0x7f7, 'Firmware build month', 'Binary', FALCON),
  FW_DAY: cell(0x7f8, 'Firmware build day', 'Binary', FALCON),
  CHECKPOINT: cell(0x7fa, 'Debug checkpoint', 'Number shown'),
  CHECKPOINT_STOP: cell(0x7fb, 'Debug stop', '00h in normal use'),
  UC_STATUS: reg(
    c45(PCS, 0xd7fd),
    'Micro-controller status',
    { STATUS: choice(7, 0, 'rw', UC_STATUS, 'How far the firmware is') },
    { ...FALCON, memory: 'XDATA' },
  ),
});

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
