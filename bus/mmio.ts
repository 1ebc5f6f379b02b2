/** Memory-mapped I/O: the port a driver is given for 32-bit registers, and for spans of device memory. */

import type { TraceOutcome } from './trace.ts';

/** What a driver is given. Addresses are bytes from the start of the device's register window, multiples of the width. */
export interface MmioPort {
  /** Reads one register of 8, 16 or 32 bits. Rejects with a LabError when the bus fails. */
  read(at: number, width?: MmioWidth): Promise<number>;
  write(at: number, value: number, width?: MmioWidth): Promise<void>;
  /** Accesses in order, in one message: the fast path for a mode set. Resolves with the values of the reads among them. */
  transfer(accesses: readonly MmioAccess[]): Promise<readonly number[]>;
  /** Bytes of a memory span (video memory), from its start. A write is done when it resolves. */
  readSpan(span: string, offset: number, length: number): Promise<Uint8Array>;
  writeSpan(span: string, offset: number, bytes: Uint8Array): Promise<void>;
  /** A rectangle of a span and nothing of what lies beside it: one access. Its rows lie as far apart in `bytes`, or `apartBytes`. */
  writeRows(span: string, rows: SpanRows, bytes: Uint8Array, apartBytes?: number): Promise<void>;
  /** Interrupts of the device, in order, each once. Returns the way to stop listening. */
  onInterrupt(listener: (line: string, asserted: boolean) => void): () => void;
}

export type MmioWidth = 1 | 2 | 4;

/** Where rows of bytes lie in memory. */
export interface SpanRows {
  /** Of the first row's first byte. */
  readonly offset: number;
  readonly rowBytes: number;
  /** From row to row; not less than a row. */
  readonly pitchBytes: number;
  readonly rows: number;
}

export type MmioAccess =
  | { readonly op: 'read'; readonly at: number; readonly width?: MmioWidth }
  | { readonly op: 'write'; readonly at: number; readonly value: number; readonly width?: MmioWidth };

/** What sits behind the port: synchronous, on the lab's clock. */
export interface MmioSilicon {
  read(at: number, width: MmioWidth): number;
  write(at: number, value: number, width: MmioWidth): void;
  /** The stored value, no side effects. */
  peek(at: number): number;
  /** What the next bus read would return, no side effects; `peek` tells where absent. */
  look?(at: number): number;
  /** What the model makes of an access to this address; `ok` for all when absent. */
  outcome?(at: number, op: 'read' | 'write'): TraceOutcome;
  /** Memory by name; the array is the memory itself. Undefined: no such span. */
  span(name: string): Uint8Array | undefined;
  /** Bytes of a span were written over the bus: for damage. */
  wroteSpan(name: string, offset: number, length: number): void;
}
