/** A null block device as the lab sees it while the silicon runs in a thread of its own. */
import type {
  BlockCommand,
  BlockCompletion,
  BlockEvent,
  BlockIdentity,
  BlockSilicon,
  OutsideRequests,
} from '#bus/block.ts';
import type { BlockPanel } from '#bus/block-panel.ts';
import type { Clock } from '#bus/clock.ts';
import type { ActiveFault, Attributed, VirtualDevice } from '#bus/device.ts';
import { LabError, unknownName } from '#bus/errors.ts';
import type { GateSlot } from '#bus/filters/gate.ts';
import { NULLB_CONTROLS, NULLB_FAULTS } from '#datasheets/null-blk-catalogue.ts';
import type { AttributeView } from '#regmap/attributes.ts';
import { GatedClients } from './gated-clients.ts';
import type { GateReturn, GateStep, NullbState } from './hosted.ts';

/** The way to the thread. */
export interface NullbThread {
  /** Waits for the answer; throws the LabError of the device. */
  call(verb: string, ...args: readonly unknown[]): unknown;
  /** Does not wait. */
  submit(name: string, commands: readonly BlockCommand[]): void;
  /** Does not wait: what a gate makes of the requests of NBD clients. */
  ruled(name: string, returns: readonly GateReturn[]): void;
  /** Takes the device away, unless another has its name already. */
  remove(): void;
}

export interface HostedNullbOptions {
  readonly name: string;
  /** The lab's. */
  readonly clock: Clock;
  readonly thread: NullbThread;
  readonly state: NullbState;
  /** In memory that the thread looks at for each request: not 0 while a gate stands. */
  readonly gateStands: Int32Array;
}

/** Verbs wait for the thread; what is looked at is as old as its last word, a quarter of a second at most. */
export class HostedNullb implements VirtualDevice, BlockSilicon, Attributed {
  readonly kind = 'nullb';
  readonly registers = {};
  readonly spans = [];
  readonly faults = NULLB_FAULTS;
  readonly controls = NULLB_CONTROLS;
  completed: (completion: BlockCompletion) => void = () => {};
  event: (event: BlockEvent) => void = () => {};
  outside: (requests: OutsideRequests) => void = () => {};
  readonly #options: HostedNullbOptions;
  readonly #name: string;
  readonly #thread: NullbThread;
  #state: NullbState;
  #commands: BlockCommand[] = [];
  #clients: GatedClients | null = null;

  constructor(options: HostedNullbOptions) {
    const { name, thread, state } = options;
    this.#options = options;
    this.#name = name;
    this.#thread = thread;
    this.#state = state;
  }

  outsideGate(slot: GateSlot): void {
    const { name: device, clock, gateStands, thread } = this.#options;
    this.#clients = new GatedClients({ clock, device, slot, send: (returns) => thread.ruled(device, returns) });
    const set = (stands: boolean): void => void Atomics.store(gateStands, 0, Number(stands));
    slot.onGate = set;
    set(slot.gate !== null);
  }

  /** NBD clients have come to the gate. */
  atGate(steps: readonly GateStep[]): void {
    this.#clients?.hear(steps);
  }

  /** What the thread last said. */
  told(state: NullbState, event?: BlockEvent): void {
    this.#state = state;
    if (event !== undefined) this.event(event);
  }

  identify(): BlockIdentity {
    if (this.#state.identity === null) throw new LabError('ENODEV', `${this.#name} is powered off, or unplugged`);
    return this.#state.identity;
  }

  /** Commands of one turn of the event loop go together. */
  submit(command: BlockCommand): void {
    this.#commands.push(command);
    if (this.#commands.length > 1) return;
    queueMicrotask(() => {
      const commands = this.#commands;
      this.#commands = [];
      this.#thread.submit(this.#name, commands);
    });
  }

  poll(hctx: number): readonly BlockCompletion[] {
    return this.#thread.call('poll', this.#name, hctx) as readonly BlockCompletion[]; // the device's own answer
  }

  attributes(): readonly AttributeView[] {
    return this.#state.attributes;
  }
  readAttribute(name: string): string {
    return this.#thread.call('readAttribute', this.#name, name) as string; // the device's own answer
  }
  writeAttribute(name: string, text: string): void {
    this.#change('writeAttribute', name, text);
  }

  get activeFaults(): readonly ActiveFault[] {
    return this.#state.faults;
  }
  fault(name: string, params: Readonly<Record<string, unknown>> = {}): void {
    this.#change('fault', name, cloneable(name, params));
  }
  clear(name?: string): void {
    this.#change('clear', name);
  }
  control(name: string, params: Readonly<Record<string, unknown>> = {}): void {
    this.#change('control', name, cloneable(name, params));
  }

  peek(at: number): number {
    return this.look(at);
  }
  look(at: number): number {
    throw unknownName('register', String(at), []);
  }
  poke(at: number): void {
    this.look(at);
  }

  inspect(): BlockPanel {
    return this.#state.panel;
  }
  snapshot(): unknown {
    return this.#thread.call('snapshot', this.#name);
  }
  restore(snapshot: unknown): void {
    this.#change('restore', snapshot);
  }
  onInterrupt(): () => void {
    return () => {};
  }

  /** Takes the device and its NBD clients away. */
  close(): void {
    this.#thread.remove();
  }

  #change(verb: string, ...args: readonly unknown[]): void {
    this.#state = this.#thread.call(verb, this.#name, ...args) as NullbState; // see `changing` in block-thread.ts
  }
}

/** Parameters cross to another thread as plain data. */
const cloneable = (name: string, params: Readonly<Record<string, unknown>>): unknown => {
  try {
    return structuredClone(params);
  } catch (cause) {
    throw new LabError('EINVAL', `'${name}': its parameters are no plain object of name and value`, { cause });
  }
};
