import { describe, expect, test } from 'vitest';
import type { BlockCompletion } from '#bus/block.ts';
import type { BioResult } from '#bus/disk.ts';
import { LabError } from '#bus/errors.ts';
import type { DriverModule, KernelPort } from '#bus/kernel-port.ts';
import { parseScenario } from './parse.ts';
import { runScenario } from './runner.ts';
import { virtualEnv } from './virtual-env.ts';

/** A driver that hands each bio to the device as it is: one tag for each, no splitting, no timeouts. */
const thin = (change: (kernel: KernelPort, result: BioResult) => BioResult = (_, result) => result): DriverModule => ({
  info: {
    name: 'thin',
    description: 'A disk and nothing else',
    author: 'test',
    license: 'Apache-2.0',
    version: '1',
    drives: ['nullb'],
    firmware: [],
    params: {},
  },
  async load(kernel) {
    const { block } = kernel.ports;
    if (block === undefined) throw new LabError('ENODEV', 'no port');
    const { capacitySectors, blockBytes } = await block.identify();
    const waiting = new Map<number, (completion: BlockCompletion) => void>();
    const stop = block.onCompletion((completions) => {
      for (const completion of completions) waiting.get(completion.generation)?.(completion);
    });
    let generation = 0;
    const take = kernel.addDisk({
      name: 'nullb0',
      capacitySectors,
      blockBytes,
      async submit({ op, sector, sectors, fua, data }) {
        const use = ++generation;
        const done = new Promise<BlockCompletion>((resolve) => void waiting.set(use, resolve));
        const tag = use % 64;
        await block.submit([
          { op, hctx: 0, tag, generation: use, sector, sectors, ...(fua ? { fua } : {}), ...(data ? { data } : {}) },
        ]);
        const { status, data: found } = await done;
        return change(kernel, { status, ...(found === undefined ? {} : { data: found }) });
      },
    });
    return {
      async exit() {
        stop();
        take();
      },
    };
  },
});

const DEVICE = 'device: nullb, attributes: { memory_backed: 1, size: 4 }';
const LOADED = ['insmod: { driver: thin, device: nullb0 }', 'expect: { driver: nullb0, state: live, within: 1s }'];

const run = async (steps: readonly string[], device = DEVICE, module = thin()) => {
  const text = `title: T\nteaches: F\nbench: { nullb0: { ${device} } }\nsteps:\n${steps.map((step) => `  - ${step}\n`).join('')}`;
  const scenario = parseScenario(text, 't.yaml');
  const open = () => virtualEnv(scenario, { seed: 1, loadDriver: () => module, firmware: () => undefined });
  const { view } = await runScenario(scenario, open, { seed: 1 });
  return view;
};

test('work for a disk is done, as much as was asked, and read back by its pattern', async () => {
  const view = await run([
    ...LOADED,
    'io: { nullb0: { op: write, sectors: 8, pattern: sector, count: 40, depth: 8 } }',
    'io: { nullb0: { op: read, sectors: 8, pattern: sector, count: 40, depth: 8 } }',
    'io: { nullb0: { op: write, sector: 4, sectors: 1 } }',
    'io: { nullb0: { op: read, sector: 4, sectors: 1, pattern: sector } }',
  ]);
  expect(view).toMatchObject({ verdict: 'pass', accesses: 82, findings: [] });
});

test('a scenario with a block device has one trace for one seed', async () => {
  const steps = [...LOADED, 'io: { nullb0: { op: write, sectors: 8, count: 20, depth: 4 } }'];
  const [one, two] = [await run(steps), await run(steps)];
  expect(one.traceHash).toBe(two.traceHash);
  expect(one.traceHash).toMatch(/^[0-9a-f]{64}$/);
});

test('data that is not the pattern is told by sector and byte, and is the driver’s', async () => {
  const view = await run([
    ...LOADED,
    'io: { nullb0: { op: write, sector: 3, sectors: 1, pattern: aa } }',
    'io: { nullb0: { op: read, sector: 2, sectors: 4, pattern: "00" } }',
  ]);
  expect(view).toMatchObject({ verdict: 'driver-bug', reason: expect.stringMatching(/byte 0 of sector 3 is aah/) });
});

test('a device that keeps nothing has no data to compare', async () => {
  const view = await run([...LOADED, 'io: { nullb0: { op: read, sectors: 1, pattern: "00" } }'], 'device: nullb');
  expect(view).toMatchObject({ verdict: 'driver-bug', reason: expect.stringMatching(/not memory backed/) });
});

test('a status that was not expected is told with how many there were of each', async () => {
  const view = await run([
    'fault: { nullb0: { name: error, status: MEDIUM, nth: 3, percent: 0 } }',
    ...LOADED,
    'io: { nullb0: { op: write, sectors: 1, count: 9 } }',
  ]);
  expect(view).toMatchObject({ verdict: 'driver-bug', reason: expect.stringMatching(/found 6 OK, 3 MEDIUM/) });
});

test('work under a name goes on while the scenario does, and is looked at later', async () => {
  const slow = 'device: nullb, attributes: { irqmode: 2, completion_nsec: 5000000, size: 4 }';
  const view = await run(
    [
      ...LOADED,
      'io: { nullb0: { op: write, sectors: 8, as: first } }',
      'never: { io: first, status: any, for: 4ms }',
      'expect: { io: first, status: OK, within: 2ms }',
      'expect: { attr: nullb0.irqmode, is: 2 }',
    ],
    slow,
  );
  expect(view).toMatchObject({ verdict: 'pass' });
});

