/** Virtual display controller: QEMU bochs-display registers, and the extension block of ours behind them. */
import { bits, flag, reg, table } from '#regmap/declare.ts';
import { PLANE_REGISTERS } from './display-planes.ts';

/** EDID bytes, read only, from offset 0. */
export const EDID_WINDOW_BYTES = 0x400;
export const DISPLAY_WINDOW_BYTES = 0x2000;
/** Name of the interrupt line: high while an enabled status bit is set. */
export const DISPLAY_INTERRUPT = 'INT';
/** Memory spans. `gamma`: 256 entries of red, green and blue, 16 bits each, little endian; in force from the next flip on. */
export const VRAM_SPAN = 'vram';
export const GAMMA_SPAN = 'gamma';
/** Words typed beside the panic button, ASCII. */
export const PANIC_SPAN = 'panic';
export const PANIC_TEXT_BYTES = 240;
export const GAMMA_ENTRIES = 256;
export const GAMMA_BYTES = GAMMA_ENTRIES * 6;
export const VRAM_DEFAULT_MIB = 16;
export const VRAM_MOST_MIB = 64;
/** Largest mode, as vkms and bochs have it. */
export const DISPLAY_MOST_PIXELS = 8192;
/** No frame is shorter: a clock too fast counts as a thousand frames a second. Our choice. */
export const FRAME_FLOOR_NS = 1_000_000;
/** What the DISPI half refreshes at, in want of timings: 60 Hz. Our choice. */
export const COMPAT_FRAME_NS = 16_666_666;
/** `FERR` */
export const FERRO_ID = 0x46455252;
export const DISPI_ID = 0xb0c5;
export const BYTE_ORDER = { little: 0x1e1e1e1e, big: 0xbebebebe } as const;

const QEMU = {
  source: 'QEMU hw/display/bochs-display.c, Linux drivers/gpu/drm/tiny/bochs.c',
  evidence: 'driver',
} as const;
const OURS = { source: 'ours', evidence: 'choice', width: 32 } as const;
const dispi = (index: number): number => 0x500 + 2 * index;
const number = (at: number, doc: string, text: string, hi = 15, reset = 0) =>
  reg(at, doc, { VALUE: bits(hi, 0, 'rw', text, reset) }, OURS);
const reading = (at: number, doc: string, text: string, reset = 0) =>
  reg(at, doc, { VALUE: bits(31, 0, 'ro', text, reset) }, OURS);

/** 16-bit registers of the compatible half, and the byte order. */
const COMPATIBLE = {
  DISPI_ID: reg(dispi(0), 'Interface version', { VALUE: bits(15, 0, 'ro', 'B0C5h: DISPI 5', DISPI_ID) }, QEMU),
  DISPI_XRES: reg(dispi(1), 'Pixels across', { VALUE: bits(15, 0, 'rw', 'Pixels') }, QEMU),
  DISPI_YRES: reg(dispi(2), 'Lines', { VALUE: bits(15, 0, 'rw', 'Lines') }, QEMU),
  DISPI_BPP: reg(dispi(3), 'Bits a pixel', { VALUE: bits(15, 0, 'rw', '8, 15, 16, 24 or 32', 32) }, QEMU),
  DISPI_ENABLE: reg(
    dispi(4),
    'Display on',
    {
      ENABLED: flag(0, 'rw', 'Scans out; the extension CRTC, when on, goes before it'),
      GETCAPS: flag(1, 'rw', 'XRES, YRES and BPP read the largest values'),
      LFB: flag(6, 'rw', 'Linear frame buffer'),
      NOCLEARMEM: flag(7, 'rw', 'Keeps memory when switched on; else the screen is cleared'),
    },
    QEMU,
  ),
  DISPI_BANK: reg(dispi(5), 'Bank of the VGA window: kept, without effect', { VALUE: bits(15, 0, 'rw', 'Bank') }, QEMU),
  DISPI_VIRT_WIDTH: reg(dispi(6), 'Pixels of a row in memory', { VALUE: bits(15, 0, 'rw', '0 is XRES') }, QEMU),
  DISPI_VIRT_HEIGHT: reg(dispi(7), 'Rows in memory', { VALUE: bits(15, 0, 'rw', 'Rows') }, QEMU),
  DISPI_X_OFFSET: reg(dispi(8), 'First pixel shown', { VALUE: bits(15, 0, 'rw', 'Pixels') }, QEMU),
  DISPI_Y_OFFSET: reg(dispi(9), 'First row shown: a flip by panning', { VALUE: bits(15, 0, 'rw', 'Rows') }, QEMU),
  DISPI_MEM_64K: reg(dispi(10), 'Video memory', { VALUE: bits(15, 0, 'ro', 'Units of 64 KiB', 256) }, QEMU),
  QEXT_SIZE: reg(
    0x600,
    'Bytes of the QEMU extended block',
    { VALUE: bits(31, 0, 'ro', 'Bytes', 8) },
    { ...QEMU, width: 32 },
  ),
  QEXT_BYTE_ORDER: reg(
    0x604,
    'Byte order of the frame buffer',
    { VALUE: bits(31, 0, 'rw', '1E1E1E1Eh little endian, BEBEBEBEh big endian; else unchanged', BYTE_ORDER.little) },
    { ...QEMU, width: 32 },
  ),
} as const;

