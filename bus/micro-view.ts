/** A micro-controller inside a device as its debugger shows it: the JSON of `/api/v1/devices/:device/micro`. */

/** Where a breakpoint sits: program memory, XDATA, or a register of the chip reached through the gateway. */
export const BREAK_SPACES = ['code', 'xdata', 'register'] as const;
export type BreakSpace = (typeof BREAK_SPACES)[number];
/** What of it stops the core; code is always executed. */
export const BREAK_OPS = ['execute', 'read', 'write', 'access'] as const;
export type BreakOp = (typeof BREAK_OPS)[number];

export interface Breakpoint {
  readonly id: number;
  readonly space: BreakSpace;
  /** Code or XDATA address, or MMD and register as one number. */
  readonly at: number;
  readonly on: BreakOp;
  /** Only this value stops; null: any. */
  readonly value: number | null;
  readonly hits: number;
}

/** A breakpoint with its place in words: `main+0x12`, `07FDh UC_STATUS`, `1.C300h MICRO_RESETN`. */
export interface BreakpointView extends Breakpoint {
  readonly place: string;
}

/** Why the core stands still. */
export interface MicroStop {
  readonly by: 'halt' | 'step' | 'until' | 'breakpoint';
  /** The breakpoint that was hit. */
  readonly breakpoint: number | null;
  /** What the program did there, for breakpoints on XDATA and registers; `pc` is the instruction that did it. */
  readonly access: {
    readonly op: 'read' | 'write';
    readonly space: 'xdata' | 'register';
    readonly at: number;
    readonly value: number;
    readonly pc: number;
  } | null;
}

export interface MicroRegisters {
  readonly pc: number;
  readonly a: number;
  readonly b: number;
  readonly psw: number;
  readonly sp: number;
  readonly dptr: number;
  readonly dpx: number;
  readonly ie: number;
  readonly ip: number;
  readonly tcon: number;
  readonly tmod: number;
  readonly timer0: number;
  /** 0 to 3. */
  readonly bank: number;
  /** R0 to R7 of the selected bank. */
  readonly r: readonly number[];
  /** Levels being served: bit 0 low, bit 1 high. */
  readonly inService: number;
}

/** How fast the core ran between the last two looks. */
export interface MicroSpeed {
  readonly instructionsPerS: number;
  readonly cyclesPerS: number;
  /** Share of the real chip's speed; 1 is real time. */
  readonly ofRealTime: number;
}

/** `GET /devices/:device/micro`. */
export interface MicroView {
  readonly device: string;
  /** `off`: held in reset or in the boot ROM, no program runs. */
  readonly state: 'running' | 'halted' | 'off';
  /** A fault holds the core as well. */
  readonly frozen: boolean;
  readonly stop: MicroStop | null;
  /** The stop in words. */
  readonly why: string | null;
  /** Nanoseconds since the lab began: halted since, and when it goes on by itself. */
  readonly haltedAt: number | null;
  readonly letsGoAt: number | null;
  /** Seconds a halted core is kept at most. */
  readonly limitS: number;
  /** Counts stops, steps and changes of breakpoints: while it stays and the core is halted, nothing changed. */
  readonly turn: number;
  readonly registers: MicroRegisters;
  /** PC in words. */
  readonly place: string;
  readonly cycles: number;
  readonly instructions: number;
  /** Of these, those of delay loops that were counted down in one step. */
  readonly skipped: number;
  readonly clockHz: number;
  readonly speed: MicroSpeed | null;
  readonly breakpoints: readonly BreakpointView[];
  readonly profiling: boolean;
  readonly missteps: readonly { readonly kind: string; readonly pc: number; readonly count: number }[];
  readonly symbols: MicroSymbols | null;
}

/** Names for code addresses, and how well their image matches what is in program memory. */
export interface MicroSymbols {
  readonly file: string;
  readonly count: number;
  /** Bytes of program memory that differ from the image beside the map; null: not known. */
  readonly differing: number | null;
}

export interface CodeSymbol {
  readonly name: string;
  readonly at: number;
}

/** One line of `GET …/micro/disassembly`. */
export interface DisassemblyLine {
  readonly at: number;
  readonly bytes: readonly number[];
  readonly text: string;
  readonly cycles: number;
  /** Name of this address, when it has one. */
  readonly label: string | null;
  /** Where a jump or call goes. */
  readonly target: number | null;
}

export const MEMORY_SPACES = ['idata', 'sfr', 'xdata', 'code'] as const;
export type MemorySpace = (typeof MEMORY_SPACES)[number];

/** `GET …/micro/memory`. */
export interface MicroMemory {
  readonly space: MemorySpace;
  readonly at: number;
  readonly bytes: readonly number[];
}

/** One named XDATA cell of `GET …/micro/cells`. */
export interface CellView {
  readonly name: string;
  /** XDATA address. */
  readonly at: number;
  readonly value: number;
  readonly text: string;
  readonly doc: string;
}

/** `GET …/micro/profile`. */
export interface MicroProfile {
  readonly running: boolean;
  /** Cycles counted in all. */
  readonly cycles: number;
  readonly bySymbol: readonly ProfileLine[];
  readonly byAddress: readonly ProfileLine[];
}

export interface ProfileLine {
  readonly at: number;
  readonly place: string;
  readonly cycles: number;
  readonly share: number;
}
