/** Hardware queues: takes commands in the kernel's order of steps, and gives each its answer when its time has come. */
import { type BlockCommand, type BlockCompletion, type BlockOp, type BlockStatus, SECTOR_BYTES } from '#bus/block.ts';
import type { Clock } from '#bus/clock.ts';
import { type Answer, Answers, type Timed, type Work } from './answers.ts';
import type { Config } from './config.ts';
import type { Counters } from './counters.ts';
import type { Injector } from './injector.ts';
import { changesMedium, type Operations } from './operations.ts';
import type { SharedTags } from './shared-tags.ts';
import type { Strikes } from './strikes.ts';
import { TagsInFlight } from './tags-in-flight.ts';
import type { Throttle } from './throttle.ts';

/** Told of every request that was answered, after its answer. */
export interface Answered {
  readonly op: BlockOp;
  readonly sector: number;
  readonly sectors: number;
  readonly queue: number;
  readonly status: BlockStatus;
  readonly latencyNs: number;
}

export interface QueueParts {
  readonly clock: Clock;
  readonly config: Config;
  readonly operations: Operations;
  readonly counters: Counters;
  readonly strikes: Strikes;
  readonly throttle: Throttle;
  readonly injectors: { readonly timeout: Injector; readonly requeue: Injector };
  /** Null: each queue has tags of its own. */
  readonly tags: SharedTags | null;
  /** A shared tag is free again, after there had been none. */
  readonly tagFreed: () => void;
  /** What a read-only device answers to what would change the medium; undefined: it is not read-only. */
  readonly readOnly: () => BlockStatus | undefined;
  readonly log: (text: string) => void;
  readonly answered: (request: Answered) => void;
}

interface Polled {
  readonly work: Work;
  readonly readyAt: number;
}

