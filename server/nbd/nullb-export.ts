/** A null block device as an NBD export. */
import { type BlockStatus, SECTOR_BYTES } from '#bus/block.ts';
import { EXTENT } from '#bus/nbd-codec.ts';
import type { Nullb } from '#devices/nullb/nullb.ts';
import type { NbdExport, NbdExtent, NbdGeometry, NbdWork } from './export.ts';
import { type Answer, GateWay } from './gate-way.ts';
import type { GateReturn, GateStep } from './hosted.ts';
import type { RequestLog } from './request-log.ts';

/** What NBD clients reckon with when nobody tells them (doc/proto.md, "Block sizes"). */
const MAXIMUM_BYTES = 32 * 1024 * 1024;
const PREFERRED_BYTES = 4096;

export interface NullbExportOptions {
  readonly name: string;
  readonly device: Nullb;
  readonly log: RequestLog;
  /** Not 0 while faults or breakpoints stand in front of the device. */
  readonly gateStands: Int32Array;
  /** To the lab, where they stand. */
  readonly toGate: (steps: readonly GateStep[]) => void;
}

export class NullbExport implements NbdExport {
  readonly name: string;
  readonly log: RequestLog;
  readonly #device: Nullb;
  readonly #gate: GateWay;
  /** By the number of the client. */
  readonly #cuts = new Map<number, (reason: string) => void>();
  readonly #deaf: () => void;
  /** As of the last look; null when somebody may have changed it. */
  #geometry: NbdGeometry | null = null;
  #flushCovers = false;

  constructor({ name, device, log, gateStands, toGate }: NullbExportOptions) {
    this.name = name;
    this.log = log;
    this.#device = device;
    this.#gate = new GateWay({
      stands: gateStands,
      send: toGate,
      perform: (work, done) => this.#perform(work, done),
      cut: (client, reason) => this.#cuts.get(client)?.(reason),
    });
    this.#deaf = device.onEvent(() => {
      this.#geometry = null;
      // powered off it answers ESHUTDOWN; unplugged nobody is there to answer
      if (device.powered && !device.reachable) this.cut('the device was unplugged');
    });
  }

  get description(): string {
    const { personality } = this.#device;
    return `${personality === 'rnull' ? 'rnull' : 'null_blk'}, ${this.geometry.sizeBytes / 2 ** 20} MiB`;
  }

  get up(): boolean {
    return this.#device.reachable;
  }

  get path(): NbdExport['path'] {
    const { path } = this.#device;
    return path === 'off' || this.#gate.stands ? 'queued' : path;
  }

  get geometry(): NbdGeometry {
    this.#geometry ??= this.up ? this.#look() : NOTHING;
    return this.#geometry;
  }

  /** Sizes and abilities may be others now. */
  changed(): void {
    this.#geometry = null;
  }

  count(op: 'read' | 'write', requests: number, bytes: number): void {
    this.#device.count(op, requests, bytes);
  }

  readInto(offsetBytes: number, lengthBytes: number, target: Uint8Array, at: number, requests: 0 | 1): BlockStatus {
    return this.#device.readInto(offsetBytes, lengthBytes, target, at, requests);
  }

  writeFrom(
    offsetBytes: number,
    lengthBytes: number,
    source: Uint8Array,
    at: number,
    throughCache: boolean,
  ): BlockStatus {
    return this.#device.writeFrom(offsetBytes, lengthBytes, source, at, throughCache);
  }

  submit(work: NbdWork, done: Answer): void {
    if (this.#gate.stands) this.#gate.submit(work, done);
    else this.#perform(work, done);
  }

  /** What the gate makes of requests that are there. */
  ruled(returns: readonly GateReturn[]): void {
    this.#gate.hear(returns);
  }

  left(client: number): void {
    this.#gate.left(client);
  }

  #perform({ op, offsetBytes, lengthBytes, data, fua, noUnmap }: NbdWork, done: Answer): void {
    // a device with a cache and without FUA: the block layer flushes after the write (Linux block/blk-flush.c)
    const flushAfter = fua && this.#flushCovers && op !== 'read' && op !== 'flush';
    this.#device.request(
      {
        op,
        sector: offsetBytes / SECTOR_BYTES,
        sectors: lengthBytes / SECTOR_BYTES,
        ...(fua && !flushAfter ? { fua } : {}),
        ...(noUnmap ? { noUnmap } : {}),
        ...(data === undefined ? {} : { data }),
      },
      ({ status, data: found }) => {
        if (status !== 'OK' || !flushAfter) done(status, found);
        else this.#device.request({ op: 'flush', sector: 0, sectors: 0 }, (flushed) => done(flushed.status, found));
      },
    );
  }

  extents(offsetBytes: number, lengthBytes: number, limit: number): readonly NbdExtent[] {
    const end = offsetBytes + lengthBytes;
    const found: NbdExtent[] = [];
    for (let at = offsetBytes; at < end && found.length < limit; ) {
      const { bytes, stored } = this.#device.extent(at, end);
      found.push({ lengthBytes: bytes, flags: stored ? 0 : EXTENT.hole | EXTENT.zero });
      at += bytes;
    }
    return found;
  }

  onCut(client: number, listener: (reason: string) => void): () => void {
    this.#cuts.set(client, listener);
    return () => {
      if (this.#cuts.get(client) === listener) this.#cuts.delete(client);
    };
  }

  cut(reason: string): void {
    for (const listener of [...this.#cuts.values()]) listener(reason);
  }

  /** The device leaves the bench. */
  close(): void {
    this.#deaf();
    this.cut('the device was removed');
  }

  #look(): NbdGeometry {
    const { capacitySectors, blockBytes, readOnly, rotational, features } = this.#device.identify();
    this.#flushCovers = features.includes('flush') && !features.includes('fua');
    const trim = features.includes('discard');
    return {
      sizeBytes: capacitySectors * SECTOR_BYTES,
      minimumBytes: blockBytes,
      preferredBytes: Math.max(PREFERRED_BYTES, blockBytes),
      maximumBytes: MAXIMUM_BYTES,
      readOnly,
      rotational,
      // without a volatile cache both are kept by doing nothing
      flush: true,
      fua: true,
      trim,
      // the device itself, or zeroes written as the block layer does
      writeZeroes: true,
      fastZero: trim || this.#device.plain,
    };
  }
}

const NOTHING: NbdGeometry = {
  sizeBytes: 0,
  minimumBytes: SECTOR_BYTES,
  preferredBytes: PREFERRED_BYTES,
  maximumBytes: MAXIMUM_BYTES,
  readOnly: true,
  rotational: false,
  flush: true,
  fua: true,
  trim: false,
  writeZeroes: false,
  fastZero: false,
};
