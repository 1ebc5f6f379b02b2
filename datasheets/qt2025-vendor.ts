/** QT2025 registers of MMD 1 that are the vendor's own: pins, micro-controller, clocks, modes, LEDs. */
import { bits, choice, flag, reg } from '#regmap/declare.ts';
import { c45, Mmd } from './c45.ts';
import { FALCON, FIRMWARE, from, QT2025_REVISION, RUST, storage, VENDOR, word } from './qt2025-sources.ts';

const { PMAPMD } = Mmd;

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

/** MMD 1, vendor. */
export const PMA_VENDOR = {
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
      HI: bits(15, 5, 'rw', 'Unknown; the firmware leaves FFh in the low byte *'),
      PATH_POWER: bits(4, 3, 'rw', 'Data path powered when both are 1: the firmware leaves E7h without a module *'),
      BIT2: flag(2, 'rw', 'Unknown *'),
      RELEASE: flag(1, 'rw', '0 holds the micro-controller in reset', 1),
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
  // Reset values are our choice: what the Solarflare boards set, so that a bare driver has LEDs to look at.
  LED0: led(0, 0xa),
  LED1: led(1, 0x9),
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
} as const;

/** Kept as written, without effect. */
export const PMA_STORAGE = {
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
} as const;
