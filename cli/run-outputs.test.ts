/** What `run` and `fuzz` refuse before anything runs: places that cannot be written, words that mean nothing. */

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fuzz } from './fuzz-driver.ts';
import { historyOption } from './history-file.ts';
import { RunOutputs } from './run-outputs.ts';

test.each([
  [{ junit: '/nowhere/x.xml' }, '--junit: ENOENT'],
  [{ html: '/nowhere/x.html' }, '--html: ENOENT'],
  [{ coverage: '/nowhere/x.json' }, '--coverage: ENOENT'],
  [{ coverage: join(tmpdir(), 'x.txt') }, 'it takes a name that ends in .json or .html'],
  [{ coverageMin: 'registrs=4' }, "did you mean 'registers'?"],
])('outputs %j are refused', (options, words) => {
  expect(() => new RunOutputs(options)).toThrow(words);
});

const options = { seed: '1', seconds: '1', runs: '1', faults: '1' };
test.each([
  ['null_bkl', options, "did you mean 'null_blk'?"],
  ['null_blk', { ...options, seconds: '0' }, '--seconds'],
  ['null_blk', { ...options, scenario: '/nowhere/x.yaml' }, 'scenario /nowhere/x.yaml cannot be read'],
])('fuzz %s %j is refused', async (driver, given, words) => {
  await expect(fuzz(driver, given)).rejects.toThrow(words);
});

test('the history is where it was asked for, else in the state directory, and then it may be missing', () => {
  expect(historyOption('x.sqlite', {})).toEqual({ history: { file: 'x.sqlite', needed: true } });
  expect(historyOption(undefined, { FERROLAB_HISTORY: 'y.sqlite' })).toEqual({
    history: { file: 'y.sqlite', needed: true },
  });
  expect(historyOption(undefined, { XDG_STATE_HOME: '/state' })).toEqual({
    history: { file: '/state/ferrolab/runs.sqlite', needed: false },
  });
  expect(historyOption('off', {})).toEqual({});
  expect(historyOption(undefined, { FERROLAB_HISTORY: 'off' })).toEqual({});
});
