/** A driver against a recording: its device answers as it did then, in virtual time, until the driver does something else. */
import type { LogLevel } from '#bus/api.ts';
import { seconds, VirtualClock } from '#bus/clock.ts';
import { asLabError } from '#bus/errors.ts';
import { guarded } from '#bus/guarded.ts';
import type { DriverModule, KernelPort, LoadedModule } from '#bus/kernel-port.ts';
import { type RecordedSection, recordAt } from '#recording/decode.ts';
import { driverClock } from '../driver-clock.ts';
import { AnsweringPorts } from './answering-ports.ts';
import { AskedWork } from './asked-work.ts';
import { driverSide, type OwnWord } from './exchanges.ts';
import type { Plan, Planned } from './plan.ts';
import { askedOfRequest } from './recorded-block.ts';
import { askedOfAccess } from './recorded-ports.ts';
import { type Divergence, RecordedSide } from './recorded-side.ts';
import { tooLong } from './replay-bench.ts';

export interface DriverReplayOptions {
  readonly section: RecordedSection;
  readonly plan: Plan;
  /** The module of that name, or the one that takes its place. */
  readonly moduleOf: (driver: string) => DriverModule;
  /** In place of those that were recorded. */
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  readonly firmware: (name: string) => Uint8Array;
  readonly tolerateReads: boolean;
}

export interface LogWords {
  readonly time: number;
  readonly level: LogLevel;
  readonly text: string;
}

export interface DriverReplay {
  readonly device: string;
  readonly drivers: readonly string[];
  /** Accesses made as recorded, of so many. */
  readonly matched: number;
  readonly recorded: number;
  readonly extraReads: number;
  readonly skippedReads: number;
  readonly divergence: Divergence | null;
  /** A driver died, with these words. */
  readonly died: string | null;
  readonly log: readonly LogWords[];
  /** What the recording could not answer, a sentence each. */
  readonly notes: readonly string[];
}

/** How long a driver may stay behind the recording before it counts as having nothing to do. */
const GRACE_NS = seconds(10);

/** A driver waits and polls through all of it. */
const LONGEST_NS = seconds(24 * 3600);
/** What a driver does not do by then it does not do at all. */
const PATIENCE_NS = seconds(1);

export const replayDriver = (options: DriverReplayOptions): Promise<DriverReplay> => new Run(options).go();

class Run {
  readonly #options: DriverReplayOptions;
  readonly #clock = new VirtualClock();
  readonly #side: RecordedSide;
  readonly #answering: AnsweringPorts;
  readonly #listeners = new Set<(line: string, asserted: boolean) => void>();
  readonly #log: LogWords[] = [];
  readonly #names = new Set<string>();
  readonly #work: AskedWork;
  readonly #endNs: number;
  readonly #recorded: number;
  #loaded: Promise<LoadedModule | undefined> = Promise.resolve(undefined);
  #armed: OwnWord | undefined;
  readonly #waiting: Planned[] = [];
  #died: string | null = null;

