import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { VirtualClock } from '#bus/clock.ts';
import { Trace } from '#bus/trace.ts';
import { text } from '#regmap/params.ts';
import { Bench } from './bench.ts';
import { DEFAULT_BENCH } from './default-bench.ts';
import { KernelLog } from './kernel-log.ts';
import { ModuleLoader } from './module-loader.ts';
import { Presences } from './presences.ts';

const undo: (() => unknown)[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const step of undo.splice(0)) step();
});

/** A folder of our own where drivers' output goes. */
const outputs = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'ferrolab-test-'));
  undo.push(() => rmSync(dir, { recursive: true, force: true }));
  vi.stubEnv('TMPDIR', dir);
  return dir;
};

const INFO = {
  name: 'odd',
  description: '',
  author: '',
  license: '',
  version: '1',
  firmware: [],
  params: { note: text('Anything') },
};

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
    info: async (name) => (name === 'odd' ? { ...INFO, drives } : undefined),
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

test('does not take the last line of a killed process for the reason', async () => {
  const { modules } = loader(`console.log('all is well'); process.kill(process.pid, 'SIGKILL')`);
  await expect(modules.insmod(odd)).rejects.toMatchObject({ message: 'the driver process ended (SIGKILL)' });
});

test('tells why a driver died that was live', async () => {
  const { modules, presences } = loader(`setTimeout(() => { throw new RangeError('too late') }, 300)`);
  const loading = modules.insmod(odd);
  await expect.poll(() => presences.modules[0]?.pid).toBeGreaterThan(0);
  for (const view of presences.modules) presences.put({ ...view, state: 'live' });
  await loading;
  await expect.poll(() => modules.list()[0]?.state).toBe('gone');
  expect(modules.list()[0]?.error?.message).toMatch(/RangeError: too late/);
});

test.runIf(process.platform === 'linux')(
  'keeps a mebibyte or so of what a driver prints without end, and still tells its last words',
  async () => {
    const dir = outputs();
    const { modules } = loader(`
    const line = 'x'.repeat(65_535) + '\\n';
    const print = setInterval(() => process.stdout.write(line.repeat(4)), 5);
    setTimeout(() => { clearInterval(print); console.error('ENODEV: tired'); }, 500);
  `);
    const ended = expect(modules.insmod(odd)).rejects.toMatchObject({ code: 'ENODEV', message: 'tired' });
    const size = (): number => statSync(`/proc/${modules.list()[0]?.pid}/fd/1`).size;
    await expect.poll(() => modules.list()[0]?.pid).toBeGreaterThan(0);
    let before = 0;
    const shrinks = (): boolean => {
      const now = size();
      const shrunk = now < before;
      before = now;
      return shrunk;
    };
    expect(readdirSync(dir)).toEqual([]); // also while it runs: a lab that is killed cleans nothing up
    await expect.poll(shrinks, { interval: 5, timeout: 15_000 }).toBe(true);
    await ended;
  },
);

test('refuses a null character and leaves nothing behind', async () => {
  const dir = outputs();
  const { modules } = loader('');
  for (const request of [
    { ...odd, driver: '/a\0b' },
    { ...odd, params: { note: 'a\0b' } },
  ])
    await expect(modules.insmod(request)).rejects.toMatchObject({ code: 'EINVAL' });
  expect([readdirSync(dir), modules.list()]).toEqual([[], []]);
});

test('without a token, opens no file that only its owner may read, unless whoever started the lab asks', async () => {
  const secret = join(outputs(), 'secret');
  writeFileSync(secret, 'key');
  chmodSync(secret, 0o600);
  const { modules } = loader(`console.error('ENODEV: started'); process.exit(1)`);
  const request = { ...odd, params: { note: secret } };
  await expect(modules.insmod(request)).rejects.toMatchObject({ code: 'EACCES' });
  await expect(modules.insmod({ ...request, trusted: true })).rejects.toMatchObject({ message: 'started' });
});

test.runIf(process.getuid?.() === 0)("without a token, runs no other user's driver file", async () => {
  const file = join(outputs(), 'driver.ts');
  writeFileSync(file, '');
  const { modules } = loader(`console.error('ENODEV: started'); process.exit(1)`);
  await expect(modules.insmod({ ...odd, driver: file })).rejects.toMatchObject({ message: 'started' });
  chownSync(file, 12345, 12345);
  await expect(modules.insmod({ ...odd, driver: file })).rejects.toMatchObject({ code: 'EACCES' });
});

test('ends no process because a presence says that it is a driver', async () => {
  const innocent: ChildProcess = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'work'], {
    stdio: 'ignore',
  });
  undo.push(() => innocent.kill('SIGKILL'));
  const { modules, presences } = loader('');
  presences.put({
    ...{ client: 'work', session: 's', module: 'odd', device: 'phy0', params: {}, pid: innocent.pid ?? 0 },
    ...{ state: 'live', error: null, link: null, since: '' },
  });
  await modules.rmmod('phy0');
  expect(modules.list()).toEqual([]);
  expect([innocent.exitCode, innocent.signalCode, innocent.killed]).toEqual([null, null, false]);
  expect(alive(innocent.pid)).toBe(true);
});
