/** Zones as people and blkzone name them, and as the map draws them. */
import type { BlockZonesView } from '#bus/block-panel.ts';

export type ZoneLook = 'conventional' | 'empty' | 'open' | 'closed' | 'full' | 'read-only' | 'offline';

export interface ZoneKind {
  /** As `blkzone report` abbreviates it. */
  readonly letters: string;
  readonly name: string;
  readonly look: ZoneLook;
}

/** By the digit blkzoned.h gives the condition. */
const KINDS: Readonly<Record<string, ZoneKind>> = {
  '0': { letters: 'nw', name: 'conventional', look: 'conventional' },
  '1': { letters: 'em', name: 'empty', look: 'empty' },
  '2': { letters: 'oi', name: 'implicitly open', look: 'open' },
  '3': { letters: 'oe', name: 'explicitly open', look: 'open' },
  '4': { letters: 'cl', name: 'closed', look: 'closed' },
  d: { letters: 'ro', name: 'read-only', look: 'read-only' },
  e: { letters: 'fu', name: 'full', look: 'full' },
  f: { letters: 'of', name: 'offline', look: 'offline' },
};
const UNKNOWN: ZoneKind = { letters: '??', name: 'in a condition unknown here', look: 'offline' };

export const kindOfZone = (digit: string): ZoneKind => KINDS[digit] ?? UNKNOWN;

/** For the key: those of `zones` that occur, in the order of the digits. */
export const kindsPresent = ({ conditions }: BlockZonesView): readonly ZoneKind[] =>
  Object.entries(KINDS)
    .filter(([digit]) => conditions.includes(digit))
    .map(([, kind]) => kind);

/** One zone of those drawn. */
export interface ZonePlace {
  readonly zone: number;
  readonly startSector: number;
  readonly writtenSectors: number;
  /** Null where the zone has none that means anything. */
  readonly writePointer: number | null;
  readonly kind: ZoneKind;
}

export const zoneAt = (zones: BlockZonesView, drawn: number): ZonePlace => {
  const zone = drawn * zones.every;
  const startSector = zone * zones.zoneSectors;
  const kind = kindOfZone(zones.conditions[drawn] ?? '');
  const writtenSectors = kind.look === 'full' ? zones.capacitySectors : (zones.written[drawn] ?? 0);
  const pointless = ['conventional', 'full', 'read-only', 'offline'].includes(kind.look);
  return { zone, startSector, writtenSectors, writePointer: pointless ? null : startSector + writtenSectors, kind };
};

/** One sentence for those who do not see the map. */
export const zonesSentence = (zones: BlockZonesView): string => {
  const kinds = kindsPresent(zones).map(({ name, letters }) => {
    const digit = Object.keys(KINDS).find((key) => KINDS[key]?.letters === letters) ?? '';
    return `${[...zones.conditions].filter((c) => c === digit).length} ${name}`;
  });
  return `${zones.zones} zones: ${kinds.join(', ')}`;
};

/** Paths of a strip 10 wide a zone and 100 high: one for each look, so that a thousand zones are eight elements. */
export const stripPaths = (zones: BlockZonesView): Readonly<Record<ZoneLook | 'ground' | 'cap', string>> => {
  const paths: Record<ZoneLook | 'ground' | 'cap', string> = {
    ground: '',
    cap: '',
    conventional: '',
    empty: '',
    open: '',
    closed: '',
    full: '',
    'read-only': '',
    offline: '',
  };
  for (let i = 0; i < zones.conditions.length; i++) {
    const { look } = kindOfZone(zones.conditions[i] ?? '');
    const x = i * 10 + 1;
    const part = look === 'full' ? 1 : (zones.filled[i] ?? 0) / 255;
    const height = Math.round(part * 100);
    const top = 100 - height;
    paths.ground += `M${x} 0h8v100h-8z`;
    if (look === 'conventional') for (let y = 20; y <= 120; y += 20) paths.conventional += `M${x} ${y}l8 -20`;
    else if (look === 'offline') paths.offline += `M${x} 0l8 100M${x + 8} 0l-8 100`;
    else if (look === 'closed') for (let y = 98; y >= Math.min(98, top); y -= 12) paths.closed += `M${x} ${y}h8`;
    else if (look === 'read-only') paths['read-only'] += `M${x} 0h8v100h-8zM${x} 100v${-height}h8v${height}z`;
    else if (part > 0) paths[look] += `M${x} ${top}h8v${height}h-8z`;
    if (look === 'open') paths.cap += `M${x} ${top}h8`;
  }
  return paths;
};
