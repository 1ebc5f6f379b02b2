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
  /** Sequence number of the record it rests on; absent or null: the last one of the run's driver. */
  readonly evidence?: number | null;
}

/** A step that did not hold. */
export class Failure extends Error {
  readonly kind: 'unmet' | 'limit' | 'stopped' | 'strict';
  readonly expected: string;
  readonly found: string;
  /** What was looked for, when it was a look. */
  readonly that: Condition | null;
  /** Sequence number of the record that settled it. */
  readonly evidence: number | null;

  constructor(of: {
    kind: Failure['kind'];
    expected: string;
    found: string;
    that?: Condition;
    evidence?: number | null;
  }) {
    super(of.expected);
    this.kind = of.kind;
    this.expected = of.expected;
    this.found = of.found;
    this.that = of.that ?? null;
    this.evidence = of.evidence ?? null;
  }
}

export const blame = (failure: Failure, env: ScenarioEnv, recording: Recording, marks: Marks): Ending => {
  const { kind, expected, found, that } = failure;
  if (kind === 'stopped') return { verdict: 'lab-infra', reason: `Stopped while waiting for ${expected}.`, found };
  if (kind === 'strict')
    return {
      verdict: 'driver-bug',
      reason: `Expected ${expected}, found ${found}.`,
      found,
      evidence: failure.evidence,
    };
  if (kind === 'limit') {
    const limit = `the run's limit was reached while waiting for ${expected}`;
    return { verdict: 'timeout', reason: `Expected ${expected}, found ${found}; ${limit}.`, found };
  }
  const evidence = failure.evidence ?? null;
  const met = `Expected ${expected}, found ${found}`;
  const device = that === null || !('device' in that) ? undefined : that.device;
  const driver = device === undefined ? undefined : env.driver(device);
  const name = driver?.module ?? 'the driver';
  if (that?.kind === 'attr' || that?.kind === 'panel' || that?.kind === 'vblanks') {
    const reason = `${met}; that is the device's own side, so it is the model's.`;
    return { verdict: 'model-gap', reason, found };
  }
  if (that?.kind === 'register') {
    if (driver?.state === 'failed' || driver?.state === 'gone') {
      const why = driver.error === null ? driver.state : driver.error.code;
      return {
        verdict: 'driver-bug',
        evidence,
        reason: `${met}; ${name} ended before (${why}), so it is the driver's.`,
        found,
      };
    }
    return {
      verdict: 'model-gap',
      evidence,
      reason: `${met}; that is the silicon's own side, so it is the model's.`,
      found,
    };
  }
  const gap = unmodelled(env, recording, marks.record, device);
  if (gap !== undefined) {
    const reason = `${met}; ${name} used ${gap.text}, which the model does not know, so it is the model's.`;
    return { verdict: 'model-gap', reason, found, evidence: gap.seq };
  }
  const reason = `${met}; it is ${name === 'the driver' ? 'the driver' : name}'s.`;
  return { verdict: 'driver-bug', reason, found, evidence };
};

/** The first access of a driver, since the last action, to something the model does not know. */
const unmodelled = (
  env: ScenarioEnv,
  recording: Recording,
  from: number,
  device: string | undefined,
): { readonly seq: number; readonly text: string } | undefined => {
  for (let i = from; i < recording.count; i++) {
    const record = recording.at(i);
    const on = recording.device(record);
    if (record.outcome === 'unmodelled' && recording.byDriver(record) && (device === undefined || on === device))
      return {
        seq: record.seq,
        text: `${registerName(env, on, record.at)} (#${record.seq} at ${printTime(record.time)})`,
      };
  }
  return undefined;
};
