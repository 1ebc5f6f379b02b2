/** Cells of the 8051's XDATA that the host sees at 3.D000h: status, heartbeat, version, configuration, mailbox. */
import { bits, choice, type Provenance, reg, table } from '#regmap/declare.ts';
import { c45, Mmd } from './c45.ts';
import { FALCON, FIRMWARE, VENDOR } from './qt2025-sources.ts';

const { PCS } = Mmd;
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
  LINK_LED_MASK: cell(0x70d, 'Link bits that light the LEDs', '39h; compared with XDATA 2006h'),
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
  LOCK_MONITOR: cell(0x732, 'Receiver monitor, first copy', 'XDATA 2012h at the last snapshot'),
  LOCK_MONITOR2: cell(0x734, 'Receiver monitor, second copy', 'XDATA 2012h at the last snapshot'),
  LOSS_REASONS: cell(0x738, 'Reasons of the last loss', 'Bit 3: equaliser taps'),
  ROUNDS_BAD: cell(0x73b, 'Bad tracking rounds', 'Count'),
  ROUNDS_GOOD: cell(0x73c, 'Good tracking rounds', 'Count'),
  TAP_FAILURES: cell(0x73d, 'Equaliser tap failures', 'Count'),
  EYE_NEEDED_HI: cell(0x74e, 'Eye amplitude needed, high byte', 'Four times the level; 0078h'),
  EYE_NEEDED_LO: cell(0x74f, 'Eye amplitude needed, low byte', 'Four times the level; 0078h'),
  TICK_HI: cell(0x7c0, 'Tick counter, high byte', 'Ticks'),
  TICK_LO: cell(0x7c1, 'Tick counter, low byte', 'Ticks'),
  PHASE: cell(0x7cb, 'Sampling phase', 'Position'),
  EYE_HI: cell(0x7cc, 'Eye amplitude, high byte', 'Level'),
  EYE_LO: cell(0x7cd, 'Eye amplitude, low byte', 'Level'),
  SWEEP_TICKS_HI: cell(0x7ec, 'Ticks of the last sweep, high byte', 'Ticks'),
  SWEEP_TICKS_LO: cell(0x7ed, 'Ticks of the last sweep, low byte', 'Ticks'),
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
  LAST_STEP_HI: cell(0x7fe, 'Last step, high byte', 'Code'),
  LAST_STEP_LO: cell(0x7ff, 'Last step, low byte', 'Code'),
});
