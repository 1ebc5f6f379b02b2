/** Looks at a driver that take what comes: it has settled, and what it says of the link is what the device says. */
import { expect, test } from 'vitest';
import { ms } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import type { DriverModule } from '#bus/kernel-port.ts';
import { parseScenario } from './parse.ts';
import { runScenario } from './runner.ts';
import { virtualEnv } from './virtual-env.ts';

/** Says what it is told to, after 50 ms. */
const driver = (ending: 'up' | 'down' | 'fail'): DriverModule => ({
  info: {
    name: 'sayer',
    description: 'Says so',
    author: 'test',
    license: 'Apache-2.0',
    version: '1',
    drives: ['qt2025'],
    firmware: [],
    params: {},
  },
  async load({ clock, report }) {
    await clock.sleep(ms(50));
    if (ending === 'fail') throw new LabError('EIO', 'no');
    report({ link: ending });
    return { exit: async () => {} };
  },
});

const run = async (ending: 'up' | 'down' | 'fail', look: string) => {
  const text = `title: T\nteaches: F\nbench: { phy0: { device: qt2025 } }\nsteps:\n  - insmod: { driver: sayer, device: phy0 }\n  - expect: { driver: phy0, ${look} }\n`;
  const scenario = parseScenario(text, 't.yaml');
  const open = () => virtualEnv(scenario, { seed: 1, loadDriver: () => driver(ending), firmware: () => undefined });
  return (await runScenario(scenario, open, { seed: 1 })).view;
};

test.each(['up', 'down', 'fail'] as const)('a driver that ends with %s has settled, and not before', async (ending) => {
  expect(await run(ending, 'state: settled, within: 1s')).toMatchObject({ verdict: 'pass', virtualMs: 50 });
  expect(await run(ending, 'state: settled, within: 40ms')).toMatchObject({ verdict: 'driver-bug' });
});

// without firmware the PHY has no link
test.each([
  ['down', 'pass'],
  ['up', 'driver-bug'],
  ['fail', 'driver-bug'],
] as const)('of a driver that says %s the truth is asked: %s', async (ending, verdict) => {
  const view = await run(ending, 'state: live, link: actual, within: 1s');
  expect(view.verdict).toBe(verdict);
});
