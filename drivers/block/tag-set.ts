/** The tags of a device's hardware queues: who has one, and who waits for one. */
import { LabError } from '#bus/errors.ts';

/** Which hardware queues serve what; `read` is empty when reads share the default queues. */
export interface QueueMaps {
  readonly default: readonly number[];
  readonly read: readonly number[];
  readonly poll: readonly number[];
}

export interface TagSetOptions {
  /** Interrupt driven hardware queues; they are numbered first. */
  readonly nrHwQueues: number;
  /** Of those, how many are kept for reads. */
  readonly readQueues?: number;
  readonly pollQueues?: number;
  /** Tags of each hardware queue. */
  readonly depth: number;
  /** One set of tags for all hardware queues. */
  readonly sharedTags?: boolean;
  /** How long a started request may take; the kernel's 30 s unless given. */
  readonly timeoutNs?: number;
}

/** As in the kernel (BLK_MQ_MAX_DEPTH). */
const DEPTH_LIMIT = 10240;
const QUEUE_LIMIT = 1024;
const DEFAULT_TIMEOUT_NS = 30e9;
/** However many share a set, each may have as many tags (the kernel's hctx_may_queue). */
const LEAST_SHARE = 4;

/** May be shared by several disks: then each gets its share while others want tags too. */
export class TagSet {
  readonly depth: number;
  readonly nrHwQueues: number;
  readonly timeoutNs: number;
  #maps: QueueMaps;
  readonly sharedTags: boolean;
  readonly #allMaps: QueueMaps;
  readonly #pools: readonly TagPool[];

  constructor(options: TagSetOptions) {
    const { nrHwQueues, readQueues = 0, pollQueues = 0, depth, sharedTags = false, timeoutNs = 0 } = options;
    whole('hardware queues', nrHwQueues, 1, QUEUE_LIMIT);
    whole('read queues', readQueues, 0, nrHwQueues - 1);
    whole('poll queues', pollQueues, 0, QUEUE_LIMIT);
    whole('tags a queue', depth, 1, DEPTH_LIMIT);
    const all = Array.from({ length: nrHwQueues + pollQueues }, (_, index) => index);
    this.depth = depth;
    this.nrHwQueues = all.length;
    this.timeoutNs = timeoutNs > 0 ? timeoutNs : DEFAULT_TIMEOUT_NS;
    this.sharedTags = sharedTags;
    this.#maps = {
      default: all.slice(0, nrHwQueues - readQueues),
      read: all.slice(nrHwQueues - readQueues, nrHwQueues),
      poll: all.slice(nrHwQueues),
    };
    this.#allMaps = this.#maps;
    const shared = new TagPool(depth);
    this.#pools = all.map(() => (sharedTags ? shared : new TagPool(depth)));
  }

  get maps(): QueueMaps {
    return this.#maps;
  }

  /** Maps work to the first few of the default queues only, at least one, and to poll queues or not. */
  mapQueues(queues: number, polls = true): void {
    const { default: all, poll } = this.#allMaps;
    this.#maps = {
      ...this.#maps,
      default: all.slice(0, Math.max(1, Math.min(queues, all.length))),
      poll: polls ? poll : [],
    };
  }

  isMapped(hctx: number): boolean {
    const { default: usual, read, poll } = this.#maps;
    return usual.includes(hctx) || read.includes(hctx) || poll.includes(hctx);
  }

  /** The tags of one hardware queue; the same for all when they are shared. */
  pool(hctx: number): TagPool {
    const pool = this.#pools[hctx];
    if (pool === undefined)
      throw new LabError('EINVAL', `no hardware queue ${hctx}; there are ${this.nrHwQueues}, counted from 0`);
    return pool;
  }
}

const whole = (what: string, value: number, min: number, max: number): void => {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new LabError('EINVAL', `a tag set with ${value} ${what}; ${min} to ${max} are allowed`);
};

interface Waiter {
  readonly ticket: number;
  readonly grant: (tag: number) => void;
}

interface User {
  inUse: number;
  readonly waiting: Waiter[];
}

/** One set of tags: first come, first served, and no disk starves another. */
export class TagPool {
  readonly depth: number;
  readonly #free: number[];
  readonly #users = new Map<object, User>();
  #ticket = 0;
  #granting = false;

  constructor(depth: number) {
    this.depth = depth;
    this.#free = Array.from({ length: depth }, (_, i) => depth - 1 - i);
  }

  get inUse(): number {
    return this.depth - this.#free.length;
  }

  /** How many wait for a tag. */
  get waiting(): number {
    let waiting = 0;
    for (const user of this.#users.values()) waiting += user.waiting.length;
    return waiting;
  }

  /** Calls `grant` with a tag: now, or when it is this one's turn. */
  acquire(who: object, grant: (tag: number) => void): void {
    let user = this.#users.get(who);
    if (user === undefined) {
      user = { inUse: 0, waiting: [] };
      this.#users.set(who, user);
    }
    user.waiting.push({ ticket: this.#ticket++, grant });
    this.#pump();
  }

  release(who: object, tag: number): void {
    const user = this.#users.get(who);
    if (user === undefined || user.inUse === 0) throw new LabError('EINVAL', `tag ${tag} was given back twice`);
    user.inUse--;
    this.#free.push(tag);
    this.#forget(who, user);
    this.#pump();
  }

  /** Nothing that waits for this one gets a tag any more. */
  cancel(who: object): void {
    const user = this.#users.get(who);
    if (user === undefined) return;
    user.waiting.length = 0;
    this.#forget(who, user);
    this.#pump();
  }

  #forget(who: object, user: User): void {
    if (user.inUse === 0 && user.waiting.length === 0) this.#users.delete(who);
  }

  #pump(): void {
    if (this.#granting) return;
    this.#granting = true;
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        const waiter = next.waiting.shift()!; // `#next` returns only users that wait
        next.inUse++;
        waiter.grant(this.#free.pop()!); // and only while a tag is free
      }
    } finally {
      this.#granting = false;
    }
  }

  /** Who has waited longest of those below their share. */
  #next(): User | undefined {
    if (this.#free.length === 0) return undefined;
    const share =
      this.#users.size <= 1
        ? this.depth
        : Math.max(Math.ceil(this.depth / this.#users.size), Math.min(LEAST_SHARE, this.depth));
    let first: User | undefined;
    for (const user of this.#users.values()) {
      const ticket = user.waiting[0]?.ticket;
      if (ticket === undefined || user.inUse >= share) continue;
      if (first === undefined || ticket < (first.waiting[0]?.ticket ?? 0)) first = user;
    }
    return first;
  }
}
