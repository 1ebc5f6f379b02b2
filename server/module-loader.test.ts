import { expect, test } from 'vitest';
import { VirtualClock } from '#bus/clock.ts';
import { Trace } from '#bus/trace.ts';
import { Bench, DEFAULT_BENCH } from './bench.ts';
import { KernelLog } from './kernel-log.ts';
import { ModuleLoader } from './module-loader.ts';
import { Presences } from './presences.ts';

const INFO = { name: 'odd', description: '', author: '', license: '', version: '1', firmware: [], params: {} };

/** A loader whose driver process runs this script instead of a driver. */
const loader = (
  script: string,
  { drives = ['qt2025'], owner = null as { client: string; module: string } | null } = {},
) => {
  const clock = new VirtualClock();
  const presences = new Presences('lab', new KernelLog(clock));
  const modules = new ModuleLoader({
    lab: 'lab',
    bench: new Bench({ clock, trace: new Trace(10), seed: 1, spec: DEFAULT_BENCH }),
    presences,
    brokerUrl: `mqtt://nowhere-${Math.floor(performance.now() * 1000)}:1`,
    token: undefined,
    firmwareDirs: [],
    command: [process.execPath, '-e', script, '--'],
    info: (name) => (name === 'odd' ? { ...INFO, drives } : undefined),
    owner: () => owner,
    evict: () => {},
    startTimeoutMs: 1000,
  });
  return { modules, presences };
};
const odd = { driver: 'odd', device: 'phy0' };
const alive = (pid: number | null | undefined): boolean => {
  try {
    return process.kill(pid ?? 0, 0);
  } catch {
    return false;
  }
};

test('takes the last words of a process that ends for its error', async () => {
  const { modules } = loader(`console.error('starting'); console.error('ENODEV: no silicon'); process.exit(1)`);
  await expect(modules.insmod(odd)).rejects.toMatchObject({ code: 'ENODEV', message: 'no silicon' });
  expect(modules.list()).toMatchObject([{ state: 'failed', error: { code: 'ENODEV', message: 'no silicon' } }]);
});

test('tells a crash by the line that names the error', async () => {
  const { modules } = loader(`throw new TypeError('no such thing')`);
  await expect(modules.insmod(odd)).rejects.toMatchObject({
    code: 'EIO',
    message: expect.stringMatching(/TypeError: no such thing/),
  });
});

test('gives up on a process that is never live, and ends it', async () => {
  const { modules, presences } = loader('setInterval(() => {}, 1000)');
  const failed = modules.insmod(odd);
  const gone = expect(failed).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  await expect.poll(() => presences.modules[0]?.pid).toBeGreaterThan(0);
  const pid = presences.modules[0]?.pid;
  await gone;
  await expect.poll(() => alive(pid)).toBe(false);
});

test('lets one driver at a time be loaded for a device', async () => {
  const { modules } = loader('setInterval(() => {}, 1000)');
  const first = expect(modules.insmod(odd)).rejects.toMatchObject({ code: 'ECANCELED' });
  await expect.poll(() => modules.list().length).toBe(1);
  await expect(modules.insmod(odd)).rejects.toMatchObject({ code: 'EBUSY' });
  await modules.rmmod('phy0');
  await first;
  expect(modules.list()).toEqual([]);
});

test('names who drives a taken device', async () => {
  const { modules } = loader('', { owner: { client: 'other-1', module: 'other' } });
  await expect(modules.insmod(odd)).rejects.toMatchObject({
    code: 'EBUSY',
    message: expect.stringMatching(/other \(other-1\)/),
  });
});

test('refuses a driver of other devices and a device without a driver', async () => {
  const { modules } = loader('', { drives: ['null-block'] });
  await expect(modules.insmod(odd)).rejects.toMatchObject({
    code: 'ENODEV',
    message: expect.stringMatching(/null-block/),
  });
  await expect(modules.rmmod('phy0')).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(modules.rmmod('phy1')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('starts nothing once it is closed', async () => {
  const { modules } = loader('setInterval(() => {}, 1000)');
  await modules.close();
  await expect(modules.insmod(odd)).rejects.toMatchObject({ code: 'ECANCELED' });
});

test('ends what it started when it is closed', async () => {
  const { modules } = loader(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`);
  const loading = expect(modules.insmod(odd)).rejects.toMatchObject({ code: expect.any(String) });
  await expect.poll(() => modules.list()[0]?.pid).toBeGreaterThan(0);
  const pid = modules.list()[0]?.pid;
  await modules.close();
  await loading;
  expect(alive(pid)).toBe(false);
});
