/** What is left when a process dies without a word. */
import { afterEach, expect, test } from 'vitest';
import { alive, eventually, type RunningLab, startLab } from './lab.ts';

interface Device {
  readonly name: string;
  readonly link: string | null;
  readonly owner: { readonly pid: number | null; readonly link: string | null } | null;
}
interface Module {
  readonly device: string;
  readonly state: string;
  readonly pid: number | null;
  readonly link: string | null;
}

const labs: RunningLab[] = [];
const pids: number[] = [];
const lab = async (...args: string[]): Promise<RunningLab> => {
  const started = await startLab(...args);
  labs.push(started);
  return started;
};
const driven = async (of: RunningLab, limitMs?: number): Promise<number> => {
  const [phy0] = await eventually(
    () => of.get<readonly Device[]>('/devices'),
    ([device]) => device?.owner?.link === 'up',
    limitMs,
  );
  const pid = phy0?.owner?.pid ?? 0;
  pids.push(pid);
  return pid;
};

afterEach(async () => {
  for (const started of labs.splice(0)) if (alive(started.pid)) await started.stop();
  for (const pid of pids.splice(0)) if (alive(pid)) process.kill(pid, 'SIGKILL');
});

test('a killed driver leaves its device free within 3 s, and a new one binds and recovers', async () => {
  const running = await lab();
  const pid = await driven(running);
  process.kill(pid, 'SIGKILL');
  await eventually(
    () => running.get<readonly Device[]>('/devices'),
    ([phy0]) => phy0?.owner === null,
    3000,
  );
  const again = await running.ferrolab('insmod', 'qt2025', 'phy0');
  expect(again).toMatchObject({ code: 0 });
  expect(await driven(running)).not.toBe(pid);
});

test('an orderly stop takes every driver process along', async () => {
  const running = await lab();
  const pid = await driven(running);
  expect(await running.stop()).toBe(0);
  expect(alive(pid)).toBe(false);
});

test('a killed lab is missed by its driver, which attaches again when the lab is back', async () => {
  const first = await lab();
  const pid = await driven(first);
  const ports = ['--http', new URL(first.url).port, '--mqtt', new URL(first.broker).port];
  process.kill(first.pid, 'SIGKILL');
  await eventually(
    async () => alive(first.pid),
    (still) => !still,
  );
  expect(alive(pid)).toBe(true);

  const second = await lab(...ports, '--no-drivers');
  expect(await driven(second, 20_000)).toBe(pid);
  const [module] = await second.get<readonly Module[]>('/modules');
  expect(module).toMatchObject({ device: 'phy0', state: 'live', link: 'up', pid });
});
