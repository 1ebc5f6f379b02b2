/** An access on its way, before it takes effect: what selections are asked about. */

import type { Table } from '#regmap/declare.ts';
import type { Span } from '../device.ts';
import type { TraceOp } from '../trace.ts';

export interface Touch {
  readonly device: string;
  /** As the trace will tell it; `done` is the answer of a block device. */
  readonly op: TraceOp;
  /** Register address, offset in a span of memory, or first sector. */
  readonly at: number;
  /** What is written, or what a read will return; bytes of a span; sectors. */
  readonly value: number;
  /** Writes: the value before. Reads: the value the bus last saw there. */
  readonly old: number;
  readonly requester: string;
  /** Width of the value on the wire. */
  readonly widthBits: number;
  /** Of a block device only. */
  readonly slot?: { readonly tag: number; readonly hctx: number; readonly status: string };
  /** Name of the memory a span access is to. */
  readonly span?: string;
}

/** What the names of a selection mean at one device. */
export interface PlaceNames {
  /** Which bus: `reg == 3.E854` means nothing to a display. */
  readonly port: 'mdio' | 'mmio' | 'block';
  readonly registers: Table;
  readonly spans: readonly Span[];
}
