/** The requests a driver has, by tag, measured against what passes its port. */
import type { BlockCommand, BlockCompletion } from '#bus/block.ts';
import type { Clock } from '#bus/clock.ts';
import type { Printk } from '../kernel/printk.ts';
import { commandMisuse, noteAnswer, unseen } from './answers.ts';
import type { DiskStats } from './disk-stats.ts';
import type { Rq } from './hardware-queue.ts';
import { type MisuseReports, printRequest } from './misuse.ts';
import { type Stray, TagHistory } from './tag-history.ts';
import type { PortWatcher } from './witnessed-port.ts';

export interface InFlightOptions {
  readonly clock: Clock;
  readonly pr: Printk;
  readonly stats: DiskStats;
  readonly misuses: MisuseReports;
  readonly depth: number;
}

export class InFlight implements PortWatcher {
  readonly #options: InFlightOptions;
  readonly #owned = new Map<number, Rq>();
  readonly #history: TagHistory;
  readonly #told = new Set<Stray>();
  /** Tags of answers nobody asked for, newest last. */
  readonly #unasked: string[] = [];

  constructor(options: InFlightOptions) {
    this.#options = options;
    this.#history = new TagHistory((Math.floor(options.clock.now() / 1e6) & 0xffff) * 2 ** 16);
  }

  get size(): number {
    return this.#owned.size;
  }

  /** A copy: it may be walked while requests end. */
  all(): readonly Rq[] {
    return [...this.#owned.values()];
  }

  get(hctx: number, tag: number): Rq | undefined {
    return this.#owned.get(this.#key(hctx, tag));
  }

  /** Whether a driver may rightly look the tag up: it was used, or the device has come up with it. */
  known(hctx: number, tag: number): boolean {
    return this.#history.used(this.#key(hctx, tag)) || this.#unasked.includes(`${hctx}:${tag}`);
  }

  add(rq: Rq): void {
    this.#owned.set(this.#key(rq.hctx, rq.tag), rq);
  }

  /** False when the driver did not have it. */
  delete(rq: Rq): boolean {
    const key = this.#key(rq.hctx, rq.tag);
    if (!rq.seen.submitted) this.#history.settle(key, rq.generation);
    return this.#owned.delete(key);
  }

  /** A new use of its tag begins. */
  begin(rq: Rq): void {
    const { generation, reclaims } = this.#history.begin(this.#key(rq.hctx, rq.tag));
    rq.generation = generation;
    rq.reclaims = reclaims;
    rq.seen = unseen();
  }

  submitted(command: BlockCommand): void {
    const { hctx, tag, generation, op, sector } = command;
    const { misuses } = this.#options;
    const rq = this.get(hctx, tag);
    if (rq?.phase === 'started' && rq.generation === generation) {
      rq.seen.submitted = true;
      rq.seen.fuaSent = command.fua === true;
      const misuse = commandMisuse(command, rq);
      if (misuse !== undefined) misuses.report(...misuse);
      return;
    }
    const found = rq === undefined ? 'no request has it now' : `it belongs to ${printRequest(rq)}, ${rq.phase}`;
    const sent = `tag ${tag} generation ${generation} of queue ${hctx} was sent to the device (${op}, sector ${sector})`;
    misuses.report('unknown tag', `${sent}; ${found}`);
  }

  withdrawn(command: BlockCommand): void {
    const rq = this.get(command.hctx, command.tag);
    if (rq?.generation === command.generation && rq.seen.answer === undefined) rq.seen = unseen();
  }

  answered(completion: BlockCompletion): void {
    const { clock, pr, stats } = this.#options;
    const { hctx, tag, generation } = completion;
    const key = this.#key(hctx, tag);
    const rq = this.#owned.get(key);
    if (rq?.phase === 'started' && rq.generation === generation && rq.seen.answer === undefined) {
      noteAnswer(rq.seen, completion, clock.now());
      this.#history.settle(key, generation);
      return;
    }
    const stray = this.#history.stray(key, generation);
    if (rq !== undefined && rq.generation !== generation && stray !== 'unknown') rq.seen.stray = stray;
    stats.ignored[stray]++;
    if (stray === 'unknown') {
      this.#unasked.push(`${hctx}:${tag}`);
      if (this.#unasked.length > UNASKED) this.#unasked.shift();
    }
    if (this.#told.has(stray)) return;
    this.#told.add(stray);
    const which = `tag ${tag} generation ${generation} of queue ${hctx}`;
    pr.warning(`answer ${STRAY_WORDS[stray]} ignored: ${which}; others like it are only counted`);
  }

  #key(hctx: number, tag: number): number {
    const real = Number.isInteger(tag) && tag >= 0 && tag < this.#options.depth && Number.isInteger(hctx) && hctx >= 0;
    return real ? hctx * this.#options.depth + tag : -1; // no request is ever kept there
  }
}

const UNASKED = 64;
const STRAY_WORDS: Readonly<Record<Stray, string>> = {
  late: 'after its timeout',
  duplicate: 'given twice',
  unknown: 'nobody asked for',
};
