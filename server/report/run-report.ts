/** Finished runs as one page that stands alone: verdict, evidence, steps, findings and the command that runs each again. */
import type { RunView, StepView, Verdict } from '#bus/api.ts';
import { printTime } from '#server/scenario/durations.ts';
import { type ReportedRun, reproduce } from '#server/scenario/junit.ts';
import { escaped, page } from './page.ts';

/** What is said of the whole. */
export interface ReportHead {
  readonly title: string;
  readonly version: string;
  /** ISO date and time. */
  readonly madeAt: string;
}

export const runReport = (runs: readonly ReportedRun[], head: ReportHead): string => {
  const passed = runs.filter(({ view }) => view.verdict === 'pass').length;
  const total = `${runs.length} ${runs.length === 1 ? 'run' : 'runs'}, ${passed} passed, ${runs.length - passed} did not`;
  return page(
    head.title,
    [
      `<h1>${escaped(head.title)}</h1>`,
      `<p class="${passed === runs.length ? 'ok' : 'bad'}">${escaped(total)}.</p>`,
      `<p class="dim">Ferrolab ${escaped(head.version)}, ${escaped(head.madeAt)}</p>`,
      overview(runs),
      ...runs.map((run, i) => plate(run, i)),
    ].join('\n'),
  );
};

const LOOKS: Readonly<Record<Verdict, readonly [mark: string, look: string]>> = {
  pass: ['✓', 'ok'],
  'driver-bug': ['▲', 'bad'],
  'model-gap': ['!', 'caution'],
  'lab-infra': ['⚡', 'bad'],
  timeout: ['◷', 'caution'],
};

const verdictTag = (verdict: RunView['verdict']): string => {
  const [mark, look] = LOOKS[verdict ?? 'lab-infra'];
  return `<b class="${look}">${mark} ${escaped(verdict ?? 'lab-infra')}</b>`;
};

const overview = (runs: readonly ReportedRun[]): string =>
  [
    '<section class="plate"><table><thead><tr><th>scenario</th><th>verdict</th><th class="n">seed</th><th class="n">accesses</th>',
    '<th class="n">run time</th><th class="n">took</th><th class="n">findings</th></tr></thead><tbody>',
    ...runs.map(
      ({ view }, i) =>
        `<tr><td><a href="#run-${i}" style="color:var(--copper)">${escaped(view.scenario)}</a></td><td>${verdictTag(view.verdict)}</td>` +
        `<td class="n">${view.seed}</td><td class="n">${view.accesses.toLocaleString('en-US')}</td>` +
        `<td class="n">${printTime(view.virtualMs * 1e6)}</td><td class="n">${Math.round(view.wallMs)} ms</td>` +
        `<td class="n">${view.findings.length}</td></tr>`,
    ),
    '</tbody></table></section>',
  ].join('\n');

/** Open where something is wrong. */
const plate = (run: ReportedRun, index: number): string => {
  const { view } = run;
  const open = view.verdict !== 'pass';
  const rows: readonly (readonly [string, string])[] = [
    ['verdict', `${verdictTag(view.verdict)} ${escaped(view.reason ?? '')}`],
    ...(view.evidence ? [['evidence', `<code>${escaped(view.evidence.text)}</code>`] as const] : []),
    ['again', `<code>${escaped(reproduce(run))}</code>`],
    ['trace', `<code>${escaped(view.traceHash ?? 'none: in real time no two are the same')}</code>`],
    ['ran', `${view.mode}, seed ${view.seed}, ${printTime(view.virtualMs * 1e6)} in ${Math.round(view.wallMs)} ms`],
  ];
  return [
    `<details class="plate" id="run-${index}"${open ? ' open' : ''}>`,
    `<summary><h2>${escaped(view.title)}</h2><span class="dim">${escaped(view.scenario)}</span><span class="end">${verdictTag(view.verdict)}</span></summary>`,
    `<p class="mid">${escaped(view.teaches)}</p>`,
    `<dl>${rows.map(([name, html]) => `<dt>${name}</dt><dd>${html}</dd>`).join('')}</dl>`,
    '<table><thead><tr><th></th><th class="n">at</th><th>step</th><th class="n">rows</th></tr></thead><tbody>',
    ...view.steps.map(stepRow),
    '</tbody></table>',
    ...(view.findings.length === 0
      ? []
      : [
          `<h3>Findings</h3><ul>${view.findings.map((text) => `<li class="caution">${escaped(text)}</li>`).join('')}</ul>`,
        ]),
    '</details>',
  ].join('\n');
};

const MARKS: Readonly<Record<StepView['state'], readonly [string, string]>> = {
  waiting: ['·', 'dim'],
  running: ['…', 'mid'],
  done: ['✓', 'ok'],
  failed: ['✗', 'bad'],
  skipped: ['–', 'dim'],
};

const stepRow = ({ state, endedAt, title, detail, expected, found, firstSeq, lastSeq }: StepView): string => {
  const [mark, look] = MARKS[state];
  const at = endedAt === null ? '' : (endedAt / 1e9).toFixed(6);
  const more = detail === '' || detail === title ? '' : `<br><span class="dim">${escaped(detail)}</span>`;
  const unmet =
    state === 'failed'
      ? `<br><span class="bad">expected ${escaped(expected ?? title)}; found ${escaped(found ?? 'nothing')}</span>`
      : '';
  const rows = firstSeq === null || lastSeq === null ? '' : `#${firstSeq}–#${lastSeq}`;
  return `<tr><td class="${look}" title="${state}">${mark}</td><td class="n mono">${at}</td><td>${escaped(title)}${more}${unmet}</td><td class="n mono">${rows}</td></tr>`;
};
