/** The commands of one NBD connection: carried out on the export, counted, logged and answered. */
import type { BlockStatus } from '#bus/block.ts';
import { CHUNK, COMMAND, COMMAND_FLAG, NBD_ERROR, nbdErrorOf } from '#bus/nbd-codec.ts';
import { allocation } from './allocation.ts';
import type { NbdWork } from './export.ts';
import type { Agreement } from './handshake.ts';
import { LongRead } from './long-read.ts';
import { IN_SLAB_BYTES, type Outbox } from './outbox.ts';
import type { Shown } from './request-log.ts';
import type { NbdRequest } from './request-reader.ts';
import { OP_OF, REASONS, refusal, STATUS_OF } from './rules.ts';
import type { PayloadUse } from './write-payload.ts';

/** Requests inside the device, above which further ones wait. */
export const IN_FLIGHT_LIMIT = 256;
/** Data of requests inside the device, above which further ones wait. */
export const IN_FLIGHT_LIMIT_BYTES = 32 * 1024 * 1024;

export interface CommandsOptions {
  /** The number of the connection. */
  readonly client: number;
  readonly agreement: Agreement;
  readonly out: Outbox;
  /** The device has answered one that took its time. */
  readonly onAnswered: () => void;
  readonly hangUp: (reason: string) => void;
}

export class Commands {
  readonly #options: CommandsOptions;
  readonly #out: Outbox;
  /** What becomes of the write whose payload is on its way. */
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
  #ended = false;

  constructor(options: CommandsOptions) {
    this.#options = options;
    this.#out = options.out;
  }

  /** No further request may begin. */
  get full(): boolean {
    return this.#long !== null || this.#inFlight >= IN_FLIGHT_LIMIT || this.#inFlightBytes >= IN_FLIGHT_LIMIT_BYTES;
  }

  /** A long read goes on before anything else. */
  get reading(): boolean {
    return this.#long !== null;
  }

  /** Everything that began is answered. */
  get idle(): boolean {
    return this.#inFlight === 0 && this.#long === null;
  }

