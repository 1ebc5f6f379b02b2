/** The scenario that a fuzzed driver is put through: one of its own, or the one of its kind of device. */
import { parse, stringify } from 'yaml';
import { LabError } from '#bus/errors.ts';
import type { BenchDeviceSpec, DeviceKind } from '#server/bench-spec.ts';
import type { Scenario } from '#server/scenario/model.ts';
import { type FuzzFault, stepOf } from './fuzz-fault.ts';

export interface FuzzBase {
  readonly driver: string;
  readonly device: string;
  readonly kind: DeviceKind;
  /** The file's content as plain values; bus faults go in front of its steps. */
  readonly file: Readonly<Record<string, unknown>> & { readonly steps: readonly unknown[] };
}

/** A scenario file of the person's own: what must hold whatever the bus does. */
export const baseOf = (scenario: Scenario, driver: string): FuzzBase => {
  for (const { deeds } of scenario.steps)
    for (const deed of deeds)
      if (deed.kind === 'insmod' && deed.driver === driver) {
        const kind = scenario.bench[deed.device]?.device;
        if (kind !== undefined)
          return { driver, device: deed.device, kind, file: parse(scenario.yaml) as FuzzBase['file'] }; // it was parsed before
      }
  throw new LabError(
    'EINVAL',
    `scenario ${scenario.name} does not load ${driver}; it takes a step insmod: { driver: ${driver} … }`,
  );
};

/** For drivers that come without one: it settles, does not die, tells the truth once the bus is well, works, and lets go. */
export const usualBase = (driver: string, kind: DeviceKind): FuzzBase => {
  const device = DEVICES[kind];
  return {
    driver,
    device,
    kind,
    file: {
      title: `${driver} on a bad bus`,
      teaches:
        'A driver may fail while the bus fails. It must not hang, die, break a rule, or go on saying what is not so.',
      tags: ['fuzz'],
      bench: { [device]: BENCH[kind] },
      strict: ['misuse'],
      limit: '300s',
      steps: [
        { insmod: { driver, device } },
        { title: 'It settles', expect: { driver: device, state: 'settled', within: '120s' } },
        ...WORK[kind](device),
        { wait: '2s' },
        { title: 'The bus is well again', 'clear-bus-fault': 'all' },
        { title: 'It has not died', never: { driver: device, state: 'gone', for: '100ms' } },
        { title: 'It tells the truth', expect: { driver: device, link: 'actual', within: '30s' } },
        { title: 'It lets go', rmmod: device },
      ],
    },
  };
};

const DEVICES: Readonly<Record<DeviceKind, string>> = { qt2025: 'phy0', nullb: 'nullb0', display: 'card0' };
const BENCH: Readonly<Record<DeviceKind, BenchDeviceSpec>> = {
  qt2025: { device: 'qt2025', module: 'sr' },
  nullb: { device: 'nullb', attributes: { size: 16, memory_backed: true, irqmode: 2, completion_nsec: 20_000 } },
  display: { device: 'display', vram_mib: 4 },
};
const WORK: Readonly<Record<DeviceKind, (device: string) => readonly object[]>> = {
  qt2025: () => [],
  display: () => [],
  nullb: (device) => [
    { io: { [device]: { op: 'write', sectors: 8, pattern: 'sector', count: 12, depth: 4, status: 'any' } } },
    { io: { [device]: { op: 'read', sectors: 8, count: 12, depth: 4, status: 'any' } } },
    { io: { [device]: { op: 'flush', status: 'any' } } },
  ],
};

/** The text of the scenario with these faults on the bus. */
export const withFaults = ({ device, file }: FuzzBase, faults: readonly FuzzFault[]): string =>
  stringify({ ...file, steps: [...faults.map((fault) => stepOf(device, fault)), ...file.steps] }, { lineWidth: 110 });
