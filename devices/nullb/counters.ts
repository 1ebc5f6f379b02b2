/** Exact counts of what a block device did, by operation and by hardware queue, and its latencies. */
import histograms from 'hdr-histogram-js/dist/Float64Histogram.js';
import { BLOCK_OPS, type BlockOp, type BlockStatus } from '#bus/block.ts';
import type { BlockLatencyView, BlockOpCounts } from '#bus/block-panel.ts';

/** What happened besides answers. */
export const EVENTS = [
  'timeouts',
  'requeues',
  'throttled',
  'noTag',
  'badBlocks',
  'lost',
  'duplicated',
  'torn',
  'rotten',
  'refused',
] as const;
export type EventName = (typeof EVENTS)[number];

/** Latencies are kept in three classes. */
export const LATENCY_CLASSES = ['read', 'write', 'other'] as const;
export type LatencyClass = (typeof LATENCY_CLASSES)[number];

const LONGEST_NS = 120e9;

/**
 * The library's index loads WebAssembly, a decompressor and formatters of numbers too: 30 ms that every process would pay.
 * Node hands out the exports of this part of it, a bundler the default among them.
 */
const Float64Histogram = histograms.default ?? (histograms as unknown as typeof histograms.default);
type Histogram = InstanceType<typeof Float64Histogram>;

export interface CountersSnapshot {
  readonly peak: number;
  readonly longest: Readonly<Record<LatencyClass, number>>;
  readonly ops: readonly (readonly number[])[];
  readonly events: Readonly<Record<EventName, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly latencies: Readonly<Record<LatencyClass, readonly (readonly [ns: number, count: number])[]>>;
}

const FIELDS = ['requests', 'bytes', 'errors', 'timeNs'] as const;

