/** The commands of one NBD connection: parsed in a loop over each received chunk, answered in batches. */
import type { BlockStatus } from '#bus/block.ts';
import {
  CHUNK,
  COMMAND,
  COMMAND_FLAG,
  EXTENT,
  NBD_ERROR,
  nbdErrorOf,
  REQUEST_BYTES,
  REQUEST_MAGIC,
} from '#bus/nbd-codec.ts';
import type { NbdWork } from './export.ts';
import type { Agreement } from './handshake.ts';
import { LongRead } from './long-read.ts';
import { IN_SLAB_BYTES, type Outbox } from './outbox.ts';
import type { Shown } from './request-log.ts';
import { OP_OF, REASONS, refusal, STATUS_OF } from './rules.ts';
import { WritePayload } from './write-payload.ts';

/** Bytes of answers not yet taken by the client, above which its further requests wait. */
export const QUEUED_LIMIT_BYTES = 4 * 1024 * 1024;
/** Requests inside the device, above which further ones wait. */
export const IN_FLIGHT_LIMIT = 256;
/** Data of requests inside the device, above which further ones wait. */
export const IN_FLIGHT_LIMIT_BYTES = 32 * 1024 * 1024;
const EXTENTS_LIMIT = 1024;

export interface TransmissionOptions {
  readonly agreement: Agreement;
  readonly out: Outbox;
  /** Says goodbye once what was collected has left. */
  readonly close: (reason: string) => void;
}

export class Transmission {
  readonly #agreement: Agreement;
  readonly #out: Outbox;
  readonly #close: (reason: string) => void;

  readonly #head = new Uint8Array(REQUEST_BYTES);
  readonly #headView = new DataView(this.#head.buffer);
  #headBytes = 0;
  /** Received, not looked at yet: the client must take answers first. */
  #held: Uint8Array | null = null;

  /** The command being looked at. */
  #type = 0;
  #flags = 0;
  #high = 0;
  #low = 0;
  #offset = 0;
  #length = 0;
  readonly #payload = new WritePayload();
  #fate: 'count' | 'apply' | 'refuse' = 'count';
  #error = 0;
  /** While it is answered everything else waits. */
  #long: LongRead | null = null;
  #longShown: Shown | null = null;

  #reads = 0;
  #readBytes = 0;
  #writes = 0;
  #writeBytes = 0;
  #inFlight = 0;
  #inFlightBytes = 0;
  /** At work: what is written at once, or answered at once, does not start more. */
  #batching = false;
  #leaving = false;
  #closed = false;

  constructor({ agreement, out, close }: TransmissionOptions) {
    this.#agreement = agreement;
    this.#out = out;
    this.#close = close;
  }

  /** Answers wait for the client, or requests for the device: nothing more is taken. */
  get full(): boolean {
    return (
      this.#long !== null ||
      this.#out.queuedBytes >= QUEUED_LIMIT_BYTES ||
      this.#inFlight >= IN_FLIGHT_LIMIT ||
      this.#inFlightBytes >= IN_FLIGHT_LIMIT_BYTES
    );
  }

  /** Part of a request has arrived: silence here is half a request. */
  get midway(): boolean {
    return this.#held === null && (this.#headBytes > 0 || this.#payload.left > 0);
  }

  /** Something received waits to be looked at. */
  get holds(): boolean {
    return this.#held !== null || this.#long !== null;
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
    this.#pump();
    this.#work(this.#release());
    this.#out.uncork();
    this.#leaveWhenDone();
  }

  /** The client is gone: late answers of the device go nowhere. */
  end(): void {
    this.#closed = true;
    this.#held = null;
    this.#payload.release();
    this.#long = null;
  }

  #work(chunk: Uint8Array): void {
    let left = chunk;
    this.#batching = true;
    while (left.length > 0 && !this.#closed) {
      this.#parse(left);
      this.#count();
      this.#out.flush();
      this.#pump();
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
      } else if (this.#headBytes === 0 && end - at >= REQUEST_BYTES) {
        this.#request(view, at);
        at += REQUEST_BYTES;
      } else {
        const taken = Math.min(REQUEST_BYTES - this.#headBytes, end - at);
        this.#head.set(chunk.subarray(at, at + taken), this.#headBytes);
        this.#headBytes += taken;
        at += taken;
        if (this.#headBytes < REQUEST_BYTES) return;
        this.#headBytes = 0;
        this.#request(this.#headView, 0);
      }
    }
  }

