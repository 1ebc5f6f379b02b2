/** Who touched which register last: one entry a place, updated in place because accesses come by the thousand. */
import { TRACE_OPS, type TraceOp } from '#bus/trace.ts';
import type { TraceRing } from './trace-ring.ts';

export interface Touch {
  seq: number;
  time: number;
  requester: number;
  op: 'read' | 'write';
}

const READ = TRACE_OPS.indexOf('read');
const WRITE = TRACE_OPS.indexOf('write');
const DONE = TRACE_OPS.indexOf('done');

export class Touches {
  readonly #byDevice = new Map<number, Map<number, Touch>>();
  readonly #blocks = new Set<number>();
  readonly #lastTimes = new Map<number, number>();
  readonly #counts = new Float64Array(TRACE_OPS.length);

  /** Takes in the records from `position` to the end of the ring. */
  take(ring: TraceRing, position: number): void {
    const { view } = ring;
    for (let p = Math.max(position, ring.begin); p < ring.end; p++) {
      const offset = ring.offsetOf(p);
      const op = view.getUint8(offset + 6);
      this.#counts[op] = (this.#counts[op] ?? 0) + 1;
      const device = view.getUint8(offset + 4);
      if (op === DONE) this.#sectors(device);
      if (op !== READ && op !== WRITE) continue;
      if (this.#blocks.has(device)) {
        this.#lastTimes.set(device, view.getFloat64(offset + 8, true));
        continue;
      }
      let places = this.#byDevice.get(device);
      if (places === undefined) {
        places = new Map();
        this.#byDevice.set(device, places);
      }
      const at = view.getUint32(offset + 16, true);
      let touch = places.get(at);
      if (touch === undefined) {
        touch = { seq: 0, time: 0, requester: 0, op: 'read' };
        places.set(at, touch);
      }
      touch.seq = view.getUint32(offset, true);
      touch.time = view.getFloat64(offset + 8, true);
      this.#lastTimes.set(device, touch.time);
      touch.requester = view.getUint8(offset + 5);
      touch.op = op === READ ? 'read' : 'write';
    }
  }

  /** Only block devices answer by a record of its own: their reads and writes are at sectors, without end and of no use here. */
  #sectors(device: number): void {
    this.#blocks.add(device);
    this.#byDevice.delete(device);
  }

  /** The last access at an address of a device, by the index of the device's name. */
  of(device: number, at: number): Readonly<Touch> | undefined {
    return this.#byDevice.get(device)?.get(at);
  }

  /** Addresses that were ever accessed on a device. */
  addresses(device: number): Iterable<number> {
    return this.#byDevice.get(device)?.keys() ?? [];
  }

  /** Lab nanoseconds of the last access to a device; undefined before the first. */
  lastTime(device: number): number | undefined {
    return this.#lastTimes.get(device);
  }

  /** How many records of an operation came so far. */
  count(op: TraceOp): number {
    return this.#counts[TRACE_OPS.indexOf(op)] ?? 0;
  }

  reset(): void {
    this.#byDevice.clear();
    this.#blocks.clear();
    this.#lastTimes.clear();
    this.#counts.fill(0);
  }
}
