/** A scenario as the runner holds it: every name resolved, every duration in nanoseconds. */
import type { BlockOp, BlockStatus } from '#bus/block.ts';
import type { Bio } from '#bus/disk.ts';
import type { TraceOp } from '#bus/trace.ts';
import type { BenchSpec } from '#server/bench-spec.ts';
import type { BusDeed } from './bus-deeds.ts';

export interface Scenario {
  /** The file's name without its extension. */
  readonly name: string;
  readonly title: string;
  readonly teaches: string;
  readonly tags: readonly string[];
  readonly bench: BenchSpec;
  /** Used when a run gives none. */
  readonly seed: number;
  readonly limitNs: number;
  /** Accesses against the datasheet that end the run; none unless the file says so. */
  readonly strict: readonly StrictClass[];
  readonly steps: readonly Step[];
  /** The text it was read from. */
  readonly yaml: string;
}

export interface Step {
  readonly start: Start;
  readonly title: string | null;
  /** More than one when a step names several devices; they happen together. */
  readonly deeds: readonly Deed[];
}

/** When a step begins: at a run time, some time after the step before, or inside an access or a request just before the silicon sees it. */
export type Start =
  | { readonly kind: 'at' | 'after'; readonly ns: number }
  | { readonly kind: 'on'; readonly access: AccessPattern | RequestPattern };

export interface AccessPattern {
  readonly device: string;
  readonly at: number;
  readonly op: 'read' | 'write';
  /** Counts matching accesses from 1. */
  readonly nth: number;
}

/** A block request to come. */
export interface RequestPattern {
  readonly device: string;
  readonly request: BlockOp;
  /** Counts requests of that kind from 1. */
  readonly nth: number;
}

/** Work for the disk of a device's driver. */
export interface IoDeed {
  readonly kind: 'io';
  readonly device: string;
  /** Without data: that comes from the pattern. */
  readonly bio: Bio;
  readonly pattern: string | null;
  /** What each must end with; null: whatever comes. */
  readonly status: BlockStatus | null;
  /** So many, one behind another… */
  readonly count: number;
  /** …and so many of them at the same time. */
  readonly depth: number;
  /** Name by which a later look asks for the outcome; the step does not wait for it. */
  readonly as: string | null;
}

export interface AttrDeed {
  readonly kind: 'attr';
  readonly device: string;
  readonly name: string;
  readonly text: string;
  /** The errno it must be refused with; null: it is taken. */
  readonly refused: string | null;
}

/** A program draws on the screen of a device's driver. */
export interface DrawDeed {
  readonly kind: 'draw';
  readonly device: string;
  readonly picture: string;
  /** By its name; null: what the program has, or the preferred one. */
  readonly mode: string | null;
  readonly frames: number;
  /** How long the program draws each frame. */
  readonly takesNs: number;
  /** Waits for each flip before the next commit. */
  readonly paced: boolean;
  /** From row to row as the program has it; null: as it was told. */
  readonly rowBytes: number | null;
  readonly modeset: boolean;
  /** The errno it must end with; null: it goes well. */
  readonly refused: string | null;
  readonly as: string | null;
}

/** What a driver can do against the datasheet. */
export type StrictClass = 'reserved' | 'unmapped' | 'read-only' | 'undocumented' | 'misuse';

export type Values = Readonly<Record<string, unknown>>;

/** What a step does: one action, one fault, or one look. */
export type Deed =
  | { readonly kind: 'insmod'; readonly driver: string; readonly device: string; readonly params: Values }
  | { readonly kind: 'rmmod'; readonly device: string }
  | { readonly kind: 'fault'; readonly device: string; readonly name: string; readonly params: Values }
  | { readonly kind: 'clear'; readonly device: string; readonly name: string | null }
  | { readonly kind: 'control'; readonly device: string; readonly name: string; readonly params: Values }
  | { readonly kind: 'poke' | 'write'; readonly device: string; readonly at: number; readonly bits: Bits }
  | { readonly kind: 'read'; readonly device: string; readonly at: number }
  | { readonly kind: 'flip'; readonly access: AccessPattern; readonly bit: number }
  | { readonly kind: 'lose'; readonly access: AccessPattern }
  | IoDeed
  | AttrDeed
  | DrawDeed
  | BusDeed
  /** Remembers the CRC of the frame on show. */
  | { readonly kind: 'keep'; readonly device: string; readonly name: string }
  /** Every device of the bench as it is now, under a name; and back to it. */
  | { readonly kind: 'snapshot' | 'restore'; readonly name: string }
  | { readonly kind: 'wait'; readonly ns: number }
  | { readonly kind: 'expect'; readonly that: Condition; readonly withinNs: number }
  | { readonly kind: 'never'; readonly that: Condition; readonly forNs: number };

