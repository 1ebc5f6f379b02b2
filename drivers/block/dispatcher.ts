/** Hands requests with a tag to the driver: in order, batched, and again when it could not take them. */
import type { BlockStatus } from '#bus/block.ts';
import type { Clock, Deadline } from '#bus/clock.ts';
import type { HardwareQueue, Rq } from './hardware-queue.ts';

/** What the dispatcher needs of the queue it works for. */
export interface DispatchSteps<H> {
  /** Gives one to `queueRq`. OK: it is the driver's now. RESOURCE and DEV_RESOURCE: it is not. */
  hand(hctx: HardwareQueue<H>, rq: Rq, isLast: boolean): BlockStatus;
  commit(hctx: HardwareQueue<H>): void;
  /** The driver could not take it. */
  takenBack(rq: Rq): void;
  /** Whether work is still mapped to its hardware queue. */
  mapped(rq: Rq): boolean;
  /** It has to find another hardware queue. */
  reroute(rq: Rq): void;
}

/** A driver that said RESOURCE is asked again after this (the kernel's BLK_MQ_RESOURCE_DELAY). */
const RESOURCE_DELAY_NS = 3e6;

export class Dispatcher<H> {
  readonly #clock: Clock;
  readonly #hctxs: readonly HardwareQueue<H>[];
  readonly #steps: DispatchSteps<H>;
  readonly #requeued: Rq[] = [];
  #requeueTimer: Deadline | undefined;
  #stopped = false;

  constructor(clock: Clock, hctxs: readonly HardwareQueue<H>[], steps: DispatchSteps<H>) {
    this.#clock = clock;
    this.#hctxs = hctxs;
    this.#steps = steps;
  }

  insert(hctx: HardwareQueue<H>, rq: Rq): void {
    hctx.dispatch.push(rq);
    this.#kick(hctx);
  }

  /** Before all others, after a little time. */
  requeue(rq: Rq): void {
    this.#requeued.push(rq);
    this.#requeueTimer ??= this.#clock.after(RESOURCE_DELAY_NS, () => this.#runRequeued());
  }

  /** Something has ended: the driver may have room again. */
  unblock(hctx: HardwareQueue<H>): void {
    if (!hctx.blocked) return;
    hctx.blocked = false;
    this.#kick(hctx);
  }

  /** For good; returns what the driver has not seen. */
  stop(): readonly Rq[] {
    this.#stopped = true;
    this.#requeueTimer?.cancel();
    return [...this.#requeued.splice(0), ...this.#hctxs.flatMap((hctx) => hctx.dispatch.splice(0))];
  }

  /** Runs the queue at the end of this turn, so that what is submitted together is handed over together. */
  #kick(hctx: HardwareQueue<H>): void {
    if (hctx.kicked || hctx.blocked) return;
    hctx.kicked = true;
    queueMicrotask(() => {
      hctx.kicked = false;
      this.#run(hctx);
    });
  }

  #run(hctx: HardwareQueue<H>): void {
    let uncommitted = false;
    while (!this.#stopped && !hctx.blocked) {
      const rq = hctx.dispatch.shift();
      if (rq === undefined) break;
      if (!this.#steps.mapped(rq)) {
        this.#steps.reroute(rq);
        continue;
      }
      const isLast = hctx.dispatch.length === 0;
      const status = this.#steps.hand(hctx, rq, isLast);
      if (status === 'OK') {
        uncommitted = !isLast;
        continue;
      }
      this.#steps.takenBack(rq);
      hctx.dispatch.unshift(rq);
      hctx.blocked = true;
      this.#clock.after(RESOURCE_DELAY_NS, () => this.unblock(hctx));
    }
    if (uncommitted) this.#steps.commit(hctx);
  }

  #runRequeued(): void {
    this.#requeueTimer = undefined;
    for (const rq of this.#requeued.splice(0).reverse()) {
      const hctx = this.#hctxs[rq.hctx]!; // where its tag is from
      hctx.dispatch.unshift(rq);
      this.#kick(hctx);
    }
  }
}
