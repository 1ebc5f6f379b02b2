/** Monitors that may be plugged into the display: what their EDID says. */

/** Detailed timing: VESA DMT and CTA-861 numbers, or CVT with reduced blanking. */
export interface Timing {
  readonly name: string;
  readonly clockKhz: number;
  readonly horizontal: readonly [display: number, syncStart: number, syncEnd: number, total: number];
  readonly vertical: readonly [display: number, syncStart: number, syncEnd: number, total: number];
  readonly hPositive: boolean;
  readonly vPositive: boolean;
  readonly source: string;
}

const timing = (
  name: string,
  clockKhz: number,
  horizontal: Timing['horizontal'],
  vertical: Timing['vertical'],
  sync: '++' | '+-' | '--',
  source: string,
): Timing => ({ name, clockKhz, horizontal, vertical, hPositive: sync[0] === '+', vPositive: sync[1] === '+', source });

export const TIMINGS = {
  '640x480@60': timing('640x480@60', 25_175, [640, 656, 752, 800], [480, 490, 492, 525], '--', 'DMT 04h'),
  '800x600@60': timing('800x600@60', 40_000, [800, 840, 968, 1056], [600, 601, 605, 628], '++', 'DMT 09h'),
  '1024x768@60': timing('1024x768@60', 65_000, [1024, 1048, 1184, 1344], [768, 771, 777, 806], '--', 'DMT 10h'),
  '1280x720@60': timing('1280x720@60', 74_250, [1280, 1390, 1430, 1650], [720, 725, 730, 750], '++', 'CTA VIC 4'),
  '1920x1080@60': timing(
    '1920x1080@60',
    148_500,
    [1920, 2008, 2052, 2200],
    [1080, 1084, 1089, 1125],
    '++',
    'CTA VIC 16',
  ),
  '2560x1440@60': timing('2560x1440@60', 241_500, [2560, 2608, 2640, 2720], [1440, 1443, 1448, 1481], '+-', 'CVT-RB'),
  '2560x1440@144': timing('2560x1440@144', 604_250, [2560, 2608, 2640, 2720], [1440, 1443, 1448, 1543], '+-', 'CVT-RB'),
  '3840x2160@30': timing(
    '3840x2160@30',
    297_000,
    [3840, 4016, 4104, 4400],
    [2160, 2168, 2178, 2250],
    '++',
    'CTA VIC 95',
  ),
  '3840x2160@60': timing(
    '3840x2160@60',
    594_000,
    [3840, 4016, 4104, 4400],
    [2160, 2168, 2178, 2250],
    '++',
    'CTA VIC 97',
  ),
} as const satisfies Readonly<Record<string, Timing>>;
export type TimingName = keyof typeof TIMINGS;

export interface Monitor {
  readonly doc: string;
  /** At most 13 characters. */
  readonly name: string;
  readonly serial: string;
  readonly productCode: number;
  readonly sizeMm: readonly [width: number, height: number];
  readonly link: 'dvi' | 'hdmi' | 'displayport';
  readonly bitsPerColour: 8 | 10;
  /** First is preferred. The first two are in the base block. */
  readonly timings: readonly TimingName[];
  /** Lowest and highest. */
  readonly verticalHz: readonly [number, number];
  readonly horizontalKhz: readonly [number, number];
  /** Any rate in `verticalHz`. */
  readonly vrr: boolean;
  /** Video identification codes of a CTA-861 block; empty: no such block unless the link asks for it. */
  readonly vics: readonly number[];
}

export const MONITORS = {
  xga: {
    doc: '15 inch office monitor: 1024x768 at 60 Hz',
    name: 'FERRO XGA',
    serial: 'FL-XGA-0001',
    productCode: 0x0300,
    sizeMm: [304, 228],
    link: 'dvi',
    bitsPerColour: 8,
    timings: ['1024x768@60'],
    verticalHz: [50, 75],
    horizontalKhz: [30, 61],
    vrr: false,
    vics: [],
  },
  fhd60: {
    doc: '24 inch monitor: 1920x1080 at 60 Hz',
    name: 'FERRO FHD60',
    serial: 'FL-FHD-0001',
    productCode: 0x0438,
    sizeMm: [527, 296],
    link: 'dvi',
    bitsPerColour: 8,
    timings: ['1920x1080@60'],
    verticalHz: [50, 75],
    horizontalKhz: [30, 83],
    vrr: false,
    vics: [],
  },
  qhd60: {
    doc: '27 inch monitor: 2560x1440 at 60 Hz',
    name: 'FERRO QHD60',
    serial: 'FL-QHD-0001',
    productCode: 0x05a0,
    sizeMm: [597, 336],
    link: 'displayport',
    bitsPerColour: 8,
    timings: ['2560x1440@60', '1920x1080@60'],
    verticalHz: [50, 75],
    horizontalKhz: [30, 90],
    vrr: false,
    vics: [],
  },
  uhd30: {
    doc: '32 inch monitor on an old HDMI link: 3840x2160 at 30 Hz',
    name: 'FERRO UHD30',
    serial: 'FL-U30-0001',
    productCode: 0x0870,
    sizeMm: [698, 393],
    link: 'hdmi',
    bitsPerColour: 8,
    timings: ['3840x2160@30', '1920x1080@60'],
    verticalHz: [24, 75],
    horizontalKhz: [30, 83],
    vrr: false,
    vics: [95, 16, 4, 1],
  },
  uhd60: {
    doc: '32 inch monitor: 3840x2160 at 60 Hz',
    name: 'FERRO UHD60',
    serial: 'FL-U60-0001',
    productCode: 0x0871,
    sizeMm: [698, 393],
    link: 'hdmi',
    bitsPerColour: 10,
    timings: ['3840x2160@60', '1920x1080@60'],
    verticalHz: [24, 75],
    horizontalKhz: [30, 140],
    vrr: false,
    vics: [97, 95, 16, 4, 1],
  },
  vrr144: {
    doc: '27 inch monitor: 2560x1440 at 48 to 144 Hz',
    name: 'FERRO VRR144',
    serial: 'FL-VRR-0001',
    productCode: 0x05a1,
    sizeMm: [597, 336],
    link: 'displayport',
    bitsPerColour: 10,
    timings: ['2560x1440@144', '2560x1440@60'],
    verticalHz: [48, 144],
    horizontalKhz: [30, 230],
    vrr: true,
    vics: [],
  },
} as const satisfies Readonly<Record<string, Monitor>>;
export type MonitorName = keyof typeof MONITORS;
export const MONITOR_NAMES = [
  'xga',
  'fhd60',
  'qhd60',
  'uhd30',
  'uhd60',
  'vrr144',
] as const satisfies readonly MonitorName[];
