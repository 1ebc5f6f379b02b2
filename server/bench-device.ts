/** One device on a bench: what is done to it on purpose goes through here, so that the trace tells it. */
import type { Clock } from '#bus/clock.ts';
import type { ActiveFault, VirtualDevice } from '#bus/device.ts';
import type { MdioBus } from '#bus/mdio.ts';
import type { Trace, TraceOutcome } from '#bus/trace.ts';
import type { BenchDeviceSpec } from './bench.ts';

export interface BenchDeviceOptions {
  readonly name: string;
  readonly spec: BenchDeviceSpec;
  readonly device: VirtualDevice;
  readonly bus: MdioBus;
  readonly clock: Clock;
  readonly trace: Trace;
}

/** One device and its bus. */
export class BenchDevice {
  readonly name: string;
  readonly spec: BenchDeviceSpec;
  /** For looking; use the verbs below to change it. */
  readonly device: VirtualDevice;
  readonly bus: MdioBus;
  readonly #clock: Clock;
  readonly #trace: Trace;
  readonly #deaf: () => void;

  constructor({ name, spec, device, bus, clock, trace }: BenchDeviceOptions) {
    this.name = name;
    this.spec = spec;
    this.device = device;
    this.bus = bus;
    this.#clock = clock;
    this.#trace = trace;
    this.#deaf = device.onInterrupt((line, asserted) =>
      this.#row('irq', asserted ? 'on' : 'off', name, line, asserted ? 1 : 0),
    );
  }

  /** Switches a fault on or changes it; recorded under the requester's name. */
  fault(name: string, params: Readonly<Record<string, unknown>>, requester: string): void {
    const before = this.device.activeFaults;
    this.device.fault(name, params);
    this.#faultRows(before, requester, name);
  }

  /** Switches one fault off, or all. */
  clear(name: string | undefined, requester: string): void {
    const before = this.device.activeFaults;
    this.device.clear(name);
    this.#faultRows(before, requester);
  }

  /** Turns a control; recorded as a note. */
  control(name: string, params: Readonly<Record<string, unknown>>, requester: string): void {
    const before = this.device.activeFaults;
    this.device.control(name, params);
    this.#row('note', 'ok', requester, [name, ...words(params)].join(' '));
    this.#faultRows(before, requester);
  }

  /** Sets a level by the silicon's side; recorded as a note with the address. */
  poke(at: number, value: number, requester: string): void {
    const old = this.device.peek(at);
    this.device.poke(at, value);
    this.#trace.record({
      device: this.name,
      requester,
      op: 'note',
      outcome: 'ok',
      time: this.#clock.now(),
      at,
      value,
      old,
      text: 'poke',
    });
  }

  close(): void {
    this.#deaf();
  }

  #faultRows(before: readonly ActiveFault[], requester: string, changed?: string): void {
    const after = this.device.activeFaults;
    for (const { name } of before)
      if (!after.some((fault) => fault.name === name)) this.#row('fault', 'off', requester, name);
    for (const { name, params } of after)
      if (name === changed || !before.some((fault) => fault.name === name))
        this.#row('fault', 'on', requester, [name, ...words(params)].join(' '));
  }

  #row(op: 'irq' | 'fault' | 'note', outcome: TraceOutcome, requester: string, text: string, value = 0): void {
    this.#trace.record({ device: this.name, requester, op, outcome, time: this.#clock.now(), value, text });
  }
}

const words = (params: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(params).map(([name, value]) => `${name}=${String(value)}`);