  constructor(options: DriverReplayOptions) {
    const { section, plan, tolerateReads } = options;
    const { device } = plan;
    const live = section.header.mode === 'live';
    const last = section.count === 0 ? 0 : recordAt(section, section.count - 1).time;
    const first = plan.deeds.reduce((least, { atNs }) => Math.min(least, atNs), last);
    if (last - first > LONGEST_NS) throw tooLong('the accesses of a driver', last - first, LONGEST_NS);
    const port = section.devices.find(({ name }) => name === device)?.port ?? 'mdio';
    const side = driverSide(section, device, plan.drivers);
    this.#options = options;
    this.#work = new AskedWork(device, this.#clock);
    this.#recorded = side.exchanges.length;
    this.#endNs = last;
    this.#side = new RecordedSide({
      side,
      askedOf: port === 'block' ? askedOfRequest : (exchange) => askedOfAccess(exchange, section.names.texts, live),
      now: () => this.#clock.now(),
      tolerateReads,
      openEnd: live,
      told: (word) => this.#told(word),
    });
    const of = { device, clock: this.#clock, side: this.#side, moved: () => this.#arm() };
    this.#answering = new AnsweringPorts({
      ...of,
      section,
      port,
      onInterrupt: (listener) => this.#listen(listener),
    });
  }

  async go(): Promise<DriverReplay> {
    const { plan } = this.#options;
    const crashed = (thrown: unknown): void => this.#crashed(thrown);
    process.on('unhandledRejection', crashed);
    try {
      for (const deed of plan.deeds) this.#clock.after(deed.atNs, () => void this.#waiting.push(deed));
      this.#arm();
      const live = this.#options.section.header.mode === 'live';
      const over = (): boolean =>
        this.#side.divergence !== undefined || this.#died !== null || (live && this.#side.over);
      await this.#pass(this.#endNs, over);
      // an answer may take longer now than it did then
      if (!over()) await this.#pass(this.#endNs + GRACE_NS, () => over() || this.#side.over);
      return this.#result();
    } finally {
      await Promise.race([this.#leave(), new Promise((resolve) => setImmediate(resolve))]);
      process.off('unhandledRejection', crashed);
    }
  }

  #result(): DriverReplay {
    const { matched, extraReads, skippedReads, over, expected } = this.#side;
    const missing = over || expected === undefined ? null : { expected, actual: null, time: this.#clock.now() };
    return {
      device: this.#options.plan.device,
      drivers: [...this.#names],
      matched,
      recorded: this.#recorded,
      extraReads,
      skippedReads,
      divergence: this.#side.divergence ?? missing,
      died: this.#died,
      log: this.#log,
      notes: this.#answering.notes,
    };
  }

  /** Lets time pass, and asks of the driver what it was asked when that has its turn. */
  async #pass(untilNs: number, over: () => boolean): Promise<void> {
    let due: Planned | undefined;
    do {
      due = undefined;
      const turn = (): boolean => {
        due = this.#waiting.find((deed) => this.#isTurn(deed));
        return due !== undefined;
      };
      await this.#clock.run(untilNs, () => over() || turn());
      if (due !== undefined) {
        this.#waiting.splice(this.#waiting.indexOf(due), 1);
        this.#do(due);
      }
    } while (due !== undefined);
  }

  /** It came after some accesses, and after the work before it: when these have been, or will not be any more. */
  #isTurn({ after, atNs }: Planned): boolean {
    const [access, word] = [this.#side.expected, this.#side.nextWord];
    const been =
      (access === undefined || access.index >= after) &&
      (word === undefined || word.index >= after) &&
      this.#work.over &&
      this.#clock.nextAt() > this.#clock.now();
    return been || this.#clock.now() >= atNs + PATIENCE_NS;
  }

  #do(deed: Planned): void {
    if (deed.kind === 'load') this.#load(deed.driver, deed.params);
    else if (deed.kind === 'unload') void this.#leave();
    else if (deed.kind === 'io') this.#work.io(deed.deed);
    else if (deed.kind === 'draw') this.#work.draw(deed.deed);
    else this.#work.request(deed.bio);
  }

  #load(driver: string, recorded: Readonly<Record<string, unknown>>): void {
    const { moduleOf, params } = this.#options;
    const module = moduleOf(driver);
    const { name } = module.info;
    this.#names.add(name);
    this.#work.forget();
    const load = async (): Promise<LoadedModule> => {
      await this.#clock.sleep(0);
      return module.load(this.#kernel(name), params ?? recorded);
    };
    this.#loaded = load().catch(() => undefined); // it says so in its log
  }

  async #leave(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = Promise.resolve(undefined);
    try {
      await (await loaded)?.exit();
    } catch {
      // what it said of it is in its log
    }
    this.#work.forget();
  }

  #kernel(name: string): KernelPort {
    const clock = driverClock(this.#clock, (thrown) => this.#crashed(thrown));
    return {
      clock,
      ports: this.#answering.ports,
      onInterrupt: (listener) => this.#listen(listener),
      finding: (what, text) => this.#say('err', `finding: ${what}: ${text}`),
      addDisk: this.#work.offers.addDisk,
      addCard: this.#work.offers.addCard,
      requestFirmware: async (file) => this.#options.firmware(file),
      log: (level, text) => this.#say(level, `${name}: ${text}`),
      report: () => undefined,
    };
  }

  #listen(listener: (line: string, asserted: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #told(word: OwnWord): void {
    const { record } = word;
    if (record.op === 'done') this.#answering.answered(word);
    else {
      const line = this.#options.section.names.texts[record.aux] ?? '';
      for (const listener of [...this.#listeners]) guarded(() => listener(line, record.outcome === 'on'));
    }
  }

  /** The next word of the device falls due; one that a write raised waits for that write. */
  #arm(): void {
    const word = this.#side.nextWord;
    if (word === undefined || word === this.#armed || this.#raisedByNext(word)) return;
    this.#armed = word;
    this.#clock.after(word.record.time - this.#clock.now(), () => {
      if (this.#armed === word) this.#armed = undefined;
      if (!this.#raisedByNext(word)) this.#side.tell();
      this.#arm();
    });
  }

  #raisedByNext({ index, record }: OwnWord): boolean {
    const next = this.#side.expected;
    return record.op === 'irq' && next?.op === 'write' && next.index > index && next.time - record.time <= RAISED_NS;
  }

  #say(level: LogLevel, text: string): void {
    this.#log.push({ time: this.#clock.now(), level, text });
  }

  /** What comes of an answer it did not get is no news. */
  #crashed(thrown: unknown): void {
    if (this.#side.divergence === undefined) this.#died ??= asLabError(thrown).message;
  }
}

/** Between an interrupt's record and that of the write that raised it, in real time. */
const RAISED_NS = 1e6;
