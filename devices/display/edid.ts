/** EDID of a monitor description: base block of version 1.4, or 1.3 with a CTA-861 block for HDMI. */
import { type Monitor, TIMINGS, type Timing } from '#datasheets/monitors.ts';

export const EDID_BLOCK_BYTES = 128;

/** The bytes a monitor tells. Layout: VESA E-EDID 1.4, CTA-861-G. */
export const edidOf = (monitor: Monitor): Uint8Array => {
  const extensions = monitor.link === 'hdmi' ? [ctaBlock(monitor)] : [];
  const blocks = [baseBlock(monitor, extensions.length), ...extensions];
  const edid = new Uint8Array(blocks.length * EDID_BLOCK_BYTES);
  for (const [i, block] of blocks.entries()) edid.set(sealed(block), i * EDID_BLOCK_BYTES);
  return edid;
};

/** The byte that makes a block's sum 0. */
export const checksum = (block: Uint8Array): number =>
  -block.subarray(0, EDID_BLOCK_BYTES - 1).reduce((sum, byte) => sum + byte, 0) & 0xff;

const sealed = (block: Uint8Array): Uint8Array => {
  block[EDID_BLOCK_BYTES - 1] = checksum(block);
  return block;
};

const INTERFACE = { dvi: 1, displayport: 5 } as const;
const MAKER = 'FRL';
const SRGB = [0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54];
/** 640x480, 800x600 and 1024x768 at 60 Hz. */
const ESTABLISHED = [0x21, 0x08, 0x00];
const YEAR = 2025;

const baseBlock = (monitor: Monitor, extensions: number): Uint8Array => {
  const block = new Uint8Array(EDID_BLOCK_BYTES);
  const [first, second] = monitor.timings.map((name) => TIMINGS[name]);
  if (first === undefined) throw new RangeError(`monitor ${monitor.name} has no timing`);
  const letters = [...MAKER].reduce((code, char) => (code << 5) | (char.charCodeAt(0) - 64), 0);
  const old = monitor.link === 'hdmi'; // HDMI 1.4b asks for EDID 1.3, where bytes 20 and 24 say less
  block.set([0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, letters >> 8, letters & 0xff]);
  block.set([monitor.productCode & 0xff, monitor.productCode >> 8, 1, 0, 0, 0, 1, YEAR - 1990, 1, old ? 3 : 4], 10);
  block[20] =
    monitor.link === 'hdmi' ? 0x80 : 0x80 | ((monitor.bitsPerColour === 10 ? 3 : 2) << 4) | INTERFACE[monitor.link];
  block.set([Math.round(monitor.sizeMm[0] / 10), Math.round(monitor.sizeMm[1] / 10), 120], 21);
  block[24] = (old ? 0x08 : 0) | 0x06 | (monitor.vrr ? 1 : 0);
  block.set(SRGB, 25);
  block.set(ESTABLISHED, 35);
  block.fill(0x01, 38, 54);
  const descriptors = [
    detailed(first, monitor),
    ...(second === undefined ? [] : [detailed(second, monitor)]),
    textDescriptor(0xfc, monitor.name),
    rangeLimits(monitor),
    ...(second === undefined ? [textDescriptor(0xff, monitor.serial)] : []),
  ];
  for (const [i, descriptor] of descriptors.entries()) block.set(descriptor, 54 + 18 * i);
  block[126] = extensions;
  return block;
};

/** A detailed timing descriptor, 18 bytes. */
const detailed = ({ clockKhz, horizontal, vertical, hPositive, vPositive }: Timing, { sizeMm }: Monitor): number[] => {
  const [hActive, hStart, hEnd, hTotal] = horizontal;
  const [vActive, vStart, vEnd, vTotal] = vertical;
  const [hBlank, vBlank] = [hTotal - hActive, vTotal - vActive];
  const [hFront, hSync, vFront, vSync] = [hStart - hActive, hEnd - hStart, vStart - vActive, vEnd - vStart];
  const clock = Math.round(clockKhz / 10);
  const high = (a: number, b: number): number => ((a >> 8) << 4) | (b >> 8);
  return [
    ...[clock & 0xff, clock >> 8, hActive & 0xff, hBlank & 0xff, high(hActive, hBlank)],
    ...[vActive & 0xff, vBlank & 0xff, high(vActive, vBlank), hFront & 0xff, hSync & 0xff],
    ((vFront & 15) << 4) | (vSync & 15),
    ((hFront >> 8) << 6) | ((hSync >> 8) << 4) | ((vFront >> 4) << 2) | (vSync >> 4),
    ...[sizeMm[0] & 0xff, sizeMm[1] & 0xff, high(...sizeMm), 0, 0],
    0x18 | (vPositive ? 4 : 0) | (hPositive ? 2 : 0),
  ];
};

const textDescriptor = (tag: number, text: string): number[] => {
  const chars = [...text.slice(0, 13)].map((char) => char.charCodeAt(0));
  const padded = chars.length < 13 ? [...chars, 0x0a] : chars;
  return [0, 0, 0, tag, 0, ...padded, ...Array.from({ length: 13 - padded.length }, () => 0x20)];
};

/** Rates beyond 255 take an offset of 255 (E-EDID 1.4, table 3.26); ours stay below. Byte 10: limits only, no formula. */
const rangeLimits = ({ verticalHz, horizontalKhz, timings, link }: Monitor): number[] => {
  const fastest = Math.max(...timings.map((name) => TIMINGS[name].clockKhz));
  const clock = Math.ceil(fastest / 10_000) + 1;
  return [
    0,
    0,
    0,
    0xfd,
    0,
    ...verticalHz,
    ...horizontalKhz,
    clock,
    link === 'hdmi' ? 0 : 1,
    0x0a,
    ...Array.from({ length: 6 }, () => 0x20),
  ];
};

/** 4K at 30, 25 and 24 Hz as HDMI 1.4 numbers them. */
const HDMI_VIC: Readonly<Record<number, number>> = { 95: 1 };

const ctaBlock = ({ vics, timings }: Monitor): Uint8Array => {
  const fast = timings.some((name) => TIMINGS[name].clockKhz > 340_000);
  const hdmiVics = vics.flatMap((vic) => HDMI_VIC[vic] ?? []);
  const blocks = [
    tagged(2, vics),
    // HDMI 1.4 vendor block: address 1.0.0.0, no flags, TMDS up to 5 MHz times the byte, then its own 4K codes
    tagged(3, [0x03, 0x0c, 0x00, 0x10, 0x00, 0x00, 0x3c, 0x20, 0x00, hdmiVics.length << 5, ...hdmiVics]),
    ...(fast ? [tagged(3, [0xd8, 0x5d, 0xc4, 0x01, 0x78, 0x80, 0x00])] : []), // HDMI forum: 600 MHz, SCDC
    tagged(7, [0x00, 0xca]), // video capability: no overscan, RGB and YCbCr range selectable
    tagged(7, [0x05, 0x00, 0x00]), // colorimetry
  ].flat();
  const block = new Uint8Array(EDID_BLOCK_BYTES);
  block.set([0x02, 0x03, 4 + blocks.length, 0xb1, ...blocks]); // underscan, YCbCr 4:4:4 and 4:2:2, one native timing
  return block;
};

const tagged = (tag: number, payload: readonly number[]): number[] => [(tag << 5) | payload.length, ...payload];
