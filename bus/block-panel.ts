/** What a null block device shows: the `inspect()` of devices of kind `nullb`, plain JSON. */
import type { BlockOp } from './block.ts';

export interface BlockOpCounts {
  readonly requests: number;
  readonly bytes: number;
  readonly errors: number;
  /** Sum of the times from submit to answer. */
  readonly timeNs: number;
  readonly inFlight: number;
}

export interface BlockLatencyView {
  readonly requests: number;
  readonly meanNs: number;
  readonly maxNs: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  /** Eight a doubling, in order, empty ones left out. */
  readonly buckets: readonly { readonly fromNs: number; readonly requests: number }[];
}

export interface BlockZonesView {
  readonly zones: number;
  readonly zoneSectors: number;
  readonly capacitySectors: number;
  readonly conventional: number;
  readonly maxOpen: number;
  readonly maxActive: number;
  readonly open: number;
  readonly active: number;
  /**
   * The zones drawn: all, or with more than 1024 the first of every `every` of them. `condition` in hex digits as
   * blkzoned.h numbers them; `filled` 0 to 255, how far the write pointer is.
   */
  readonly every: number;
  readonly conditions: string;
  readonly filled: readonly number[];
  /** Sectors from the start of each drawn zone to its write pointer; 0 where it has none. */
  readonly written: readonly number[];
  /** How many zones are in each condition. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface BlockPanel {
  readonly kind: 'nullb';
  readonly personality: 'null_blk' | 'rnull';
  readonly compat: 'linux' | 'strict';
  readonly power: boolean;
  /** False: unplugged by a fault. */
  readonly connected: boolean;
  readonly readOnly: boolean;
  readonly capacitySectors: number;
  readonly blockBytes: number;
  readonly memoryBacked: boolean;
  readonly irqmode: 'none' | 'soft' | 'timer';
  readonly completionNs: number;
  /** Nanoseconds since the lab began, when the counts below were taken: rates are differences. */
  readonly at: number;
  readonly ops: Readonly<Record<BlockOp, BlockOpCounts>>;
  readonly requests: number;
  readonly bytes: number;
  readonly errors: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly events: Readonly<Record<string, number>>;
  readonly inFlight: number;
  readonly peakInFlight: number;
  readonly queues: readonly {
    readonly kind: 'interrupt' | 'poll';
    readonly inFlight: number;
    readonly depth: number;
  }[];
  readonly latency: {
    readonly read: BlockLatencyView;
    readonly write: BlockLatencyView;
    readonly other: BlockLatencyView;
  };
  readonly storedBytes: number;
  readonly cachedBytes: number;
  readonly cacheBytes: number;
  readonly throttle: { readonly mbps: number; readonly budgetBytes: number } | null;
  /** The first 512 entries are all there can be. */
  readonly badBlocks: readonly { readonly start: number; readonly length: number }[];
  readonly zones: BlockZonesView | null;
  /** NBD clients it serves; absent where the lab serves none. */
  readonly clients?: readonly BlockClientView[];
}

/** One NBD client of a device. */
export interface BlockClientView {
  readonly peer: string;
  /** Who its requests are recorded under. */
  readonly requester: string;
  readonly secure: boolean;
  readonly structured: boolean;
  /** Bytes of answers it has not taken. */
  readonly queuedBytes: number;
}
