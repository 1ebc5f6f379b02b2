/** What the panel of a null block device shows. */
import { BLOCK_OPS, type BlockOp } from '#bus/block.ts';
import type { BlockOpCounts, BlockPanel, BlockZonesView } from '#bus/block-panel.ts';
import { ZONE_COND } from '#datasheets/null-blk.ts';
import type { BadRange } from './bad-blocks.ts';
import type { Personality } from './config.ts';
import type { Counters } from './counters.ts';
import type { Medium } from './medium.ts';
import type { Powered } from './powered.ts';
import type { Compat } from './settings.ts';
import type { Zones } from './zones.ts';

/** More zones than this are not all drawn. */
const ZONES_DRAWN = 1024;

export interface PanelParts {
  readonly personality: Personality;
  readonly compat: Compat;
  readonly now: number;
  readonly powered: Powered | null;
  readonly connected: boolean;
  readonly readOnly: boolean;
  readonly counters: Counters;
  readonly medium: Medium;
  readonly badBlocks: readonly BadRange[];
}

export const panel = ({ powered, counters, medium, now, ...same }: PanelParts): BlockPanel => {
  const config = powered?.config;
  const { submitQueues = 0, pollQueues = 0 } = powered?.queues ?? {};
  return {
    kind: 'nullb',
    ...same,
    power: powered !== null,
    capacitySectors: powered?.capacitySectors ?? 0,
    blockBytes: config?.blockBytes ?? 0,
    memoryBacked: config?.memoryBacked ?? false,
    irqmode: config?.irq ?? 'none',
    completionNs: config?.completionNs ?? 0,
    at: now,
    ...countersView(counters),
    queues: Array.from({ length: submitQueues + pollQueues }, (_, queue) => ({
      kind: queue < submitQueues ? 'interrupt' : 'poll',
      inFlight: counters.inFlightAt(queue),
      depth: config?.queueDepth ?? 0,
    })),
    storedBytes: medium.storedBytes,
    cachedBytes: medium.cachedBytes,
    cacheBytes: config?.cacheBytes ?? 0,
    throttle: powered?.throttle.on
      ? { mbps: powered.config.throttleMbps, budgetBytes: powered.throttle.budgetBytes }
      : null,
    zones: powered?.zones ? zonesView(powered.zones) : null,
  };
};

const countersView = (
  counters: Counters,
): Pick<
  BlockPanel,
  'ops' | 'requests' | 'bytes' | 'errors' | 'statuses' | 'events' | 'inFlight' | 'peakInFlight' | 'latency'
> => {
  const ops = Object.fromEntries(BLOCK_OPS.map((op) => [op, counters.of(op)])) as Record<BlockOp, BlockOpCounts>;
  const sum = (field: 'requests' | 'bytes' | 'errors'): number =>
    BLOCK_OPS.reduce((total, op) => total + ops[op][field], 0);
  return {
    ops,
    requests: sum('requests'),
    bytes: sum('bytes'),
    errors: sum('errors'),
    statuses: counters.statuses,
    events: counters.events,
    inFlight: counters.inFlight,
    peakInFlight: counters.peak,
    latency: {
      read: counters.latencyOf('read'),
      write: counters.latencyOf('write'),
      other: counters.latencyOf('other'),
    },
  };
};

const zonesView = (zones: Zones): BlockZonesView => {
  const { layout } = zones;
  const { implicitlyOpen, explicitlyOpen, closed } = zones.counts;
  const every = Math.ceil(layout.zones / ZONES_DRAWN);
  const counts: Record<string, number> = {};
  let conditions = '';
  const filled: number[] = [];
  const written: number[] = [];
  for (let zone = 0; zone < layout.zones; zone++) {
    const condition = zones.condition(zone);
    counts[condition] = (counts[condition] ?? 0) + 1;
    if (zone % every !== 0) continue;
    conditions += ZONE_COND[condition].toString(16);
    const { start, capacity, writePointer } = zones.view(zone);
    const sectors = condition === 'NOT_WP' || writePointer < 0 ? 0 : writePointer - start;
    filled.push(Math.round(Math.min(1, sectors / capacity) * 255));
    written.push(sectors);
  }
  return {
    zones: layout.zones,
    zoneSectors: layout.zoneSectors,
    capacitySectors: layout.capacitySectors,
    conventional: layout.conventional,
    maxOpen: layout.maxOpen,
    maxActive: layout.maxActive,
    open: implicitlyOpen + explicitlyOpen,
    active: implicitlyOpen + explicitlyOpen + closed,
    every,
    conditions,
    filled,
    written,
    counts,
  };
};
