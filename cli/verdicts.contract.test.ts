/** `run` and its kin as a CI job uses them: coverage and its minimum, the page, repetitions, fuzzing. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const dir = mkdtempSync(join(tmpdir(), 'ferrolab-verdicts-'));
afterAll(() => rmSync(dir, { recursive: true }));

const ferrolab = (...words: string[]) =>
  new Promise<{ code: unknown; out: string; error: string }>((resolve) => {
    const args = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'main.ts'), ...words];
    execFile(process.execPath, args, { cwd: dir }, (error, out, said) =>
      resolve({ code: error?.code ?? 0, out, error: said }),
    );
  });
const block = join(root, 'scenarios/block-zone-overrun.yaml');

test('one command leaves rows, a page and coverage; what is below the minimum is listed and ends with 1', async () => {
  const { code, out, error } = await ferrolab(
    ...['run', block, '--repeat', '2', '--seeds', '--json', '--html', 'run.html'],
    ...['--coverage', 'all.json', '--coverage-min', 'operations=20,controls=50'],
  );
  expect(JSON.parse(out)).toMatchObject([
    { scenario: 'block-zone-overrun', verdict: 'pass', seed: 1 },
    { scenario: 'block-zone-overrun', verdict: 'pass', seed: 2 },
  ]);
  expect(error).toMatch(/^ferrolab: nullb: 0 % of the controls was touched, 50 % is asked for; never [^\n]+\n$/);
  expect(code).toBe(1);
  expect(readFileSync(join(dir, 'run.html'), 'utf8')).toContain('2 runs, 2 passed, 0 did not');
  const sum = await ferrolab('coverage', 'all.json', 'all.json', '--out', 'sum.html', '--json');
  expect(sum.code).toBe(0);
  const [once, twice] = [JSON.parse(readFileSync(join(dir, 'all.json'), 'utf8')), JSON.parse(sum.out)];
  expect(twice).toMatchObject({ touched: once.touched, total: once.total });
  const reads = (of: typeof once) => of.devices.nullb.categories.operations.times.write;
  expect(reads(twice)).toBe(2 * reads(once));
});

test('fuzzing writes a scenario that shows again what it found', async () => {
  writeFileSync(
    join(dir, 'base.yaml'),
    [
      'title: Every request succeeds',
      'teaches: An expectation that a bad bus breaks at once.',
      'bench: { nullb0: { device: nullb } }',
      'steps:',
      '  - insmod: { driver: null_blk, device: nullb0 }',
      '  - expect: { driver: nullb0, state: live, within: 5s }',
      '  - io: { nullb0: { op: read, sectors: 8 } }',
    ].join('\n'),
  );
  const found = await ferrolab(
    'fuzz',
    'null_blk',
    '--scenario',
    'base.yaml',
    '--seconds',
    '20',
    '--out',
    'found.yaml',
    '--json',
  );
  expect(found).toMatchObject({ code: 1, error: '' });
  const { faults, verdict } = JSON.parse(found.out);
  expect(faults).toHaveLength(1);
  const again = await ferrolab('run', 'found.yaml', '--json');
  expect(JSON.parse(again.out)).toMatchObject([{ verdict, evidence: { seq: expect.any(Number) } }]);
});
