/** One set of tags for several devices: what `shared_tags` gives out, in fair shares. Source: Linux block/blk-mq.h, hctx_may_queue. */

const LEAST_SHARE = 4;

interface User {
  /** Tags held, by hardware queue. */
  readonly held: Map<number, number>;
  /** Called when a tag is free again and this user had found none. */
  readonly wake: () => void;
  wanting: boolean;
}

/** Each hardware queue has a depth; every device that uses the set may have its share of it, and at least four. */
export class SharedTags {
  readonly depth: number;
  readonly #users = new Map<unknown, User>();

  constructor(depth: number) {
    this.depth = depth;
  }

  join(user: unknown, wake: () => void): void {
    if (!this.#users.has(user)) this.#users.set(user, { held: new Map(), wake, wanting: false });
  }

  leave(user: unknown): void {
    this.#users.delete(user);
    this.#wake();
  }

  /** False: the set is used up, or the user's share of it. Who was told so counts as one who wants a share. */
  take(user: unknown, queue: number): boolean {
    const me = this.#users.get(user);
    if (me === undefined) return false;
    const mine = me.held.get(queue) ?? 0;
    let active = 0;
    let all = 0;
    for (const other of this.#users.values()) {
      const used = other.held.get(queue) ?? 0;
      all += used;
      if (used > 0 || other.wanting || other === me) active++;
    }
    me.wanting = all >= this.depth || mine >= Math.max(Math.ceil(this.depth / active), LEAST_SHARE);
    if (!me.wanting) me.held.set(queue, mine + 1);
    return !me.wanting;
  }

  give(user: unknown, queue: number): void {
    const me = this.#users.get(user);
    const mine = me?.held.get(queue) ?? 0;
    if (mine === 0) return;
    me?.held.set(queue, mine - 1);
    this.#wake();
  }

  #wake(): void {
    for (const user of [...this.#users.values()]) if (user.wanting) user.wake();
  }
}