export class Counters {
  readonly #ops = BLOCK_OPS.map(() => new Float64Array(FIELDS.length));
  readonly #inFlightByOp = new Float64Array(BLOCK_OPS.length);
  readonly #inFlightByQueue: number[] = [];
  readonly #events = zeroEvents();
  readonly #statuses = new Map<BlockStatus, number>();
  readonly #latencies: Readonly<Record<LatencyClass, Histogram>> = {
    read: empty(),
    write: empty(),
    other: empty(),
  };
  /** Exact, where a histogram rounds. */
  readonly #longest: Record<LatencyClass, number> = { read: 0, write: 0, other: 0 };
  #inFlight = 0;
  #peak = 0;

  /** So many requests went well, with so many bytes in all. */
  count(op: BlockOp, requests: number, bytes: number): void {
    const row = this.#ops[OP_INDEX[op]]!;
    row[0] = row[0]! + requests;
    row[1] = row[1]! + bytes;
  }

  began(op: BlockOp, queue: number): void {
    const index = OP_INDEX[op];
    this.#inFlightByOp[index] = this.#inFlightByOp[index]! + 1;
    this.#inFlightByQueue[queue] = (this.#inFlightByQueue[queue] ?? 0) + 1;
    this.#inFlight++;
    if (this.#inFlight > this.#peak) this.#peak = this.#inFlight;
  }

  /** The device has let go of a request, answered or not. */
  left(op: BlockOp, queue: number): void {
    const index = OP_INDEX[op];
    this.#inFlightByOp[index] = this.#inFlightByOp[index]! - 1;
    this.#inFlightByQueue[queue] = (this.#inFlightByQueue[queue] ?? 0) - 1;
    this.#inFlight--;
  }

  answered(op: BlockOp, bytes: number, status: BlockStatus, latencyNs: number): void {
    const ok = status === 'OK';
    const row = this.#ops[OP_INDEX[op]]!;
    row[0] = row[0]! + 1;
    row[1] = row[1]! + (ok ? bytes : 0);
    row[3] = row[3]! + latencyNs;
    if (!ok) {
      row[2] = row[2]! + 1;
      this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    }
    this.latency(op, latencyNs, 1);
  }

  latency(op: BlockOp, ns: number, requests: number): void {
    const of = op === 'read' ? 'read' : op === 'write' || op === 'zone_append' ? 'write' : 'other';
    if (ns > this.#longest[of]) this.#longest[of] = ns;
    this.#latencies[of].recordValueWithCount(Math.min(LONGEST_NS, Math.max(1, Math.round(ns))), requests);
  }

  note(event: EventName): void {
    this.#events[event]++;
  }

  get inFlight(): number {
    return this.#inFlight;
  }
  get peak(): number {
    return this.#peak;
  }
  inFlightOf(op: BlockOp): number {
    return this.#inFlightByOp[OP_INDEX[op]]!;
  }
  inFlightAt(queue: number): number {
    return this.#inFlightByQueue[queue] ?? 0;
  }
  get events(): Readonly<Record<EventName, number>> {
    return { ...this.#events };
  }
  get statuses(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#statuses);
  }

  of(op: BlockOp): BlockOpCounts {
    const [requests = 0, bytes = 0, errors = 0, timeNs = 0] = this.#ops[OP_INDEX[op]]!;
    return { requests, bytes, errors, timeNs, inFlight: this.inFlightOf(op) };
  }

  latencyOf(of: LatencyClass): BlockLatencyView {
    const histogram = this.#latencies[of];
    const at = (percentile: number): number =>
      histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(percentile);
    return {
      requests: histogram.totalCount,
      meanNs: histogram.totalCount === 0 ? 0 : histogram.mean,
      maxNs: this.#longest[of],
      p50Ns: at(50),
      p90Ns: at(90),
      p99Ns: at(99),
      p999Ns: at(99.9),
      buckets: octaves(recorded(histogram)),
    };
  }

  /** Counts begin again; what is in flight stays in flight. */
  reset(): void {
    for (const row of this.#ops) row.fill(0);
    Object.assign(this.#events, zeroEvents());
    this.#statuses.clear();
    for (const of of LATENCY_CLASSES) {
      this.#latencies[of].reset();
      this.#longest[of] = 0;
    }
    this.#peak = this.#inFlight;
  }

  /** Nothing is in flight any more. */
  settle(): void {
    this.#inFlightByOp.fill(0);
    this.#inFlightByQueue.length = 0;
    this.#inFlight = 0;
  }

  snapshot(): CountersSnapshot {
    return {
      peak: this.#peak,
      longest: { ...this.#longest },
      ops: this.#ops.map((row) => [...row]),
      events: this.events,
      statuses: this.statuses,
      latencies: {
        read: recorded(this.#latencies.read),
        write: recorded(this.#latencies.write),
        other: recorded(this.#latencies.other),
      },
    };
  }

  restore({ peak, longest, ops, events, statuses, latencies }: CountersSnapshot): void {
    this.reset();
    this.settle();
    this.#peak = peak;
    Object.assign(this.#longest, longest);
    for (const [i, row] of ops.entries()) this.#ops[i]?.set(row);
    Object.assign(this.#events, events);
    for (const [status, count] of Object.entries(statuses)) this.#statuses.set(status as BlockStatus, count);
    for (const of of LATENCY_CLASSES)
      for (const [ns, count] of latencies[of]) this.#latencies[of].recordValueWithCount(ns, count);
  }
}

const OP_INDEX = Object.fromEntries(BLOCK_OPS.map((op, i) => [op, i])) as Readonly<Record<BlockOp, number>>;

const zeroEvents = (): Record<EventName, number> =>
  Object.fromEntries(EVENTS.map((event) => [event, 0])) as Record<EventName, number>;

/** Two significant digits. */
const empty = (): Histogram => new Float64Histogram(1, LONGEST_NS, 2);

/** Each recorded value with its count. */
const recorded = (histogram: Histogram): [ns: number, count: number][] => {
  const found: [number, number][] = [];
  if (histogram.totalCount === 0) return found;
  for (let i = histogram.countsArrayIndex(histogram.minNonZeroValue); i < histogram.countsArrayLength; i++) {
    const count = histogram.getCountAtIndex(i);
    if (count > 0) found.push([histogram.valueFromIndex(i), count]);
  }
  return found;
};

/** Eight buckets a doubling: enough for a drawing. */
const octaves = (values: readonly (readonly [number, number])[]): { fromNs: number; requests: number }[] => {
  const buckets = new Map<number, number>();
  for (const [ns, count] of values) {
    const bucket = Math.floor(Math.log2(ns) * 8);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + count);
  }
  return [...buckets].map(([bucket, requests]) => ({ fromNs: Math.round(2 ** (bucket / 8)), requests }));
};
