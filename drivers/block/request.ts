/** Requests as a driver holds them: idle, started, done; every handle may be used once. */
import { BLOCK_STATUSES, type BlockCommand, type BlockOp, type BlockStatus, SECTOR_BYTES } from '#bus/block.ts';
import { LabError } from '#bus/errors.ts';
import type { Misuse } from './misuse.ts';
import type { RequestBuffer } from './request-buffer.ts';

/** What the queue keeps of a request; drivers see handles only. */
export interface RequestState {
  readonly op: BlockOp;
  readonly sector: number;
  readonly sectors: number;
  readonly fua: boolean;
  readonly noUnmap: boolean;
  readonly hctx: number;
  /** It writes into a zone with a write pointer. */
  readonly zoned: boolean;
  readonly tag: number;
  readonly buffer: RequestBuffer;
  /** Where an append was placed. */
  placed: number | undefined;
  /** The device still owes the answer to the tag's use before this one. */
  reclaims: boolean;
  generation: number;
  phase: 'queued' | 'idle' | 'started' | 'completing' | 'done';
  /** Counts changes of phase: a handle made in an earlier turn is used up. */
  turn: number;
}

/** What a handle tells its queue. */
export interface RequestOwner {
  started(state: RequestState): void;
  ended(state: RequestState, status: BlockStatus): void;
  completing(state: RequestState, status: BlockStatus): void;
  requeued(state: RequestState): void;
  /** Reports a handle used again; the error to throw, or undefined when the lab ended the request and nobody is to blame. */
  spent(state: RequestState, verb: string): LabError | undefined;
  misused(what: Misuse, state: RequestState, text: string): void;
}

/** Which request it was and how it ended. */
export interface DoneRequest {
  readonly op: BlockOp;
  readonly sector: number;
  readonly sectors: number;
  readonly tag: number;
  readonly generation: number;
}

/** What both handles tell of their request. */
class RequestHandle {
  readonly #state: RequestState;
  readonly #owner: RequestOwner;
  readonly #turn: number;

  protected constructor(state: RequestState, owner: RequestOwner) {
    this.#state = state;
    this.#owner = owner;
    this.#turn = state.turn;
  }

  get op(): BlockOp {
    return this.#state.op;
  }

  get sector(): number {
    return this.#state.sector;
  }

  get sectors(): number {
    return this.#state.sectors;
  }

  get fua(): boolean {
    return this.#state.fua;
  }

  get noUnmap(): boolean {
    return this.#state.noUnmap;
  }

  /** Number of its hardware queue. */
  get hctx(): number {
    return this.#state.hctx;
  }

  get tag(): number {
    return this.#state.tag;
  }

  /** Uses the handle up; undefined when it was used before and the lab, not the driver, is to blame. */
  protected take(verb: string): { state: RequestState; owner: RequestOwner } | undefined {
    const state = this.#state;
    if (state.turn === this.#turn) return { state, owner: this.#owner };
    const error = this.#owner.spent(state, verb);
    if (error !== undefined) throw error;
    return undefined;
  }

  protected get state(): RequestState {
    return this.#state;
  }

  protected get done(): DoneRequest {
    const { op, sector, sectors, tag, generation } = this.#state;
    return { op, sector, sectors, tag, generation };
  }
}

/** Given to `queueRq`: not yet the device's business. Start it, put it back, or end it with an error. */
export class IdleRequest extends RequestHandle {
  /** Only for the queue. */
  constructor(state: RequestState, owner: RequestOwner) {
    super(state, owner);
  }

  /** From here on the timeout runs. */
  start(): StartedRequest {
    const { state, owner } = strict(this.take('started'), this.tag);
    owner.started(state);
    return new StartedRequest(state, owner);
  }

  /** Back into the queue, to be given again a little later. */
  requeue(): void {
    const own = this.take('requeued');
    own?.owner.requeued(own.state);
  }

  /** Refuses it without having started. */
  end(status: Exclude<BlockStatus, 'OK'>): DoneRequest {
    return finish(this.take('ended'), status, this.done);
  }
}

/** A request in the hands of driver and device. End it exactly once. */
export class StartedRequest extends RequestHandle {
  /** Only for the queue. */
  constructor(state: RequestState, owner: RequestOwner) {
    super(state, owner);
  }

  /** Counts the uses of the tag; the device answers with it. */
  get generation(): number {
    return this.state.generation;
  }

  /** Memory of a request with a payload: what to write, or where to put what was read. */
  get buffer(): RequestBuffer {
    return this.state.buffer;
  }

  /** The request as a command for a port, with a copy of its payload that the port may keep. */
  command(): BlockCommand {
    const { op, sector, sectors, tag, generation, hctx, fua, noUnmap, reclaims, buffer } = this.state;
    const carries = op === 'write' || op === 'zone_append';
    return {
      op,
      tag,
      generation,
      hctx,
      sector,
      sectors,
      ...(fua ? { fua } : {}),
      ...(noUnmap ? { noUnmap } : {}),
      ...(reclaims ? { reclaims } : {}),
      ...(carries ? { data: buffer.copyOut() } : {}),
    };
  }

  endOk(): DoneRequest {
    return this.end('OK');
  }

  end(status: BlockStatus): DoneRequest {
    return finish(this.take('ended'), status, this.done);
  }

  /** From the interrupt: `Operations.complete` gets it, and what came of it, outside the interrupt. */
  complete(status: BlockStatus): void {
    const own = this.take('completed');
    own?.owner.completing(own.state, status);
  }

  /** Where the device placed an append. */
  placeAt(sector: number): void {
    this.state.placed = sector;
  }

  /** Back into the queue, to be given again a little later: the device asked for it, or has lost it. */
  requeue(): void {
    const own = this.take('requeued');
    own?.owner.requeued(own.state);
  }
}

type Own = { readonly state: RequestState; readonly owner: RequestOwner };

const strict = (own: Own | undefined, tag: number): Own => {
  if (own === undefined) throw new LabError('ECANCELED', `the request with tag ${tag} was ended meanwhile`);
  return own;
};

/** A retry is asked for with `requeue`, or as the answer of `queueRq`; nobody who waits for data can do anything with it. */
const RETRIES: readonly BlockStatus[] = ['RESOURCE', 'DEV_RESOURCE'];

const finish = (own: Own | undefined, status: BlockStatus, done: DoneRequest): DoneRequest => {
  if (own === undefined) return done;
  const { state, owner } = own;
  if (BLOCK_STATUSES.includes(status) && !RETRIES.includes(status)) {
    owner.ended(state, status);
    return done;
  }
  const why = RETRIES.includes(status)
    ? 'that asks for a retry and must not reach who waits'
    : 'there is no such status';
  owner.misused(
    'status outside the table',
    state,
    `ended with ${JSON.stringify(status)}: ${why}; it is ended with IOERR`,
  );
  owner.ended(state, 'IOERR');
  return done;
};

export const requestBytes = ({ sectors }: { readonly sectors: number }): number => sectors * SECTOR_BYTES;