/** The same bits in status and enable. */
const events = <A extends 'w1c' | 'rw'>(access: A) => ({
  VBLANK: flag(0, access, 'A vertical blank began'),
  FLIP_DONE: flag(1, access, 'What FLIP asked for is on the screen'),
  HOTPLUG: flag(2, access, 'Connector, EDID or link status changed'),
  WRITEBACK_DONE: flag(3, access, 'Writeback ended; see WB_STATUS'),
  UNDERRUN: flag(4, access, 'Memory was too slow: lines are missing'),
  PANIC_BUTTON: flag(5, access, 'The button on the board: the driver is asked to panic'),
});

const GENERAL = {
  FERRO_ID: reading(0x1000, 'Extension block', '46455252h when it is there', FERRO_ID),
  FERRO_VERSION: reg(
    0x1004,
    'Version of the extension block',
    { MAJOR: bits(31, 16, 'ro', 'Changes when drivers must', 1), MINOR: bits(15, 0, 'ro', 'Grows', 0) },
    OURS,
  ),
  VRAM_BYTES: reading(0x1008, 'Video memory', 'Bytes', VRAM_DEFAULT_MIB * 2 ** 20),
  CAPS: reg(
    0x100c,
    'What there is',
    {
      MOST_PIXELS: bits(31, 16, 'ro', 'Largest width and height', DISPLAY_MOST_PIXELS),
      PLANES: bits(3, 0, 'ro', 'Planes', 3),
    },
    OURS,
  ),
  INT_STATUS: reg(0x1010, 'Interrupt status', events('w1c'), OURS),
  INT_ENABLE: reg(0x1014, 'Interrupts let through to the line INT', events('rw'), OURS),
  PANIC_TEXT: reg(
    0x101c,
    'Words typed beside the panic button',
    { BYTES: bits(8, 0, 'ro', 'Bytes of ASCII at the start of the span panic; 0: none') },
    OURS,
  ),
  FINDING: reg(
    0x1018,
    'Misuse the controller found',
    {
      BASE_BEYOND_VRAM: flag(0, 'w1c', 'A plane reads beyond video memory: the pattern stands there'),
      BAD_FORMAT: flag(1, 'w1c', 'An enabled plane has an unknown format: it is not shown'),
      BAD_SCALE: flag(2, 'w1c', 'An enabled plane has an empty or too large source or destination: it is not shown'),
      BAD_PITCH: flag(3, 'w1c', 'A row does not fit the pitch: it is shown as it lies'),
      BAD_MODE: flag(4, 'w1c', 'The timings are no mode: the CRTC stays as it was'),
      BAD_WRITEBACK: flag(5, 'w1c', 'Format, size, pitch or place of a writeback are wrong: nothing was written'),
      FLIP_BUSY: flag(6, 'w1c', 'FLIP.GO while a flip was pending: both are one, with the registers as they are then'),
    },
    OURS,
  ),
} as const;

