/** The stream of one NBD connection after its handshake: requests taken from each chunk in a loop, held back where there is no room, answered in batches. */
import { COMMAND } from '#bus/nbd-codec.ts';
import { Commands } from './commands.ts';
import type { Agreement } from './handshake.ts';
import type { Outbox } from './outbox.ts';
import { RequestReader } from './request-reader.ts';
import { WritePayload } from './write-payload.ts';

/** Bytes of answers not yet taken by the client, above which its further requests wait. */
export const QUEUED_LIMIT_BYTES = 4 * 1024 * 1024;

export interface TransmissionOptions {
  /** The number of the connection. */
  readonly client: number;
  readonly agreement: Agreement;
  readonly out: Outbox;
  /** Says goodbye once what was collected has left. */
  readonly close: (reason: string) => void;
}

export class Transmission {
  readonly #out: Outbox;
  readonly #close: (reason: string) => void;
  readonly #request = new RequestReader();
  readonly #payload = new WritePayload();
  readonly #commands: Commands;
  /** Received, not looked at yet: the client must take answers first. */
  #held: Uint8Array | null = null;
  /** At work: what is written at once, or answered at once, does not start more. */
  #batching = false;
  #leaving = false;
  #closed = false;

  constructor({ client, agreement, out, close }: TransmissionOptions) {
    this.#out = out;
    this.#close = close;
    this.#commands = new Commands({
      client,
      agreement,
      out,
      onAnswered: () => this.#answered(),
      hangUp: (reason) => this.#hangUp(reason),
    });
  }

  /** Answers wait for the client, or requests for the device: nothing more is taken. */
  get full(): boolean {
    return this.#commands.full || this.#out.queuedBytes >= QUEUED_LIMIT_BYTES;
  }

  /** Part of a request has arrived: silence here is half a request. */
  get midway(): boolean {
    return this.#held === null && (this.#request.midway || this.#payload.left > 0);
  }

  /** Something received waits to be looked at. */
  get holds(): boolean {
    return this.#held !== null || this.#commands.reading;
  }

  /** Takes what arrived, in pieces of any size; a chunk is read no more once this returns. */
  take(chunk: Uint8Array): void {
    if (this.#closed || this.#leaving || chunk.length === 0) return;
    if (this.#held !== null) {
      this.#held = Buffer.concat([this.#held, chunk]); // the socket is paused: at most what was under way, of TLS too
      return;
    }
    this.#out.cork();
    this.#work(chunk);
    this.#out.uncork();
    this.#leaveWhenDone();
  }

  /** Goes on where there was no room. */
  resume(): void {
    if (this.#closed || this.#batching || !this.holds) return;
    this.#out.cork();
    this.#batching = true;
    this.#commands.pump(QUEUED_LIMIT_BYTES);
    this.#work(this.#release());
    this.#out.uncork();
    this.#leaveWhenDone();
  }

  /** The client is gone. */
  end(): void {
    this.#closed = true;
    this.#held = null;
    this.#payload.release();
    this.#commands.end();
  }

  #work(chunk: Uint8Array): void {
    let left = chunk;
    this.#batching = true;
    while (left.length > 0 && !this.#closed) {
      this.#parse(left);
      this.#commands.count();
      this.#out.flush();
      this.#commands.pump(QUEUED_LIMIT_BYTES);
      left = this.#release();
    }
    this.#batching = false;
  }

  /** What was held, if there is room for it now. */
  #release(): Uint8Array {
    const held = this.#held;
    if (held === null || this.full) return EMPTY;
    this.#held = null;
    return held;
  }

  #parse(chunk: Uint8Array): void {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    const { length: end } = chunk;
    let at = 0;
    while (at < end && !this.#closed && !this.#leaving) {
      if (this.#payload.left > 0) at = this.#takePayload(chunk, at);
      else if (this.full) {
        this.#held = chunk.slice(at);
        return;
      } else {
        at += this.#request.take(chunk, view, at);
        if (this.#request.midway) return;
        this.#begin();
      }
    }
  }

  #begin(): void {
    const { type, length, sane } = this.#request;
    if (!sane) this.#hangUp('a request with the wrong magic');
    else if (type === COMMAND.disc) this.#leaving = true;
    else if (type === COMMAND.write) this.#payload.begin(length, this.#commands.beginWrite(this.#request));
    else this.#commands.begin(this.#request);
  }

  /** What has arrived of a write's payload; it is acknowledged when all of it has. Returns where it ends. */
  #takePayload(chunk: Uint8Array, at: number): number {
    const end = at + this.#payload.take(chunk, at);
    if (this.#payload.left > 0) return end;
    const payload = this.#payload.release();
    if (payload === null) this.#commands.write(this.#request, chunk, at, false);
    else this.#commands.write(this.#request, payload, 0, this.#payload.givesAway);
    return end;
  }

  #answered(): void {
    if (this.#batching || this.#closed) return;
    this.#out.flush();
    this.resume();
    this.#leaveWhenDone();
  }

  #hangUp(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#commands.end();
    this.#close(reason);
  }

  /** DISC: what is under way is answered first. */
  #leaveWhenDone(): void {
    if (this.#leaving && this.#commands.idle) this.#hangUp('the client said goodbye');
  }
}

const EMPTY = new Uint8Array(0);
