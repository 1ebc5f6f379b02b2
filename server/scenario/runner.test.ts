import { expect, test } from 'vitest';
import type { RunView } from '#bus/api.ts';
import { ms, seconds } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import type { DriverModule, KernelPort } from '#bus/kernel-port.ts';
import { c45Registers } from '#bus/mdio.ts';
import { RECORD_BYTES, unpackRecord } from '#bus/trace.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import type { RegisterPort } from '#regmap/access.ts';
import { parseScenario } from './parse.ts';
import { type RunOptions, runScenario } from './runner.ts';
import { virtualEnv } from './virtual-env.ts';

/** A driver that looks at the revision and then polls the PMA link every 100 ms. */
const driver = (poll: (regs: RegisterPort, kernel: KernelPort) => Promise<void> = watchLink): DriverModule => ({
  info: {
    name: 'watcher',
    description: 'Polls the PMA',
    author: 'test',
    license: 'Apache-2.0',
    version: '1',
    drives: ['qt2025'],
    firmware: [],
    params: {},
  },
  async load(kernel) {
    if (kernel.ports.mdio === undefined) throw new LabError('ENODEV', 'no port');
    const regs = c45Registers(kernel.ports.mdio, 1);
    const revision = (await regs.read(QT2025.HW_REV.at)) >> 8;
    if (revision !== 0xb3) throw new LabError('ENODEV', `revision ${revision}`);
    let ended = false;
    const turn = (): void => {
      if (ended) return;
      void poll(regs, kernel).then(() => kernel.clock.after(ms(100), turn));
    };
    kernel.log('info', 'watching');
    turn();
    return {
      async exit() {
        ended = true;
      },
    };
  },
});

const watchLink = async (regs: RegisterPort, kernel: KernelPort): Promise<void> => {
  const up = ((await regs.read(QT2025.PMA_STAT1.at)) & 4) !== 0;
  kernel.report({ link: up ? 'up' : 'down' });
};

const run = (
  steps: readonly string[],
  { bench = 'device: qt2025', head = '', module = driver(), options = {} as Partial<RunOptions> } = {},
) => {
  const text = `title: T\nteaches: F\n${head}\nbench: { phy0: { ${bench} } }\nsteps:\n${steps.map((step) => `  - ${step}\n`).join('')}`;
  const scenario = parseScenario(text, 't.yaml');
  const seed = options.seed ?? scenario.seed;
  const open = () =>
    virtualEnv(scenario, {
      seed,
      loadDriver: (name) => (name === 'watcher' ? module : undefined),
      firmware: () => undefined,
    });
  return runScenario(scenario, open, { ...options, seed });
};
const LOAD = 'insmod: { driver: watcher, device: phy0 }';
const states = (view: RunView) => view.steps.map(({ state }) => state);

test('passes when every step holds, and times each in run time', async () => {
  const { view } = await run([LOAD, 'expect: { driver: phy0, state: live, link: down, within: 1s }', 'wait: 250ms']);
  expect(view).toMatchObject({ verdict: 'pass', state: 'done', mode: 'virtual', seed: 1 });
  expect(states(view)).toEqual(['done', 'done', 'done']);
  expect(view.virtualMs).toBeCloseTo(250.1024, 1); // two accesses of 51.2 us before the wait
  expect(view.steps[2]?.endedAt).toBe(250_102_400);
});

test('links each step to the accesses it covers', async () => {
  const { view, records } = await run([LOAD, 'expect: { driver: phy0, state: live, within: 1s }']);
  const { firstSeq, lastSeq } = view.steps[1] ?? {};
  expect(firstSeq).toBe(1);
  expect(unpackRecord(records, ((lastSeq ?? 0) - 1) * RECORD_BYTES)).toMatchObject({ seq: lastSeq, op: 'read' });
});

test('tells its progress step by step, ending with the verdict', async () => {
  const seen: string[] = [];
  await run([LOAD, 'wait: 10ms'], {
    options: { onProgress: (view) => seen.push([...states(view), view.verdict ?? '-'].join(' ')) },
  });
  expect(seen).toEqual([
    'waiting waiting -',
    'running waiting -',
    'done waiting -',
    'done running -',
    'done done -',
    'done done pass',
  ]);
});

test('calls an unmet look at a driver its bug, with what was expected and what was found', async () => {
  const { view } = await run([LOAD, 'expect: { driver: phy0, link: up, within: 500ms }', 'wait: 1s']);
  expect(view.verdict).toBe('driver-bug');
  expect(view.reason).toBe(
    "Expected the driver of phy0 link up within 500 ms, found watcher live, link down; it is watcher's.",
  );
  expect(states(view)).toEqual(['done', 'failed', 'skipped']);
  expect(view.steps[1]).toMatchObject({ found: 'watcher live, link down' });
});

