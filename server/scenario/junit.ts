/** JUnit XML of finished runs, as CI systems read it. */
import type { RunView } from '#bus/api.ts';

export interface ReportedRun {
  /** Path as the person gave it, for the command that runs it again. */
  readonly file: string;
  readonly view: RunView;
}

/** One suite; a driver that failed or ran out of time is a failure, a lab or model that failed is an error. */
export const junitXml = (runs: readonly ReportedRun[]): string => {
  const failures = runs.filter(({ view }) => kindOf(view) === 'failure').length;
  const errors = runs.filter(({ view }) => kindOf(view) === 'error').length;
  const time = seconds(runs.reduce((sum, { view }) => sum + view.wallMs, 0));
  const counts = `tests="${runs.length}" failures="${failures}" errors="${errors}" skipped="0" time="${time}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="ferrolab" ${counts}>`,
    `  <testsuite name="scenarios" ${counts}>`,
    ...runs.flatMap(testCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
};

/** The command that runs the same again. */
export const reproduce = ({ file, view }: ReportedRun): string =>
  `npx ferrolab run ${quoted(file)} --seed ${view.seed}${view.mode === 'live' ? ' --live' : ''}`;

const testCase = (run: ReportedRun): string[] => {
  const { file, view } = run;
  const open = `    <testcase classname="scenarios" name="${escaped(view.scenario)}" file="${escaped(file)}" time="${seconds(view.wallMs)}">`;
  const properties = [
    ['seed', String(view.seed)],
    ['mode', view.mode],
    ['verdict', view.verdict ?? 'none'],
    ['traceHash', view.traceHash ?? ''],
    ['accesses', String(view.accesses)],
    ['virtualMs', String(view.virtualMs)],
    ['evidence', view.evidence?.text ?? ''],
  ].map(([name, value]) => `        <property name="${name}" value="${escaped(value ?? '')}"/>`);
  const kind = kindOf(view);
  const lines = [open, '      <properties>', ...properties, '      </properties>'];
  if (kind !== null) {
    const message = `seed ${view.seed}: ${view.reason ?? 'no reason given'} Again: ${reproduce(run)}`;
    lines.push(
      `      <${kind} type="${view.verdict ?? 'none'}" message="${escaped(message)}">${escaped(steps(view))}</${kind}>`,
    );
  }
  if (view.findings.length > 0) lines.push(`      <system-out>${escaped(view.findings.join('\n'))}</system-out>`);
  return [...lines, '    </testcase>'];
};

const kindOf = ({ verdict }: RunView): 'failure' | 'error' | null => {
  if (verdict === 'pass') return null;
  return verdict === 'driver-bug' || verdict === 'timeout' ? 'failure' : 'error';
};

const steps = (view: RunView): string =>
  view.steps
    .filter(({ state }) => state === 'failed')
    .map(({ index, title, expected, found }) =>
      [`step ${index + 1}: ${title}`, `expected: ${expected ?? title}`, `found: ${found ?? 'nothing'}`].join('\n'),
    )
    .join('\n');

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** XML 1.0 text: what it cannot carry at all becomes a question mark. */
const escaped = (text: string): string =>
  text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');

/** As a shell takes it. */
const quoted = (word: string): string => (/^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
