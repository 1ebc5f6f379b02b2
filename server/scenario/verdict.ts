/** Whose it is when a step does not hold: the driver's, the model's, the lab's, or nobody was ready in time. */
import type { Verdict } from '#bus/api.ts';
import { printTime } from './durations.ts';
import type { ScenarioEnv } from './env.ts';
import type { Condition } from './model.ts';
import type { Recording } from './recording.ts';
import { type Marks, registerName } from './watch.ts';

export interface Ending {
  readonly verdict: Verdict;
  /** One sentence: what was expected, what was found, whose it is. */
  readonly reason: string;
  readonly found: string | null;
}

/** A step that did not hold. */
export class Failure extends Error {
  readonly kind: 'unmet' | 'limit' | 'stopped';
  readonly expected: string;
  readonly found: string;
  /** What was looked for, when it was a look. */
  readonly that: Condition | null;

  constructor(of: { kind: Failure['kind']; expected: string; found: string; that?: Condition }) {
    super(of.expected);
    this.kind = of.kind;
    this.expected = of.expected;
    this.found = of.found;
    this.that = of.that ?? null;
  }
}

export const blame = (failure: Failure, env: ScenarioEnv, recording: Recording, marks: Marks): Ending => {
  const { kind, expected, found, that } = failure;
  if (kind === 'stopped') return { verdict: 'lab-infra', reason: `Stopped while waiting for ${expected}.`, found };
  if (kind === 'limit') {
    const limit = `the run's limit was reached while waiting for ${expected}`;
    return { verdict: 'timeout', reason: `Expected ${expected}, found ${found}; ${limit}.`, found };
  }
  const met = `Expected ${expected}, found ${found}`;
  const device = that === null || that.kind === 'log' ? undefined : that.device;
  const driver = device === undefined ? undefined : env.driver(device);
  const name = driver?.module ?? 'the driver';
  if (that?.kind === 'attr') {
    const reason = `${met}; that is the device's own side, so it is the model's.`;
    return { verdict: 'model-gap', reason, found };
  }
  if (that?.kind === 'register') {
    if (driver?.state === 'failed' || driver?.state === 'gone') {
      const why = driver.error === null ? driver.state : driver.error.code;
      return { verdict: 'driver-bug', reason: `${met}; ${name} ended before (${why}), so it is the driver's.`, found };
    }
    return { verdict: 'model-gap', reason: `${met}; that is the silicon's own side, so it is the model's.`, found };
  }
  const gap = unmodelled(env, recording, marks.record, device);
  if (gap !== undefined) {
    const reason = `${met}; ${name} used ${gap}, which the model does not know, so it is the model's.`;
    return { verdict: 'model-gap', reason, found };
  }
  return { verdict: 'driver-bug', reason: `${met}; it is ${name === 'the driver' ? 'the driver' : name}'s.`, found };
};

/** The first access of a driver, since the last action, to something the model does not know. */
const unmodelled = (
  env: ScenarioEnv,
  recording: Recording,
  from: number,
  device: string | undefined,
): string | undefined => {
  for (let i = from; i < recording.count; i++) {
    const record = recording.at(i);
    const on = recording.device(record);
    if (record.outcome === 'unmodelled' && recording.byDriver(record) && (device === undefined || on === device))
      return `${registerName(env, on, record.at)} (#${record.seq} at ${printTime(record.time)})`;
  }
  return undefined;
};
