/** What every virtual device offers to the lab besides its port: faults, controls, registers by the silicon's side, snapshots. */
import type { Catalogue } from '#regmap/actions.ts';
import type { AttributeView } from '#regmap/attributes.ts';
import type { Table } from '#regmap/declare.ts';
import type { TraceOutcome } from './trace.ts';

/** A span of addresses that is memory rather than registers. */
export interface Span {
  readonly name: string;
  readonly doc: string;
  readonly at: number;
  readonly length: number;
  readonly offset: number;
}

/** What a device does on its own, without anybody on the bus: its firmware at work on its registers, or misbehaving. */
export interface OwnAccess {
  readonly op: 'read' | 'write' | 'note';
  readonly at: number;
  readonly value: number;
  readonly old: number;
  readonly outcome: TraceOutcome;
  /** Nanoseconds since the lab began. */
  readonly time: number;
  /** Of a note. */
  readonly text: string;
}

export interface ActiveFault {
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Nanoseconds since the lab began. */
  readonly since: number;
}

export interface VirtualDevice {
  /** The part, as scenarios and benches name it: `qt2025`. */
  readonly kind: string;
  readonly registers: Table;
  readonly spans: readonly Span[];
  readonly faults: Catalogue;
  readonly controls: Catalogue;

  /** Switches a fault on, or changes its parameters; throws a LabError for an unknown name or a bad parameter. */
  fault(name: string, params?: Readonly<Record<string, unknown>>): void;
  /** Switches one fault off, or all; clearing what is not on does nothing. */
  clear(name?: string): void;
  readonly activeFaults: readonly ActiveFault[];
  /** Turns a control; throws a LabError for an unknown name or a bad parameter. */
  control(name: string, params?: Readonly<Record<string, unknown>>): void;

  /** The level behind a bus address, no side effects. */
  peek(at: number): number;
  /** What the next bus read there would return, no side effects: differs from `peek` where a latch holds. */
  look(at: number): number;
  /** Sets a level as the silicon would, read-only fields too. Throws a LabError when nothing is there. */
  poke(at: number, value: number): void;

  /** What a panel shows, plain JSON. */
  inspect(): unknown;
  /** Everything the device keeps, plain JSON. */
  snapshot(): unknown;
  restore(snapshot: unknown): void;
  /** Interrupt lines: called with the line's name and its new level. Returns the way to stop listening. */
  onInterrupt(listener: (line: string, asserted: boolean) => void): () => void;
  /** Taken off the bench for good: no deadline of it falls due any more. */
  retire?(): void;
  /** Lets go of what it holds outside this thread. */
  close?(): void;
  /** Of a device with firmware: called with each access of it that is news. Returns the way to stop listening. */
  onOwnAccess?(listener: (access: OwnAccess) => void): () => void;
}

/** What a bus of registers keeps of its device, plain JSON. */
export interface RegisterBusSnapshot {
  /** Address registers that do not stand at 0, by their place on the wires. */
  readonly addresses: readonly (readonly [slot: number, at: number])[];
  readonly seen: readonly (readonly [place: number, value: number])[];
}

/** Settings as configfs offers them, of a device that has some. */
export interface Attributed {
  attributes(): readonly AttributeView[];
  /** Throws a LabError for an unknown name or one that can only be written. */
  readAttribute(name: string): string;
  /** Throws a LabError with the kernel's errno and a sentence. */
  writeAttribute(name: string, text: string): void;
}

export const isAttributed = (device: object): device is Attributed =>
  'attributes' in device && 'readAttribute' in device && 'writeAttribute' in device;