  #request(view: DataView, at: number): void {
    if (view.getUint32(at) !== REQUEST_MAGIC) {
      this.#hangUp('a request with the wrong magic');
      return;
    }
    const word = view.getUint32(at + 4);
    this.#flags = word >>> 16;
    this.#type = word & 0xffff;
    this.#high = view.getUint32(at + 8);
    this.#low = view.getUint32(at + 12);
    this.#offset = view.getUint32(at + 16) * 2 ** 32 + view.getUint32(at + 20);
    this.#length = view.getUint32(at + 24);
    if (this.#type === COMMAND.disc) {
      this.#leaving = true;
      return;
    }
    const { served } = this.#agreement;
    const error = refusal(served, this.#type, this.#flags, this.#offset, this.#length);
    if (this.#type === COMMAND.write) {
      this.#error = error;
      this.#fate = error !== 0 ? 'refuse' : served.path === 'plain' ? 'count' : 'apply';
      this.#payload.begin(this.#length, this.#fate === 'apply' ? (served.path === 'direct' ? 'look' : 'keep') : 'drop');
      if (this.#length === 0) this.#refuse(error);
    } else if (error !== 0) this.#refuse(error);
    else this.#carryOut();
  }

  /** What has arrived of a write's payload; it is acknowledged when all of it has. Returns where it ends. */
  #takePayload(chunk: Uint8Array, at: number): number {
    const end = at + this.#payload.take(chunk, at);
    if (this.#payload.left > 0) return end;
    const payload = this.#payload.release();
    if (this.#fate === 'count') {
      this.#writes++;
      this.#writeBytes += this.#length;
      const shown = this.#show('write');
      if (shown !== null) this.#agreement.served.log.end(shown, 'OK');
      this.#out.simple(this.#high, this.#low, 0);
    } else if (this.#fate === 'refuse') this.#refuse(this.#error);
    else if (payload === null) this.#apply(chunk, at, false);
    else this.#apply(payload, 0, this.#payload.givesAway);
    return end;
  }

  #apply(source: Uint8Array, at: number, ours: boolean): void {
    const { served } = this.#agreement;
    // the device may have changed while the payload came in
    const error = refusal(served, this.#type, this.#flags, this.#offset, this.#length);
    if (error !== 0) {
      this.#refuse(error);
      return;
    }
    const fua = (this.#flags & COMMAND_FLAG.fua) !== 0;
    if (served.path === 'direct') {
      const shown = this.#show('write');
      const status = served.writeFrom(this.#offset, this.#length, source, at, fua);
      this.#shownEnds(shown, 'write', status);
      this.#settle(nbdErrorOf(status));
      return;
    }
    // the device keeps what it is given: not a piece of a received chunk
    const data = ours ? source : source.slice(at, at + this.#length);
    this.#submit('write', data);
  }

  #carryOut(): void {
    const { served, allocationContext, structured } = this.#agreement;
    switch (this.#type) {
      case COMMAND.read:
        if ((this.#flags & COMMAND_FLAG.df) !== 0 && !structured) {
          this.#settle(NBD_ERROR.EINVAL);
          return;
        }
        this.#read();
        return;
      case COMMAND.flush:
        // nothing to bring to safety, and no reason to ask
        if (served.path === 'plain') {
          this.#shownEnds(this.#show('flush'), 'flush', 'OK');
          this.#settle(0);
        } else this.#submit('flush');
        return;
      case COMMAND.trim:
        if (this.#length === 0) this.#settle(0);
        else this.#submit('discard');
        return;
      case COMMAND.writeZeroes:
        if (this.#length === 0) this.#settle(0);
        else this.#submit('write_zeroes');
        return;
      case COMMAND.blockStatus:
        if (allocationContext === null || this.#length === 0) {
          this.#settle(NBD_ERROR.EINVAL);
          return;
        }
        this.#status(allocationContext);
        return;
      default: // CACHE is a hint
        this.#settle(0);
        return;
    }
  }

  #read(): void {
    const { served } = this.#agreement;
    const offset = this.#offset;
    const length = this.#length;
    const { path } = served;
    if (path === 'queued') {
      this.#submit('read');
      return;
    }
    if (path === 'plain') {
      this.#reads++;
      this.#readBytes += length;
    }
    const shown = this.#show('read');
    if (length > IN_SLAB_BYTES) {
      this.#long = new LongRead(served, this.#out, this.#high, this.#low, offset, length);
      this.#longShown = shown;
      return;
    }
    let status: BlockStatus = 'OK';
    if (path === 'plain') this.#out.zeroes(this.#high, this.#low, offset, length);
    else {
      const error = this.#out.filled(this.#high, this.#low, offset, length, (target, at) => {
        status = served.readInto(offset, length, target, at, 1);
        return nbdErrorOf(status);
      });
      if (error !== 0) this.#settle(error);
    }
    this.#shownEnds(shown, 'read', status);
  }

  #pump(): void {
    // answers of the device would come between the pieces
    if (this.#long === null || this.#inFlight > 0) return;
    const now = this.#long.pump(QUEUED_LIMIT_BYTES, () => this.resume());
    if (now !== 'more' && this.#longShown !== null) {
      this.#agreement.served.log.end(this.#longShown, now === 'done' ? 'OK' : 'IOERR');
      this.#longShown = null;
    }
    if (now === 'failed')
      this.#hangUp('a long read failed half way'); // doc/proto.md: the only way to take a head back
    else if (now === 'done') this.#long = null;
  }

  #submit(op: NbdWork['op'], data?: Uint8Array): void {
    const { served } = this.#agreement;
    const [high, low, offset, length, flags] = [this.#high, this.#low, this.#offset, this.#length, this.#flags];
    // what a discard covers is no memory of ours
    const weight = op === 'read' || op === 'write' ? length : 0;
    this.#inFlight++;
    this.#inFlightBytes += weight;
    let answered = false;
    const shown = this.#show(op);
    const work: NbdWork = {
      op,
      offsetBytes: offset,
      lengthBytes: length,
      fua: (flags & COMMAND_FLAG.fua) !== 0,
      noUnmap: (flags & COMMAND_FLAG.noHole) !== 0,
      ...(data === undefined ? {} : { data }),
    };
    served.submit(work, (status, found) => {
      if (answered) return; // a device fault may answer twice; NBD must not
      answered = true;
      this.#inFlight--;
      this.#inFlightBytes -= weight;
      if (shown !== null) served.log.end(shown, status);
      else if (status !== 'OK') served.log.failed(op, offset, length, flags, status);
      if (this.#closed) return;
      const error = nbdErrorOf(status);
      if (error !== 0) this.#out.failure(high, low, error, `the device says ${status}`);
      else if (op !== 'read') this.#out.simple(high, low, 0);
      else this.#out.given(high, low, offset, found ?? new Uint8Array(length));
      if (this.#batching) return;
      this.#out.flush();
      this.resume();
      this.#leaveWhenDone();
    });
  }

  #status(context: number): void {
    const { served } = this.#agreement;
    const one = (this.#flags & COMMAND_FLAG.reqOne) !== 0;
    const extents = served.extents(this.#offset, this.#length, one ? 1 : EXTENTS_LIMIT);
    const known = extents.length > 0 ? extents : [{ lengthBytes: this.#length, flags: 0 }];
    const payload = new Uint8Array(4 + 8 * known.length);
    const view = new DataView(payload.buffer);
    view.setUint32(0, context);
    known.forEach(({ lengthBytes, flags }, i) => {
      view.setUint32(4 + 8 * i, Math.min(lengthBytes, this.#length));
      view.setUint32(8 + 8 * i, flags & (EXTENT.hole | EXTENT.zero));
    });
    this.#out.chunk(this.#high, this.#low, CHUNK.blockStatus, payload);
  }

  /** The command being looked at is handed over: null when the trace has no row of it. */
  #show(op: NbdWork['op']): Shown | null {
    return this.#agreement.served.log.begin(op, this.#offset, this.#length, this.#flags);
  }

  #shownEnds(shown: Shown | null, op: NbdWork['op'], status: BlockStatus): void {
    const { log } = this.#agreement.served;
    if (shown !== null) log.end(shown, status);
    else if (status !== 'OK') log.failed(op, this.#offset, this.#length, this.#flags, status);
  }

  /** Answers the command being looked at, which the device never sees unless `error` is 0. */
  #refuse(error: number): void {
    const op = OP_OF[this.#type];
    if (error !== 0 && op !== undefined) {
      const { log } = this.#agreement.served;
      this.#shownEnds(log.begin(op, this.#offset, this.#length, this.#flags, true), op, STATUS_OF[error] ?? 'IOERR');
    }
    this.#settle(error);
  }

  /** Answers the command being looked at, which has no data. */
  #settle(error: number): void {
    if (error === 0) this.#out.simple(this.#high, this.#low, 0);
    else this.#out.failure(this.#high, this.#low, error, REASONS[error] ?? 'refused');
  }

  #count(): void {
    const { served } = this.#agreement;
    if (this.#reads > 0) served.count('read', this.#reads, this.#readBytes);
    if (this.#writes > 0) served.count('write', this.#writes, this.#writeBytes);
    this.#reads = this.#readBytes = this.#writes = this.#writeBytes = 0;
  }

  #hangUp(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#close(reason);
  }

  /** DISC: what is under way is answered first. */
  #leaveWhenDone(): void {
    if (this.#leaving && this.#inFlight === 0 && this.#long === null) this.#hangUp('the client said goodbye');
  }
}

const EMPTY = new Uint8Array(0);
