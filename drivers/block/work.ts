/** One fragment of a bio on its way through the queue. */
import type { BlockOp, BlockStatus } from '#bus/block.ts';

export interface Work {
  readonly op: BlockOp;
  readonly sector: number;
  readonly sectors: number;
  readonly fua: boolean;
  readonly noUnmap: boolean;
  readonly polled: boolean;
  /** Absent for reads, and for writes of zeroes. */
  readonly payload: Uint8Array | undefined;
  /** Called exactly once. */
  readonly done: (result: WorkResult) => void;
}

export interface WorkResult {
  readonly status: BlockStatus;
  readonly data?: Uint8Array;
  readonly sector?: number;
}

/** Every piece of work that no device will see any more ends so. */
export const GONE: WorkResult = { status: 'OFFLINE' };
