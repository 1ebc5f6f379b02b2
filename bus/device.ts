/** What every virtual device offers to the lab besides its port: faults, controls, registers by the silicon's side, snapshots. */
import type { Catalogue } from '#regmap/actions.ts';
import type { Table } from '#regmap/declare.ts';

/** A span of addresses that is memory rather than registers. */
export interface Span {
  readonly name: string;
  readonly doc: string;
  readonly at: number;
  readonly length: number;
  readonly offset: number;
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
}
