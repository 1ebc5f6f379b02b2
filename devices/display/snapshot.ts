/** The snapshot of a virtual display: everything it keeps, plain JSON. */
import type { ActiveFault } from '#bus/device.ts';
import { LabError } from '#bus/errors.ts';
import type { FileSnapshot } from '#regmap/file.ts';
import { fromBase64, toBase64 } from '../base64.ts';
import type { TimelineSnapshot } from '../timeline.ts';
import type { ConnectorSnapshot } from './connector.ts';
import type { VblankSnapshot } from './vblank.ts';

export interface DisplaySnapshot {
  readonly device: 'display';
  readonly time: TimelineSnapshot;
  readonly registers: FileSnapshot;
  /** What the last flip took over: raw levels by address. */
  readonly latched: readonly (readonly [at: number, level: number])[];
  readonly gamma: string;
  readonly latchedGamma: string;
  readonly vramBytes: number;
  /** Pages that are not all zero. */
  readonly pages: readonly (readonly [page: number, bytes: string])[];
  readonly vblank: VblankSnapshot;
  readonly acknowledged: number;
  readonly connector: ConnectorSnapshot;
  readonly random: number;
  /** Beside the panic button. */
  readonly panicText: string;
  /** `since` in the device's own time. */
  readonly faults: readonly ActiveFault[];
  readonly asserted: boolean;
}

const PAGE_BYTES = 65_536;
const PARTS: readonly (keyof DisplaySnapshot)[] = [
  'time',
  'registers',
  'latched',
  'gamma',
  'latchedGamma',
  'pages',
  'vblank',
  'acknowledged',
  'connector',
  'random',
  'panicText',
  'faults',
  'asserted',
];

/** Takes a snapshot of a display with that much memory, or says why it is none. */
export const parseDisplaySnapshot = (snapshot: unknown, vramBytes: number): DisplaySnapshot => {
  const given = (typeof snapshot === 'object' && snapshot !== null ? snapshot : {}) as Partial<DisplaySnapshot>;
  if (given.device !== 'display')
    throw new LabError('EINVAL', `this is a snapshot of '${String(given.device)}', a 'display' is needed`);
  if (given.vramBytes !== vramBytes)
    throw new LabError('EINVAL', `the snapshot has ${given.vramBytes} bytes of video memory, the display ${vramBytes}`);
  const missing = PARTS.filter((part) => given[part] === undefined);
  if (missing.length > 0) throw new LabError('EINVAL', `the snapshot lacks ${missing.join(', ')}`);
  return given as DisplaySnapshot; // what a device of this kind wrote
};

export const packPages = (memory: Uint8Array): DisplaySnapshot['pages'] => {
  const pages: (readonly [number, string])[] = [];
  for (let at = 0; at < memory.length; at += PAGE_BYTES) {
    const page = memory.subarray(at, at + PAGE_BYTES);
    if (page.some((byte) => byte !== 0)) pages.push([at / PAGE_BYTES, toBase64(page)]);
  }
  return pages;
};

export const unpackPages = (memory: Uint8Array, pages: DisplaySnapshot['pages']): void => {
  memory.fill(0);
  for (const [page, bytes] of pages) memory.set(fromBase64(bytes), page * PAGE_BYTES);
};
