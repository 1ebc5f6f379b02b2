import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { RunView } from '#bus/api.ts';
import { type Lab, type LabOptions, startLab } from '#server/lab.ts';
import { liveEnv } from './live-env.ts';
import { parseScenario } from './parse.ts';
import { runScenario } from './runner.ts';

const root = join(import.meta.dirname, '../..');
const labs: Lab[] = [];
afterEach(async () => {
  for (const lab of labs.splice(0)) await lab.close();
});

const start = async (options: Partial<LabOptions> = {}): Promise<Lab> => {
  const lab = await startLab({
    httpPort: 0,
    mqttPort: 0,
    drivers: false,
    firmwareDirs: [join(root, 'firmware')],
    driverHost: { command: [process.execPath, join(root, 'drivers/host.ts')] },
    logLevel: 'silent',
    ...options,
  });
  labs.push(lab);
  return lab;
};

const run = async (lab: Lab, text: string, onProgress?: (view: RunView) => void, signal?: AbortSignal) => {
  const scenario = parseScenario(text, 'live.yaml');
  const options = { seed: 1, ...(onProgress && { onProgress }), ...(signal && { signal }) };
  return (await runScenario(scenario, () => liveEnv(scenario, lab.host), options)).view;
};
const shipped = (name: string): string => readFileSync(join(root, 'scenarios', `${name}.yaml`), 'utf8');
const loaded = (lab: Lab) => lab.host.modules.list().map(({ device, module, state }) => `${device} ${module} ${state}`);

test('the same steps hold over the bus in real time, and the bench gets its own driver back', async () => {
  const lab = await start();
  const spec = lab.host.bench.device('phy0').spec;
  await lab.host.modules.insmod({ driver: 'qt2025', device: 'phy0', params: { poll_ms: 200 } });
  expect(await run(lab, shipped('wrong-revision'))).toMatchObject({ verdict: 'pass', mode: 'live', traceHash: null });
  expect(await run(lab, shipped('module-pulled-mid-upload'))).toMatchObject({ verdict: 'pass' });
  expect(lab.host.bench.device('phy0').spec).toEqual(spec);
  expect(loaded(lab)).toEqual(['phy0 qt2025 live']);
  expect(lab.host.modules.list()[0]?.params).toMatchObject({ poll_ms: 200 });
});

test('two devices are built for a run and taken away after it', async () => {
  const lab = await start();
  const before = [...lab.host.bench.devices.keys()];
  const view = await run(lab, shipped('weak-light'));
  expect(view.reason).toBe('All 13 steps held.');
  expect([...lab.host.bench.devices.keys()]).toEqual(before);
  expect(loaded(lab)).toEqual([]);
});

test('a driver that was still on its way when the run began makes room', async () => {
  const lab = await start({ drivers: true });
  const view = await run(lab, shipped('wrong-revision'));
  expect(view.reason).toBe('All 4 steps held.');
});

test('a run that is stopped in the midst of a probe leaves the bench as it was', async () => {
  const lab = await start();
  const stop = new AbortController();
  const view = await run(
    lab,
    shipped('bring-up'),
    ({ steps }) => {
      if (steps[1]?.state === 'running') stop.abort();
    },
    stop.signal,
  );
  expect(view.verdict).toBe('lab-infra');
  expect(loaded(lab)).toEqual([]);
  expect(lab.host.bench.device('phy0').bus.filters.size).toBe(0);
});
