/** What an NBD session needs of the thing it serves: its size and abilities, and three ways to do I/O, from fastest to most faithful. */
import type { BlockStatus } from '#bus/block.ts';
import type { RequestLog } from './request-log.ts';

/** What is true of an export while a client uses it; sent at the handshake, checked again at each request. */
export interface NbdExport {
  readonly name: string;
  readonly description: string;
  readonly geometry: NbdGeometry;
  /** False: powered off, or removed. Requests answer ESHUTDOWN, a client that asks for it is told it is unknown. */
  readonly up: boolean;
  /**
   * `plain`: reads give zeroes, writes go nowhere, only counts are kept. `direct`: data moves at once, through `readInto`
   * and `writeFrom`. `queued`: anything else, through `submit`. May change between two turns of the event loop.
   */
  readonly path: 'plain' | 'direct' | 'queued';
  /** What the trace is told of its requests. */
  readonly log: RequestLog;

  /** Counts what a session did on the plain path. */
  count(op: 'read' | 'write', requests: number, bytes: number): void;
  readInto(offsetBytes: number, lengthBytes: number, target: Uint8Array, at: number, requests: 0 | 1): BlockStatus;
  writeFrom(
    offsetBytes: number,
    lengthBytes: number,
    source: Uint8Array,
    at: number,
    throughCache: boolean,
  ): BlockStatus;
  /** One request; `done` is called once, perhaps before this returns. A read's data stays untouched after it. */
  submit(request: NbdWork, done: (status: BlockStatus, data: Uint8Array | undefined) => void): void;
  /** Allocation from `offsetBytes` on: at least one extent, adjoining ones differ; may stop early, never runs past the end. */
  extents(offsetBytes: number, lengthBytes: number, limit: number): readonly NbdExtent[];
  /** Told when a client must be cut off: the device left the bus, or a fault pulled the plug. Returns the way to stop listening. */
  onCut(client: number, listener: (reason: string) => void): () => void;
  /** A client is gone, whatever it still waits for. */
  left(client: number): void;
}

export interface NbdGeometry {
  readonly sizeBytes: number;
  /** Requests are multiples of this. */
  readonly minimumBytes: number;
  readonly preferredBytes: number;
  /** Longest payload of one request. */
  readonly maximumBytes: number;
  readonly readOnly: boolean;
  readonly rotational: boolean;
  readonly flush: boolean;
  readonly fua: boolean;
  readonly trim: boolean;
  readonly writeZeroes: boolean;
  /** Zeroing is no slower than writing nothing. */
  readonly fastZero: boolean;
}

export interface NbdWork {
  /** Who asks: the number of the connection. */
  readonly client: number;
  readonly op: 'read' | 'write' | 'flush' | 'discard' | 'write_zeroes';
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly data?: Uint8Array;
  readonly fua: boolean;
  readonly noUnmap: boolean;
}

export interface NbdExtent {
  readonly lengthBytes: number;
  /** Bits of EXTENT. */
  readonly flags: number;
}
