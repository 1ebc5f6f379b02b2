/** Runs that outlive a lab: kept, found again, forgotten when there is no room, refused when the file is none. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import type { RunView, Verdict } from '#bus/api.ts';
import { VirtualClock } from '#bus/clock.ts';
import { DRIVERS } from '#drivers/registry.ts';
import { firmwareFiles } from '#server/firmware-files.ts';
import { KernelLog } from '#server/kernel-log.ts';
import type { LabHost } from '#server/lab.ts';
import { RunBook } from '#server/runs.ts';
import { openHistory } from './open-history.ts';
import { RunHistory } from './run-history.ts';

const dir = mkdtempSync(join(tmpdir(), 'ferrolab-history-'));
afterAll(() => rmSync(dir, { recursive: true }));
let files = 0;
const place = (): string => join(dir, `${++files}/runs.sqlite`);

const view = (run: number, scenario = 'a', verdict: Verdict = 'pass'): RunView => ({
  run,
  scenario,
  title: 'T',
  mode: 'virtual',
  seed: run,
  state: 'done',
  verdict,
  reason: null,
  startedAt: '2026-01-01T00:00:00.000Z',
  traceHash: 'ab',
  accesses: 1,
  virtualMs: 1,
  wallMs: 1,
  findings: [],
  steps: [],
  teaches: 'F',
});
const trace = (bytes: number) => ({
  records: crypto.getRandomValues(new Uint8Array(bytes)), // random: nothing to compress
  names: { devices: ['', 'phy0'], requesters: [''], texts: [''] },
});

test('runs and their records come back from the file, newest first, by scenario and in pages', async () => {
  const file = place();
  const first = new RunHistory({ file });
  const kept = trace(3200);
  for (let run = 1; run <= 6; run++)
    await first.add(view(run, run % 2 === 0 ? 'b' : 'a', run === 6 ? 'timeout' : 'pass'), kept);
  first.close();
  const second = new RunHistory({ file });
  expect(second.last).toBe(6);
  expect(second.list().map(({ run }) => run)).toEqual([6, 5, 4, 3, 2, 1]);
  expect(second.list({ scenario: 'a', before: 5, limit: 1 }).map(({ run }) => run)).toEqual([3]);
  expect(second.get(4)).toEqual(view(4, 'b'));
  expect(second.trace(1)).toEqual(kept);
  expect(second.trace(7)).toBeUndefined();
  expect([...second.verdicts()]).toEqual([
    ['a', 'pass'],
    ['b', 'timeout'],
  ]);
  second.close();
});

test('of the oldest runs the records go first, then the runs', async () => {
  const history = new RunHistory({ file: ':memory:', traceBytes: 5000, runs: 4 });
  for (let run = 1; run <= 6; run++) await history.add(view(run), trace(2000));
  expect(history.list().map(({ run }) => run)).toEqual([6, 5, 4, 3]);
  expect([6, 5, 4, 3].map((run) => history.trace(run)?.records.length)).toEqual([2000, 2000, undefined, undefined]);
  await history.add(view(7), trace(6000)); // more than there is room for: the run alone
  expect(history.trace(7)).toBeUndefined();
  expect(history.get(7)?.run).toBe(7);
  expect(history.trace(6)?.records.length).toBe(2000);
  history.close();
});

test('a file that is none, another database, a newer one, one in use: one line each', () => {
  const broken = join(dir, 'text.sqlite');
  writeFileSync(broken, 'no database '.repeat(500));
  expect(() => new RunHistory({ file: broken })).toThrow(/^run history .*text\.sqlite cannot be used: [^\n]+$/);
  const other = join(dir, 'other.sqlite');
  const db = new DatabaseSync(other);
  db.exec('CREATE TABLE birds (name TEXT)');
  db.close();
  expect(() => new RunHistory({ file: other })).toThrow('other.sqlite is a database, but no run history');
  const newer = join(dir, 'newer.sqlite');
  const future = new DatabaseSync(newer);
  future.exec('PRAGMA user_version = 99');
  future.close();
  expect(() => new RunHistory({ file: newer })).toThrow('is of a newer Ferrolab (format 99');
  const file = place();
  const history = new RunHistory({ file });
  expect(() => new RunHistory({ file })).toThrow(expect.objectContaining({ code: 'EBUSY' }));
  const log = new KernelLog(new VirtualClock());
  expect(openHistory({ file, needed: false }, log)).toBeUndefined();
  expect(log.after(0)[0]?.text).toContain('in use by another lab');
  expect(() => openHistory({ file, needed: true }, log)).toThrow('in use by another lab');
  history.close();
});

test('a row that somebody spoilt is left out', async () => {
  const file = place();
  const history = new RunHistory({ file });
  await history.add(view(1));
  await history.add(view(2));
  history.close();
  const db = new DatabaseSync(file);
  db.exec("UPDATE runs SET view = '{' WHERE run = 2");
  db.close();
  const again = new RunHistory({ file });
  expect(again.list().map(({ run }) => run)).toEqual([1]);
  again.close();
});

test('a lab goes on counting where the one before ended, shows its runs and their records', async () => {
  const file = place();
  const yaml = 'title: T\nteaches: F\nbench: { phy0: { device: qt2025 } }\nsteps:\n  - read: { phy0: HW_REV }\n';
  const lab = async (seeds: boolean) => {
    const history = new RunHistory({ file });
    const book = new RunBook({
      host: { log: new KernelLog(new VirtualClock()) } as LabHost, // virtual runs take nothing else from the lab
      scenariosDir: undefined,
      loadDrivers: async () => (name) => DRIVERS[name],
      firmware: firmwareFiles([]),
      drivers: async () => [],
      history,
    });
    const before = book.shown().map(({ run }) => run);
    const newest = await new Promise<RunView>((resolve) => {
      book.onChange((run) => run.state === 'done' && run.run === before.length + 2 && resolve(run));
      void book.start({ yaml, file: 't.yaml', mode: 'virtual', seed: 5, repeat: 2, seeds });
    });
    await book.close();
    const shown = book.shown().map(({ run, seed }) => `${run}:${seed}`);
    const records = book.trace(1).records.length;
    const listed = book.list().length;
    const { percent } = book.coverage(newest.run);
    history.close();
    return { before, newest, shown, records, listed, percent };
  };
  expect(await lab(false)).toMatchObject({ before: [], shown: ['2:5', '1:5'], records: 32, listed: 2 });
  const second = await lab(true);
  expect(second).toMatchObject({ before: [2, 1], shown: ['4:6', '3:5', '2:5', '1:5'], records: 32, listed: 2 });
  expect(second.newest).toMatchObject({ run: 4, seed: 6, verdict: 'pass' });
  expect(second.percent).toBeGreaterThan(0);
});
