/** An 8051 core: its registers and memories, and the loop that runs it in slices of clock cycles. */
import type { Watch } from './debug-watch.ts';
import { DelayLoops } from './delay-loop.ts';
import { CYCLES } from './instructions.ts';
import { enterInterrupt, pendingInterrupt } from './interrupts.ts';
import { OPERATIONS } from './operations.ts';
import { SFR_READERS, SFR_WRITERS } from './sfr.ts';
import { Timer0 } from './timer.ts';

/** What surrounds the core on the chip. */
export interface Peripherals {
  /** Special function registers that are not the core's own; the others are plain storage. */
  readonly sfrs: readonly number[];
  readSfr(address: number): number;
  writeSfr(address: number, value: number): void;
  /** MOVX; `page` is SFR 93h for the forms with DPTR, 0 for those with R0 and R1. */
  readXdata(page: number, address: number): number;
  writeXdata(page: number, address: number, value: number): void;
  /** The cycle at which `due` wants to be called; Infinity for never. After a change the core must `reconsider`. */
  readonly dueAt: number;
  due(): void;
}

/** What a program does that no program should: kept with the place where it was seen first. */
export type MisstepKind = 'illegal-opcode' | 'outside-memory' | 'stack-wrap';
export interface Misstep {
  readonly kind: MisstepKind;
  /** Address of the byte after the opcode. */
  readonly pc: number;
  readonly count: number;
}

export interface CpuSnapshot {
  readonly pc: number;
  readonly a: number;
  readonly b: number;
  readonly psw: number;
  readonly sp: number;
  readonly dptr: number;
  readonly dpx: number;
  readonly ie: number;
  readonly ip: number;
  readonly inService: number;
  readonly shadow: boolean;
  readonly idata: readonly number[];
  readonly sfr: readonly number[];
  readonly timer: readonly number[];
  /** Where the prescalers stand. */
  readonly phase: number;
}

export interface CpuOptions {
  /** Program memory, shared with whoever writes it; above its end nothing answers. 64 kB if not given. */
  readonly code?: Uint8Array;
  /** Counts delay loops down in one step; the result is the same. */
  readonly skipDelays?: boolean;
  /** Called with the first misstep of each kind since the core was made or they were cleared. */
  readonly missed?: (misstep: Misstep) => void;
}

/** What the trace says of a misstep. */
export const MISSTEPS: Readonly<Record<MisstepKind, string>> = {
  'illegal-opcode': 'opcode A5h, which is no instruction',
  'outside-memory': 'a jump outside program memory',
  'stack-wrap': 'the stack wraps around',
};

/** Nobody drives the bus above program memory: the pattern is our choice, an opcode that exists nowhere in the 8051. */
const OPEN_BUS = 0xa5;
/** The cycle counter repeats for all prescalers of the chip (12 and 8) after this many. */
const PHASES = 24;
const LONGEST_BURST = 1 << 28;
/** Cycles: more than an instruction takes. */
const NEAR = 16;
/**
 * What a counter holds for a moment before it holds 0. A field of small integers that outgrows 31 bits changes its kind, and
 * V8 throws away all code compiled for it: the whole core, seconds after it was started.
 */
const NOT_SMALL = 0.5;

export class Cpu {
  readonly code: Uint8Array;
  readonly idata = new Uint8Array(0x100);
  /** Special function registers nobody claims, by address. */
  readonly sfr = new Uint8Array(0x100);
  /** True for an address that `peripherals` answers. */
  readonly claimed = new Uint8Array(0x100);
  peripherals: Peripherals;
  readonly timer: Timer0;

  pc = 0;
  a = 0;
  b = 0;
  /** Without parity, which is computed when somebody looks. */
  psw = 0;
  /** Address of R0: bits 4:3 of PSW in place. */
  bank = 0;
  sp = 7;
  dptr = 0;
  /** SFR 93h, the third byte of the data pointer. */
  dpx = 0;
  ie = 0;
  ip = 0;
  /** Interrupt levels being served: bit 0 low, bit 1 high. */
  inService = 0;
  /** One more instruction before the next interrupt: after RETI and after a write to IE or IP. */
  shadow = false;

  /** A debugger that looks on. */
  watch: Watch | undefined;

  /** Instructions since the core was made, those of skipped delay passes included. */
  instructions = NOT_SMALL;
  /** Of these, the ones that skipping saved. */
  skipped = NOT_SMALL;

