/** The page of a run: what a reader must find on it, and that nothing in a name can break it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RunView, StepView, Verdict } from '#bus/api.ts';
import { VERDICTS } from '#bus/api.ts';
import { runReport } from './run-report.ts';

const step: StepView = {
  index: 0,
  title: 'The driver says up',
  detail: '',
  kind: 'expect',
  state: 'failed',
  endedAt: 1_500_000,
  firstSeq: 3,
  lastSeq: 9,
  expected: 'link up',
  found: 'link down',
};
const view = (verdict: Verdict, change: Partial<RunView> = {}): RunView => ({
  run: 1,
  scenario: 'dark',
  title: 'A dark fibre',
  mode: 'virtual',
  seed: 7,
  state: 'done',
  verdict,
  reason: 'Because.',
  evidence: { seq: 9, text: '#9 at 1.5 ms: qt2025 read PMA_STAT1 of phy0 = 0000h' },
  startedAt: '2026-01-01T00:00:00.000Z',
  traceHash: 'ab12',
  accesses: 1234,
  virtualMs: 1.5,
  wallMs: 4,
  findings: ['qt2025 wrote 1.0001h of phy0, which is read-only: nothing changed [read-only] (#4)'],
  steps: [verdict === 'pass' ? { ...step, state: 'done' } : step],
  teaches: 'A fact',
  ...change,
});
const head = { title: 'Ferrolab run', version: '1.2.3', madeAt: '2026-01-01T00:00:00.000Z' };
const report = (...views: RunView[]): string =>
  runReport(
    views.map((one) => ({ file: `scenarios/${one.scenario}.yaml`, view: one })),
    head,
  );

test.each(VERDICTS)('%s comes with its reason, its row, its findings and the command that runs it again', (verdict) => {
  const page = report(view(verdict));
  for (const words of [
    verdict,
    'Because.',
    '#9 at 1.5 ms',
    '[read-only] (#4)',
    'npx ferrolab run scenarios/dark.yaml --seed 7',
  ])
    expect(page).toContain(words);
  expect(page.includes('expected link up; found link down')).toBe(verdict !== 'pass');
});

test('what failed is open, what passed is folded, the head counts both', () => {
  const page = report(view('pass', { scenario: 'fine' }), view('timeout'));
  expect(page).toContain('2 runs, 1 passed, 1 did not');
  expect(page).toMatch(/<details class="plate" id="run-0">/);
  expect(page).toMatch(/<details class="plate" id="run-1" open>/);
});

test('every tag that opens closes, whatever the names are; nothing runs and nothing is fetched', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ unit: 'binary' }), (a, b) => {
      const nasty = `<img src=x onerror=y>"${a}'</td>`;
      const page = report(view('driver-bug', { title: nasty, scenario: b, reason: nasty, findings: [nasty, b] }));
      expect(page).not.toMatch(/<img|<script|<link|url\(|https?:/);
      const open: string[] = [];
      for (const [, end, name] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)[^<>]*>/g)) {
        if (end === '/') expect(open.pop()).toBe(name);
        else if (name !== 'meta' && name !== 'br') open.push(name ?? '');
      }
      expect(open).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
