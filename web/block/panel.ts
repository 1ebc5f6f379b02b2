/** The panel of a null block device, told apart from other panels, and what it says in words. */
import type { BlockPanel } from '#bus/block-panel.ts';

/** The panel of a null block device, or null when the panel is another device's. */
export const blockPanel = (panel: unknown): BlockPanel | null =>
  typeof panel === 'object' && panel !== null && (panel as { kind?: unknown }).kind === 'nullb'
    ? (panel as BlockPanel) // the wire: the lab's own inspect() of this kind
    : null;

/** One setting that shapes what the device does, as a chip shows it. */
export interface SettingWords {
  readonly text: string;
  readonly title: string;
  readonly caution: boolean;
}

/** What the device is set to, the most telling first. */
export const settingsOf = (panel: BlockPanel): readonly SettingWords[] => {
  const { cacheBytes, cachedBytes, throttle, zones, badBlocks, irqmode, completionNs } = panel;
  const bad = badBlocks.reduce((sum, { length }) => sum + length, 0);
  const calm = (text: string, title: string): SettingWords => ({ text, title, caution: false });
  return [
    ...(panel.readOnly ? [{ text: 'read-only', title: 'Writes are refused', caution: true }] : []),
    ...(bad === 0 ? [] : [{ text: `${bad.toLocaleString('en-US')} bad sectors`, title: 'badblocks', caution: true }]),
    panel.memoryBacked
      ? calm(`memory backed, ${bytesText(panel.storedBytes)} stored`, 'memory_backed')
      : calm('no memory: reads leave the buffer as it was', 'memory_backed'),
    irqmode === 'timer'
      ? calm(`irqmode timer, ${nsText(completionNs)}`, 'irqmode, completion_nsec')
      : calm(`irqmode ${irqmode}`, 'irqmode'),
    cacheBytes === 0
      ? calm('no cache', 'cache_size')
      : calm(`cache ${bytesText(cacheBytes)}, ${bytesText(cachedBytes)} not yet written`, 'cache_size'),
    ...(throttle === null ? [] : [calm(`throttle ${throttle.mbps} MiB/s`, 'mbps')]),
    ...(zones === null ? [] : [calm(`${zones.zones} zones of ${sectorsText(zones.zoneSectors)}`, 'zoned, zone_size')]),
    ...(panel.compat === 'strict' ? [calm('compat strict', "Without the kernel's traps")] : []),
  ];
};

/** Names of events that are worth a word once they happened. */
export const EVENT_WORDS: Readonly<Record<string, string>> = {
  timeouts: 'timed out',
  requeues: 'sent back to be tried again',
  throttled: 'held by the throttle',
  noTag: 'found no free tag',
  badBlocks: 'hit a bad block',
  lost: 'never answered',
  duplicated: 'answered twice',
  torn: 'torn writes',
  rotten: 'read with flipped bits',
  refused: 'refused',
};

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `4 GiB`, `329.3 MiB`: three or four figures. */
export const bytesText = (bytes: number): string => {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${figures(value)} ${UNITS[unit]}`;
};

export const sectorsText = (sectors: number): string => bytesText(sectors * 512);

/** `362 µs`, `1.84 ms`; a dash for nothing. */
export const nsText = (ns: number | null | undefined): string => {
  if (ns === null || ns === undefined || !Number.isFinite(ns)) return '–';
  if (ns >= 1e9) return `${figures(ns / 1e9)} s`;
  if (ns >= 1e6) return `${figures(ns / 1e6)} ms`;
  if (ns >= 1e3) return `${figures(ns / 1e3)} µs`;
  return `${figures(ns)} ns`;
};

const figures = (value: number): string =>
  Number.isInteger(value) || value >= 1000
    ? Math.round(value).toLocaleString('en-US')
    : value.toFixed(value >= 100 ? 1 : 2);
