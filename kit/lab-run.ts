/** What happens in a lab under test: steps done one after another, time with one owner, failures as assertions. */
import { ms } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import { Deeds } from '#server/scenario/act.ts';
import { printTime } from '#server/scenario/durations.ts';
import type { ScenarioEnv } from '#server/scenario/env.ts';
import type { Scenario, Step } from '#server/scenario/model.ts';
import { Recording } from '#server/scenario/recording.ts';
import { StrictWatch } from '#server/scenario/strict.ts';
import { blame, Failure } from '#server/scenario/verdict.ts';
import { type Unmet, unmet } from './assertion.ts';
import type { TestEnd } from './test-recording.ts';

/** Of a scenario, what a test has too. */
export type TestScenario = Pick<Scenario, 'bench' | 'seed' | 'limitNs' | 'strict'>;

export interface Within {
  readonly ns: number;
  /** For the message of a failure. */
  readonly what: string;
}

const PASSING: ReadonlySet<Step['deeds'][number]['kind']> = new Set([
  'wait',
  'expect',
  'never',
  'io',
  'draw',
  'rmmod',
  'read',
  'write',
  'break',
]);

export class LabRun {
  readonly recording: Recording;
  readonly #env: ScenarioEnv;
  readonly #limitNs: number;
  readonly #deeds: Deeds;
  readonly #strict: StrictWatch;
  #failure: TestEnd['failure'] = null;
  #passing: string | undefined;
  #closed = false;

  constructor(env: ScenarioEnv, { bench, seed, limitNs, strict }: TestScenario) {
    const told = { name: 'test', title: 'test', teaches: '', tags: [], steps: [], yaml: '' };
    const scenario: Scenario = { ...told, bench, seed, limitNs, strict };
    this.#env = env;
    this.#limitNs = limitNs;
    this.recording = new Recording(env.trace, Object.keys(bench));
    const { recording } = this;
    this.#deeds = new Deeds({ scenario, env, recording, began: env.clock.now(), signal: undefined });
    this.#strict = new StrictWatch(scenario, env, recording);
  }

  /** The first thing that failed. */
  get failure(): TestEnd['failure'] {
    return this.#failure;
  }

  async do(step: Step): Promise<void> {
    this.checkOpen();
    const passes = step.start.kind === 'on' || step.start.ns > 0 || step.deeds.some(({ kind }) => PASSING.has(kind));
    const work = (): Promise<void> => this.#checked(() => this.#deeds.begin(step));
    await (passes ? this.#timePasses(step.deeds.map(({ kind }) => kind).join(', '), work) : work());
  }

  /** Lets time pass until the condition holds, and fails when it does not in time. */
  async until(condition: () => boolean, { ns, what }: Within): Promise<void> {
    await this.#timePasses(what, async () => {
      let held = false;
      await this.#checked(() =>
        this.#env.pass(this.#env.clock.now() + ns, () => {
          held = held || condition();
          return held;
        }),
      );
      if (held || condition()) return;
      const found = `it had not come within ${printTime(ns)}`;
      const sentence = `Expected ${what}; ${found}`;
      this.failed({ verdict: 'timeout', reason: sentence });
      throw this.#unmet({ sentence, expected: what, actual: found });
    });
  }

  /** Keeps why; the first counts. */
  failed(failure: NonNullable<TestEnd['failure']>): void {
    this.#failure ??= failure;
  }

  /** Takes faults and breakpoints off the bus; nothing is done any more. */
  end(): void {
    this.#closed = true;
    this.recording.close();
    this.#deeds.disarm();
    for (const { id } of this.#env.instruments.breakpoints) this.#env.instruments.removeBreakpoint(id);
  }

  checkOpen(): void {
    if (this.#closed) throw new LabError('ECANCELED', 'this lab is closed');
  }

  /** What the runner of scenarios calls a failure is a failed assertion here. */
  async #checked(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#strict.check();
    } catch (thrown) {
      throw thrown instanceof Failure ? this.#assertion(thrown) : thrown;
    }
  }

  /** Time has one owner: a forgotten await would let two parts of a test run into each other. */
  async #timePasses(what: string, work: () => Promise<void>): Promise<void> {
    this.checkOpen();
    const takes = `'${what}' takes lab time, and`;
    if (globalThis.setImmediate !== setImmediateOfNode)
      throw new LabError('EBUSY', `${takes} the timers of this process are fake: the lab has time of its own`);
    if (this.#passing !== undefined)
      throw new LabError('EBUSY', `${takes} '${this.#passing}' has not ended: await one before the next`);
    this.#passing = what;
    try {
      await work();
    } finally {
      this.#passing = undefined;
    }
  }

  #assertion(failure: Failure): Error {
    const { expected, found } = failure;
    if (failure.kind === 'limit') {
      const limit = `the lab's limit of ${printTime(this.#limitNs)} was reached; createLab({ limitMs }) allows more`;
      const sentence = `Waited for ${expected}: ${limit}`;
      this.failed({ verdict: 'timeout', reason: sentence });
      return this.#unmet({ sentence, expected, actual: found });
    }
    const { reason, evidence = null, verdict } = blame(failure, this.#env, this.recording, this.#deeds.marks);
    this.failed({ verdict, reason });
    return this.#unmet({ sentence: reason, expected, actual: found, evidence });
  }

  #unmet(given: Unmet): Error {
    return unmet(this.#env, this.recording, given);
  }
}

/** Lab time passes between turns of the event loop, which fake timers stop. */
const setImmediateOfNode = globalThis.setImmediate;

/** One deed, at once. */
export const atOnce = (deed: Step['deeds'][number]): Step => ({
  start: { kind: 'after', ns: 0 },
  title: null,
  deeds: [deed],
});

/** Time to pass, checked. */
export const waitFor = (milliseconds: number): Step => {
  if (milliseconds >= 0) return atOnce({ kind: 'wait', ns: ms(milliseconds) });
  throw new LabError('EINVAL', `run(${milliseconds}): it takes milliseconds, 0 or more`);
};
