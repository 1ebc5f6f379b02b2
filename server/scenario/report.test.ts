import { expect, test } from 'vitest';
import type { RunView } from '#bus/api.ts';
import { junitXml } from './junit.ts';
import { exitCode, runRows, runText } from './report.ts';

const view = (change: Partial<RunView> = {}): RunView => ({
  run: 1,
  scenario: 'link-flap',
  title: 'Link flap',
  mode: 'virtual',
  seed: 7,
  state: 'done',
  verdict: 'pass',
  reason: 'All 1 steps held.',
  startedAt: '2026-01-01T00:00:00.000Z',
  traceHash: 'ab12',
  accesses: 24_581,
  virtualMs: 6347,
  wallMs: 41,
  findings: [],
  teaches: 'A fact',
  steps: [
    {
      index: 0,
      title: 'insmod qt2025 phy0',
      detail: '',
      kind: 'action',
      state: 'done',
      endedAt: 1_257_000_000,
      firstSeq: 1,
      lastSeq: 9,
      expected: null,
      found: null,
    },
  ],
  ...change,
});
const failed = view({
  verdict: 'driver-bug',
  reason: 'Expected "up" & <now>, found down.',
  steps: [{ ...view().steps[0]!, state: 'failed', expected: 'link up', found: 'link down\u0000' }],
});

test('ticks the steps off and ends with the verdict', () => {
  expect(runText({ file: 'scenarios/link-flap.yaml', view: view() })).toBe(
    [
      '✓ link-flap  Link flap',
      '  virtual 6.347 s in 41 ms, 24,581 accesses, seed 7',
      '  ✓    1.257  insmod qt2025 phy0',
      '  pass: All 1 steps held.',
      '  trace ab12',
    ].join('\n'),
  );
});

test('a failure names what was found and the command that runs it again', () => {
  const text = runText({ file: "it's/link flap.yaml", view: failed });
  expect(text).toContain('✗    1.257  insmod qt2025 phy0');
  expect(text).toContain('found link down');
  expect(text).toContain("again: npx ferrolab run 'it'\\''s/link flap.yaml' --seed 7");
});

test('JUnit tells the seed, the reason and the command in the failure message, and stays well-formed', () => {
  const xml = junitXml([
    { file: 'a.yaml', view: view() },
    { file: 'b.yaml', view: failed },
    { file: 'c.yaml', view: view({ verdict: 'lab-infra', reason: 'Broker gone.', mode: 'live' }) },
  ]);
  expect(xml).toContain('<testsuite name="scenarios" tests="3" failures="1" errors="1" skipped="0" time="0.123">');
  expect(xml).toContain(
    'message="seed 7: Expected &quot;up&quot; &amp; &lt;now&gt;, found down. Again: npx ferrolab run b.yaml --seed 7"',
  );
  expect(xml).toContain('found: link down?</failure>');
  expect(xml).toContain('Again: npx ferrolab run c.yaml --seed 7 --live');
  expect([...xml.matchAll(/<testcase /g)]).toHaveLength(3);
  // Every tag that opens closes, in order.
  const open: string[] = [];
  for (const [, end, name, alone] of xml.matchAll(/<(\/?)([a-z-]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (end === '/') expect(open.pop()).toBe(name);
    else if (alone !== '/') open.push(name ?? '');
  }
  expect(open).toEqual([]);
});

test('rows of run --json have exactly the published names', () => {
  expect(runRows([{ file: 'a.yaml', view: view() }])).toEqual([
    {
      scenario: 'link-flap',
      verdict: 'pass',
      seed: 7,
      traceHash: 'ab12',
      accesses: 24_581,
      virtualMs: 6347,
      wallMs: 41,
      findings: [],
    },
  ]);
});

test.each([
  [['pass', 'pass'], 0],
  [['pass', 'driver-bug'], 1],
  [['timeout'], 1],
  [['driver-bug', 'lab-infra'], 3],
  [['model-gap'], 3],
] as const)('%j exits with %i', (verdicts, code) => {
  expect(exitCode(verdicts.map((verdict) => view({ verdict })))).toBe(code);
});
