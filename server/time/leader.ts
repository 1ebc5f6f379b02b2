/** Leads the time of a bench from event to event: the lab's own clock, the block devices' thread and every driver's process. */
import type { SteeredClock } from '#bus/steered-clock.ts';
import type { DriverClocks } from './driver-clocks.ts';

/** The block devices' own thread. */
export interface ThreadClock {
  lead(at: number): { readonly now: number; readonly next: number; readonly settled: boolean };
}

export interface LeaderOptions {
  readonly clock: SteeredClock;
  readonly thread: ThreadClock;
  readonly drivers: Pick<DriverClocks, 'now' | 'next' | 'goOn' | 'rest'>;
  /** Why time may not go on now; null when it may. */
  readonly waits: () => string | null;
  /** Calls `changed` whenever that may have changed; returns the way to stop. */
  readonly onWaits: (changed: () => void) => () => void;
}

/** One walk through time: somebody may stop it. */
export interface Walk {
  readonly until: number;
  /** Events after which it ends; Infinity unless told. */
  readonly events: number;
  stopped: boolean;
}

/** Of two clocks with an event at the same time the lab's is first, then the thread's, then the drivers' by name of device. */
export const LAB = 'lab';

export class Leader {
  readonly #options: LeaderOptions;
  /** Wakes a walk that waits. */
  #wake: () => void = () => {};
  /** The thread's next deadline, as of the last rest. */
  #threadNext = Number.POSITIVE_INFINITY;

  constructor(options: LeaderOptions) {
    this.#options = options;
  }

  /** The next event of the bench, as everybody said when last at rest; null when there is none. */
  get next(): { readonly at: number; readonly of: string } | null {
    const { clock, drivers } = this.#options;
    const now = clock.now();
    let first = { at: clock.nextAt(), of: LAB };
    if (this.#threadNext < first.at) first = { at: this.#threadNext, of: THREAD };
    for (const { device, at } of drivers.next) if (at < first.at) first = { at, of: device };
    return first.at === Number.POSITIVE_INFINITY ? null : { at: Math.max(first.at, now), of: first.of };
  }

  /**
   * Everybody stands at the same time. Word of it takes a while to arrive: the time is that of the clock that came furthest,
   * but not further than `mostNs` from here, whatever anybody says.
   */
  async stand(mostNs: number): Promise<void> {
    const { clock, thread, drivers } = this.#options;
    clock.hold();
    const most = clock.now() + mostNs;
    await this.rest();
    clock.hold(Math.min(most, Math.max(drivers.now, thread.lead(clock.now()).now)));
    await this.rest();
  }

  /** Nothing is left to do now but wait: nothing runs, and nothing is on its way. */
  async rest(): Promise<void> {
    const { clock, thread, drivers } = this.#options;
    for (const until = performance.now() + PATIENCE_MS; ; ) {
      await turn();
      await drivers.rest(clock.now());
      const { next, settled } = thread.lead(clock.now());
      this.#threadNext = next;
      if (settled || performance.now() > until) return;
    }
  }

  /** Fires what falls due, each at its own time, and ends at `until`, or with the last of so many events. */
  async walk(walk: Walk): Promise<number> {
    const { clock, thread, drivers } = this.#options;
    let events = 0;
    for (;;) {
      await this.rest();
      await this.#wait(walk);
      if (walk.stopped || events >= walk.events) return events;
      const next = this.next;
      if (next === null || next.at > walk.until) {
        if (walk.events !== Number.POSITIVE_INFINITY) return events;
        if (walk.until !== Number.POSITIVE_INFINITY) break;
        await this.#pause(); // nothing is due anywhere: something from outside may change that
        continue;
      }
      events++;
      if (next.of === LAB) clock.fireNext(next.at);
      else {
        clock.hold(next.at);
        if (next.of === THREAD) {
          await Promise.all(drivers.next.map(({ device }) => drivers.goOn(device, next.at)));
          thread.lead(next.at);
        } else await drivers.goOn(next.of, next.at);
      }
    }
    // steps end at the event, not where a jump would
    if (walk.events === Number.POSITIVE_INFINITY) clock.hold(walk.until);
    return events;
  }

  stop(walk: Walk): void {
    walk.stopped = true;
    this.#wake();
  }

  async #wait(walk: Walk): Promise<void> {
    const { waits, onWaits } = this.#options;
    while (waits() !== null && !walk.stopped)
      await new Promise<void>((resolve) => {
        const stop = onWaits(() => this.#wake());
        this.#wake = () => {
          stop();
          resolve();
        };
      });
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake(), IDLE_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const THREAD = 'block devices';
/** How long what is on its way between two threads may take. */
const PATIENCE_MS = 2000;
/** How often a bench without any event is looked at. */
const IDLE_MS = 20;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
