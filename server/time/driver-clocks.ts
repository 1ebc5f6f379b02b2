/** The clocks of the drivers while the lab leads them: asks each on, and knows when nothing is on its way to or from one. */
import type { DeviceStanding, LeaseView } from '#bus/device-serve.ts';
import { encodeTimeAsk, parseTimeAnswer, type TimeAnswer } from '#bus/time-word.ts';
import type { DriverLine } from '../driver-line.ts';

/** A device on the bus, as far as its driver's time goes. */
export interface LedPort {
  owner(): Pick<LeaseView, 'client' | 'session'> | null;
  standing(client: string): DeviceStanding;
}

export interface DriverClocksOptions {
  readonly line: Pick<DriverLine, 'ask'>;
  readonly devices: () => readonly string[];
  readonly port: (device: string) => LedPort | undefined;
  readonly log: (text: string) => void;
  /** How long a driver may take to come to rest, by the wall. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 2000;

interface Led {
  readonly session: string;
  /** Null until it has answered once; false when it has not in time. */
  follows: boolean | null;
  answer: TimeAnswer | null;
  /** Of the device, when the driver was asked first: what it did not hear before that it will not hear. */
  readonly interrupts: number;
  /** An ask that has not been answered in time: no other goes out before it is. */
  asked: Promise<void> | null;
}

export class DriverClocks {
  readonly #options: DriverClocksOptions;
  readonly #led = new Map<string, Led>();

  constructor(options: DriverClocksOptions) {
    this.#options = options;
  }

  /** Devices with a driver, and whether it follows: null for one that has not been asked yet. */
  get drivers(): readonly { readonly device: string; readonly client: string; readonly follows: boolean | null }[] {
    return this.#driven().map(({ device, client, session }) => {
      const led = this.#led.get(device);
      return { device, client, follows: led?.session === session ? led.follows : null };
    });
  }

  /** When each driver's clock has something next, as it said last. */
  get next(): readonly { readonly device: string; readonly at: number }[] {
    return this.#driven().flatMap(({ device, session }) => {
      const led = this.#led.get(device);
      const at = led?.session === session ? led.answer?.next : null;
      return at === null || at === undefined ? [] : [{ device, at }];
    });
  }

  /** Where the clock stands that is furthest on. */
  get now(): number {
    const all = this.#driven().map(({ device, session }) => {
      const led = this.#led.get(device);
      return led?.session === session ? (led.answer?.now ?? 0) : 0;
    });
    return Math.max(0, ...all);
  }

  /** Takes one driver on to `at`; resolves when it has answered, or is too late. */
  async goOn(device: string, at: number): Promise<void> {
    const driven = this.#driven().find((one) => one.device === device);
    if (driven !== undefined) await this.#ask(driven, at);
  }

  /** Until every driver that follows has nothing left to do at `at`; one that does not come to rest is left behind, and said so. */
  async rest(at: number): Promise<void> {
    await Promise.all(this.#driven().map((driven) => this.#rest(driven, at)));
  }

  /** Time goes on by itself: what drivers said is of no use any more. */
  forget(): void {
    for (const led of this.#led.values()) led.answer = null;
  }

  async #rest(driven: Driven, at: number): Promise<void> {
    const until = performance.now() + (this.#options.patienceMs ?? PATIENCE_MS);
    while (!this.#isAtRest(driven)) {
      if (performance.now() > until) {
        this.#options.log(`the driver of ${driven.device} does not come to rest: time goes on without waiting for it`);
        return;
      }
      await this.#ask(driven, at);
      if (this.#led.get(driven.device)?.follows === false) return;
    }
  }

  /** What it has said fits what the device knows of it: nothing is on its way between the two. */
  #isAtRest({ device, client, session }: Driven): boolean {
    const led = this.#led.get(device);
    const standing = this.#options.port(device)?.standing(client);
    if (standing === undefined || led?.follows === false) return true;
    const answer = led?.session === session ? led.answer : null;
    if (led === undefined || answer === null) return false;
    return (
      answer.last === standing.last &&
      answer.waiting.every((one) => standing.open.includes(one)) &&
      answer.told >= standing.told &&
      (answer.interrupts ?? led.interrupts) >= standing.interrupts
    );
  }

  async #ask({ device, client, session }: Driven, at: number): Promise<void> {
    const { line, port, log, patienceMs = PATIENCE_MS } = this.#options;
    let led = this.#led.get(device);
    if (led?.session !== session) {
      const interrupts = port(device)?.standing(client).interrupts ?? 0;
      led = { session, follows: null, answer: null, interrupts, asked: null };
      this.#led.set(device, led);
    }
    const of = led;
    of.asked ??= line
      .ask(device, 'time', 'a time request', encodeTimeAsk({ at }))
      .then((body) => {
        of.answer = parseTimeAnswer(body);
        of.follows = true;
      })
      .catch(() => {
        of.answer = null; // it has gone, or says what nobody understands
      })
      .finally(() => {
        of.asked = null;
      });
    if (of.follows === false) return; // should it answer after all, it is heard
    if (await inTime(of.asked, patienceMs)) return;
    of.follows = false;
    log(`the driver of ${device} (${client}) does not follow the lab's time: it goes on by its own clock`);
  }

  #driven(): readonly Driven[] {
    return this.#options.devices().flatMap((device) => {
      const owner = this.#options.port(device)?.owner();
      return owner === null || owner === undefined ? [] : [{ device, client: owner.client, session: owner.session }];
    });
  }
}

interface Driven {
  readonly device: string;
  readonly client: string;
  readonly session: string;
}

const inTime = async (work: Promise<void>, ms: number): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const first = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return first;
};