const CRTC = {
  CRTC_CTRL: reg(
    0x1040,
    'Scanout; a write takes over the timings',
    {
      ENABLE: flag(0, 'rw', 'Scans out at the timings written before'),
      INTERLACE: flag(1, 'rw', 'Two fields a frame: a vertical blank each'),
      VRR: flag(2, 'rw', 'A frame lasts until the next flip, within VRR_RANGE'),
      GAMMA: flag(3, 'rw', 'Colours go through the gamma table'),
    },
    OURS,
  ),
  CLOCK_KHZ: number(0x1044, 'Pixel clock', 'Kilohertz', 31),
  H_DISPLAY: number(0x1048, 'Pixels across', 'Pixels'),
  H_SYNC_START: number(0x104c, 'Horizontal sync begins', 'Pixels'),
  H_SYNC_END: number(0x1050, 'Horizontal sync ends', 'Pixels'),
  H_TOTAL: number(0x1054, 'Pixels of a line with its blank', 'Pixels'),
  V_DISPLAY: number(0x1058, 'Lines', 'Lines'),
  V_SYNC_START: number(0x105c, 'Vertical sync begins', 'Lines'),
  V_SYNC_END: number(0x1060, 'Vertical sync ends', 'Lines'),
  V_TOTAL: number(0x1064, 'Lines of a frame with its blank', 'Lines'),
  VRR_RANGE: reg(
    0x1068,
    'Refresh rates with VRR',
    {
      MAX_HZ: bits(31, 16, 'rw', 'No frame is shorter; 0: what the timings give'),
      MIN_HZ: bits(15, 0, 'rw', 'No frame is longer', 40),
    },
    OURS,
  ),
  BACKGROUND_GB: reg(
    0x106c,
    'Colour behind the planes',
    { GREEN: bits(31, 16, 'rw', 'Green'), BLUE: bits(15, 0, 'rw', 'Blue') },
    OURS,
  ),
  BACKGROUND_R: reg(0x1070, 'Colour behind the planes', { RED: bits(15, 0, 'rw', 'Red') }, OURS),
  FLIP: reg(
    0x1074,
    'Takes over planes, background and gamma table, all at once',
    {
      GO: flag(0, 'sc', 'At the next vertical blank; at once while the CRTC is off'),
      NOW: flag(1, 'sc', 'At once: a torn frame'),
    },
    OURS,
  ),
  FLIP_STATUS: reg(0x1078, 'The flip asked for', { PENDING: flag(0, 'ro', 'Waits for its vertical blank') }, OURS),
  FLIP_COUNT: reading(0x107c, 'Vertical blank of the last flip', 'Low 32 bits of its number'),
  VBLANK_COUNT_LO: reading(0x1080, 'Vertical blanks since power on', 'Low half; a read holds the other three'),
  VBLANK_COUNT_HI: reading(0x1084, 'Vertical blanks since power on', 'High half, as of the last read of the low one'),
  VBLANK_TIME_LO: reading(0x1088, 'When the last one began', 'Nanoseconds of the lab, low half, as of the same read'),
  VBLANK_TIME_HI: reading(0x108c, 'When the last one began', 'Nanoseconds of the lab, high half, as of the same read'),
  FRAME_CRC: reading(
    0x1090,
    'CRC of the frame on show',
    'CRC-32 over lines of ARGB, 16 bits a channel, start 0, as vkms',
  ),
  FRAME_NS: reading(0x1094, 'Time from one vertical blank to the next', 'Nanoseconds'),
} as const;

const CONNECTOR = {
  CONNECTOR: reg(
    0x10c0,
    'What is plugged in',
    {
      CONNECTED: flag(0, 'ro', 'A monitor is there'),
      LINK_BAD: flag(1, 'ro', 'The link must be trained again'),
      EDID_BYTES: bits(31, 16, 'ro', 'Bytes of EDID; 0: the monitor tells nothing'),
    },
    OURS,
  ),
  LINK_TRAIN: reg(0x10c4, 'Link training', { GO: flag(0, 'sc', 'Trains the link; a mode set does so too') }, OURS),
} as const;

const WRITEBACK = {
  WB_CTRL: reg(0x10e0, 'Writeback', { GO: flag(0, 'sc', 'Writes the frame at the next vertical blank') }, OURS),
  WB_STATUS: reg(
    0x10e4,
    'Writeback',
    { BUSY: flag(0, 'ro', 'Waits for its vertical blank'), FAILED: flag(1, 'ro', 'The last one wrote nothing') },
    OURS,
  ),
  WB_FORMAT: number(0x10e8, 'Format', 'Four-character code', 31),
  WB_BASE: number(0x10ec, 'First byte in video memory', 'Offset', 31),
  WB_PITCH: number(0x10f0, 'Bytes from row to row', 'Bytes', 31),
  WB_SIZE: reg(
    0x10f4,
    'Size: must be that of the mode',
    { HEIGHT: bits(31, 16, 'rw', 'Lines'), WIDTH: bits(15, 0, 'rw', 'Pixels') },
    OURS,
  ),
} as const;

export const DISPLAY = table('DISPLAY', {
  ...COMPATIBLE,
  ...GENERAL,
  ...CRTC,
  ...CONNECTOR,
  ...WRITEBACK,
  ...PLANE_REGISTERS,
});