  /** Backward jumps to each address that are taken before its loop is looked at again. */
  readonly loopPatience = new Uint8Array(0x10000);
  /** A backward jump went here and its loop may be a delay; -1 for none. */
  loopAt = -1;
  readonly #skipDelays: boolean;
  readonly #missed: ((misstep: Misstep) => void) | undefined;
  readonly #delays = new DelayLoops(this);
  readonly #missteps = new Map<MisstepKind, { -readonly [K in keyof Misstep]: Misstep[K] }>();

  #halted = false;
  /** The present burst: cycles left of it, and the cycle at which it ends. */
  #left = 0;
  #end = NOT_SMALL;
  /** The cycle at which the instruction began that set `shadow`. */
  #deferredAt = NOT_SMALL;

  constructor(
    peripherals: Peripherals,
    { code = new Uint8Array(0x10000), skipDelays = true, missed }: CpuOptions = {},
  ) {
    this.instructions = this.skipped = this.#end = this.#deferredAt = 0;
    this.peripherals = peripherals;
    this.#missed = missed;
    this.code = code;
    this.#skipDelays = skipDelays;
    for (const address of peripherals.sfrs) this.claimed[address & 0xff] = 1;
    this.timer = new Timer0(this);
    if (!skipDelays) this.loopPatience.fill(0xff);
  }

  /** Clock cycles since the core was made. Inside an instruction: the cycle at which it began. */
  now(): number {
    return this.#end - this.#left;
  }

  /** The reset line: SFR reset values, PC 0. idata and the cycle count go on. */
  reset(): void {
    this.pc = this.a = this.b = this.psw = this.bank = this.dptr = this.dpx = this.ie = this.ip = 0;
    this.sp = 7;
    this.inService = 0;
    this.shadow = false;
    this.loopAt = -1;
    this.sfr.fill(0);
    this.timer.reset();
    this.reconsider();
  }

  /** A byte of program memory, as a fetch or MOVC finds it. */
  readCode(address: number): number {
    return address < this.code.length ? this.code[address]! : OPEN_BUS;
  }

