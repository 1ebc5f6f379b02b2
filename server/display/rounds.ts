/** Gives each viewer its turn when it is due: nobody is visited while nobody watches, and one turn at a time. */
import { setImmediate } from 'node:timers/promises';
import type { Viewer } from './viewer.ts';

/** What a viewer's turn may throw: its display is gone. */
export type OnLost = (error: unknown) => void;

export class Rounds {
  readonly #viewers = new Map<Viewer, OnLost>();
  #timer: NodeJS.Timeout | undefined;
  #walking = false;

  get size(): number {
    return this.#viewers.size;
  }

  /** Returns the way out. */
  join(viewer: Viewer, onLost: OnLost): () => void {
    this.#viewers.set(viewer, onLost);
    this.#plan();
    return () => {
      this.#viewers.delete(viewer);
      this.#plan();
    };
  }

  /** The next walk is when the first of them is due; those under way wake it when they are ready. */
  readonly #plan = (): void => {
    if (this.#walking) return;
    clearTimeout(this.#timer);
    const due = Math.min(...[...this.#viewers.keys()].map(({ dueMs }) => dueMs ?? Number.POSITIVE_INFINITY));
    if (due === Number.POSITIVE_INFINITY) return;
    // a timer of 0 is one of 1 ms: what is due already does not wait for it
    const wait = due - performance.now();
    if (wait > 0) this.#timer = setTimeout(this.#walk, wait);
    else this.#walk();
  };

  readonly #walk = (): void => {
    this.#walking = true;
    void this.#round().finally(() => {
      this.#walking = false;
      this.#plan();
    });
  };

  async #round(): Promise<void> {
    for (const [viewer, onLost] of [...this.#viewers]) {
      const { dueMs } = viewer;
      if (!this.#viewers.has(viewer) || dueMs === undefined || dueMs > performance.now()) continue;
      try {
        viewer.turn(performance.now(), this.#plan);
      } catch (error) {
        this.#viewers.delete(viewer);
        onLost(error);
      }
      await setImmediate(); // requests on the bus and over HTTP come in between
    }
  }
}
