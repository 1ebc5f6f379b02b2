/** Carries out one step after another: waits for its beginning, does its deeds, looks for what it expects. */
import { asLabError } from '#bus/errors.ts';
import { printC45 } from '#datasheets/c45.ts';
import { busDeedText, RunInstruments } from './bus-deeds.ts';
import { drawText } from './draw.ts';
import type { ScenarioEnv } from './env.ts';
import { armFlip, armLose, armRequest, armTrigger } from './filters.ts';
import { IoWork } from './io-work.ts';
import type { AccessPattern, AttrDeed, Deed, DrawDeed, IoDeed, RequestPattern, Scenario, Step } from './model.ts';
import { ownAccess } from './own-access.ts';
import type { Recording } from './recording.ts';
import { RunSnapshots } from './run-snapshots.ts';
import { Screens } from './screens.ts';
import { Failure } from './verdict.ts';
import { type Marks, watch } from './watch.ts';
import { expectedText, ioText, stepTitle } from './words.ts';

/** How the scenario's own accesses are named in the trace. */
const REQUESTER = 'scenario';

export interface DeedsOptions {
  readonly scenario: Scenario;
  readonly env: ScenarioEnv;
  readonly recording: Recording;
  /** Clock time at which the run began. */
  readonly began: number;
  readonly signal: AbortSignal | undefined;
}

export class Deeds {
  readonly #options: DeedsOptions;
  readonly #armed: (() => void)[] = [];
  readonly #loaded = new Map<string, number>();
  readonly #io = new Map<string, IoWork>();
  readonly #snapshots: RunSnapshots;
  readonly #screens: Screens;
  readonly #instruments: RunInstruments;
  #record = 0;
  #log: number;

  constructor(options: DeedsOptions) {
    this.#options = options;
    this.#snapshots = new RunSnapshots(options.scenario, options.env);
    this.#instruments = new RunInstruments(options.env.instruments);
    this.#screens = new Screens(options.env, Object.keys(options.scenario.bench));
    this.#log = options.env.log(0).at(-1)?.seq ?? 0;
  }

