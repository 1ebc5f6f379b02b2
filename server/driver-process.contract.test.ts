import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { DriverProcess } from './driver-process.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test('a lab that is killed leaves nothing of its drivers behind on the disk', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ferrolab-test-'));
  ends.push(() => rmSync(dir, { recursive: true }));
  const lab = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { DriverProcess } from '#server/driver-process.ts';
       const of = { command: [process.execPath, '-e', 'setInterval(() => console.error("here"), 5)'], token: undefined };
       console.log(JSON.stringify([new DriverProcess(of).pid, new DriverProcess(of).pid]));`,
    ],
    {
      cwd: join(import.meta.dirname, '..'),
      env: { ...process.env, TMPDIR: dir },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = (await once(lab.stdout, 'data')) as [Buffer];
  for (const pid of JSON.parse(String(line)) as number[]) ends.push(() => process.kill(pid, 'SIGKILL'));
  expect(readdirSync(dir)).toEqual([]);
  lab.kill('SIGKILL');
  await once(lab, 'exit');
  expect(readdirSync(dir)).toEqual([]);
});

test('what a driver process said last is why it ended', async () => {
  const command = [process.execPath, '-e', 'console.error("noise"); console.error("EBUSY: taken"); process.exit(3)'];
  const driver = new DriverProcess({ command, token: undefined });
  expect(await driver.ended).toMatchObject({ code: 'EBUSY', message: 'taken' });
});
