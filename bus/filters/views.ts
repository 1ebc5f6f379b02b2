/** Bus faults, breakpoints and held accesses as JSON: what is asked for, and what is shown. */
import type { TraceOp } from '../trace.ts';
import type { BusFaultKind } from './effects.ts';
import type { ScheduleSpec } from './schedule.ts';

/** What a bus fault is made of. */
export interface BusFaultSpec extends ScheduleSpec {
  /** Its name; the effect and a number unless given. */
  readonly name?: string;
  readonly effect: BusFaultKind;
  readonly params?: Readonly<Record<string, unknown>>;
  /** Every device of the lab that the selection means something to, unless given. */
  readonly device?: string;
  /** Which accesses, as `write SRAM && value & 1` or any filter; all unless given. */
  readonly when?: string;
  /** Of its own randomness; drawn from the lab's seed and its name unless given. */
  readonly seed?: number;
  /** Default true. */
  readonly on?: boolean;
}

/** `GET /filters`. */
export interface BusFaultView extends BusFaultSpec {
  readonly name: string;
  readonly on: boolean;
  readonly params: Readonly<Record<string, unknown>>;
  /** In one line. */
  readonly text: string;
  /** Accesses that fitted, and those it did something to. */
  readonly matches: number;
  readonly firings: number;
  /** Will never fire again. */
  readonly spent: boolean;
}

/**
 * `break` holds each access that fits; `run-until` lets go what is held and holds the next that fits, once; `trace` holds
 * nothing but writes a note for each, and records every block request from the first on; `wait-for` tells whoever waits.
 */
export const BREAK_VERBS = ['break', 'run-until', 'trace', 'wait-for'] as const;
export type BreakVerb = (typeof BREAK_VERBS)[number];

export interface BreakpointSpec extends ScheduleSpec {
  /** Default `break`. */
  readonly verb?: BreakVerb;
  readonly device?: string;
  /** Which accesses, as `write 3.E854 == 0x0040` or any filter. */
  readonly when: string;
  /** A held access goes on by itself after this long. */
  readonly limitMs?: number;
  readonly on?: boolean;
}

/** `GET /breakpoints`. */
export interface AccessBreakpointView extends BreakpointSpec {
  readonly id: number;
  readonly verb: BreakVerb;
  readonly on: boolean;
  readonly limitMs: number;
  readonly text: string;
  readonly matches: number;
  readonly hits: number;
  /** Trace row of the first hit; null before. */
  readonly firstSeq: number | null;
}

/** An access that waits before it takes effect. */
export interface HeldView {
  readonly id: number;
  readonly device: string;
  /** Null: held by a step. */
  readonly breakpoint: number | null;
  readonly requester: string;
  readonly op: TraceOp;
  readonly at: number;
  /** `3.E854h`, and the datasheet's name for it. */
  readonly address: string;
  readonly register: string | null;
  readonly value: number;
  readonly old: number;
  /** What the value means, field by field, with what it changes. */
  readonly decoded: string;
  readonly widthBits: number;
  /** Lab nanoseconds at which it was held, and at which it goes on by itself. */
  readonly sinceNs: number;
  readonly untilNs: number;
  /** The note in the trace. */
  readonly seq: number;
}

/** `GET /instruments` and the `instruments` event of the feed. */
export interface InstrumentsView {
  readonly filters: readonly BusFaultView[];
  readonly breakpoints: readonly AccessBreakpointView[];
  readonly held: readonly HeldView[];
}
