/** The time of a running lab: paused, stepped, at another rate, taken to a later moment; said on the bus for everybody who follows. */
import type { TimeView } from '#bus/api.ts';
import type { BusClient } from '#bus/client.ts';
import { seconds } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import type { SteeredClock } from '#bus/steered-clock.ts';
import { encodeTimeWord, isRate, RATES, type TimeWord } from '#bus/time-word.ts';
import { topics } from '#bus/topics.ts';
import type { DriverClocks } from './driver-clocks.ts';
import type { Leader, Walk } from './leader.ts';

export interface LabTimeOptions {
  readonly client: BusClient;
  readonly clock: SteeredClock;
  /** The block devices' thread, which hears how the lab's clock goes. */
  readonly thread: { steer(): void };
  readonly drivers: DriverClocks;
  readonly leader: Leader;
  readonly waits: () => string | null;
  readonly log: (text: string) => void;
}

/** Steps at once; more are several commands, or a jump. */
export const MOST_STEPS = 10_000;
/** By the wall: a driver that hears of a pause later than this is not waited for, but waits. */
const LATEST_S = 1;
/** A year: what a jump may take at most. */
export const LONGEST_JUMP_NS = seconds(366 * 86_400);

export class LabTime {
  readonly #options: LabTimeOptions;
  readonly #listeners = new Set<() => void>();
  readonly #deaf: () => void;
  #rate: number | 'max' = 1;
  #paused = false;
  #epoch = 0;
  #walk: Walk | null = null;
  /** Commands have their turn one after another… */
  #last: Promise<unknown> = Promise.resolve();
  /** …and a walk without an end, at a rate of `max`, is over before one begins. */
  #hurrying: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LabTimeOptions) {
    this.#options = options;
    this.#deaf = options.client.on((event) => {
      if (event === 'back') this.say();
    });
    this.say();
  }

  /** Time goes only where the lab leads it. */
  get isLed(): boolean {
    return this.#walk !== null;
  }

  /** Why an answer may take long by the wall; null while the lab is as quick as the wall clock. */
  get slow(): string | null {
    if (this.#walk !== null) return null;
    if (this.#paused) return 'the lab is paused';
    return this.#rate !== 'max' && this.#rate < 1 ? `the lab runs at ${this.#rate} of real time` : null;
  }

  view(): TimeView {
    const { clock, drivers, leader, waits } = this.#options;
    const walk = this.#walk;
    const jumps = walk !== null && walk.until !== Number.POSITIVE_INFINITY;
    return {
      state: jumps ? 'jumping' : this.#paused ? 'paused' : 'running',
      rate: this.#rate,
      now: clock.now(),
      wall: new Date().toISOString(),
      epoch: this.#epoch,
      until: jumps ? walk.until : null,
      next: this.#paused && walk === null ? leader.next : null,
      waits: walk === null ? null : waits(),
      drivers: drivers.drivers,
    };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Says the time on the bus once more, for whoever has just come. */
  say(): void {
    const { client, clock } = this.#options;
    if (this.#closed) return;
    const word: TimeWord = {
      state: this.#walk !== null ? 'led' : this.#paused ? 'paused' : 'running',
      rate: this.#rate,
      now: clock.now(),
      at: new Date().toISOString(),
      epoch: this.#epoch,
      session: client.session,
    };
    void client.link.publish(topics(client.lab).time(), encodeTimeWord(word), { retain: true }).catch(() => {}); // said again when it is back
  }

  /** Resolves when nothing is left to do on the bench but wait. A jump on its way ends where it is. */
  pause(): Promise<TimeView> {
    const walked = this.#walk !== null;
    if (walked) this.#paused = true; // not a moment between the two
    this.#halt();
    return this.#inTurn(async () => {
      if (this.#paused && !walked) return;
      this.#paused = true;
      await this.#stand();
      this.#options.log(`time is paused at ${inSeconds(this.#options.clock.now())}`);
    });
  }

  resume(): Promise<TimeView> {
    this.#halt();
    return this.#inTurn(() => {
      if (!this.#paused) return;
      this.#options.log(`time goes on from ${inSeconds(this.#options.clock.now())}${this.#atRate()}`);
      this.#paused = false;
      this.#goOn();
    });
  }

  /** From now on, or from the end of the pause on. Throws EINVAL. */
  setRate(rate: number | 'max'): Promise<TimeView> {
    if (rate !== 'max' && !isRate(rate))
      throw new LabError('EINVAL', `a rate of ${rate}: from ${RATES.min} to ${RATES.max}, or max`);
    this.#halt();
    return this.#inTurn(() => {
      if (this.#rate === rate) return;
      this.#rate = rate;
      this.#options.log(
        `time goes${rate === 1 ? ' as the wall clock' : this.#atRate()}${this.#paused ? ' when it goes on' : ''}`,
      );
      if (!this.#paused) this.#goOn();
    });
  }

  /** Pauses, and goes on to the next event of the bench, or the one after so many. Throws EINVAL. */
  step(events = 1): Promise<TimeView> {
    if (!Number.isInteger(events) || events < 1 || events > MOST_STEPS)
      throw new LabError('EINVAL', `${events} steps: 1 to ${MOST_STEPS} at once`);
    return this.#walkTo({ until: Number.POSITIVE_INFINITY, events }, true);
  }

  /** Goes to a moment as fast as possible, all events on the way in their order; then on as before. Throws EINVAL, EBUSY. */
  jump(to: { readonly byNs: number } | { readonly toNs: number }): Promise<TimeView> {
    const now = this.#options.clock.now();
    const until = Math.round('byNs' in to ? now + to.byNs : to.toNs);
    if (!(until >= now)) {
      const asked = Number.isFinite(until) ? inSeconds(until) : 'nowhere';
      throw new LabError(
        'EINVAL',
        `a jump to ${asked}, and it is ${inSeconds(now)} now: time goes forward only, for what happened has been seen`,
      );
    }
    if (until - now > LONGEST_JUMP_NS)
      throw new LabError(
        'EINVAL',
        `a jump of ${inSeconds(until - now)}: a year at once, ${inSeconds(LONGEST_JUMP_NS)}`,
      );
    return this.#walkTo({ until, events: Number.POSITIVE_INFINITY }, this.#paused);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#deaf();
    this.#listeners.clear();
    this.#halt();
    await this.#last;
    await this.#hurrying;
    const { client } = this.#options;
    if (client.connected) await client.link.publish(topics(client.lab).time(), '', { retain: true }).catch(() => {});
  }

  #walkTo(walk: Pick<Walk, 'until' | 'events'>, thenPaused: boolean): Promise<TimeView> {
    const under = this.#walk;
    if (under !== null && under.until !== Number.POSITIVE_INFINITY)
      throw new LabError('EBUSY', `time is on its way to ${inSeconds(under.until)}; pause ends that`);
    this.#halt();
    return this.#inTurn(async () => {
      if (this.#closed) return;
      const { leader, clock, log } = this.#options;
      const from = clock.now();
      const own: Walk = { ...walk, stopped: false };
      this.#paused = thenPaused;
      this.#walk = own;
      await this.#stand();
      const events = await leader.walk(own);
      if (own.events === Number.POSITIVE_INFINITY)
        log(`time jumped from ${inSeconds(from)} to ${inSeconds(clock.now())}: ${events} events`);
      this.#walk = null;
      if (this.#paused) {
        this.#options.thread.steer();
        this.#changed();
      } else this.#goOn();
    });
  }

  /** Everybody's time stands, and everybody has come to rest. */
  async #stand(): Promise<void> {
    const { clock, thread, leader, drivers } = this.#options;
    const mostNs = seconds(LATEST_S) * clock.rate;
    clock.hold();
    thread.steer();
    drivers.forget();
    this.#changed();
    await leader.stand(mostNs);
    this.#tell(); // what is next is known now
  }

  /** As the rate has it. */
  #goOn(): void {
    if (this.#closed) return;
    const { clock, thread } = this.#options;
    if (this.#rate === 'max') {
      this.#hurrying = this.#hurry();
      return;
    }
    clock.run(this.#rate);
    thread.steer();
    this.#changed();
  }

  /** As fast as possible, until somebody wants something else. */
  async #hurry(): Promise<void> {
    const own: Walk = { until: Number.POSITIVE_INFINITY, events: Number.POSITIVE_INFINITY, stopped: false };
    this.#walk = own;
    await this.#stand();
    await this.#options.leader.walk(own);
    this.#walk = null;
  }

  #halt(): void {
    if (this.#walk !== null) this.#options.leader.stop(this.#walk);
  }

  async #inTurn(act: () => void | Promise<void>): Promise<TimeView> {
    const before = this.#last;
    const turn = (async () => {
      await before;
      this.#halt();
      await this.#hurrying;
      await act();
      // a rate of max was halted for this, and this has not changed it
      if (this.#walk === null && !this.#paused && this.#rate === 'max') this.#goOn();
    })();
    this.#last = turn.catch(() => {});
    await turn;
    return this.view();
  }

  #atRate(): string {
    return this.#rate === 1 ? '' : this.#rate === 'max' ? ' as fast as possible' : ` at ${this.#rate} of real time`;
  }

  #changed(): void {
    this.#epoch++;
    this.say();
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

const inSeconds = (ns: number): string => `${(ns / 1e9).toFixed(6)} s`;