test('calls an unmet look at the silicon a gap of the model', async () => {
  const { view } = await run(['expect: { register: phy0.HW_REV, REV: 0xA1, within: 10ms }']);
  expect(view.verdict).toBe('model-gap');
  expect(view.reason).toContain('found HW_REV B300h');
});

test('calls it the driver’s when the silicon is not there because its driver failed', async () => {
  const { view } = await run([LOAD, 'expect: { register: phy0.UC_STATUS, STATUS: tracking, within: 1s }'], {
    bench: 'device: qt2025, revision: 0xA1',
  });
  expect(view.verdict).toBe('driver-bug');
  expect(view.reason).toContain('ENODEV');
});

test('calls it a gap of the model when the driver had used what the model does not know', async () => {
  const module = driver(async (regs) => void (await regs.read(0x1ffff)));
  const { view } = await run([LOAD, 'expect: { driver: phy0, link: up, within: 50ms }'], { module });
  expect(view.verdict).toBe('model-gap');
  expect(view.reason).toContain('1.FFFFh');
  expect(view.findings).toEqual([expect.stringMatching(/^watcher read 1\.FFFFh of phy0, which .*\(#2\)$/)]);
});

test('ends as timeout when the limit comes before the step’s own time', async () => {
  const { view } = await run([LOAD, 'expect: { driver: phy0, link: up, within: 5s }'], { head: 'limit: 1s' });
  expect(view.verdict).toBe('timeout');
  expect(view.virtualMs).toBe(1000);
});

test('ends as timeout when the access a step waits for never comes', async () => {
  const steps = ['on: { device: phy0, register: LED0 }\n    fault: { phy0: rx-loss }'];
  const { view } = await run(steps, { head: 'limit: 1s' });
  expect(view.verdict).toBe('timeout');
});

test('blames the lab when it cannot be opened', async () => {
  const { view } = await run(['wait: 1s'], { bench: 'device: qt2025, eeprom: no-such.fw' });
  expect(view).toMatchObject({ verdict: 'lab-infra', traceHash: null });
  expect(view.reason).toContain('ENOENT');
  expect(states(view)).toEqual(['skipped']);
});

test('a run can be stopped', async () => {
  const stop = new AbortController();
  const onProgress = (view: RunView): void => {
    if (view.steps[1]?.state === 'running') stop.abort();
  };
  const { view } = await run([LOAD, 'wait: 1s'], { options: { signal: stop.signal, onProgress } });
  expect(view.verdict).toBe('lab-infra');
  expect(view.reason).toMatch(/^Stopped/);
});

test('a driver that throws in a timer is gone, the run goes on', async () => {
  const module = driver(async (_regs, kernel) => {
    kernel.clock.after(ms(5), () => {
      throw new Error('null pointer');
    });
  });
  const { view } = await run(
    [LOAD, 'expect: { driver: phy0, state: gone, within: 1s }', "expect: { log: 'null pointer' }", 'wait: 1s'],
    { module },
  );
  expect(view).toMatchObject({ verdict: 'pass' });
});

test('a driver that never ends its probe meets the expectation’s time, not the end of patience', async () => {
  const module: DriverModule = { ...driver(), load: () => new Promise(() => {}) };
  const { view } = await run([LOAD, 'expect: { driver: phy0, state: live, within: 2s }'], { module });
  expect(view).toMatchObject({ verdict: 'driver-bug', virtualMs: 2000 });
});

test('a driver nobody has fails with ENOENT', async () => {
  const { view } = await run([
    'insmod: { driver: nobody, device: phy0 }',
    'expect: { driver: phy0, state: failed, error: ENOENT }',
  ]);
  expect(view.verdict).toBe('pass');
});

test('a read counts from the last action on, and each once', async () => {
  const poll = ['PMA_STAT1, LSTATUS: false'].map((what) => `expect: { read: phy0.${what}, within: 150ms }`);
  const { view } = await run([LOAD, ...poll, ...poll, 'wait: 50ms', ...poll]);
  expect(view.verdict).toBe('pass');
  const [, first = 0, second = 0, , third = 0] = view.steps.map(({ endedAt }) => endedAt ?? 0);
  expect(second - first).toBeGreaterThan(ms(99));
  expect(third - second).toBeGreaterThan(ms(99));
});

test('never fails at the moment the thing happens', async () => {
  const { view } = await run([LOAD, 'never: { read: phy0.PMA_STAT1, LSTATUS: false, for: 1s }']);
  expect(view.verdict).toBe('driver-bug');
  expect(view.virtualMs).toBeLessThan(1);
});

test('the log is read from the last action on', async () => {
  const look = "expect: { log: 'watcher: watching', within: 100ms }";
  const { view } = await run([LOAD, look, 'wait: 10ms', look]);
  expect(states(view)).toEqual(['done', 'done', 'done', 'failed']);
});

test('writes and reads over the bus as the scenario, not as the driver', async () => {
  const { view, records, names } = await run([
    'write: { phy0: { LED0: { MODE: on, PATH: rx } } }',
    'read: { phy0: LED0 }',
    'expect: { register: phy0.LED0, MODE: on }',
    'expect: { writes: phy0, count: 0 }',
  ]);
  expect(view).toMatchObject({ verdict: 'pass', accesses: 2 });
  expect(names.requesters[unpackRecord(records).requester]).toBe('scenario');
});

test('a poke changes only the bits it names', async () => {
  const { view } = await run([
    'poke: { phy0: { LED0: { MODE: on } } }',
    'poke: { phy0: { LED0: { PATH: rx } } }',
    'expect: { register: phy0.LED0, value: 0x000D }',
  ]);
  expect(view.reason).toBe('All 3 steps held.');
});

test('acts inside an access, just before the silicon sees it', async () => {
  const { view } = await run([
    LOAD,
    'on: { device: phy0, register: HW_REV, op: read }\n    fault: { phy0: { name: wrong-revision, revision: 0xA1 } }',
    'expect: { driver: phy0, state: failed, error: ENODEV, within: 100ms }',
  ]);
  expect(view.verdict).toBe('pass');
});

test('flips one bit of the nth access, and records it as a fault', async () => {
  const writes = Array.from({ length: 3 }, () => 'write: { phy0: { LED0: 0x0004 } }');
  const { view, records, names } = await run([
    'flip: { phy0: { register: LED0, bit: 0, nth: 2 } }',
    ...writes.slice(0, 2),
    'expect: { register: phy0.LED0, value: 0x0005 }',
    ...writes.slice(2),
    'expect: { register: phy0.LED0, value: 0x0004 }',
  ]);
  expect(view.verdict).toBe('pass');
  const all = Array.from({ length: records.length / RECORD_BYTES }, (_, i) => unpackRecord(records, i * RECORD_BYTES));
  const faults = all.filter(({ op }) => op === 'fault');
  expect(faults.map(({ aux }) => names.texts[aux])).toEqual(['flip bit 0: 0004h → 0005h']);
});

test('flips a bit of a read on its way back: the driver is deceived, the silicon is not', async () => {
  const { view } = await run([
    'flip: { phy0: { register: HW_REV, bit: 8, op: read } }',
    LOAD,
    'expect: { driver: phy0, state: failed, error: ENODEV, within: 10ms }',
    'expect: { register: phy0.HW_REV, REV: 0xB3 }',
  ]);
  expect(view.verdict).toBe('pass');
});

test('a lost address frame sends the access to the address before', async () => {
  const { view } = await run([
    'lose: { phy0: { register: CFG_WORD1, nth: 2 } }',
    'write: { phy0: { CFG_WORD1: 0x0001 } }',
    'write: { phy0: { CFG_WORD0: 0x0002 } }',
    'write: { phy0: { CFG_WORD1: 0x0003 } }',
    'expect: { register: phy0.CFG_WORD0, value: 0x0003 }',
    'expect: { register: phy0.CFG_WORD1, value: 0x0001 }',
  ]);
  expect(view.reason).toBe('All 6 steps held.');
});

test('unloading stops the driver', async () => {
  const { view } = await run([
    LOAD,
    'wait: 1s',
    'rmmod: phy0',
    'never: { read: phy0.PMA_STAT1, LSTATUS: false, for: 1s }',
  ]);
  expect(view.verdict).toBe('pass');
});

test('the same file and seed give the same trace hash twenty times of twenty, other steps another', async () => {
  const count: DriverModule = driver(async (regs) => void (await regs.read(QT2025.BASER_STAT2.at)));
  const steps = ['control: { phy0: { light: { dbm: -9 } } }', LOAD, 'fault: { phy0: rx-loss }', 'wait: 2s'];
  const hash = async (seed: number) => (await run(steps, { module: count, options: { seed } })).view.traceHash;
  const hashes = new Set<string | null>();
  for (let turn = 0; turn < 20; turn++) hashes.add(await hash(1));
  expect(hashes.size).toBe(1);
  expect([...hashes][0]).toMatch(/^[0-9a-f]{64}$/);
  expect((await run([...steps, LOAD, 'wait: 1s'], { module: count })).view.traceHash).not.toBe([...hashes][0]);
});

test('ten minutes of polling are over at once', async () => {
  const { view } = await run([LOAD, 'wait: 600s'], { head: 'limit: 700s' });
  expect(view.verdict).toBe('pass');
  expect(view.virtualMs).toBeGreaterThan(seconds(600) / 1e6 - 1);
});
