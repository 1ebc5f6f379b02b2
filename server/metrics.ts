/** Counters for Prometheus, in a registry of this lab's own. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { BlockPanel } from '#bus/block-panel.ts';
import type { VirtualDevice } from '#bus/device.ts';
import { RECORD_BYTES, TRACE_OPS, TRACE_OUTCOMES } from '#bus/trace.ts';
import type { LabContext } from './context.ts';

export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  close(): void;
}

/** Records counted in one go, from the ring: a call for each would cost every access. */
const COUNTED_AT_ONCE = 4096;

/** `feed` tells how many browsers watch, and what was left out for slow ones. */
export const labMetrics = (
  lab: Pick<LabContext, 'trace' | 'runs' | 'bench'>,
  feed: () => { readonly clients: number; readonly dropped: number },
): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'ferrolab_' });
  const registers = [registry];
  const { trace } = lab;

  // one number per (device, op, outcome), added up without decoding records
  const counts = new Map<number, number>();
  let counted = trace.last;
  const count = (): void => {
    for (const packed of trace.pieces(counted + 1))
      for (let at = 0; at < packed.length; at += RECORD_BYTES) {
        const key = ((packed[at + 4] ?? 0) << 16) | ((packed[at + 6] ?? 0) << 8) | (packed[at + 7] ?? 0);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    counted = trace.last;
  };
  const deaf = trace.every(Math.min(COUNTED_AT_ONCE, trace.capacity), count);
  new Counter({
    name: 'ferrolab_trace_records_total',
    help: 'What happened on the buses: accesses, interrupts, faults, notes',
    labelNames: ['device', 'op', 'outcome'],
    registers,
    collect() {
      this.reset();
      count();
      for (const [key, records] of counts)
        this.inc(
          {
            device: trace.names.devices[key >>> 16] ?? '',
            op: TRACE_OPS[(key >>> 8) & 0xff] ?? '',
            outcome: TRACE_OUTCOMES[key & 0xff] ?? '',
          },
          records,
        );
    },
  });
  new Counter({
    name: 'ferrolab_block_requests_total',
    help: 'Requests that block devices have answered, over the bus and NBD, whatever the trace records',
    labelNames: ['device', 'op'],
    registers,
    collect() {
      this.reset();
      for (const { name, device } of lab.bench.devices.values())
        for (const [op, { requests }] of Object.entries(opsOf(device))) this.inc({ device: name, op }, requests);
    },
  });
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  };
  gauge('ferrolab_devices', 'Devices on the bench', () => lab.bench.devices.size);
  gauge('ferrolab_trace_captured', 'Newest sequence number', () => trace.last);
  gauge('ferrolab_trace_kept', 'Records still kept', () => trace.last - trace.first + 1);
  gauge('ferrolab_feed_clients', 'Browsers on the live feed', () => feed().clients);
  gauge('ferrolab_feed_dropped', 'Records left out for slow browsers', () => feed().dropped);
  new Gauge({
    name: 'ferrolab_runs',
    help: 'Scenario runs by verdict',
    labelNames: ['verdict'],
    registers,
    collect() {
      this.reset();
      for (const [verdict, count] of lab.runs.tally()) this.set({ verdict }, count);
    },
  });
  return { contentType: registry.contentType, text: () => registry.metrics(), close: deaf };
};

const opsOf = (device: VirtualDevice): Partial<BlockPanel['ops']> =>
  device.kind === 'nullb' ? (device.inspect() as BlockPanel).ops : {};
