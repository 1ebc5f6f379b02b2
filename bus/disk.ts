/** A disk as its users see it: what a block driver makes of its device, and offers to whoever reads and writes. */
import type { BlockOp, BlockStatus } from './block.ts';

/** One piece of work for a disk; any size, the driver splits it. */
export interface Bio {
  readonly op: BlockOp;
  /** In 512-byte units. */
  readonly sector: number;
  readonly sectors: number;
  /** Through the volatile cache before the answer. */
  readonly fua?: boolean;
  /** Everything written before reaches the medium first. */
  readonly preflush?: boolean;
  /** Zeroes must be allocated (write_zeroes). */
  readonly noUnmap?: boolean;
  /** Answered by polling rather than by interrupt, where there are poll queues. */
  readonly polled?: boolean;
  /** Payload of a write or an append: `sectors` x 512 bytes, given over to the disk. */
  readonly data?: Uint8Array;
}

export interface BioResult {
  readonly status: BlockStatus;
  /** Of a read, or of a zone report. Absent when the device left the buffer as it was. */
  readonly data?: Uint8Array;
  /** Where an append was placed. */
  readonly sector?: number;
}

export interface Disk {
  /** `nullb0`. */
  readonly name: string;
  readonly capacitySectors: number;
  readonly blockBytes: number;
  /** Resolves exactly once for each bio, whatever happens to device or driver; never rejects for an I/O error. */
  submit(bio: Bio): Promise<BioResult>;
}
