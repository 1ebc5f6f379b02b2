/** `npm test`: installs what is needed, then types, lint, layers, documents, and all tests in one run. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDashboard } from './dashboard.js';
import { installPackages } from './install.js';
import { checkSetupNode, labNode } from './node.js';
import { root } from './root.js';
import { findBrowser, findJudges } from './tools.js';

checkSetupNode();
await installPackages();
const node = labNode();
const env = {
  ...process.env,
  CHROMIUM_PATH: findBrowser(),
  MOSQUITTO_PATH: findJudges(),
  PATH: [join(root, 'node_modules/.bin'), process.env.PATH, '/usr/sbin'].join(':'),
};

const run = (title, args) => {
  process.stdout.write(`\n── ${title}\n`);
  const began = Date.now();
  const { status } = spawnSync(node, args, { cwd: root, stdio: 'inherit', env });
  process.stdout.write(`${status === 0 ? 'ok' : 'FAILED'}: ${title} (${((Date.now() - began) / 1000).toFixed(1)} s)\n`);
  return status === 0;
};
const tool = (path) => join(root, 'node_modules', path);

const checks = [
  run('types', [tool('typescript/bin/tsc'), '--noEmit']),
  run('lint', [tool('@biomejs/biome/bin/biome'), 'check', '.']),
  run('documents are those of the tables', ['docs/generate.ts', '--check']),
];
buildDashboard();

const folder = mkdtempSync(join(tmpdir(), 'ferrolab-test-'));
const report = join(folder, 'report.json');
const tests = run('layers, unit, contract and end-to-end tests', [
  tool('vitest/vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]);
const { passed, failed, skipped } = counts(report);
rmSync(folder, { recursive: true, force: true });

const broken = checks.filter((good) => !good).length;
process.stdout.write(
  `\n${passed + checks.length - broken} passed, ${failed + broken} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
);
process.exitCode = tests && broken === 0 ? 0 : 1;

function counts(path) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(path, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
