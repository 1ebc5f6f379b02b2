/** One device on a bench: what is done to it on purpose goes through here, so that the trace tells it. */
import type { Clock } from '#bus/clock.ts';
import {
  type ActiveFault,
  type Attributed,
  isAttributed,
  type OwnAccess,
  type RegisterBusSnapshot,
  type VirtualDevice,
} from '#bus/device.ts';
import { asLabError, LabError } from '#bus/errors.ts';
import type { DevicePorts } from '#bus/kernel-port.ts';
import type { MdioBus } from '#bus/mdio.ts';
import { FIRMWARE_REQUESTER, type Trace, type TraceOutcome } from '#bus/trace.ts';
import type { AttributeView } from '#regmap/attributes.ts';
import type { BenchDeviceSpec } from './bench-spec.ts';
import type { DeviceBuses } from './device-kinds.ts';

export interface BenchDeviceOptions {
  readonly name: string;
  readonly spec: BenchDeviceSpec;
  readonly device: VirtualDevice;
  readonly buses: DeviceBuses;
  readonly clock: Clock;
  readonly trace: Trace;
}

/** One device and its buses. */
export class BenchDevice {
  readonly name: string;
  readonly spec: BenchDeviceSpec;
  /** For looking; use the verbs below to change it. */
  readonly device: VirtualDevice;
  readonly buses: DeviceBuses;
  readonly #clock: Clock;
  readonly #trace: Trace;
  readonly #deaf: () => void;
  readonly #unheard: () => void;

  constructor({ name, spec, device, buses, clock, trace }: BenchDeviceOptions) {
    this.name = name;
    this.spec = spec;
    this.device = device;
    this.buses = buses;
    this.#clock = clock;
    this.#trace = trace;
    this.#deaf = device.onInterrupt((line, asserted) =>
      this.#row('irq', asserted ? 'on' : 'off', name, line, asserted ? 1 : 0),
    );
    this.#unheard = device.onOwnAccess?.((access) => this.#own(access)) ?? (() => undefined);
  }

  /** The management bus; throws EOPNOTSUPP when the device has none. */
  get bus(): MdioBus {
    if (this.buses.mdio !== undefined) return this.buses.mdio;
    const has = Object.keys(this.buses).join(', ');
    throw new LabError('EOPNOTSUPP', `${this.name} is a ${this.device.kind} and has no management bus; it has ${has}`);
  }

  /** Its address on the management bus. */
  get prtad(): number {
    return this.spec.device === 'qt2025' ? (this.spec.prtad ?? 1) : 0;
  }

  /** Its ports for one driver, and the way to take them back. */
  ports(requester: string): DevicePorts & { close(): void } {
    const { mdio, mmio, block } = this.buses;
    const blockPort = block?.port(requester);
    return {
      ...(mdio === undefined ? {} : { mdio: mdio.port(requester) }),
      ...(mmio === undefined ? {} : { mmio: mmio.port(requester) }),
      ...(blockPort === undefined ? {} : { block: blockPort }),
      close: () => blockPort?.close(),
    };
  }

  /** Writes an attribute as configfs would; recorded as a note, a refusal too. */
  writeAttribute(name: string, text: string, requester: string): void {
    const { writeAttribute } = this.#attributed();
    try {
      writeAttribute(name, text);
    } catch (error) {
      this.#row('note', 'refused', requester, `${name}=${text.slice(0, 80)}: ${asLabError(error).message}`);
      throw error;
    }
    this.#row('note', 'ok', requester, `${name}=${text.slice(0, 80)}`);
  }

  readAttribute(name: string): string {
    return this.#attributed().readAttribute(name);
  }

  /** None where the device has none. */
  attributes(): readonly AttributeView[] {
    return isAttributed(this.device) ? this.device.attributes() : [];
  }

  #attributed(): Attributed {
    const { device, name } = this;
    if (isAttributed(device))
      return {
        attributes: () => device.attributes(),
        readAttribute: (of) => device.readAttribute(of),
        writeAttribute: (of, text) => device.writeAttribute(of, text),
      };
    throw new LabError('EOPNOTSUPP', `${name} is a ${device.kind}, which has no attributes`);
  }

  /** A driver was caught at a misuse: a note in the trace, which the kernel log and a run's findings repeat. */
  finding(what: string, text: string, requester: string): void {
    this.#row('note', 'refused', requester, `${what}: ${text}`.slice(0, 500));
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

  /** Puts the device and its bus back to a snapshot; recorded as a note, and what it changed of the faults. */
  restore(state: unknown, bus: RegisterBusSnapshot | null, requester: string): void {
    const before = this.device.activeFaults;
    this.device.restore(state);
    if (bus !== null) (this.buses.mdio ?? this.buses.mmio)?.restore(bus);
    this.#row('note', 'ok', requester, 'restored from a snapshot');
    this.#faultRows(before, requester);
  }

  close(): void {
    this.#deaf();
    this.#unheard();
    this.device.retire?.();
  }

  /** What the device's firmware does. It may be computed after the fact: then its time is kept, but never before the last record. */
  #own({ op, at, value, old, outcome, time, text }: OwnAccess): void {
    const last = this.#trace.at(this.#trace.last)?.time ?? 0;
    const row = {
      device: this.name,
      requester: FIRMWARE_REQUESTER,
      op,
      outcome,
      time: Math.max(time, last),
      at,
      value,
      old,
    };
    this.#trace.record(text === '' ? row : { ...row, text });
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
