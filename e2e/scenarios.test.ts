/** The shipped scenarios, run as a person and as a CI job would. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ferrolab, root } from './lab.ts';

interface RunRow {
  readonly scenario: string;
  readonly verdict: string;
  readonly traceHash: string;
  readonly accesses: number;
}

const shipped = readdirSync(join(root, 'scenarios'))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => `scenarios/${name}`);
const folder = mkdtempSync(join(tmpdir(), 'ferrolab-e2e-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('every shipped scenario passes in virtual time, and the JUnit report says so', async () => {
  const junit = join(folder, 'report.xml');
  const { code, stdout } = await ferrolab('run', ...shipped, '--json', '--junit', junit);
  const rows = JSON.parse(stdout) as RunRow[];
  expect(rows.map(({ scenario, verdict }) => [scenario, verdict])).toEqual(
    rows.map(({ scenario }) => [scenario, 'pass']),
  );
  expect(rows).toHaveLength(shipped.length);
  expect(code).toBe(0);
  expect(readFileSync(junit, 'utf8')).toMatch(/<testsuites?[^>]* failures="0"/);
});

test('the same file and seed give the same trace, twenty times of twenty', async () => {
  const { stdout } = await ferrolab(
    'run',
    ...Array.from({ length: 20 }, () => 'scenarios/bring-up.yaml'),
    '--seed',
    '7',
    '--json',
  );
  const rows = JSON.parse(stdout) as RunRow[];
  expect(rows).toHaveLength(20);
  expect(rows[0]?.accesses).toBeGreaterThan(20_000);
  expect(new Set(rows.map(({ traceHash }) => traceHash)).size).toBe(1);
});

test('a scenario runs live over the bus with the same steps and verdict', async () => {
  const { code, stdout } = await ferrolab('run', '--live', 'scenarios/bring-up.yaml', '--json');
  expect(JSON.parse(stdout)).toMatchObject([{ verdict: 'pass' }]);
  expect(code).toBe(0);
});

test('an expectation the driver does not meet is the driver’s, exit code 1, with seed and reason in the report', async () => {
  const file = join(folder, 'impossible.yaml');
  const junit = join(folder, 'impossible.xml');
  writeFileSync(
    file,
    [
      'title: A dark fibre cannot carry a link',
      'teaches: What a failing expectation looks like.',
      'bench: { phy0: { device: qt2025, module: sr, light_dbm: -40 } }',
      'steps:',
      '  - insmod: { driver: qt2025, device: phy0 }',
      '  - expect: { driver: phy0, link: up, within: 3s }',
    ].join('\n'),
  );
  const { code, stdout } = await ferrolab('run', file, '--seed', '42', '--junit', junit);
  expect(code).toBe(1);
  expect(stdout).toMatch(/driver-bug/);
  expect(readFileSync(junit, 'utf8')).toMatch(/<failure[^>]*message="[^"]*42[^"]*"/);
});

test('a broken scenario names line and column and what was meant, exit code 2, before anything runs', async () => {
  const file = join(folder, 'broken.yaml');
  writeFileSync(
    file,
    'title: x\nteaches: y\nbench: { phy0: { device: qt2025 } }\nsteps:\n  - poke: { phy0: { PCS_STAT9: { LSTATUS: false } } }\n',
  );
  const { code, stdout, stderr } = await ferrolab('run', 'scenarios/bring-up.yaml', file);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/broken\.yaml:5:\d+: .*PCS_STAT9.*did you mean/);
});
