/** What becomes of a request when its handles are used: started, put off, completing, and ended once. */
import type { BlockStatus } from '#bus/block.ts';
import type { Clock } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import type { Printk } from '../kernel/printk.ts';
import { endingMisuse } from './answers.ts';
import type { DiskStats } from './disk-stats.ts';
import type { Rq } from './hardware-queue.ts';
import type { InFlight } from './in-flight.ts';
import { type Misuse, type MisuseReports, printRequest } from './misuse.ts';
import { type RequestOwner, type RequestState, StartedRequest } from './request.ts';
import type { TagSet } from './tag-set.ts';
import type { Work } from './work.ts';

export interface LifecycleParts {
  readonly clock: Clock;
  readonly pr: Printk;
  readonly stats: DiskStats;
  readonly tagSet: TagSet;
  /** Whose tags they are. */
  readonly tagUser: object;
  readonly misuses: MisuseReports;
  readonly inFlight: InFlight;
  /** The driver's way to the device is seen: it is measured by what passes there. */
  readonly watched: boolean;
  readonly began: (rq: Rq) => void;
  /** The driver does not have it any more. */
  readonly left: (rq: Rq) => void;
  readonly complete: (rq: StartedRequest, status: BlockStatus) => void;
  readonly requeue: (rq: Rq) => void;
  readonly again: (work: Work, lane: number) => void;
}

/** Said once about a request that is put off again and again. */
const REQUEUES_TO_WARN = 1000;

/** Handles are only made from the queue's own requests; that is what the casts rely on. */
export class Lifecycle implements RequestOwner {
  readonly #parts: LifecycleParts;
  /** Nothing goes back into the queue. */
  removed = false;
  /** The disk is gone: what is still used belongs to nobody. */
  over = false;
  /** Called when the driver has nothing any more. */
  drained: () => void = () => {};

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  started(state: RequestState): void {
    const rq = state as Rq;
    const { clock, tagSet, inFlight, began } = this.#parts;
    rq.phase = 'started';
    rq.turn++;
    rq.deadlineNs = clock.now() + tagSet.timeoutNs;
    inFlight.begin(rq);
    began(rq);
  }

  ended(state: RequestState, status: BlockStatus): void {
    const rq = state as Rq;
    const misuse = this.#parts.watched ? endingMisuse(rq, rq.seen, status) : undefined;
    if (misuse !== undefined) this.#parts.misuses.report(...misuse);
    this.#letGo(rq);
    this.finish(rq, status);
  }

  completing(state: RequestState, status: BlockStatus): void {
    const rq = state as Rq;
    rq.phase = 'completing';
    rq.turn++;
    queueMicrotask(() => {
      if (rq.phase !== 'completing') return;
      rq.phase = 'started';
      this.#parts.complete(new StartedRequest(rq, this), status);
    });
  }

  requeued(state: RequestState): void {
    const rq = state as Rq;
    if (rq.seen.submitted && rq.seen.answer === undefined && rq.expiries === 0)
      this.misused('requeue in flight', rq, 'the device has not answered yet');
    this.putOff(rq);
    if (this.removed) this.finish(rq, 'OFFLINE');
    else this.#parts.requeue(rq);
  }

  spent(state: RequestState, verb: string): LabError | undefined {
    const rq = state as Rq;
    const { inFlight, misuses, stats } = this.#parts;
    if (rq.endedByLab && !this.over) {
      stats.ignored.late++;
      return undefined;
    }
    const what = this.over ? 'wrong attachment' : 'double completion';
    const now = inFlight.get(rq.hctx, rq.tag);
    const next = now === undefined || now === rq ? '' : `; the tag belongs to generation ${now.generation} now`;
    const before = rq.phase === 'done' ? 'it had ended before' : 'its handle was used before';
    const why = this.over ? 'its disk is gone' : before;
    misuses.report(what, `${printRequest(rq)}: ${verb} though ${why}${next}`);
    return new LabError('EINVAL', `${what}: ${printRequest(rq)}: ${verb} though ${why}`);
  }

  misused(what: Misuse, state: RequestState, text: string): void {
    this.#parts.misuses.report(what, `${printRequest(state)}: ${text}`);
  }

  /** Out of the driver's hands, to be given to it again. */
  putOff(rq: Rq): void {
    const { stats, pr } = this.#parts;
    this.#letGo(rq);
    rq.phase = 'queued';
    rq.turn++;
    rq.buffer.rewind();
    stats.requeues++;
    if (++rq.requeues === REQUEUES_TO_WARN)
      pr.warning(`${printRequest(rq)}: put off ${REQUEUES_TO_WARN} times; it may never be taken`);
  }

  /** Gives its tag back and begins again on a queue that still exists. */
  reroute(rq: Rq): void {
    const { stats, tagSet, tagUser, again } = this.#parts;
    rq.phase = 'done';
    rq.turn++;
    rq.buffer.takeBack();
    stats.left(rq.op);
    tagSet.pool(rq.hctx).release(tagUser, rq.tag);
    again(rq.work, rq.tag);
  }

  /** In the driver's place. */
  endByLab(rq: Rq, status: BlockStatus): void {
    rq.endedByLab = true;
    this.#letGo(rq);
    this.finish(rq, status);
  }

  /** Tells who waits, and gives the tag to the next. */
  finish(rq: Rq, status: BlockStatus): void {
    if (rq.phase === 'done') return;
    const { clock, stats, tagSet, tagUser, inFlight } = this.#parts;
    rq.phase = 'done';
    rq.turn++;
    stats.ended(rq.op, rq.sectors, clock.now() - rq.allocatedNs, status === 'OK');
    const data = rq.buffer.takeBack();
    const carries = status === 'OK' && data !== undefined && (rq.op === 'read' || rq.op === 'zone_report');
    tagSet.pool(rq.hctx).release(tagUser, rq.tag);
    rq.work.done({
      status,
      ...(carries ? { data } : {}),
      ...(status === 'OK' && rq.placed !== undefined ? { sector: rq.placed } : {}),
    });
    if (inFlight.size === 0) this.drained();
  }

  #letGo(rq: Rq): void {
    const { inFlight, left } = this.#parts;
    if (!inFlight.delete(rq)) return;
    rq.deadlineNs = Number.POSITIVE_INFINITY;
    left(rq);
  }
}
