/** Bus faults and breakpoints as steps of a scenario in virtual time. */
import { expect, test } from 'vitest';
import { ms } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import type { DriverModule } from '#bus/kernel-port.ts';
import { c45Registers } from '#bus/mdio.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import { parseScenario } from './parse.ts';
import { runScenario } from './runner.ts';
import { virtualEnv } from './virtual-env.ts';

/** Takes the core out of ROM, then polls the link; a failed access is reported as an error of the driver. */
const driver: DriverModule = {
  info: {
    name: 'starter',
    description: 'Starts the core and polls',
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
    await regs.write(QT2025.MICRO_BOOT.at, 0x40);
    kernel.log('info', 'started');
    let ended = false;
    const poll = async (): Promise<void> => {
      while (!ended) {
        await regs.read(QT2025.PMA_STAT1.at);
        await kernel.clock.sleep(ms(10));
      }
    };
    void poll();
    return {
      async exit() {
        ended = true;
      },
    };
  },
};

const run = (steps: readonly string[], seed = 1) => {
  const text = `title: T\nteaches: F\nbench: { phy0: { device: qt2025 } }\nsteps:\n${steps.map((step) => `  - ${step}\n`).join('')}`;
  const scenario = parseScenario(text, 't.yaml');
  const open = () => virtualEnv(scenario, { seed, loadDriver: () => driver, firmware: () => undefined });
  return runScenario(scenario, open, { seed });
};
const LOAD = 'insmod: { driver: starter, device: phy0 }';

test('the start of the core is held until the scenario lets it go on', async () => {
  const { view } = await run([
    'break: { phy0: "write 3.E854 == 0x0040" }',
    LOAD,
    'expect: { held: phy0.MICRO_BOOT, within: 1s }',
    'never: { log: started, for: 200ms }',
    'continue: phy0',
    'expect: { log: started, within: 1s }',
    'expect: { driver: phy0, state: live, within: 1s }',
  ]);
  expect(view).toMatchObject({ verdict: 'pass' });
});

test('steps go access by access, and a limit lets go by itself', async () => {
  const { view } = await run([
    'break: { phy0: { when: "read HW_REV", limit: 50ms } }',
    LOAD,
    'expect: { held: phy0.HW_REV, within: 1s }',
    'step: phy0',
    'expect: { held: phy0.MICRO_BOOT, within: 1s }',
    'continue: phy0',
    'expect: { driver: phy0, state: live, within: 1s }',
    'rmmod: phy0',
    LOAD,
    'expect: { log: "lets go by itself after 0.05 s", within: 1s }',
    'expect: { driver: phy0, state: live, within: 1s }',
  ]);
  expect(view).toMatchObject({ verdict: 'pass' });
});

test('wait for and run until follow the driver', async () => {
  const { view } = await run([
    LOAD,
    'break: { phy0: { when: "read PMA_STAT1", verb: wait-for, nth: 3 } }',
    'break: { phy0: { when: "read PMA_STAT1", verb: run-until } }',
    'expect: { held: phy0, within: 1s }',
    'continue: phy0',
    'never: { held: phy0, for: 200ms }',
  ]);
  expect(view).toMatchObject({ verdict: 'pass' });
});

test('a bus fault breaks the probe once, and the same seed gives the same trace', async () => {
  const steps = [
    'bus-fault: { phy0: { effect: all-ones, when: "read HW_REV", nth: 1, name: dead } }',
    LOAD,
    'expect: { driver: phy0, state: failed, error: ENODEV, within: 1s }',
    'clear-bus-fault: dead',
    'bus-fault: { phy0: { effect: bit-flip, when: "read PMA_STAT1", probability: 0.3 } }',
    'bus-fault: { phy0: { effect: delay, params: { us: 40, spread_us: 10, distribution: normal } } }',
    LOAD,
    'wait: 300ms',
  ];
  const [one, same, other] = [await run(steps), await run(steps), await run(steps, 2)];
  expect(one.view).toMatchObject({ verdict: 'pass' });
  expect(same.view.traceHash).toBe(one.view.traceHash);
  expect(other.view.traceHash).not.toBe(one.view.traceHash);
});

test('nothing held is a failure that says so', async () => {
  const { view } = await run([LOAD, 'expect: { held: phy0, within: 20ms }']);
  expect(view).toMatchObject({ verdict: 'driver-bug', steps: [{}, { found: 'no access of phy0 is held' }] });
});

test.each([
  ['break: { phy0: "write MICRO_BOOOT" }', /:5:20: .*did you mean MICRO_BOOT\?/],
  ['break: { phy0: { when: "read HW_REV", verb: brake } }', /break/],
  ['bus-fault: { phy0: { effect: bit-flipp } }', /did you mean 'bit-flip'\?/],
  ['bus-fault: { phy0: { effect: bit-flip, params: { bits: 3 } } }', /no parameter 'bits'; there is bit/],
  ['bus-fault: { phy0: { effect: drop, when: "write HW_RV" } }', /did you mean HW_REV\?/],
  ['bus-fault: { phy0: { effect: drop, nth: 1, every: 2 } }', /nth and every/],
  ['continue: phy1', /did you mean 'phy0'\?/],
  ['bus-faults: { phy0: { effect: drop } }', /did you mean 'bus-fault'\?/],
])('%s is refused at its place', (step, reason) => {
  const text = `title: T\nteaches: F\nbench: { phy0: { device: qt2025 } }\nsteps:\n  - ${step}\n`;
  expect(() => parseScenario(text, 't.yaml')).toThrow(reason);
});
