/** Block requests and completions, with tags: the port a block driver is given. */
import type { GateSlot } from './filters/gate.ts';

/** A sector is 512 bytes, whatever the device's block size. */
export const SECTOR_BYTES = 512;

export const BLOCK_OPS = [
  'read',
  'write',
  'flush',
  'discard',
  'write_zeroes',
  'zone_append',
  'zone_open',
  'zone_close',
  'zone_finish',
  'zone_reset',
  'zone_reset_all',
  'zone_report',
] as const;
export type BlockOp = (typeof BLOCK_OPS)[number];

/** Names of the kernel's block statuses; `datasheets/` has the errno of each. */
export const BLOCK_STATUSES = [
  'OK',
  'NOTSUPP',
  'TIMEOUT',
  'NOSPC',
  'TRANSPORT',
  'TARGET',
  'RESV_CONFLICT',
  'MEDIUM',
  'PROTECTION',
  'RESOURCE',
  'DEV_RESOURCE',
  'AGAIN',
  'OFFLINE',
  'ZONE_OPEN_RESOURCE',
  'ZONE_ACTIVE_RESOURCE',
  'DURATION_LIMIT',
  'INVAL',
  'IOERR',
] as const;
export type BlockStatus = (typeof BLOCK_STATUSES)[number];

/** One command to a hardware queue. */
export interface BlockCommand {
  readonly op: BlockOp;
  /** Free to choose below the queue's depth; the device answers with it. A tag in flight must not be used again. */
  readonly tag: number;
  /** Counts the uses of a tag, so that a late answer is not taken for the next user's. 32 bits. */
  readonly generation: number;
  /** Hardware queue. */
  readonly hctx: number;
  readonly sector: number;
  readonly sectors: number;
  /** Through the volatile cache before the answer (writes). */
  readonly fua?: boolean;
  /** Zeroes must be allocated (write_zeroes). */
  readonly noUnmap?: boolean;
  /** The tag's use before this one timed out and was given up; its answer may still come and will be ignored. */
  readonly reclaims?: boolean;
  /** Payload of a write or an append: `sectors` x 512 bytes. Given over to the port: do not touch it until the answer. */
  readonly data?: Uint8Array;
}

export interface BlockCompletion {
  readonly hctx: number;
  readonly tag: number;
  readonly generation: number;
  readonly status: BlockStatus;
  /** Where an append was placed. */
  readonly sector?: number;
  /** Data of a read; zone descriptors of a report. Absent when the device leaves the buffer as it was (not memory backed). */
  readonly data?: Uint8Array;
}

/** What the device tells at attach, and again after `resized`: what a driver sizes its tag set and its disk by. */
export interface BlockIdentity {
  readonly capacitySectors: number;
  readonly blockBytes: number;
  readonly readOnly: boolean;
  readonly rotational: boolean;
  readonly features: readonly ('flush' | 'fua' | 'discard' | 'write_zeroes' | 'zoned')[];
  /** Hardware queues: the first `submitQueues` are interrupt driven, `pollQueues` more answer when polled. */
  readonly submitQueues: number;
  readonly pollQueues: number;
  readonly queueDepth: number;
  readonly sharedTags: boolean;
  readonly maxSectors: number;
  readonly virtBoundary: boolean;
  readonly zoned: {
    readonly zoneSectors: number;
    readonly zones: number;
    readonly conventional: number;
    readonly maxOpen: number;
    readonly maxActive: number;
    readonly maxAppendSectors: number;
  } | null;
}

export type BlockEvent = 'resized' | 'removed';

/** What a driver is given. */
export interface BlockPort {
  /** Rejects with ENODEV while the device is powered off. */
  identify(): Promise<BlockIdentity>;
  /**
   * Rings the doorbell with commands in order; resolves when the device has taken them. Rejects with a LabError when the
   * bus fails, or when a command breaks the rules of the port (tag in flight, past the depth, beyond the end): then none was taken.
   */
  submit(commands: readonly BlockCommand[]): Promise<void>;
  /** What a poll queue has finished since the last time. */
  poll(hctx: number): Promise<readonly BlockCompletion[]>;
  /** Interrupts: completions in the order the device gave them; a device fault may repeat or withhold one. */
  onCompletion(listener: (completions: readonly BlockCompletion[]) => void): () => void;
  onEvent(listener: (event: BlockEvent) => void): () => void;
}

/** What sits behind the port: synchronous, on the lab's clock. */
export interface BlockSilicon {
  identify(): BlockIdentity;
  /** Takes a command; the answer comes through `completed`, perhaps before this returns (irqmode 0). */
  submit(command: BlockCommand): void;
  poll(hctx: number): readonly BlockCompletion[];
  /** Where answers go; one listener, set by the bus. */
  completed: (completion: BlockCompletion) => void;
  event: (event: BlockEvent) => void;
  /** Told of requests that came another way than `submit`; only of devices that have such a way. */
  outside?: (requests: OutsideRequests) => void;
  /** Where faults and breakpoints stand for such requests too. */
  outsideGate?: (slot: GateSlot) => void;
}

/** Requests of one device that have rows of an interval of a quarter of a second, of those that came another way than the bus. */
export const OUTSIDE_ROWS = 64;

/** What the trace is told of requests that came another way than the bus: some one by one, the others by their number. */
export interface OutsideRequests {
  readonly rows: readonly OutsideRow[];
  /** Requests without a row since this was last told; undefined when it is not the time to tell. */
  readonly leftOut?: number;
  /** Lab nanoseconds at which it was told. */
  readonly time: number;
}

/** A request as it was handed over, or its answer, with the request once more. */
export interface OutsideRow {
  readonly time: number;
  /** Counts the requests that have rows. */
  readonly number: number;
  /** Who asked, of the NBD clients. */
  readonly client: number;
  readonly op: BlockOp;
  readonly sector: number;
  readonly sectors: number;
  readonly fua: boolean;
  readonly noUnmap: boolean;
  /** Never reached the device. */
  readonly refused: boolean;
  readonly answer?: { readonly status: BlockStatus; readonly latencyNs: number };
}
