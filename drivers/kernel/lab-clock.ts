/** The clock of a driver's process: the lab's own time, as its word on the bus has it, so that the whole bench has one. */
import type { BusClient } from '#bus/client.ts';
import type { Clock } from '#bus/clock.ts';
import type { RemoteDevice } from '#bus/device-connect.ts';
import { SteeredClock } from '#bus/steered-clock.ts';
import { encodeTimeAnswer, parseTimeAsk, parseTimeWord, type TimeAnswer, type TimeWord } from '#bus/time-word.ts';
import { topics } from '#bus/topics.ts';
import { Offer } from '../offer.ts';

/** Turns of the event loop after which whatever was to be done at once is done: a reply may wake what asks again. */
const TURNS = 3;

/** Runs by itself from the start; follows a lab once one has spoken. A lab that never speaks of time is an older one. */
export class LabClock {
  readonly #clock = new SteeredClock();
  readonly #client: BusClient;
  /** What the driver waits for that is neither the bus nor the clock. */
  readonly #busy = new Set<Promise<unknown>>();
  #remote: Pick<RemoteDevice, 'heard'> | undefined;
  #word: TimeWord | undefined;
  #spoken = Promise.withResolvers<void>();

  private constructor(client: BusClient) {
    this.#client = client;
  }

  /** Listens to the lab of a client; resolves when the broker has taken it. */
  static async follow(client: BusClient): Promise<LabClock> {
    const followed = new LabClock(client);
    const led = new Offer({
      client,
      kind: 'time',
      atOnce: 4,
      perform: async (body) => encodeTimeAnswer(await followed.#goOn(parseTimeAsk(body).at)),
    });
    await Promise.all([
      led.open(),
      client.link.subscribe(topics(client.lab).time(), (_, payload, retained) => followed.#hear(payload, retained)),
    ]);
    return followed;
  }

  get clock(): Clock {
    return this.#clock;
  }

  /** The device whose word counts: an interrupt carries its time. */
  attend(remote: RemoteDevice): void {
    this.#remote = remote;
    remote.on((event) => {
      if (event.kind === 'interrupt' && this.#clock.rate === 0) this.#clock.hold(event.interrupt.time);
    });
  }

  /** Resolves at the next word that is spoken rather than left behind, should this lab speak of time at all. */
  spoken(): () => Promise<void> {
    const { promise } = this.#spoken;
    return () => (this.#word === undefined ? Promise.resolve() : promise);
  }

  /** Time stands for the driver while this is under way and time is led. */
  during<T>(work: Promise<T>): Promise<T> {
    const done = work.finally(() => this.#busy.delete(done));
    this.#busy.add(done);
    return done;
  }

  /** The lab is lost: time goes on by itself. */
  leave(): void {
    this.#clock.run(1);
  }

  #hear(payload: Uint8Array, retained: boolean): void {
    const word = parseTimeWord(payload);
    if (word === undefined) return;
    if (word.session === this.#word?.session && word.epoch < this.#word.epoch) return; // told late
    this.#word = word;
    // how old a word is that was left behind, nobody can tell: the lab speaks again when the device is bound
    const at = retained && word.state === 'running' ? this.#clock.now() : word.now;
    if (word.state === 'running' && word.rate !== 'max') this.#clock.run(word.rate, at);
    else this.#clock.hold(at);
    if (retained) return;
    this.#spoken.resolve();
    this.#spoken = Promise.withResolvers();
  }

  /** The lab leads: what is due by `at` has its turn, and the answer waits until nothing is left to do but wait. */
  async #goOn(at: number): Promise<TimeAnswer> {
    this.#clock.hold();
    while (this.#clock.fireNext(at)) await turn();
    this.#clock.hold(at);
    do {
      await Promise.allSettled([...this.#busy]);
      for (let i = 0; i < TURNS; i++) await turn();
    } while (this.#busy.size > 0);
    const next = this.#clock.nextAt();
    return {
      now: this.#clock.now(),
      next: Number.isFinite(next) ? Math.ceil(next) : null,
      ...this.#client.standing,
      told: this.#remote?.heard.told ?? 0,
      interrupts: this.#remote?.heard.interrupts ?? null,
    };
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
