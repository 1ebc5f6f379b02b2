/** The heart of blk-mq: gives requests tags, hands them to the driver, and sees each of them to one end. */
import type { BlockStatus } from '#bus/block.ts';
import type { Clock } from '#bus/clock.ts';
import type { Printk } from '../kernel/printk.ts';
import type { DiskStats } from './disk-stats.ts';
import { Dispatcher } from './dispatcher.ts';
import { DriverCalls } from './driver-calls.ts';
import { HardwareQueue, Rq } from './hardware-queue.ts';
import { InFlight } from './in-flight.ts';
import { Lifecycle } from './lifecycle.ts';
import { type Misuse, MisuseReports } from './misuse.ts';
import type { Operations } from './operations.ts';
import { holdsForNothing, Overdue } from './overdue.ts';
import { PollLoop } from './poll-loop.ts';
import { IdleRequest, requestBytes, StartedRequest } from './request.ts';
import { RequestBuffer } from './request-buffer.ts';
import { RequestTimeouts } from './request-timeouts.ts';
import type { TagSet } from './tag-set.ts';
import type { PortWatcher } from './witnessed-port.ts';
import { GONE, type Work } from './work.ts';

export interface RequestQueueOptions<H> {
  readonly clock: Clock;
  readonly pr: Printk;
  readonly finding: (what: string, text: string) => void;
  readonly tagSet: TagSet;
  readonly operations: Operations<H>;
  readonly stats: DiskStats;
  /** The driver's way to the device is seen: it is measured by what passes there. */
  readonly watched: boolean;
  /** Whether a sector lies in a zone with a write pointer. */
  readonly zoned: (sector: number) => boolean;
  /** Bytes a zone report may have. */
  readonly reportBytes: number;
  readonly pollEveryNs: number;
}

export class RequestQueue<H = undefined> {
  readonly #options: RequestQueueOptions<H>;
  readonly #hctxs: readonly HardwareQueue<H>[];
  readonly #calls: DriverCalls<H>;
  readonly #dispatcher: Dispatcher<H>;
  readonly #misuses: MisuseReports;
  readonly #inFlight: InFlight;
  readonly #life: Lifecycle;
  readonly #overdue: Overdue;
  readonly #timeouts: RequestTimeouts;
  readonly #waiting = new Set<Work>();

