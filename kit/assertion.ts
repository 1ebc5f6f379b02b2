/** What a test sees when the lab does not show what it expects: a sentence, the row it rests on, and what went before. */
import { AssertionError } from 'node:assert';
import { printTime } from '#server/scenario/durations.ts';
import type { ScenarioEnv } from '#server/scenario/env.ts';
import { evidenceText, evidenceView } from '#server/scenario/evidence.ts';
import type { Recording } from '#server/scenario/recording.ts';

export interface Unmet {
  /** One sentence. */
  readonly sentence: string;
  readonly expected: unknown;
  readonly actual: unknown;
  /** Sequence number of the record it rests on; without it the last one of a driver. */
  readonly evidence?: number | null;
}

const ACCESSES_SHOWN = 6;
const LINES_SHOWN = 4;

/** An AssertionError of Node: test runners print its difference. */
export const unmet = (env: ScenarioEnv, recording: Recording, given: Unmet): AssertionError => {
  const { sentence, expected, actual, evidence = null } = given;
  const lines = [sentence, `  at ${printTime(env.clock.now())} of lab time`];
  const row = evidence === null ? null : evidenceView(env, recording, evidence);
  if (row !== null) lines.push(`  rests on ${row.text}`);
  const accesses = lastAccesses(env, recording);
  lines.push(accesses.length === 0 ? '  no driver has made an access' : '  last accesses of drivers:');
  lines.push(...accesses.map((text) => `    ${text}`));
  const log = env.log(0).slice(-LINES_SHOWN);
  if (log.length > 0) lines.push('  kernel log:');
  for (const { time, facility, text } of log) lines.push(`    [${printTime(time)}] ${facility}: ${text}`);
  return new AssertionError({ message: lines.join('\n'), expected, actual, operator: 'ferrolab' });
};

const lastAccesses = (env: ScenarioEnv, recording: Recording): readonly string[] => {
  const found: string[] = [];
  for (let i = recording.count - 1; i >= 0 && found.length < ACCESSES_SHOWN; i--) {
    const record = recording.at(i);
    if (recording.byDriver(record)) found.unshift(evidenceText(env, recording, record));
  }
  return found;
};
