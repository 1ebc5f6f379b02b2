/** What a person types first, and the first things that go wrong. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alive, command, eventually, ferrolab, root, startLab } from './lab.ts';

test('npm start prints where the dashboard and the bus are, brings the link up, and Ctrl-C ends it all', async () => {
  // A process group of its own, so that the signal reaches npm and its children as Ctrl-C in a terminal would.
  const child = spawn('npm', ['start', '--', '--http', '0', '--mqtt', '0'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text) => (said += text));
  const ended = new Promise<void>((done) => void child.on('exit', () => done()));
  try {
    await eventually(
      async () => said,
      (text) => /dashboard\s+http.*\n(?:.*\n)*bus\s+mqtt/.test(text),
      60_000,
    );
    const url = /dashboard\s+(\S+)/.exec(said)?.[1] ?? '';
    const [phy0] = await eventually(
      async () =>
        (await fetch(new URL('/api/v1/devices', url))).json() as Promise<
          { owner: { link: string; pid: number } | null }[]
        >,
      ([device]) => device?.owner?.link === 'up',
    );
    process.kill(-(child.pid ?? 0), 'SIGINT');
    await ended;
    expect(alive(phy0?.owner?.pid ?? 0)).toBe(false);
    await expect(fetch(url)).rejects.toThrow();
  } finally {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
  }
});

test('a port in use is one line that says which and what to do, exit code 2', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((ready) => server.on('listening', ready));
  const { port } = server.address() as { port: number };
  for (const option of ['--http', '--mqtt']) {
    const other = option === '--http' ? '--mqtt' : '--http';
    const { code, stderr } = await ferrolab('up', option, String(port), other, '0');
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(String(port));
  }
  server.close();
});

test('a lab that would listen beyond this machine without a token does not start', async () => {
  const { code, stderr } = await ferrolab('up', '--host', '0.0.0.0', '--http', '0', '--mqtt', '0');
  expect(code).toBe(2);
  expect(stderr).toMatch(/token/);
});

test('bad input to the command line ends with code 2 and a line that says what is allowed', async () => {
  const lab = await startLab('--no-drivers');
  const says = async (args: string[], pattern: RegExp): Promise<void> => {
    const { code, stderr } = await lab.ferrolab(...args);
    expect([args, code, stderr]).toEqual([args, 2, expect.stringMatching(pattern)]);
  };
  await says(['insmode', 'qt2025', 'phy0'], /did you mean insmod/i);
  await says(['up', '--http', 'eighty'], /--http is 'eighty'; it takes a whole number/);
  await says(['peek', 'phy0', 'PCS_STAT9'], /did you mean/);
  await says(['peek', 'phy9', 'PCS_STAT1'], /no device 'phy9'/);
  await says(['poke', 'phy0', 'LED2', 'lots'], /takes a number/);
  await says(['fault', 'phy0', 'week-light'], /did you mean 'weak-light'/);
  await says(['fault', 'phy0', 'weak-light', 'rx_dbm=loud'], /rx_dbm is "loud", it takes a number from -20 to -9/);
  await says(['insmod', 'qt2026', 'phy0'], /did you mean 'qt2025'/);
  await says(['rmmod', 'phy0'], /phy0/);
  await says(['dmesg', '--level', 'loud'], /no level 'loud'/);
  await says(['run', 'scenarios/no-such.yaml'], /no-such.yaml/);
  await lab.stop();
});

test('a command without a lab says so and how to start one, exit code 3', async () => {
  const { code, stderr } = await command(process.execPath, [join(root, 'bin/ferrolab.js'), 'devices'], {
    env: { FERROLAB_URL: 'http://127.0.0.1:9' },
  });
  expect(code).toBe(3);
  expect(stderr).toMatch(/no lab answers.*npm start/);
});

test('the command line drives a lab: load, look, break, clear, unload', async () => {
  const lab = await startLab('--no-drivers');
  const out = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await lab.ferrolab(...args);
    expect([args, code, stderr]).toEqual([args, 0, '']);
    return stdout;
  };
  expect(JSON.parse(await out('devices', '--json'))).toMatchObject([
    { name: 'phy0', kind: 'qt2025', driver: null, faults: [] },
    { name: 'nullb0', kind: 'nullb', driver: null, link: null, faults: [] },
    { name: 'card0', kind: 'display', driver: null, link: null, faults: [] },
  ]);
  expect(await out('modinfo', 'qt2025')).toMatch(/description:.*\n[\s\S]*parm:\s+firmware/);
  expect(await out('insmod', 'qt2025', 'phy0')).toMatch(/qt2025 drives phy0, pid \d+/);
  expect(await out('lsmod')).toMatch(/qt2025\s+phy0\s+live/);
  expect(await out('dmesg')).toMatch(/qt2025/);
  expect(await out('peek', 'phy0', '1.D001')).toMatch(/1\.D001h HW_REV = B300h/);
  await out('fault', 'phy0', 'rx-loss');
  expect(JSON.parse(await out('devices', '--json'))).toMatchObject([
    { driver: 'qt2025', link: 'down', faults: ['rx-loss'] },
    { name: 'nullb0', faults: [] },
    { name: 'card0', faults: [] },
  ]);
  await out('clear', 'phy0');
  expect(await out('trace', 'phy0', '--filter', '1.D001h')).toMatch(/qt2025\s+read\s+1\.D001h/);
  const taken = await lab.ferrolab('insmod', 'qt2025', 'phy0');
  expect(taken.code).not.toBe(0);
  expect(taken.stderr).toMatch(/EBUSY/);
  await out('rmmod', 'phy0');
  expect(await out('lsmod')).not.toMatch(/phy0/);
  await lab.stop();
});
