/** What a stranger with `mosquitto_sub` hears of a lab: interrupts, runs and, when asked for, every access. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { command, eventually, type RunningLab, startLab } from './lab.ts';

let lab: RunningLab;

beforeAll(async () => {
  lab = await startLab('--publish-trace');
  await eventually(
    () => lab.get<readonly { owner: { link: string | null } | null }[]>('/devices'),
    ([phy0]) => phy0?.owner?.link === 'up',
  );
});
afterAll(() => lab.stop());

/** Listens for `count` messages; `act` is repeated until they have come, for nobody tells when a subscription stands. */
const hear = async (topic: string, count: number, act: () => Promise<unknown>): Promise<unknown[]> => {
  const port = new URL(lab.broker).port;
  const heard = command('mosquitto_sub', ['-h', '127.0.0.1', '-p', port, '-t', topic, '-C', String(count), '-W', '10']);
  const again = setInterval(() => void act().catch(() => {}), 300);
  const { stdout } = await heard;
  clearInterval(again);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as unknown);
};

test('an alarm pulls LASI while it is enabled, and every change of the line is numbered', async () => {
  await lab.send('POST', '/devices/phy0/faults', { name: 'rx-loss' });
  await lab.send('PUT', '/devices/phy0/registers/RX_ALARM_CTRL', { value: 0x0038 });
  let enabled = false;
  const toggle = (): Promise<unknown> => {
    enabled = !enabled;
    return lab.send('PUT', '/devices/phy0/registers/LASI_CTRL', { value: enabled ? 0x0004 : 0 });
  };
  const heard = await hear('ferrolab/1/lab/device/phy0/interrupt', 2, toggle);
  const [first, second] = heard as { seq: number; line: string; asserted: boolean }[];
  expect(first?.line).toBe('lasi');
  expect(second?.seq).toBe((first?.seq ?? 0) + 1);
  expect(second?.asserted).toBe(!first?.asserted);
  await lab.send('DELETE', '/devices/phy0/faults');
});

test('a run of a scenario is told as it goes', async () => {
  const [view] = (await hear('ferrolab/1/lab/run/+', 1, () =>
    lab.send('POST', '/runs', { scenario: 'wrong-revision', mode: 'virtual' }),
  )) as { scenario: string }[];
  expect(view).toMatchObject({ scenario: 'wrong-revision', mode: 'virtual' });
});

test('with --publish-trace every access is said in batches', async () => {
  const [batch] = (await hear('ferrolab/1/lab/device/phy0/trace', 1, async () => {})) as {
    missed: number;
    records: { device: string; address: string }[];
  }[];
  expect(batch?.missed).toBe(0);
  expect(batch?.records[0]).toMatchObject({ device: 'phy0', address: expect.stringMatching(/^\d\.[0-9A-F]{4}h$/) });
});
