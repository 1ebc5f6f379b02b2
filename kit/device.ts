/** A device of the bench as a test touches it: faults and controls, registers from the silicon's side and over the bus. */
import type { ActiveFault } from '#bus/device.ts';
import { decodeField } from '#regmap/codec.ts';
import { nameAt } from '#regmap/names.ts';
import type { ScenarioEnv } from '#server/scenario/env.ts';
import type { LabStep, StepSource } from './step-source.ts';

type Given = Readonly<Record<string, string | number | boolean>>;
interface Doing {
  do(...steps: readonly LabStep[]): Promise<void>;
}

/** A register at one moment. */
export interface RegisterLevel {
  readonly value: number;
  /** Decoded, by the names of the datasheet; empty for memory. */
  readonly fields: Readonly<Record<string, boolean | string | number>>;
}

export class LabDevice {
  readonly name: string;
  readonly #env: ScenarioEnv;
  readonly #lab: Doing;
  readonly #source: StepSource;

  constructor(name: string, env: ScenarioEnv, lab: Doing, source: StepSource) {
    this.name = name;
    this.#env = env;
    this.#lab = lab;
    this.#source = source;
    env.device(name); // ENOENT at once
  }

  get kind(): string {
    return this.#device.device.kind;
  }

  /** Faults that are on. */
  get faults(): readonly ActiveFault[] {
    return this.#device.device.activeFaults;
  }

  /** Faults it can have. */
  get faultNames(): readonly string[] {
    return Object.keys(this.#device.device.faults);
  }

  /** What a person can do to it. */
  get controlNames(): readonly string[] {
    return Object.keys(this.#device.device.controls);
  }

  fault(name: string, params: Given = {}): Promise<void> {
    return this.#lab.do({ fault: { [this.name]: { name, ...params } } });
  }

  /** One fault, or all. */
  clear(name = 'all'): Promise<void> {
    return this.#lab.do({ clear: { [this.name]: name } });
  }

  control(name: string, params: Given = {}): Promise<void> {
    return this.#lab.do({ control: { [this.name]: { [name]: { ...params } } } });
  }

  /** What the silicon has there, without side effects and outside the trace. */
  peek(register: string): RegisterLevel {
    return this.#level(register, (at) => this.#device.device.peek(at));
  }

  /** What the next read over the bus would return: differs from `peek` where a latch holds. */
  look(register: string): RegisterLevel {
    return this.#level(register, (at) => this.#device.device.look(at));
  }

  /** The silicon sets a register: fields, or the whole; read-only bits too. */
  poke(register: string, to: number | Given): Promise<void> {
    return this.#lab.do({ poke: { [this.name]: { [register]: typeof to === 'number' ? to : { ...to } } } });
  }

  /** Reads over the bus as nobody's driver, with all side effects; takes its time on the wire. */
  async read(register: string): Promise<RegisterLevel> {
    const { trace } = this.#env;
    const after = trace.last;
    await this.#lab.do({ read: { [this.name]: register } });
    const at = this.#at(register);
    for (let seq = trace.last; seq > after; seq--) {
      const record = trace.at(seq);
      if (record?.op === 'read' && record.at === at && trace.names.requesters[record.requester] === 'scenario')
        return this.#level(register, () => record.value);
    }
    return this.look(register);
  }

  /** Writes over the bus as nobody's driver; fields that are not named are written 0. */
  write(register: string, to: number | Given): Promise<void> {
    return this.#lab.do({ write: { [this.name]: { [register]: typeof to === 'number' ? to : { ...to } } } });
  }

  /** An attribute by its kernel name. */
  attribute(name: string): string {
    return this.#device.readAttribute(name);
  }

  /** Rejects where the device refuses the value. */
  setAttribute(name: string, to: string | number | boolean): Promise<void> {
    return this.#lab.do({ attr: { [this.name]: { [name]: to } } });
  }

  /** Everything its panel on the dashboard shows: link, light, LEDs, queues, planes. */
  inspect(): unknown {
    return this.#device.device.inspect();
  }

  #level(register: string, value: (at: number) => number): RegisterLevel {
    const at = this.#at(register);
    const { registers } = this.#device.device;
    const declared = registers[nameAt(registers, at) ?? ''];
    const raw = value(at);
    const fields = Object.entries(declared?.fields ?? {}).map(([name, field]) => [name, decodeField(field, raw)]);
    return { value: raw, fields: Object.fromEntries(fields) };
  }

  #at(register: string): number {
    return this.#source.address(this.name, register);
  }

  get #device(): ReturnType<ScenarioEnv['device']> {
    return this.#env.device(this.name);
  }
}
