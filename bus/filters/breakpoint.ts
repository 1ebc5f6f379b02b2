/** One breakpoint on accesses: which it is about, what it does when one comes, how often it was hit. */
import type { Clock } from '../clock.ts';
import { LabError, unknownName } from '../errors.ts';
import { Random, seedOf } from '../random.ts';
import { Schedule, scheduleText } from './schedule.ts';
import { type AccessBreakpointView, BREAK_VERBS, type BreakpointSpec, type BreakVerb } from './views.ts';

/** A held access goes on by itself after this long. */
export const HOLD_LIMIT_MS = 60_000;
export const HOLD_LIMIT_MOST_MS = 3_600_000;

export class AccessBreakpoint {
  readonly id: number;
  readonly verb: BreakVerb;
  readonly spec: BreakpointSpec;
  readonly limitMs: number;
  readonly #clock: Clock;
  readonly #schedule: Schedule;
  readonly #waiting: (() => void)[] = [];
  #on = false;
  firstSeq: number | null = null;

  /** Throws EINVAL or ENOENT. */
  constructor(id: number, spec: BreakpointSpec, { clock, seed }: { clock: Clock; seed: number }) {
    const { verb = 'break', limitMs = HOLD_LIMIT_MS } = spec;
    if (!BREAK_VERBS.includes(verb)) throw unknownName('verb of a breakpoint', verb, BREAK_VERBS, 'EINVAL');
    if (!Number.isFinite(limitMs) || limitMs < 1 || limitMs > HOLD_LIMIT_MOST_MS)
      throw new LabError('EINVAL', `a hold of ${limitMs} ms; it takes 1 to ${HOLD_LIMIT_MOST_MS}`);
    this.id = id;
    this.verb = verb;
    this.spec = spec;
    this.limitMs = limitMs;
    this.#clock = clock;
    this.#schedule = new Schedule(spec, new Random(seedOf(seed, `breakpoint ${id}`)));
  }

  get on(): boolean {
    return this.#on;
  }

  get holds(): boolean {
    return this.verb === 'break' || this.verb === 'run-until';
  }

  get hits(): number {
    return this.#schedule.firings;
  }

  switch(on: boolean): void {
    if (on && !this.#on) this.#schedule.begin(this.#clock);
    this.#on = on;
  }

  /** An access fits: is it this one? A run-until and a wait-for are over with the first. */
  hit(): boolean {
    if (!this.#on || !this.#schedule.take(this.#clock.now())) return false;
    if (this.verb === 'run-until' || this.verb === 'wait-for') this.#on = false;
    for (const told of this.#waiting.splice(0)) told();
    return true;
  }

  /** Calls `told` at the next hit; returns the way to stop waiting. */
  onHit(told: () => void): () => void {
    this.#waiting.push(told);
    return () => {
      const place = this.#waiting.indexOf(told);
      if (place >= 0) this.#waiting.splice(place, 1);
    };
  }

  get text(): string {
    const { device, when } = this.spec;
    const schedule = scheduleText(this.spec);
    const where = `${when.trim()}${device === undefined ? '' : ` of ${device}`}`;
    return `${this.verb} ${where}${schedule === '' ? '' : `, ${schedule}`}`;
  }

  view(): AccessBreakpointView {
    const { id, verb, spec, limitMs, text, firstSeq } = this;
    const { matches, firings: hits } = this.#schedule;
    return { ...spec, id, verb, on: this.#on, limitMs, text, matches, hits, firstSeq };
  }
}
