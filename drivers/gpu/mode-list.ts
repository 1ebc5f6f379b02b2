/** Modes known without asking a monitor: VESA DMT, CTA-861 codes, and CVT reduced blanking for any size. */
import { MODE_FLAG, type Mode, mode } from './modes.ts';

const PP = MODE_FLAG.PHSYNC | MODE_FLAG.PVSYNC;
const NN = MODE_FLAG.NHSYNC | MODE_FLAG.NVSYNC;
const PN = MODE_FLAG.PHSYNC | MODE_FLAG.NVSYNC;

/** VESA DMT 1.0 rev 13 at 60 Hz. */
export const DMT: readonly Mode[] = [
  mode(25175, [640, 656, 752, 800], [480, 490, 492, 525], NN),
  mode(40000, [800, 840, 968, 1056], [600, 601, 605, 628], PP),
  mode(65000, [1024, 1048, 1184, 1344], [768, 771, 777, 806], NN),
  mode(74250, [1280, 1390, 1430, 1650], [720, 725, 730, 750], PP),
  mode(83500, [1280, 1352, 1480, 1680], [800, 803, 809, 831], MODE_FLAG.NHSYNC | MODE_FLAG.PVSYNC),
  mode(108000, [1280, 1376, 1488, 1800], [960, 961, 964, 1000], PP),
  mode(108000, [1280, 1328, 1440, 1688], [1024, 1025, 1028, 1066], PP),
  mode(85500, [1366, 1436, 1579, 1792], [768, 771, 774, 798], PP),
  mode(162000, [1600, 1664, 1856, 2160], [1200, 1201, 1204, 1250], PP),
  mode(148500, [1920, 2008, 2052, 2200], [1080, 1084, 1089, 1125], PP),
];

/** CTA-861 video identification codes monitors offer most. */
export const CTA_MODES: Readonly<Record<number, Mode>> = {
  1: mode(25175, [640, 656, 752, 800], [480, 490, 492, 525], NN),
  2: mode(27000, [720, 736, 798, 858], [480, 489, 495, 525], NN),
  3: mode(27000, [720, 736, 798, 858], [480, 489, 495, 525], NN),
  4: mode(74250, [1280, 1390, 1430, 1650], [720, 725, 730, 750], PP),
  5: mode(74250, [1920, 2008, 2052, 2200], [1080, 1084, 1094, 1125], PP | MODE_FLAG.INTERLACE),
  16: mode(148500, [1920, 2008, 2052, 2200], [1080, 1084, 1089, 1125], PP),
  17: mode(27000, [720, 732, 796, 864], [576, 581, 586, 625], NN),
  18: mode(27000, [720, 732, 796, 864], [576, 581, 586, 625], NN),
  19: mode(74250, [1280, 1720, 1760, 1980], [720, 725, 730, 750], PP),
  31: mode(148500, [1920, 2448, 2492, 2640], [1080, 1084, 1089, 1125], PP),
  32: mode(74250, [1920, 2558, 2602, 2750], [1080, 1084, 1089, 1125], PP),
  33: mode(74250, [1920, 2448, 2492, 2640], [1080, 1084, 1089, 1125], PP),
  34: mode(74250, [1920, 2008, 2052, 2200], [1080, 1084, 1089, 1125], PP),
  63: mode(297000, [1920, 2008, 2052, 2200], [1080, 1084, 1089, 1125], PP),
  93: mode(297000, [3840, 5116, 5204, 5500], [2160, 2168, 2178, 2250], PP),
  94: mode(297000, [3840, 4896, 4984, 5280], [2160, 2168, 2178, 2250], PP),
  95: mode(297000, [3840, 4016, 4104, 4400], [2160, 2168, 2178, 2250], PP),
  96: mode(594000, [3840, 4896, 4984, 5280], [2160, 2168, 2178, 2250], PP),
  97: mode(594000, [3840, 4016, 4104, 4400], [2160, 2168, 2178, 2250], PP),
};

export const dmtMode = (width: number, height: number, refresh: number): Mode | undefined =>
  DMT.find(({ hdisplay, vdisplay, vrefreshHz }) => hdisplay === width && vdisplay === height && vrefreshHz === refresh);

/** VESA CVT 1.1 with reduced blanking. */
export const cvtReduced = (width: number, height: number, refresh: number): Mode => {
  const h = Math.floor(width / 8) * 8;
  const linePeriodUs = (1e6 / refresh - MIN_VBLANK_US) / height;
  const vsync = vsyncLines(width, height);
  const blank = Math.max(Math.floor(MIN_VBLANK_US / linePeriodUs) + 1, V_FRONT_PORCH + vsync + MIN_V_BACK_PORCH);
  const vtotal = height + blank;
  const htotal = h + H_BLANK;
  const clockKHz = Math.floor((refresh * vtotal * htotal) / 1000 / CLOCK_STEP_KHZ) * CLOCK_STEP_KHZ;
  const vstart = height + V_FRONT_PORCH;
  return mode(clockKHz, [h, h + 48, h + 80, htotal], [height, vstart, vstart + vsync, vtotal], PN);
};

const MIN_VBLANK_US = 460;
const H_BLANK = 160;
const V_FRONT_PORCH = 3;
const MIN_V_BACK_PORCH = 6;
const CLOCK_STEP_KHZ = 250;

/** CVT 1.1 table 2: the width of the vertical sync tells the aspect ratio. */
const vsyncLines = (width: number, height: number): number => {
  const aspects: readonly (readonly [number, number, number])[] = [
    [4, 3, 4],
    [16, 9, 5],
    [16, 10, 6],
    [5, 4, 7],
    [15, 9, 7],
  ];
  const found = aspects.find(
    ([across, down]) => Math.floor((height * across) / down / 8) * 8 === Math.floor(width / 8) * 8,
  );
  return found?.[2] ?? 10;
};
