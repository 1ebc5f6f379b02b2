/** The memory of one request, lent to a driver until the request ends. */
import { LabError } from '#bus/errors.ts';

export type BufferMisuse = (what: 'buffer after completion' | 'out of bounds', text: string) => void;

/** What was asked of it after its end, or beyond its bounds, is a finding and throws. */
export class RequestBuffer {
  readonly length: number;
  readonly #misused: BufferMisuse;
  #source: Uint8Array | undefined;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;
  #returned = false;

  /** `source`: the payload of a write, absent for zeroes and for reads. */
  constructor(length: number, source: Uint8Array | undefined, misused: BufferMisuse) {
    this.length = length;
    this.#source = source;
    this.#misused = misused;
  }

  /** The memory itself. After the request has ended it is detached: its length is 0, its methods throw. */
  get bytes(): Uint8Array<ArrayBuffer> {
    this.#check('its memory was asked for', 0, 0);
    return this.#memory();
  }

  /** How many bytes of a read have been put here. */
  get filled(): number {
    return this.#filled;
  }

  /** Puts what was read at an offset. */
  copyIn(from: Uint8Array, offset = 0): void {
    this.#check('was written to', offset, from.length);
    this.#memory().set(from, offset);
    this.#filled = Math.max(this.#filled, offset + from.length);
  }

  /** A copy of the payload, or of a part, for whoever wants to keep it. */
  copyOut(offset = 0, length = this.length - offset): Uint8Array<ArrayBuffer> {
    this.#check('was read', offset, length);
    const from = this.#bytes ?? this.#source;
    return from === undefined ? new Uint8Array(length) : new Uint8Array(from.subarray(offset, offset + length));
  }

  /** For the queue: takes the memory away from the driver. Undefined when nobody has put anything there. */
  takeBack(): Uint8Array<ArrayBuffer> | undefined {
    const bytes = this.#bytes;
    this.#returned = true;
    this.#bytes = undefined;
    this.#source = undefined;
    if (bytes === undefined) return undefined;
    const kept = new Uint8Array(bytes.buffer.transfer());
    return this.#filled > 0 ? kept.subarray(0, this.#filled) : undefined;
  }

  /** For the queue: the request goes round again. */
  rewind(): void {
    this.#filled = 0;
  }

  #memory(): Uint8Array<ArrayBuffer> {
    if (this.#bytes === undefined) {
      this.#bytes = new Uint8Array(this.length);
      if (this.#source !== undefined) this.#bytes.set(this.#source);
    }
    return this.#bytes;
  }

  #check(verb: string, offset: number, length: number): void {
    if (this.#returned) {
      const text = `the buffer ${verb} after its request had ended`;
      this.#misused('buffer after completion', text);
      throw new LabError('EINVAL', text);
    }
    if (
      !Number.isInteger(offset) ||
      offset < 0 ||
      !Number.isInteger(length) ||
      length < 0 ||
      offset + length > this.length
    ) {
      const text = `the buffer ${verb} at ${offset} for ${length} bytes; it has ${this.length}`;
      this.#misused('out of bounds', text);
      throw new LabError('EINVAL', text);
    }
  }
}
