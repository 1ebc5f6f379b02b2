/** Finished runs as text for people and as the stable JSON of `run --json`. */
import type { EvidenceView, RunView, StepView, Verdict } from '#bus/api.ts';
import { printTime } from './durations.ts';
import { type ReportedRun, reproduce } from './junit.ts';

/** One row of `ferrolab run --json`. */
export interface RunRow {
  readonly scenario: string;
  readonly verdict: Verdict;
  readonly seed: number;
  readonly traceHash: string | null;
  readonly accesses: number;
  readonly virtualMs: number;
  readonly wallMs: number;
  readonly findings: readonly string[];
  /** These three only when it did not pass. */
  readonly reason?: string | null;
  /** The row of the trace it rests on. */
  readonly evidence?: EvidenceView | null;
  /** The command that runs the same again. */
  readonly again?: string;
}

export const runRows = (runs: readonly ReportedRun[]): readonly RunRow[] =>
  runs.map(({ file, view }) => ({
    scenario: view.scenario,
    verdict: view.verdict ?? 'lab-infra',
    seed: view.seed,
    traceHash: view.traceHash,
    accesses: view.accesses,
    virtualMs: view.virtualMs,
    wallMs: view.wallMs,
    findings: view.findings,
    ...(view.verdict === 'pass'
      ? {}
      : { reason: view.reason, evidence: view.evidence ?? null, again: reproduce({ file, view }) }),
  }));

export interface TextOptions {
  readonly color?: boolean;
  /** One line for a run that passed. */
  readonly brief?: boolean;
}

/** Steps ticked off, then the verdict in one sentence. */
export const runText = (run: ReportedRun, { color = false, brief = false }: TextOptions = {}): string => {
  const { view } = run;
  const paint = (code: number, text: string): string => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const verdict = view.verdict ?? 'lab-infra';
  const passed = verdict === 'pass';
  const [wall, accesses] = [`${Math.round(view.wallMs)} ms`, view.accesses.toLocaleString('en-US')];
  const cost = `${view.mode} ${printTime(view.virtualMs * 1e6)} in ${wall}, ${accesses} accesses, seed ${view.seed}`;
  const head = `${paint(passed ? 32 : 31, passed ? '✓' : '✗')} ${paint(1, view.scenario)}  ${view.title}`;
  if (brief && passed) return `${head}  ${paint(2, cost)}`;
  const lines = [head, `  ${paint(2, cost)}`, ...view.steps.map((step) => `  ${stepText(step, paint)}`)];
  lines.push(`  ${paint(passed ? 32 : 31, verdict)}: ${view.reason ?? ''}`);
  if (view.traceHash !== null) lines.push(`  ${paint(2, `trace ${view.traceHash}`)}`);
  for (const finding of view.findings) lines.push(`  ${paint(33, 'finding')}: ${finding}`);
  if (!passed && view.evidence) lines.push(`  evidence: ${view.evidence.text}`);
  if (!passed) lines.push(`  again: ${reproduce(run)}`);
  return lines.join('\n');
};

/** 0 all passed; 1 a driver failed or ran out of time; 3 the lab or the model failed. */
export const exitCode = (views: readonly RunView[]): 0 | 1 | 3 => {
  if (views.some(({ verdict }) => verdict === null || verdict === 'lab-infra' || verdict === 'model-gap')) return 3;
  return views.some(({ verdict }) => verdict !== 'pass') ? 1 : 0;
};

const MARKS = { waiting: ' ', running: '…', done: '✓', failed: '✗', skipped: '-' } as const;
const COLORS = { waiting: 0, running: 0, done: 32, failed: 31, skipped: 2 } as const;

const stepText = (step: StepView, paint: (code: number, text: string) => string): string => {
  const at = step.endedAt === null ? '' : (step.endedAt / 1e9).toFixed(3);
  const detail = step.detail && paint(2, `  ${step.detail}`);
  const found = step.state === 'failed' && step.found !== null ? `\n${' '.repeat(15)}found ${step.found}` : '';
  return `${paint(COLORS[step.state], MARKS[step.state])} ${at.padStart(8)}  ${step.title}${detail}${found}`;
};
