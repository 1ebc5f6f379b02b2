import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { RunView } from '#bus/api.ts';
import { VirtualClock } from '#bus/clock.ts';
import { RECORD_BYTES } from '#bus/trace.ts';
import { DRIVERS } from '#drivers/registry.ts';
import { firmwareFiles } from './firmware-files.ts';
import { KernelLog } from './kernel-log.ts';
import type { LabHost } from './lab.ts';
import { RunBook } from './runs.ts';

const dir = mkdtempSync(join(tmpdir(), 'ferrolab-runs-'));
afterAll(() => rmSync(dir, { recursive: true }));

const scenario = (title: string, steps: string) =>
  `title: ${title}\nteaches: nothing\nbench:\n  phy0: { device: qt2025 }\nlimit: 3600s\nsteps:\n${steps}`;
writeFileSync(
  join(dir, 'bring-up.yaml'),
  scenario('Bring-up', '  - insmod: { driver: qt2025, device: phy0 }\n  - wait: 2s\n'),
);
writeFileSync(
  join(dir, 'long.yaml'),
  scenario('Long', '  - insmod: { driver: qt2025, device: phy0 }\n  - wait: 3000s\n'),
);
writeFileSync(join(dir, 'broken.yaml'), 'title: [');

const book = () => {
  const log = new KernelLog(new VirtualClock());
  const runs = new RunBook({
    host: { log } as LabHost, // virtual runs take nothing else from the lab
    scenariosDir: dir,
    loadDrivers: async () => (name) => DRIVERS[name],
    firmware: firmwareFiles([join(import.meta.dirname, '../firmware')]),
    drivers: async () => Object.keys(DRIVERS),
  });
  const ended = (wanted: number) =>
    new Promise<RunView>((resolve) => {
      const stop = runs.onChange((view) => {
        if (view.run !== wanted || view.state !== 'done') return;
        stop();
        resolve(view);
      });
    });
  return { runs, log, ended };
};

test('lists what can be run and says once what cannot', () => {
  const { runs, log } = book();
  expect(runs.scenarios().map(({ name }) => name)).toEqual(['bring-up', 'long']);
  runs.scenarios();
  expect(log.after(0)).toMatchObject([{ level: 'err', text: expect.stringContaining('broken.yaml') }]);
});

test('runs a scenario several times with one trace, and keeps the records', async () => {
  const { runs, ended } = book();
  const third = ended(3);
  const first = await runs.start({ scenario: 'bring-up', mode: 'virtual', seed: 7, repeat: 3 });
  expect(first).toMatchObject({ run: 1, state: 'running', seed: 7 });
  expect(await third).toMatchObject({ verdict: 'pass', run: 3 });
  expect(runs.list().map(({ run }) => run)).toEqual([3, 2, 1]);
  expect(new Set(runs.list().map(({ traceHash }) => traceHash)).size).toBe(1);
  expect(runs.trace(1).records.length).toBe(runs.trace(3).records.length);
  expect(runs.trace(1).records.length / RECORD_BYTES).toBeGreaterThan(20_000);
  expect(runs.scenarios()[0]?.lastVerdict).toBe('pass');
  expect([...runs.tally()]).toEqual([['pass', 3]]);
});

test('stops a run, and the repetitions after it', async () => {
  const { runs, ended } = book();
  const done = ended(1);
  await runs.start({ scenario: 'long', mode: 'virtual', repeat: 5 });
  expect(() => runs.trace(1)).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
  runs.stop(1);
  expect(await done).toMatchObject({ state: 'done', verdict: 'lab-infra' });
  await runs.close();
  expect(runs.list()).toHaveLength(1);
});

test('takes a bounded number of runs at once', async () => {
  const { runs } = book();
  for (let i = 0; i < 4; i++) await runs.start({ scenario: 'long', mode: 'virtual' });
  await expect(runs.start({ scenario: 'long', mode: 'virtual' })).rejects.toMatchObject({ code: 'EBUSY' });
  await runs.close();
  expect(runs.list().every(({ state }) => state === 'done')).toBe(true);
});

test.each([
  [{ scenario: 'bring-down' }, 'ENOENT', /did you mean 'bring-up'|bring-up/],
  [{ scenario: '../runs.test' }, 'ENOENT', /runs\.test/],
  [{ scenario: 'broken' }, 'EINVAL', /broken\.yaml:1/],
  [{ yaml: scenario('x', '  - insmod: { driver: qt2026, device: phy0 }\n') }, 'EINVAL', /qt202/],
  [{ yaml: 'a: 1', scenario: 'bring-up' }, 'EINVAL', /either/],
] as const)('refuses to start %j with %s', async (request, code, message) => {
  const { runs } = book();
  await expect(runs.start({ ...request, mode: 'virtual' })).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
  expect(runs.list()).toEqual([]);
});