  /** One without a payload. */
  begin(request: NbdRequest): void {
    const { type, flags, offset, length } = request;
    const error = refusal(this.#options.agreement.served, type, flags, offset, length);
    if (error !== 0) this.#refuse(request, error);
    else this.#carryOut(request);
  }

  /** A write, whose payload follows: how it is to be kept. */
  beginWrite(request: NbdRequest): PayloadUse {
    const { served } = this.#options.agreement;
    const { type, flags, offset, length } = request;
    this.#error = refusal(served, type, flags, offset, length);
    this.#fate = this.#error !== 0 ? 'refuse' : served.path === 'plain' ? 'count' : 'apply';
    if (length === 0) this.#refuse(request, this.#error);
    if (this.#fate !== 'apply') return 'drop';
    return served.path === 'direct' ? 'look' : 'keep';
  }

  /** All of the write's payload is there, in `source` from `at` on; `ours` when it may be given away. */
  write(request: NbdRequest, source: Uint8Array, at: number, ours: boolean): void {
    if (this.#fate === 'count') {
      this.#writes++;
      this.#writeBytes += request.length;
      const shown = this.#show(request, 'write');
      if (shown !== null) this.#options.agreement.served.log.end(shown, 'OK');
      this.#out.simple(request.high, request.low, 0);
    } else if (this.#fate === 'refuse') this.#refuse(request, this.#error);
    else this.#apply(request, source, at, ours);
  }

  /** Sends of a long read what the client has room for. */
  pump(limitBytes: number): void {
    // answers of the device would come between the pieces
    if (this.#long === null || this.#inFlight > 0) return;
    const now = this.#long.pump(limitBytes, this.#options.onAnswered);
    if (now !== 'more' && this.#longShown !== null) {
      this.#options.agreement.served.log.end(this.#longShown, now === 'done' ? 'OK' : 'IOERR');
      this.#longShown = null;
    }
    // doc/proto.md: the only way to take a head back
    if (now === 'failed') this.#options.hangUp('a long read failed half way');
    else if (now === 'done') this.#long = null;
  }

  /** Tells the device of the requests that went past it. */
  count(): void {
    const { served } = this.#options.agreement;
    if (this.#reads > 0) served.count('read', this.#reads, this.#readBytes);
    if (this.#writes > 0) served.count('write', this.#writes, this.#writeBytes);
    this.#reads = this.#readBytes = this.#writes = this.#writeBytes = 0;
  }

  /** The client is gone: late answers of the device go nowhere. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#long = null;
    this.#options.agreement.served.left(this.#options.client);
  }

  #apply(request: NbdRequest, source: Uint8Array, at: number, ours: boolean): void {
    const { served } = this.#options.agreement;
    const { type, flags, offset, length } = request;
    // the device may have changed while the payload came in
    const error = refusal(served, type, flags, offset, length);
    if (error !== 0) {
      this.#refuse(request, error);
      return;
    }
    if (served.path !== 'direct') {
      // the device keeps what it is given: not a piece of a received chunk
      this.#submit(request, 'write', ours ? source : source.slice(at, at + length));
      return;
    }
    const shown = this.#show(request, 'write');
    const status = served.writeFrom(offset, length, source, at, (flags & COMMAND_FLAG.fua) !== 0);
    this.#shownEnds(request, shown, 'write', status);
    this.#settle(request, nbdErrorOf(status));
  }

  #carryOut(request: NbdRequest): void {
    const { served, allocationContext, structured } = this.#options.agreement;
    const { type, flags, high, low, length } = request;
    switch (type) {
      case COMMAND.read:
        if ((flags & COMMAND_FLAG.df) !== 0 && !structured) this.#settle(request, NBD_ERROR.EINVAL);
        else this.#read(request);
        return;
      case COMMAND.flush:
        // nothing to bring to safety, and no reason to ask
        if (served.path === 'plain') {
          this.#shownEnds(request, this.#show(request, 'flush'), 'flush', 'OK');
          this.#settle(request, 0);
        } else this.#submit(request, 'flush');
        return;
      case COMMAND.trim:
        if (length === 0) this.#settle(request, 0);
        else this.#submit(request, 'discard');
        return;
      case COMMAND.writeZeroes:
        if (length === 0) this.#settle(request, 0);
        else this.#submit(request, 'write_zeroes');
        return;
      case COMMAND.blockStatus: {
        if (allocationContext === null || length === 0) {
          this.#settle(request, NBD_ERROR.EINVAL);
          return;
        }
        const one = (flags & COMMAND_FLAG.reqOne) !== 0;
        this.#out.chunk(high, low, CHUNK.blockStatus, allocation(served, allocationContext, request, one));
        return;
      }
      default: // CACHE is a hint
        this.#settle(request, 0);
        return;
    }
  }

  #read(request: NbdRequest): void {
    const { served } = this.#options.agreement;
    const { high, low, offset, length } = request;
    const { path } = served;
    if (path === 'queued') {
      this.#submit(request, 'read');
      return;
    }
    if (path === 'plain') {
      this.#reads++;
      this.#readBytes += length;
    }
    const shown = this.#show(request, 'read');
    if (length > IN_SLAB_BYTES) {
      this.#long = new LongRead({ client: this.#options.client, served, out: this.#out, high, low }, offset, length);
      this.#longShown = shown;
      return;
    }
    let status: BlockStatus = 'OK';
    if (path === 'plain') this.#out.zeroes(high, low, offset, length);
    else {
      const error = this.#out.filled(high, low, offset, length, (target, at) => {
        status = served.readInto(offset, length, target, at, 1);
        return nbdErrorOf(status);
      });
      if (error !== 0) this.#settle(request, error);
    }
    this.#shownEnds(request, shown, 'read', status);
  }

  #submit(request: NbdRequest, op: NbdWork['op'], data?: Uint8Array): void {
    const { served } = this.#options.agreement;
    const { high, low, offset, length, flags } = request;
    // what a discard covers is no memory of ours
    const weight = op === 'read' || op === 'write' ? length : 0;
    this.#inFlight++;
    this.#inFlightBytes += weight;
    let answered = false;
    const shown = this.#show(request, op);
    const work: NbdWork = {
      client: this.#options.client,
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
      else if (status !== 'OK') served.log.failed(this.#options.client, op, offset, length, flags, status);
      if (this.#ended) return;
      const error = nbdErrorOf(status);
      if (error !== 0) this.#out.failure(high, low, error, `the device says ${status}`);
      else if (op !== 'read') this.#out.simple(high, low, 0);
      else this.#out.given(high, low, offset, found ?? new Uint8Array(length));
      this.#options.onAnswered();
    });
  }

  /** It is handed over: null when the trace has no row of it. */
  #show({ offset, length, flags }: NbdRequest, op: NbdWork['op']): Shown | null {
    const { agreement, client } = this.#options;
    return agreement.served.log.begin(client, op, offset, length, flags);
  }

  #shownEnds(request: NbdRequest, shown: Shown | null, op: NbdWork['op'], status: BlockStatus): void {
    const { agreement, client } = this.#options;
    const { log } = agreement.served;
    if (shown !== null) log.end(shown, status);
    else if (status !== 'OK') log.failed(client, op, request.offset, request.length, request.flags, status);
  }

  /** Answers what the device never sees, unless `error` is 0. */
  #refuse(request: NbdRequest, error: number): void {
    const op = OP_OF[request.type];
    if (error !== 0 && op !== undefined) {
      const { agreement, client } = this.#options;
      const { offset, length, flags } = request;
      const shown = agreement.served.log.begin(client, op, offset, length, flags, true);
      this.#shownEnds(request, shown, op, STATUS_OF[error] ?? 'IOERR');
    }
    this.#settle(request, error);
  }

  /** Answers one that has no data. */
  #settle({ high, low }: NbdRequest, error: number): void {
    if (error === 0) this.#out.simple(high, low, 0);
    else this.#out.failure(high, low, error, REASONS[error] ?? 'refused');
  }
}