  /** Another program may be in memory: looks at its loops afresh. */
  forgetLoops(): void {
    this.#delays.forget();
    if (this.#skipDelays) this.loopPatience.fill(0);
  }

  /** Runs until the cycle counter reaches `until`; the last instruction may pass it. */
  run(until: number): void {
    this.#halted = false;
    while (!this.#halted && this.now() < until) {
      const { shadow, watch } = this;
      const limit = Math.min(this.#attend(), until);
      if (watch !== undefined && isMet(watch, this.pc)) {
        this.shadow = shadow;
        return;
      }
      if (this.loopAt === this.pc) this.#skip(limit);
      this.loopAt = -1;
      if (watch === undefined) this.#burst(limit);
      else this.#watchedBurst(limit, watch);
    }
  }

  /** Leaves `run` after this instruction. */
  halt(): void {
    this.#halted = true;
    this.reconsider();
  }

  /** One instruction, after an interrupt that is due. */
  step(): void {
    this.#attend();
    this.loopAt = -1;
    this.#burst(this.now() + 1);
  }

  /** Ends the burst after this instruction: deadlines or interrupts may have changed. */
  reconsider(): void {
    this.#end -= this.#left;
    this.#left = 0;
  }

  /** The same if an interrupt is served now. */
  reconsiderInterrupts(): void {
    if (pendingInterrupt(this) !== undefined) this.reconsider();
  }

  /** The same if something now falls due before the burst would end. */
  reconsiderBefore(cycle: number): void {
    if (cycle < this.#end) this.reconsider();
  }

  /** RETI, or a write to IE or IP: one more instruction comes before the next interrupt. Only ends the burst where one is near. */
  deferInterrupts(): void {
    this.shadow = true;
    this.#deferredAt = this.now();
    const near = Math.min(this.timer.overflowAt, this.peripherals.dueAt) - this.#deferredAt <= NEAR;
    if (near) this.reconsider();
    else this.reconsiderInterrupts();
  }

  /** Time passes without instructions. */
  idle(cycles: number): void {
    this.#end += cycles;
  }

  misstep(kind: MisstepKind): void {
    const seen = this.#missteps.get(kind);
    if (seen !== undefined) {
      seen.count++;
      return;
    }
    const first = { kind, pc: this.pc, count: 1 };
    this.#missteps.set(kind, first);
    this.#missed?.(first);
  }

  /** Everything but program memory and peripherals. */
  snapshot(): CpuSnapshot {
    const { pc, a, b, psw, sp, dptr, dpx, ie, ip, inService, shadow } = this;
    const registers = { pc, a, b, psw, sp, dptr, dpx, ie, ip, inService, shadow };
    const memories = { idata: [...this.idata], sfr: [...this.sfr], timer: this.timer.snapshot() };
    return { ...registers, ...memories, phase: this.now() % PHASES };
  }

  restore({ idata, sfr, timer, phase, ...registers }: CpuSnapshot): void {
    Object.assign(this, registers);
    this.bank = registers.psw & 0x18;
    this.idata.set(idata);
    this.sfr.set(sfr);
    this.loopAt = -1;
    this.idle((phase - (this.now() % PHASES) + PHASES) % PHASES);
    this.timer.restore(timer);
  }

  get missteps(): readonly Misstep[] {
    return Array.from(this.#missteps.values(), (misstep) => ({ ...misstep }));
  }

  clearMissteps(): void {
    this.#missteps.clear();
  }

  readDirect(address: number): number {
    return address < 0x80 ? this.idata[address & 0x7f]! : SFR_READERS[address & 0x7f]!(this, address);
  }

  writeDirect(address: number, value: number): void {
    if (address < 0x80) this.idata[address & 0x7f] = value;
    else SFR_WRITERS[address & 0x7f]!(this, value, address);
  }

  push(value: number): void {
    this.sp = (this.sp + 1) & 0xff;
    if (this.sp === 0) this.misstep('stack-wrap');
    this.idata[this.sp] = value;
  }

  pop(): number {
    const value = this.idata[this.sp & 0xff]!;
    if (this.sp === 0) this.misstep('stack-wrap');
    this.sp = (this.sp - 1) & 0xff;
    return value;
  }

  /** Serves what is due and returns the cycle of the next thing that will be. */
  #attend(): number {
    this.#expire();
    if (this.shadow) {
      this.shadow = false;
      return this.now() + 1;
    }
    const source = pendingInterrupt(this);
    if (source !== undefined) {
      enterInterrupt(this, source);
      this.#expire();
    }
    return Math.min(this.timer.overflowAt, this.peripherals.dueAt);
  }

  #skip(limit: number): void {
    const { pc } = this;
    const began = this.now();
    this.#delays.skip(this, limit);
    if (this.watch?.spent !== undefined) this.watch.spent[pc]! += this.now() - began;
  }

  #expire(): void {
    this.timer.overflow(this.now());
    if (this.now() >= this.peripherals.dueAt) this.peripherals.due();
  }

  #burst(limit: number): void {
    const now = this.now();
    this.#left = Math.max(1, Math.min(limit - now, LONGEST_BURST));
    this.#end = now + this.#left;
    const [operations, cycles] = [OPERATIONS, CYCLES];
    let executed = 0;
    let opcode: number;
    do {
      opcode = this.readCode(this.pc);
      this.pc = (this.pc + 1) & 0xffff;
      operations[opcode & 0xff]!(this);
      this.#left -= cycles[opcode & 0xff]!;
      executed++;
    } while (this.#left > 0);
    this.#ended(opcode, executed);
  }

  /** The same with somebody looking on: ends before an instruction at a mark. */
  #watchedBurst(limit: number, watch: Watch): void {
    const now = this.now();
    this.#left = Math.max(1, Math.min(limit - now, LONGEST_BURST));
    this.#end = now + this.#left;
    let executed = 0;
    let opcode: number;
    do {
      const at = this.pc;
      opcode = this.readCode(at);
      this.pc = (at + 1) & 0xffff;
      OPERATIONS[opcode & 0xff]!(this);
      this.#left -= CYCLES[opcode & 0xff]!;
      executed++;
      if (watch.spent !== undefined) watch.spent[at]! += CYCLES[opcode & 0xff]!;
      if (watch.closely || watch.marks[this.pc] !== 0) this.reconsider();
    } while (this.#left > 0);
    this.#ended(opcode, executed);
  }

  /** `opcode` was the last of a burst; an interrupt that an earlier one put off is put off no more. */
  #ended(opcode: number, executed: number): void {
    this.instructions += executed;
    if (this.shadow && this.#deferredAt + CYCLES[opcode & 0xff]! !== this.now()) this.shadow = false;
  }
}

const isMet = (watch: Watch, pc: number): boolean => (watch.closely || watch.marks[pc] !== 0) && watch.meets();