  get marks(): Marks {
    return { record: this.#record, log: this.#log, loaded: this.#loaded, io: this.#io, ...this.#screens.marks };
  }

  /** Does one step; throws a Failure when it does not hold. */
  async begin(step: Step): Promise<void> {
    const { start } = step;
    const { env, began } = this.#options;
    if (start.kind === 'on') {
      await this.#within(step, start.access);
      return;
    }
    const from = start.kind === 'at' ? began : env.clock.now();
    if (from + start.ns > env.clock.now())
      await this.#pass(from + start.ns, () => false, `${stepTitle(this.#options.scenario, step)} to begin`);
    for (const deed of step.deeds) await this.#do(deed, step);
  }

  /** Takes every filter off the bus. */
  disarm(): void {
    for (const disarm of this.#armed.splice(0)) disarm();
    this.#instruments.end();
  }

  async #within(step: Step, access: AccessPattern | RequestPattern): Promise<void> {
    let happened = false;
    let thrown: unknown;
    const act = (): void => {
      happened = true;
      this.#mark();
      try {
        for (const deed of step.deeds) this.#now(deed);
      } catch (error) {
        thrown = error;
      }
    };
    const device = this.#options.env.device(access.device);
    const disarm = 'request' in access ? armRequest(act, device, access) : armTrigger(act)(device, access);
    try {
      const asked = 'request' in access ? access.request : `${access.op} of ${printC45(access.at)}`;
      const what = `the ${asked} on ${access.device}`;
      await this.#pass(Number.POSITIVE_INFINITY, () => happened, what);
    } finally {
      disarm();
    }
    if (thrown !== undefined) throw thrown;
  }

  /** What takes no time. */
  #now(deed: Deed): void {
    const { env } = this.#options;
    switch (deed.kind) {
      case 'fault':
        env.device(deed.device).fault(deed.name, deed.params, REQUESTER);
        break;
      case 'clear':
        env.device(deed.device).clear(deed.name ?? undefined, REQUESTER);
        break;
      case 'control':
        env.device(deed.device).control(deed.name, deed.params, REQUESTER);
        break;
      case 'poke': {
        const device = env.device(deed.device);
        const level = device.device.peek(deed.at);
        device.poke(deed.at, ((level & ~deed.bits.mask) | deed.bits.value) >>> 0, REQUESTER);
        break;
      }
      case 'flip':
        this.#arm(deed.access, (tell) =>
          armFlip(deed.bit, (was, now) => tell(`flip bit ${deed.bit}: ${hex(was)} → ${hex(now)}`, was, now)),
        );
        break;
      case 'lose':
        this.#arm(deed.access, (tell) => armLose((hit) => tell(`address frame lost: hit ${printC45(hit)}`, 0, 0)));
        break;
      case 'bus-fault':
      case 'clear-bus-fault':
      case 'break':
      case 'continue':
      case 'step':
        this.#instruments.do(deed);
        break;
      case 'keep':
        this.#screens.keep(deed.device, deed.name);
        break;
      case 'snapshot':
        this.#snapshots.keep(deed.name);
        break;
      case 'restore':
        this.#snapshots.putBack(deed.name);
        break;
      case 'insmod':
        this.#loaded.set(deed.device, this.#options.recording.count);
        this.#screens.forget(deed.device);
        env.insmod(deed.driver, deed.device, deed.params);
        break;
    }
  }

  async #do(deed: Deed, step: Step): Promise<void> {
    const { env, scenario, recording } = this.#options;
    if (deed.kind === 'expect' || deed.kind === 'never') {
      const looked = watch(deed.that, env, recording, this.marks);
      const expected = expectedText(scenario, step) ?? '';
      const time = deed.kind === 'expect' ? deed.withinNs : deed.forNs;
      const until = env.clock.now() + time;
      let held = false;
      // A condition that held once has used its records: it is not asked again.
      await this.#pass(
        until,
        () => {
          held = held || looked.holds();
          return held || looked.broken?.() === true;
        },
        expected,
        () => looked.found(),
      );
      if (held !== (deed.kind === 'expect'))
        throw new Failure({
          kind: 'unmet',
          expected,
          found: looked.found(),
          that: deed.that,
          evidence: looked.evidence?.() ?? null,
        });
      this.#record = Math.max(this.#record, looked.used.record ?? 0);
      this.#log = Math.max(this.#log, looked.used.log ?? 0);
      return;
    }
    if (deed.kind === 'wait') {
      this.#mark();
      await this.#pass(env.clock.now() + deed.ns, () => false, 'time to pass');
      return;
    }
    this.#mark();
    if (deed.kind === 'io') await this.#work(deed);
    else if (deed.kind === 'draw') await this.#draw(deed);
    else if (deed.kind === 'break') {
      const hit = this.#instruments.do(deed);
      if (hit !== undefined) await this.#pass(Number.POSITIVE_INFINITY, hit, busDeedText(deed));
    } else if (deed.kind === 'attr') this.#attribute(deed);
    else if (deed.kind === 'rmmod') await this.#settled(env.rmmod(deed.device), `${deed.device} to be let go`);
    else if (deed.kind === 'read' || deed.kind === 'write') {
      const value = deed.kind === 'write' ? deed.bits.value : undefined;
      const access = ownAccess(env.device(deed.device), deed.at, value, REQUESTER);
      await this.#settled(access, `the ${deed.kind} of ${printC45(deed.at)}`);
    } else this.#now(deed);
  }

  async #work(deed: IoDeed): Promise<void> {
    const { env } = this.#options;
    const work = new IoWork(deed, (bio) => env.io(deed.device, bio));
    if (deed.as !== null) {
      this.#io.set(deed.as, work);
      return;
    }
    const expected = `${ioText(deed)} to end with ${deed.status ?? 'any status'}`;
    await this.#pass(
      Number.POSITIVE_INFINITY,
      () => work.over,
      expected,
      () => work.found,
    );
    const that = { kind: 'io', device: deed.device, name: '', status: deed.status } as const;
    if (!work.held(deed.status)) throw new Failure({ kind: 'unmet', expected, found: work.found, that });
  }

  async #draw(deed: DrawDeed): Promise<void> {
    const work = this.#screens.draw(deed);
    if (deed.as !== null) return;
    const expected = `${drawText(deed)} to ${deed.refused === null ? 'go well' : `end with ${deed.refused}`}`;
    await this.#pass(
      Number.POSITIVE_INFINITY,
      () => work.over,
      expected,
      () => work.found,
    );
    const that = { kind: 'draw', device: deed.device, name: '', error: deed.refused } as const;
    if (!work.held(deed.refused)) throw new Failure({ kind: 'unmet', expected, found: work.found, that });
  }

  #attribute({ device, name, text, refused }: AttrDeed): void {
    const that = { kind: 'attr', device, name, text } as const;
    const expected = `${device} ${name}=${text} to be ${refused === null ? 'taken' : `refused with ${refused}`}`;
    try {
      this.#options.env.device(device).writeAttribute(name, text, REQUESTER);
    } catch (thrown) {
      const { code, message } = asLabError(thrown);
      if (code === refused) return;
      throw new Failure({ kind: 'unmet', expected, found: `${code}: ${message}`, that });
    }
    if (refused !== null) throw new Failure({ kind: 'unmet', expected, found: 'it was taken', that });
  }

  /** Looks into the past begin here. */
  #mark(): void {
    const { env, recording } = this.#options;
    this.#record = recording.count;
    this.#screens.mark();
    this.#log = env.log(this.#log).at(-1)?.seq ?? this.#log;
  }

  #arm(
    access: AccessPattern,
    make: (tell: (text: string, old: number, value: number) => void) => ReturnType<typeof armTrigger>,
  ): void {
    const { env } = this.#options;
    const { device: name, at } = access;
    const arm = make((text, old, value) => {
      const time = env.clock.now();
      env.trace.record({ device: name, requester: REQUESTER, op: 'fault', outcome: 'on', time, at, old, value, text });
    });
    this.#armed.push(arm(env.device(name), access));
  }

  async #settled(work: Promise<unknown>, what: string): Promise<void> {
    let over = false;
    let failed: { readonly thrown: unknown } | undefined;
    work.then(
      () => {
        over = true;
      },
      (thrown: unknown) => {
        over = true;
        failed = { thrown };
      },
    );
    await this.#pass(Number.POSITIVE_INFINITY, () => over, what);
    if (failed !== undefined) throw failed.thrown;
  }

  /** Lets time pass, never beyond the scenario's limit. */
  async #pass(untilNs: number, done: () => boolean, what: string, found = () => 'it had not come'): Promise<void> {
    const { env, scenario, began, signal } = this.#options;
    const limit = began + scenario.limitNs;
    let over = false;
    await env.pass(Math.min(untilNs, limit), () => {
      over = done();
      return over || signal?.aborted === true;
    });
    if (over || done()) return;
    if (signal?.aborted) throw new Failure({ kind: 'stopped', expected: what, found: found() });
    if (untilNs > limit) throw new Failure({ kind: 'limit', expected: what, found: found() });
  }
}

const hex = (value: number): string => `${value.toString(16).toUpperCase().padStart(4, '0')}h`;
