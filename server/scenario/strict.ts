/** A run that must have no access against the datasheet: the first one ends it. */
import type { TraceRecord } from '#bus/trace.ts';
import { printTime } from './durations.ts';
import type { ScenarioEnv } from './env.ts';
import { evidenceText } from './evidence.ts';
import { misuseText } from './findings.ts';
import type { Scenario, StrictClass } from './model.ts';
import { PARTS } from './parts.ts';
import type { Recording } from './recording.ts';
import { classOf } from './strict-class.ts';
import { STRICT_CLASSES } from './strict-classes.ts';
import { Failure } from './verdict.ts';

const CLASS_WORDS: Readonly<Record<Exclude<StrictClass, 'misuse'>, string>> = {
  reserved: 'sets a reserved bit',
  unmapped: 'is at an address where the datasheet has nothing',
  'read-only': 'writes what is read-only',
  undocumented: 'is at a place that no source names',
};

/** Watches a run that must have none of some classes; each look reads only what is new. */
export class StrictWatch {
  readonly #scenario: Scenario;
  readonly #env: ScenarioEnv;
  readonly #recording: Recording;
  #next = 0;

  constructor(scenario: Scenario, env: ScenarioEnv, recording: Recording) {
    this.#scenario = scenario;
    this.#env = env;
    this.#recording = recording;
  }

  /** Throws a Failure for the first access that the scenario does not allow. */
  check(): void {
    const { strict, bench } = this.#scenario;
    if (strict.length === 0) return;
    const recording = this.#recording;
    for (; this.#next < recording.count; this.#next++) {
      const record = recording.at(this.#next);
      const spec = bench[recording.device(record)];
      const found = spec === undefined ? undefined : classOf(PARTS[spec.device], recording, record);
      if (found === undefined || !strict.includes(found)) continue;
      const all = strict.length === STRICT_CLASSES.length;
      throw new Failure({
        kind: 'strict',
        expected: `no access against the datasheet (strict${all ? '' : `: ${strict.join(', ')}`})`,
        found: this.#found(found, record),
        evidence: record.seq,
      });
    }
  }

  #found(what: StrictClass, record: TraceRecord): string {
    const recording = this.#recording;
    if (what !== 'misuse') return `${what}: ${evidenceText(this.#env, recording, record)}, which ${CLASS_WORDS[what]}`;
    if (record.op !== 'note') return `misuse: ${evidenceText(this.#env, recording, record)}`;
    return `misuse by ${misuseText(recording, record)} (#${record.seq} at ${printTime(record.time)})`;
  }
}
