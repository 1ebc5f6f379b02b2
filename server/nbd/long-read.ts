/** A read too long for a slab: answered in pieces as the client takes them, so that no answer stands in memory whole. */
import { nbdErrorOf } from '#bus/nbd-codec.ts';
import type { NbdExport } from './export.ts';
import { type Outbox, PIECE_BYTES, ZERO_PIECE_BYTES } from './outbox.ts';

export interface LongReadOptions {
  /** The number of the connection. */
  readonly client: number;
  readonly served: NbdExport;
  readonly out: Outbox;
  /** The request's cookie. */
  readonly high: number;
  readonly low: number;
}

export class LongRead {
  readonly #client: number;
  readonly #served: NbdExport;
  readonly #out: Outbox;
  readonly #high: number;
  readonly #low: number;
  #at: number;
  #left: number;
  #opened = false;
  /** The device has seen, and counted, a first piece. */
  #begun = false;
  /** The device has the rest. */
  #asked = false;
  #failed = false;

  constructor({ client, served, out, high, low }: LongReadOptions, offset: number, length: number) {
    this.#client = client;
    this.#served = served;
    this.#out = out;
    this.#high = high;
    this.#low = low;
    this.#at = offset;
    this.#left = length;
  }

  /** Sends pieces while no more than `limitBytes` wait for the client. `failed`: its head has promised data that will not come. */
  pump(limitBytes: number, answered: () => void): 'done' | 'more' | 'failed' {
    if (!this.#opened) this.#out.open(this.#high, this.#low, this.#at, this.#left);
    this.#opened = true;
    while (this.#left > 0 && !this.#asked && !this.#failed && this.#out.queuedBytes < limitBytes) {
      const { path } = this.#served;
      if (path === 'queued') this.#ask(answered);
      else this.#piece(path);
    }
    return this.#failed ? 'failed' : this.#left === 0 ? 'done' : 'more';
  }

  #piece(path: 'plain' | 'direct'): void {
    const at = this.#at;
    const length = Math.min(this.#left, path === 'plain' ? ZERO_PIECE_BYTES : PIECE_BYTES);
    if (path === 'plain') this.#out.zeroPiece(length);
    else {
      const read = (target: Uint8Array, to: number): number =>
        nbdErrorOf(this.#served.readInto(at, length, target, to, this.#begun ? 0 : 1));
      this.#failed = this.#out.piece(length, read) !== 0;
      this.#begun = true;
    }
    this.#at += length;
    this.#left -= length;
  }

  /** Half way the device became one that takes its time: a fault was switched on. */
  #ask(answered: () => void): void {
    this.#asked = true;
    const rest = { op: 'read', offsetBytes: this.#at, lengthBytes: this.#left, fua: false, noUnmap: false } as const;
    this.#served.submit({ client: this.#client, ...rest }, (status, data) => {
      this.#asked = false;
      this.#failed = status !== 'OK';
      if (status === 'OK') this.#out.rest(data ?? new Uint8Array(this.#left));
      this.#left = 0;
      answered();
    });
  }
}