test('without a driver, and after it has gone, there is no disk', async () => {
  const view = await run(['io: { nullb0: { op: flush } }']);
  expect(view).toMatchObject({ verdict: 'driver-bug', reason: expect.stringMatching(/ENODEV: no driver is loaded/) });
  const gone = await run([...LOADED, 'rmmod: nullb0', 'io: { nullb0: { op: flush } }']);
  expect(gone).toMatchObject({ verdict: 'driver-bug', reason: expect.stringMatching(/ENODEV/) });
});

test('a driver that never answers is a timeout of the run, not a hang', async () => {
  const view = await run([
    'fault: { nullb0: { name: drop-completion } }',
    ...LOADED,
    'io: { nullb0: { op: write, sectors: 8, count: 2 } }',
  ]);
  expect(view).toMatchObject({ verdict: 'timeout', reason: expect.stringMatching(/found 0 of 2 ended/) });
});

test('attributes are written, and refused where they should be', async () => {
  const view = await run([
    'attr: { nullb0: { size: { set: 8, refused: EBUSY } } }',
    'attr: { nullb0: { power: false, size: 8 } }',
    'attr: { nullb0: { power: true } }',
    'expect: { attr: nullb0.size, is: 8 }',
  ]);
  expect(view).toMatchObject({ verdict: 'pass' });
});

test.each([
  ['attr: { nullb0: { size: 8 } }', /nullb0 size=8 to be taken, found EBUSY/],
  ['attr: { nullb0: { badblocks: { set: "+0-1", refused: EBUSY } } }', /refused with EBUSY, found it was taken/],
  ['expect: { attr: nullb0.size, is: 5 }', /nullb0 size '5', found size is '4'/],
])('%s does not hold, and that is the model’s', async (step, reason) => {
  expect(await run([step])).toMatchObject({ verdict: 'model-gap', reason: expect.stringMatching(reason) });
});

test('acts inside a request, just before the silicon sees it', async () => {
  const view = await run([
    ...LOADED,
    'io: { nullb0: { op: write, sectors: 1, count: 5, as: writes } }',
    '{ on: { device: nullb0, request: write, nth: 3 }, control: { nullb0: power-cut } }',
    'expect: { io: writes, status: any }',
    'never: { io: writes, for: 1ms }',
    'expect: { attr: nullb0.power, is: 0 }',
  ]);
  expect(view.reason).not.toMatch(/limit/);
});

test('what a subsystem catches a driver at is a finding of the run and a line of the kernel log', async () => {
  const tattling = thin((kernel, result) => {
    kernel.finding('double completion', 'write at 0 (tag 1)');
    return result;
  });
  const view = await run(
    [
      ...LOADED,
      'io: { nullb0: { op: write, sectors: 1, count: 3 } }',
      'expect: { log: "thin: nullb0: finding: double completion: write at 0" }',
    ],
    DEVICE,
    tattling,
  );
  expect(view.verdict).toBe('pass');
  expect(view.findings).toEqual([
    expect.stringMatching(/^thin on nullb0: double completion: write at 0 \(tag 1\) \(#\d+, 3 times\)$/),
  ]);
});

test('a rule of the port that a driver breaks is a finding too', async () => {
  const view = await run([...LOADED, 'io: { nullb0: { op: write, sector: 8191, sectors: 8 } }']);
  expect(view.findings).toEqual([expect.stringMatching(/thin on nullb0: beyond the end: write of 8 sectors at 8191/)]);
  expect(view.reason).toMatch(/ERANGE/);
});

describe('a mistake in a block scenario is refused with its place', () => {
  const bench = `title: T\nteaches: F\nbench: { nullb0: { ${DEVICE} }, phy0: { device: qt2025 } }\nsteps:\n`;
  test.each([
    ['io: { nullb0: { op: wirte, sectors: 1 } }', /5:25: .*did you mean 'write'/],
    ['io: { nullb0: { op: write, sectors: 0 } }', /sectors; it takes 1 to/],
    ['io: { nullb0: { op: flush, pattern: aa } }', /flush carries no data/],
    ['io: { nullb0: { op: write, sectors: 1, pattern: xyz } }', /pattern 'xyz'/],
    ['io: { nullb0: { op: write, sectors: 1, status: BROKEN } }', /status/],
    ['io: { nulb0: { op: flush } }', /did you mean 'nullb0'/],
    ['attr: { nullb0: { memory_baked: 1 } }', /did you mean 'memory_backed'/],
    ['attr: { phy0: { size: 1 } }', /no attribute 'size'/],
    ['expect: { attr: nullb0, is: 1 }', /names no attribute/],
    ['expect: { attr: nullb0.size }', /takes 'is'/],
    ['expect: { io: nothing, status: OK }', /no work 'nothing'/],
    ['{ on: { device: nullb0 }, control: { nullb0: power-cut } }', /takes a register, or the request/],
    ['fault: { nullb0: { name: error, status: NICE } }', /status/],
  ])('%s', (step, message) => {
    expect(() => parseScenario(`${bench}  - ${step}\n`, 't.yaml')).toThrow(message);
  });

  test.each([
    ['nullb0: { device: nullb, prtad: 1 }', /'prtad' is unknown here; there is/],
    ['nullb0: { device: nullb, compat: windows }', /bench\.nullb0\.compat is "windows"/],
    ['nullb0: { device: nulb }', /did you mean 'nullb'/],
  ])('bench %s', (device, message) => {
    const text = `title: T\nteaches: F\nbench: { ${device} }\nsteps: [{ wait: 1s }]\n`;
    expect(() => parseScenario(text, 't.yaml')).toThrow(message);
  });
});