  constructor(options: RequestQueueOptions<H>) {
    const { clock, pr, stats, operations, pollEveryNs: everyNs, tagSet, watched } = options;
    const { maps, nrHwQueues, depth, timeoutNs } = tagSet;
    this.#options = options;
    const misuses = new MisuseReports(options.finding);
    this.#misuses = misuses;
    const inFlight = new InFlight({ clock, pr, stats, misuses, depth });
    this.#inFlight = inFlight;
    const calls = new DriverCalls(operations, pr);
    this.#calls = calls;
    this.#hctxs = Array.from({ length: nrHwQueues }, (_, index) => {
      const kind = maps.poll.includes(index) ? 'poll' : maps.read.includes(index) ? 'read' : 'default';
      return new HardwareQueue(index, kind, calls.initHctx(index, kind));
    });
    const polls = this.#hctxs.map((hctx) => {
      const wanted = () => hctx.inflight > 0 && !this.#life.over;
      return new PollLoop({ clock, pr, everyNs, poll: () => calls.poll(hctx), wanted });
    });
    this.#life = new Lifecycle({
      ...{ clock, pr, stats, tagSet, tagUser: this, misuses, inFlight, watched },
      began: ({ hctx }) => {
        if (this.#hctx(hctx).kind === 'poll') polls[hctx]?.start();
      },
      left: (rq) => {
        const hctx = this.#hctx(rq.hctx);
        hctx.inflight--;
        this.#dispatcher.unblock(hctx);
      },
      complete: (rq, status) => calls.complete(rq, status),
      requeue: (rq) => this.#dispatcher.requeue(rq),
      again: (work, lane) => this.add(work, lane),
    });
    this.#overdue = new Overdue({
      ...{ clock, pr, stats, misuses, timeoutNs },
      ask: calls.hasTimeout ? (rq) => calls.timeout(new StartedRequest(rq, this.#life)) : undefined,
      end: (rq, status) => this.#life.endByLab(rq, status),
    });
    this.#timeouts = new RequestTimeouts(
      clock,
      () => inFlight.all(),
      (rq) => this.#overdue.expired(rq),
    );
    this.#dispatcher = new Dispatcher(clock, this.#hctxs, {
      hand: (hctx, rq, isLast) => this.#hand(hctx, rq, isLast),
      commit: (hctx) => calls.commitRqs(hctx),
      takenBack: (rq) => this.#life.putOff(rq),
      mapped: ({ hctx }) => tagSet.isMapped(hctx),
      reroute: (rq) => this.#life.reroute(rq),
    });
  }

  get misuses(): ReadonlyMap<Misuse, number> {
    return this.#misuses.counts;
  }

  /** Who is to be told what passes the port. */
  get watcher(): PortWatcher {
    return this.#inFlight;
  }

  /** Requests with the driver now. */
  get inflight(): number {
    return this.#inFlight.size;
  }

  /** `lane` says which of the fitting hardware queues: work of one lane stays in order. */
  add(work: Work, lane: number): void {
    if (this.#life.removed) {
      work.done(GONE);
      return;
    }
    const { tagSet } = this.#options;
    const { maps } = tagSet;
    const polled = work.polled && (work.op === 'read' || work.op === 'write') && maps.poll.length > 0;
    const map = polled ? maps.poll : work.op === 'read' && maps.read.length > 0 ? maps.read : maps.default;
    const hctx = this.#hctx(map[lane % map.length] ?? 0);
    this.#waiting.add(work);
    tagSet.pool(hctx.index).acquire(this, (tag) => this.#allocated(work, hctx, tag));
  }

  /**
   * The request in flight with a tag, as blk_mq_tag_to_rq. With a generation, only that use of the tag: undefined for an
   * answer that came too late or twice, which has been counted and is nobody's mistake.
   */
  tagToRq(hctx: number, tag: number, generation?: number): StartedRequest | undefined {
    const { nrHwQueues, depth } = this.#options.tagSet;
    const asked = `tag ${tag} of queue ${hctx} was looked up`;
    const rq = this.#inFlight.get(hctx, tag);
    if (this.#life.over) this.#misuses.report('wrong attachment', `${asked}, of a disk that is gone`);
    else if (rq?.phase === 'started' && (generation === undefined || generation === rq.generation))
      return new StartedRequest(rq, this.#life);
    else if (rq === undefined && !this.#inFlight.known(hctx, tag)) {
      const there = within(hctx, nrHwQueues) && within(tag, depth);
      const why = there ? 'which has never been used' : `there are ${nrHwQueues} queues with ${depth} tags`;
      this.#misuses.report('unknown tag', `${asked}, ${why}`);
    }
    return undefined;
  }

  /** Each request that the driver has started, as blk_mq_tagset_busy_iter. */
  busyIter(each: (rq: StartedRequest) => void): void {
    for (const rq of this.#inFlight.all()) if (rq.phase === 'started') each(new StartedRequest(rq, this.#life));
  }

  /** Everything ends with OFFLINE: at once what the driver does not have, the rest when it has not ended after `drainNs`. */
  async remove(drainNs: number, listening: () => boolean): Promise<void> {
    const life = this.#life;
    if (life.removed) return;
    life.removed = true;
    for (const hctx of this.#hctxs) this.#options.tagSet.pool(hctx.index).cancel(this);
    for (const rq of this.#dispatcher.stop()) life.finish(rq, 'OFFLINE');
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const work of waiting) work.done(GONE);
    await this.#drain(drainNs);
    for (const rq of this.#inFlight.all()) {
      if (holdsForNothing(rq)) this.#overdue.leaked(rq, 'when the disk was removed');
      else if (rq.seen.submitted && !listening())
        life.misused('detached in flight', rq, 'the driver stopped listening before the device had answered');
      life.endByLab(rq, 'OFFLINE');
    }
    this.#timeouts.stop();
    life.over = true;
  }

  async #drain(drainNs: number): Promise<void> {
    if (this.#inFlight.size === 0) return;
    const drained = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(drainNs, drained.resolve);
    this.#life.drained = drained.resolve;
    await drained.promise;
    timer.cancel();
  }

  #allocated(work: Work, hctx: HardwareQueue<H>, tag: number): void {
    this.#waiting.delete(work);
    const { clock, stats, zoned, reportBytes } = this.#options;
    const length = work.op === 'zone_report' ? reportBytes : BUFFERED.has(work.op) ? requestBytes(work) : 0;
    const writes = work.op === 'write' || work.op === 'zone_append';
    const rq: Rq = new Rq(work, {
      hctx: hctx.index,
      tag,
      zoned: writes && zoned(work.sector),
      nowNs: clock.now(),
      buffer: new RequestBuffer(length, work.payload, (what, text) => this.#life.misused(what, rq, text)),
    });
    stats.began(work.op);
    this.#dispatcher.insert(hctx, rq);
  }

  #hand(hctx: HardwareQueue<H>, rq: Rq, isLast: boolean): BlockStatus {
    const { clock, tagSet } = this.#options;
    const life = this.#life;
    rq.phase = 'idle';
    rq.turn++;
    rq.deadlineNs = clock.now() + tagSet.timeoutNs;
    this.#inFlight.add(rq);
    hctx.inflight++;
    this.#timeouts.arm(rq.deadlineNs);
    const status = this.#calls.queueRq(hctx, new IdleRequest(rq, life), isLast);
    if (status === 'OK') return 'OK';
    if (phaseOf(rq) === 'done' || phaseOf(rq) === 'queued')
      life.misused('double completion', rq, `queueRq answered ${status} for a request it had ended or requeued`);
    else if (status === 'RESOURCE' || status === 'DEV_RESOURCE') return status;
    else new IdleRequest(rq, life).end(status);
    return 'OK';
  }

  #hctx(index: number): HardwareQueue<H> {
    return this.#hctxs[index]!; // indexes come from the tag set, which has as many
  }
}

const BUFFERED: ReadonlySet<string> = new Set(['read', 'write', 'zone_append', 'write_zeroes']);
/** The driver may have moved it on meanwhile. */
const phaseOf = (rq: Rq): Rq['phase'] => rq.phase;
const within = (value: number, limit: number): boolean => Number.isInteger(value) && value >= 0 && value < limit;
