/** Who is to get a message: subscriptions as a tree of topic levels, with the answers for the topics that come again and again. */

/** Gets a message, and says when it has been passed on. */
export type Route<M> = (message: M, done: () => void) => void;

interface Level<M> {
  readonly next: Map<string, Level<M>>;
  /** Subscriptions that end here. */
  readonly routes: Set<Route<M>>;
  /** Those that end here with `#`. */
  readonly rest: Set<Route<M>>;
}

/** Topics whose routes are remembered. */
const KNOWN_TOPICS = 256;

/** In the shape in which Aedes takes an emitter of its own (`mq`); each message goes out before the next is looked at. */
export class Routes<M extends { readonly topic: string }> {
  readonly #root: Level<M> = level();
  readonly #known = new Map<string, readonly Route<M>[]>();
  #closed = false;

  on(filter: string, route: Route<M>, done?: () => void): this {
    this.#known.clear();
    this.#end(filter).add(route);
    if (done !== undefined) setImmediate(done);
    return this;
  }

  removeListener(filter: string, route: Route<M>, done?: () => void): this {
    this.#known.clear();
    this.#forget(this.#root, filter.split('/'), 0, route);
    if (done !== undefined) setImmediate(done);
    return this;
  }

  /** Calls `done` when each has passed the message on. */
  emit(message: M, done: (error?: Error) => void = () => {}): this {
    if (this.#closed) {
      done(new Error('the broker is closed'));
      return this;
    }
    const routes = this.routesOf(message.topic);
    if (routes.length <= 1) {
      if (routes[0] === undefined) done();
      else routes[0](message, () => done());
      return this;
    }
    let left = routes.length;
    const one = (): void => {
      if (--left === 0) done();
    };
    for (const route of routes) route(message, one);
    return this;
  }

  close(done: () => void): this {
    this.#closed = true;
    setImmediate(done);
    return this;
  }

  /** In no particular order. */
  routesOf(topic: string): readonly Route<M>[] {
    const known = this.#known.get(topic);
    if (known !== undefined) return known;
    const found = new Set<Route<M>>();
    this.#find(this.#root, topic.split('/'), 0, found);
    if (this.#known.size >= KNOWN_TOPICS) this.#known.clear();
    const routes = [...found];
    this.#known.set(topic, routes);
    return routes;
  }

  #end(filter: string): Set<Route<M>> {
    let at = this.#root;
    for (const word of filter.split('/')) {
      if (word === '#') return at.rest;
      let next = at.next.get(word);
      if (next === undefined) {
        next = level();
        at.next.set(word, next);
      }
      at = next;
    }
    return at.routes;
  }

  /** What stands for nothing any more goes too. */
  #forget(at: Level<M>, words: readonly string[], depth: number, route: Route<M>): void {
    const word = words[depth];
    if (word === undefined) at.routes.delete(route);
    else if (word === '#') at.rest.delete(route);
    else {
      const next = at.next.get(word);
      if (next === undefined) return;
      this.#forget(next, words, depth + 1, route);
      if (next.next.size + next.routes.size + next.rest.size === 0) at.next.delete(word);
    }
  }

  #find(at: Level<M>, words: readonly string[], depth: number, found: Set<Route<M>>): void {
    for (const route of at.rest) found.add(route);
    const word = words[depth];
    if (word === undefined) {
      for (const route of at.routes) found.add(route);
      return;
    }
    for (const name of [word, '+']) {
      const next = at.next.get(name);
      if (next !== undefined) this.#find(next, words, depth + 1, found);
    }
  }
}

const level = <M>(): Level<M> => ({ next: new Map(), routes: new Set(), rest: new Set() });