export class Queues {
  readonly #parts: QueueParts;
  readonly #answers: Answers;
  readonly #polled = new Map<number, Polled[]>();
  readonly #tags: TagsInFlight;
  /** May change while requests are in flight. */
  submitQueues: number;
  pollQueues: number;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#answers = new Answers(parts.clock, parts.strikes, (answer) => this.#give(answer));
    this.#tags = new TagsInFlight(parts.config.queueDepth, parts.config.sharedTagBitmap);
    this.submitQueues = parts.config.submitQueues;
    this.pollQueues = parts.config.pollQueues;
    this.#join();
  }

  /** Requests in flight end where they are; what waits on a queue that is polled no more is done and answered. */
  resize(submitQueues: number, pollQueues: number): void {
    this.submitQueues = submitQueues;
    this.pollQueues = pollQueues;
    for (const [hctx, list] of [...this.#polled])
      if (hctx < submitQueues || hctx >= submitQueues + pollQueues) {
        this.#polled.delete(hctx);
        for (const { work } of list) this.#deliver(work, this.#execute(work.command));
      }
  }

  /** Throws when the rules of the port are broken; else there is exactly one answer, unless a fault withholds it. */
  submit(command: BlockCommand, answer: (completion: BlockCompletion) => void, tagged: boolean): void {
    if (tagged) this.#tags.check(command, this.submitQueues + this.pollQueues);
    const { clock, operations, counters, injectors, throttle, tags, config } = this.#parts;
    const { op, hctx } = command;
    const refusal = operations.refusal(command) ?? this.#writeProtection(op);
    if (refusal !== undefined) {
      counters.note('refused');
      counters.answered(op, 0, refusal, 0);
      answer(completionOf(command, refusal));
      return;
    }
    if (tags !== null && !tags.take(this, hctx)) {
      counters.note('noTag');
      answer(completionOf(command, 'DEV_RESOURCE'));
      return;
    }
    const back = (status: BlockStatus): void => {
      tags?.give(this, hctx);
      answer(completionOf(command, status));
    };
    const fakeTimeout = this.#struck(injectors.timeout, 'timeout', command);
    if (this.#struck(injectors.requeue, 'requeue', command)) {
      counters.note('requeues');
      back('RESOURCE');
      return;
    }
    if (throttle.on && !throttle.admit(bytesOf(command), clock.now())) {
      counters.note('throttled');
      back('DEV_RESOURCE');
      return;
    }
    const work: Work = { command, since: clock.now(), answer, tagged };
    counters.began(op, hctx);
    if (tagged) this.#tags.hold(command);
    if (hctx >= this.submitQueues && hctx < this.submitQueues + this.pollQueues) {
      const list = this.#polled.get(hctx) ?? [];
      list.push({ work, readyAt: work.since + this.#parts.strikes.delayNs(op) });
      this.#polled.set(hctx, list);
      return;
    }
    if (fakeTimeout) {
      counters.note('timeouts');
      this.#retire(work);
      return;
    }
    const completion = this.#execute(command);
    if (this.#parts.strikes.drops(op)) {
      counters.note('lost');
      this.#retire(work);
      return;
    }
    const delay = this.#parts.strikes.delayNs(op);
    if (config.irq === 'none' && delay === 0 && this.#parts.strikes.reorder === undefined) {
      this.#deliver(work, completion);
      return;
    }
    const at = clock.now() + delay + (config.irq === 'timer' ? config.completionNs : 0);
    this.#answers.give({ kind: 'answer', work, completion }, at);
  }

  /** What a poll queue has ready; the work itself is done now, as in Linux. */
  poll(hctx: number): BlockCompletion[] {
    const { clock, counters, strikes } = this.#parts;
    const list = this.#polled.get(hctx) ?? [];
    const now = clock.now();
    const ready = list.filter(({ readyAt }) => readyAt <= now);
    if (ready.length === 0) return [];
    this.#polled.set(
      hctx,
      list.filter(({ readyAt }) => readyAt > now),
    );
    const found: BlockCompletion[] = [];
    for (const { work } of ready) {
      const completion = this.#execute(work.command);
      if (strikes.drops(work.command.op)) {
        counters.note('lost');
        this.#retire(work);
        continue;
      }
      found.push(completion);
      this.#settle(work, completion);
      if (strikes.repeatsAfterNs(work.command.op) !== undefined) {
        counters.note('duplicated');
        found.push(completion);
      }
    }
    return strikes.reorder === undefined ? found : strikes.shuffle(found);
  }

  /** Everything on its way is answered now; what nobody has polled for ends OFFLINE. */
  drain(): void {
    this.#answers.drain();
    for (const { work } of [...this.#polled.values()].flat()) {
      this.#settle(work, completionOf(work.command, 'OFFLINE'));
      work.answer(completionOf(work.command, 'OFFLINE'));
    }
    this.drop();
  }

  /** Everything on its way is gone. */
  drop(): void {
    this.#answers.drop();
    this.#polled.clear();
    this.#tags.clear();
    this.#parts.counters.settle();
    this.#parts.tags?.leave(this);
    this.#join();
  }

  /** Power is off: no tags are held any more. */
  close(): void {
    this.drop();
    this.#parts.tags?.leave(this);
  }

  /** The fault that gathers answers may have been switched off. */
  faultsChanged(): void {
    if (this.#parts.strikes.reorder === undefined) this.#answers.release();
  }

  /** Answers and polled requests on their way, in order. */
  get pending(): { readonly due: readonly Timed[]; readonly polled: readonly Polled[] } {
    return { due: this.#answers.pending, polled: [...this.#polled.values()].flat() };
  }

  /** Takes back what `pending` once showed. */
  resume(due: readonly Timed[], polled: readonly Polled[]): void {
    for (const { item, at } of due) {
      if (item.kind === 'answer') this.#resumed(item.work);
      this.#answers.give(item, at);
    }
    for (const entry of polled) {
      this.#resumed(entry.work);
      const { hctx } = entry.work.command;
      this.#polled.set(hctx, [...(this.#polled.get(hctx) ?? []), entry]);
    }
  }

  #join(): void {
    this.#parts.tags?.join(this, this.#parts.tagFreed);
  }

  #resumed(work: Work): void {
    this.#parts.counters.began(work.command.op, work.command.hctx);
    this.#parts.tags?.take(this, work.command.hctx);
    if (work.tagged) this.#tags.hold(work.command);
  }

  #writeProtection(op: BlockOp): BlockStatus | undefined {
    return changesMedium(op) ? this.#parts.readOnly() : undefined;
  }

  #struck(injector: Injector, name: string, { op, sector }: BlockCommand): boolean {
    if (injector.idle || !injector.strikes()) return false;
    if (injector.verbose) this.#parts.log(`FAULT_INJECTION: ${name}: ${op} at sector ${sector}`);
    return true;
  }

  #execute(command: BlockCommand): BlockCompletion {
    const error = this.#parts.strikes.error(command);
    const outcome = error === undefined ? this.#parts.operations.run(command) : { status: error };
    const { hctx, tag, generation } = command;
    return { hctx, tag, generation, ...outcome };
  }

  #give({ kind, work, completion }: Answer): void {
    if (kind === 'answer') this.#deliver(work, completion);
    else {
      this.#parts.counters.note('duplicated');
      work.answer(completion);
    }
  }

  #deliver(work: Work, completion: BlockCompletion): void {
    const gapNs = this.#parts.strikes.repeatsAfterNs(work.command.op);
    if (gapNs !== undefined) this.#answers.give({ kind: 'again', work, completion }, this.#parts.clock.now() + gapNs);
    this.#settle(work, completion);
    work.answer(completion);
  }

  #settle(work: Work, { status }: BlockCompletion): void {
    const { command, since } = work;
    this.#retire(work);
    const latencyNs = this.#parts.clock.now() - since;
    this.#parts.counters.answered(command.op, bytesOf(command), status, latencyNs);
    const { op, sector, sectors, hctx } = command;
    this.#parts.answered({ op, sector, sectors, queue: hctx, status, latencyNs });
  }

  /** The device no longer holds it. */
  #retire(work: Work): void {
    const { op, hctx } = work.command;
    this.#parts.counters.left(op, hctx);
    this.#parts.tags?.give(this, hctx);
    if (work.tagged) this.#tags.release(work.command);
  }
}

export const completionOf = ({ hctx, tag, generation }: BlockCommand, status: BlockStatus): BlockCompletion => ({
  hctx,
  tag,
  generation,
  status,
});

/** Bytes that a request moves or covers; none for a flush or a zone's verb. */
const bytesOf = ({ op, sectors }: BlockCommand): number =>
  op === 'flush' || (op.startsWith('zone_') && op !== 'zone_append') ? 0 : sectors * SECTOR_BYTES;