/** Some bits of a register and what they are or shall be. */
export interface Bits {
  readonly mask: number;
  readonly value: number;
}

/** What can be looked for. */
export type Condition =
  | {
      readonly kind: 'driver';
      readonly device: string;
      readonly state: string | null;
      readonly link: 'up' | 'down' | 'actual' | null;
      readonly error: string | null;
    }
  /** The silicon's own side: the level of a register. */
  | { readonly kind: 'register'; readonly device: string; readonly at: number; readonly bits: Bits }
  /** The device's driver has read this since the last deed. */
  | { readonly kind: 'read'; readonly device: string; readonly at: number; readonly bits: Bits }
  | { readonly kind: 'log'; readonly pattern: RegExp }
  /** Work begun under a name has ended, all of it with this status; null: however. */
  | { readonly kind: 'io'; readonly device: string; readonly name: string; readonly status: BlockStatus | null }
  | { readonly kind: 'attr'; readonly device: string; readonly name: string; readonly text: string }
  /** These accesses in this order, others may come between. */
  | { readonly kind: 'accesses'; readonly device: string; readonly wanted: readonly WantedAccess[] }
  | SequenceCondition
  /** An access of the device, or to one place of it, waits at a breakpoint. */
  | { readonly kind: 'held'; readonly device: string; readonly spans: readonly (readonly [number, number])[] | null }
  | ScreenCondition
  /** How many writes the device's driver has made since it was loaded. */
  | {
      readonly kind: 'writes';
      readonly device: string;
      /** Runs of addresses that count, first and last; null: all. */
      readonly spans: readonly (readonly [number, number])[] | null;
      readonly min: number;
      readonly max: number;
    };

/** A look at a screen, a panel, or a program that draws. */
export type ScreenCondition =
  /** Exactly one of the five is not null. */
  | {
      readonly kind: 'frame';
      readonly device: string;
      readonly shows: string | null;
      readonly crc: number | null;
      /** `640x480`; off: no frame. */
      readonly size: string | null;
      /** Names of frames kept. */
      readonly like: string | null;
      readonly unlike: string | null;
    }
  | { readonly kind: 'vblanks'; readonly device: string; readonly min: number; readonly max: number }
  | { readonly kind: 'draw'; readonly device: string; readonly name: string; readonly error: string | null }
  | {
      readonly kind: 'frames' | 'missed';
      readonly device: string;
      readonly name: string;
      readonly min: number;
      readonly max: number;
    }
  | { readonly kind: 'panel'; readonly device: string; readonly fields: readonly string[]; readonly is: string }
  | { readonly kind: 'finding'; readonly pattern: RegExp };

/** Exactly these accesses in this order: more reads may come between, a write that is not expected ends it. */
export interface SequenceCondition {
  readonly kind: 'sequence';
  readonly device: string;
  readonly wanted: readonly SequenceAccess[];
  /** Places that may be written at any time, first and last address of each. */
  readonly besides: readonly (readonly [number, number])[];
}

export interface SequenceAccess {
  readonly op: TraceOp;
  /** As the file has it. */
  readonly text: string;
  /** Where, first and last of each run of addresses; null: anywhere. */
  readonly spans: readonly (readonly [number, number])[] | null;
  /** A register's bits; null: whatever. */
  readonly bits: Bits | null;
  /** Of a block request: how many sectors; null: however many. */
  readonly sectors: number | null;
  /** Of an operation that shares its trace word with others, its own name. */
  readonly request: BlockOp | null;
  /** So many in a row; null: one or more. */
  readonly count: number | null;
}

export interface WantedAccess {
  readonly op: 'read' | 'write';
  readonly at: number;
  readonly value: number | null;
}
