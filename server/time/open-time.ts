/** Puts the time of a lab together: its clock, the block devices' thread, the drivers on the bus. */
import type { BusClient } from '#bus/client.ts';
import type { Instruments } from '#bus/filters/instruments.ts';
import type { SteeredClock } from '#bus/steered-clock.ts';
import type { Bench } from '../bench.ts';
import type { DriverLine } from '../driver-line.ts';
import type { KernelLog } from '../kernel-log.ts';
import type { BlockHost } from '../nbd/block-host.ts';
import type { ServedBench } from '../served-bench.ts';
import { DriverClocks } from './driver-clocks.ts';
import { LabTime } from './lab-time.ts';
import { Leader } from './leader.ts';

export interface OpenTimeOptions {
  readonly client: BusClient;
  readonly clock: SteeredClock;
  readonly blocks: BlockHost;
  readonly bench: Bench;
  readonly served: ServedBench;
  readonly driverLine: DriverLine;
  readonly instruments: Instruments;
  readonly log: KernelLog;
}

/** Says the time whenever a device has another driver; `close` of the time ends it. */
export const openTime = (options: OpenTimeOptions): LabTime => {
  const { client, clock, blocks, bench, served, driverLine, instruments } = options;
  const log = (text: string): void => void options.log.add('notice', 'lab', text);
  const drivers = new DriverClocks({
    line: driverLine,
    devices: () => [...bench.devices.keys()].sort(),
    port: (device) => served.port(device),
    log,
  });
  // a person looks at what is held: no limit runs out meanwhile
  const waits = (): string | null => {
    const [held] = instruments.held;
    return held === undefined ? null : `${held.device} is held: ${held.op} ${held.register ?? held.address}`;
  };
  const leader = new Leader({
    clock,
    thread: blocks,
    drivers,
    waits,
    onWaits: (changed) => instruments.onChange(changed),
  });
  const time = new LabTime({ client, clock, thread: blocks, drivers, leader, waits, log });
  served.onOwner(() => time.say());
  return time;
};
