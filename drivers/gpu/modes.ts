/** Display modes: timings, their 68 bytes in a MODE_ID blob (drm_mode.h), and what makes one impossible. */
import { LabError } from '#bus/errors.ts';

export interface Mode {
  readonly name: string;
  readonly clockKHz: number;
  readonly hdisplay: number;
  readonly hsyncStart: number;
  readonly hsyncEnd: number;
  readonly htotal: number;
  readonly hskew: number;
  readonly vdisplay: number;
  readonly vsyncStart: number;
  readonly vsyncEnd: number;
  readonly vtotal: number;
  readonly vscan: number;
  readonly vrefreshHz: number;
  readonly flags: number;
  readonly type: number;
}

export const MODE_FLAG = { PHSYNC: 1, NHSYNC: 2, PVSYNC: 4, NVSYNC: 8, INTERLACE: 0x10, DBLSCAN: 0x20 } as const;
export const MODE_TYPE = { PREFERRED: 8, USERDEF: 0x20, DRIVER: 0x40 } as const;
export const MODE_BYTES = 68;

type Timing = readonly [display: number, syncStart: number, syncEnd: number, total: number];

export const mode = (clockKHz: number, h: Timing, v: Timing, flags: number, type: number = MODE_TYPE.DRIVER): Mode => {
  const bare = {
    name: `${h[0]}x${v[0]}${(flags & MODE_FLAG.INTERLACE) === 0 ? '' : 'i'}`,
    clockKHz,
    hdisplay: h[0],
    hsyncStart: h[1],
    hsyncEnd: h[2],
    htotal: h[3],
    hskew: 0,
    vdisplay: v[0],
    vsyncStart: v[1],
    vsyncEnd: v[2],
    vtotal: v[3],
    vscan: 0,
    vrefreshHz: 0,
    flags,
    type,
  };
  return { ...bare, vrefreshHz: refreshHz(bare) };
};

/** Rounded as drm_mode_vrefresh does. */
export const refreshHz = (of: Mode): number => {
  const pixels = of.htotal * of.vtotal * Math.max(1, of.vscan) * ((of.flags & MODE_FLAG.DBLSCAN) === 0 ? 1 : 2);
  const clock = of.clockKHz * 1000 * ((of.flags & MODE_FLAG.INTERLACE) === 0 ? 1 : 2);
  return pixels === 0 ? 0 : Math.round(clock / pixels);
};

export const lineDurationNs = ({ htotal, clockKHz }: Mode): number => Math.floor((htotal * 1e6) / clockKHz);

/** From one vblank to the next: a field where the mode is interlaced. */
export const frameDurationNs = ({ htotal, vtotal, clockKHz, flags }: Mode): number => {
  const frame = Math.floor((htotal * vtotal * 1e6) / clockKHz);
  return (flags & MODE_FLAG.INTERLACE) === 0 ? frame : Math.floor(frame / 2);
};

/** What no display could show (drm_mode_validate_basic); undefined when there is nothing wrong. */
export const modeProblem = (of: Mode): string | undefined => {
  const { clockKHz, hdisplay, hsyncStart, hsyncEnd, htotal, vdisplay, vsyncStart, vsyncEnd, vtotal } = of;
  if (clockKHz === 0) return 'its clock is 0';
  if (hdisplay === 0 || hsyncStart < hdisplay || hsyncEnd < hsyncStart || htotal < hsyncEnd)
    return `horizontally ${hdisplay} ${hsyncStart} ${hsyncEnd} ${htotal} do not rise from above 0`;
  if (vdisplay === 0 || vsyncStart < vdisplay || vsyncEnd < vsyncStart || vtotal < vsyncEnd)
    return `vertically ${vdisplay} ${vsyncStart} ${vsyncEnd} ${vtotal} do not rise from above 0`;
  if (frameDurationNs(of) < SHORTEST_FRAME_NS)
    return `a frame would take ${frameDurationNs(of)} ns; at least ${SHORTEST_FRAME_NS}`;
  return undefined;
};

/** A vblank timer that is due again before it was handled would never end (IGT kms_invalid_mode, int-max-clock). */
const SHORTEST_FRAME_NS = 500_000;

const SHORTS = [
  'hdisplay',
  'hsyncStart',
  'hsyncEnd',
  'htotal',
  'hskew',
  'vdisplay',
  'vsyncStart',
  'vsyncEnd',
  'vtotal',
  'vscan',
] as const;
const NAME_AT = 36;

export const encodeMode = (of: Mode): Uint8Array => {
  const bytes = new Uint8Array(MODE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, of.clockKHz, true);
  for (const [i, key] of SHORTS.entries()) view.setUint16(4 + 2 * i, of[key], true);
  view.setUint32(24, of.vrefreshHz, true);
  view.setUint32(28, of.flags, true);
  view.setUint32(32, of.type, true);
  new TextEncoder().encodeInto(of.name, bytes.subarray(NAME_AT, MODE_BYTES - 1));
  return bytes;
};

/** Throws EINVAL for anything but 68 bytes; what they say is checked by `modeProblem`. */
export const decodeMode = (bytes: Uint8Array): Mode => {
  if (bytes.length !== MODE_BYTES)
    throw new LabError('EINVAL', `a mode of ${bytes.length} bytes; it takes ${MODE_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [hdisplay, hsyncStart, hsyncEnd, htotal, hskew, vdisplay, vsyncStart, vsyncEnd, vtotal, vscan] = SHORTS.map(
    (_, i) => view.getUint16(4 + 2 * i, true),
  ) as [number, number, number, number, number, number, number, number, number, number];
  const end = bytes.indexOf(0, NAME_AT);
  return {
    name: new TextDecoder().decode(bytes.subarray(NAME_AT, end < 0 ? MODE_BYTES : end)),
    clockKHz: view.getUint32(0, true),
    ...{ hdisplay, hsyncStart, hsyncEnd, htotal, hskew, vdisplay, vsyncStart, vsyncEnd, vtotal, vscan },
    vrefreshHz: view.getUint32(24, true),
    flags: view.getUint32(28, true),
    type: view.getUint32(32, true),
  };
};

/** The same timings, whatever it is called. */
export const sameTimings = (a: Mode, b: Mode): boolean =>
  a.clockKHz === b.clockKHz && a.flags === b.flags && SHORTS.every((key) => a[key] === b[key]);

/** `1920x1080 60 Hz`. */
export const printMode = (of: Mode): string => `${of.name} ${of.vrefreshHz || refreshHz(of)} Hz`;
