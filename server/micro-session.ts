/** One device's debugger as the API offers it: names for addresses, words for stops, lines for the kernel log. */
import type { Clock } from '#bus/clock.ts';
import { LabError, unknownName } from '#bus/errors.ts';
import type {
  BreakSpace,
  CodeSymbol,
  MemorySpace,
  MicroProfile,
  MicroSpeed,
  MicroStop,
  MicroView,
} from '#bus/micro-view.ts';
import { printC45 } from '#datasheets/c45.ts';
import { QT2025_XDATA, QT2025_XDATA_WINDOW } from '#datasheets/qt2025.ts';
import { NS_PER_CYCLE } from '#devices/qt2025/micro/core-clock.ts';
import { type DebugEvent, MicroDebugger } from '#devices/qt2025/micro/debug.ts';
import { readRegisters } from '#devices/qt2025/micro/debug-memory.ts';
import { profileByAddress, profileBySymbol, total } from '#devices/qt2025/micro/debug-profile.ts';
import { numberOf, SymbolTable } from '#devices/qt2025/micro/debug-symbols.ts';
import type { Micro8051 } from '#devices/qt2025/micro/micro-8051.ts';
import type { Table } from '#regmap/declare.ts';
import { addressOf, nameAt } from '#regmap/names.ts';
import type { KernelLog } from './kernel-log.ts';
import type { FoundSymbols } from './micro-symbols.ts';

export interface MicroSessionOptions {
  readonly device: string;
  readonly micro: Micro8051;
  /** Of the chip, for breakpoints on them. */
  readonly registers: Table;
  readonly clock: Clock;
  readonly log: KernelLog;
  /** The map that belongs to what is in program memory now. */
  readonly findSymbols: () => FoundSymbols | undefined;
}

const CLOCK_HZ = 1e9 / NS_PER_CYCLE;
/** Looks closer together than this say nothing of the speed. */
const SPEED_NS = 200e6;
const CELLS: Table = QT2025_XDATA;

export class MicroSession {
  readonly debugger: MicroDebugger;
  readonly micro: Micro8051;
  readonly #options: MicroSessionOptions;
  #given: { readonly file: string; readonly table: SymbolTable } | undefined;
  #found: { readonly of: FoundSymbols; readonly table: SymbolTable } | undefined;
  #sample: { readonly at: number; readonly cycles: number; readonly instructions: number } | undefined;
  #speed: MicroSpeed | null = null;

  constructor(options: MicroSessionOptions) {
    this.#options = options;
    this.micro = options.micro;
    this.debugger = new MicroDebugger(options.micro, options.clock);
    this.debugger.onEvent((event) => this.#log(event));
  }

  get symbols(): SymbolTable {
    if (this.#given !== undefined) return this.#given.table;
    const of = this.#options.findSymbols();
    if (of === undefined) return NO_SYMBOLS;
    if (this.#found?.of !== of) this.#found = { of, table: new SymbolTable(of.symbols) };
    return this.#found.table;
  }

  /** Takes these names instead of those of the map beside the image; undefined goes back to that. */
  giveSymbols(given: { readonly file: string; readonly symbols: readonly CodeSymbol[] } | undefined): void {
    this.#given = given === undefined ? undefined : { file: given.file, table: new SymbolTable(given.symbols) };
  }

  view(): MicroView {
    const { micro, symbols } = this;
    const { state, stop, haltedAt, limitS, turn, breakpoints, profiling } = this.debugger;
    micro.sync();
    const { cpu } = micro;
    const registers = readRegisters(cpu);
    const found = this.#given === undefined ? this.#options.findSymbols() : undefined;
    return {
      device: this.#options.device,
      state,
      frozen: micro.stands === 'frozen',
      stop: stop ?? null,
      why: stop === undefined ? null : this.why(stop, registers.pc),
      haltedAt: haltedAt ?? null,
      letsGoAt: this.debugger.letsGoAt ?? null,
      limitS,
      turn,
      registers,
      place: symbols.place(registers.pc),
      cycles: cpu.now(),
      instructions: cpu.instructions,
      skipped: cpu.skipped,
      clockHz: CLOCK_HZ,
      speed: this.#measure(state === 'running'),
      breakpoints: breakpoints.map((one) => ({ ...one, place: this.place(one.space, one.at) })),
      profiling,
      missteps: micro.missteps.map(({ kind, pc, count }) => ({ kind, pc, count })),
      symbols:
        symbols.symbols.length === 0
          ? null
          : {
              file: this.#given?.file ?? found?.file ?? '',
              count: symbols.symbols.length,
              differing: found?.differing ?? null,
            },
    };
  }

  profile(limit: number): MicroProfile {
    const { profile, profiling } = this.debugger;
    if (profile === undefined) return { running: false, cycles: 0, bySymbol: [], byAddress: [] };
    this.micro.sync();
    return {
      running: profiling,
      cycles: total(profile),
      bySymbol: profileBySymbol(profile, this.symbols, limit),
      byAddress: profileByAddress(profile, this.symbols, limit),
    };
  }

  /** An address as a person writes it. */
  address(space: BreakSpace, asked: string): number {
    if (space === 'code') return this.symbols.address(asked);
    return space === 'xdata' ? xdataAddress(asked) : this.#registerAddress(asked);
  }

  /** The same in one of its memories; those without names take numbers. */
  memoryAddress(space: MemorySpace, asked: string): number {
    if (space === 'code' || space === 'xdata') return this.address(space, asked);
    const at = numberOf(asked);
    if (at === undefined)
      throw new LabError('EINVAL', `'${asked}' is no address of ${space}; it is written as 20h or 32`);
    return at;
  }

  place(space: BreakSpace, at: number): string {
    if (space === 'code') return this.symbols.place(at);
    const name = nameAt(space === 'xdata' ? CELLS : this.#options.registers, space === 'xdata' ? hostAddress(at) : at);
    return `${space === 'xdata' ? hex(at) : printC45(at)}${name === undefined ? '' : ` ${name}`}`;
  }

  /** Resolves when the core stands still or is off, after `waitMs` at the latest: of the wall where somebody waits by it. */
  stopped(waitMs: number): Promise<void> {
    if (waitMs <= 0 || this.debugger.state !== 'running') return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        deaf();
        stop();
        resolve();
      };
      const deaf = this.debugger.onEvent(({ kind }) => {
        if (kind === 'halted' || kind === 'restarted') done();
      });
      const stop = inTime(this.#options.clock, waitMs, done);
    });
  }

  why({ by, breakpoint, access }: MicroStop, pc: number): string {
    const here = this.symbols.place(pc);
    if (by === 'halt') return `halted at ${here}`;
    if (by === 'step') return `stepped to ${here}`;
    if (by === 'until') return `reached ${here}`;
    if (access === null) return `breakpoint ${breakpoint} at ${here}`;
    const { op, space, at, value, pc: from } = access;
    const did = op === 'read' ? 'read' : 'wrote';
    const what = `${hex(value, space === 'xdata' ? 2 : 4)} ${op === 'read' ? 'from' : 'to'} ${this.place(space, at)}`;
    return `breakpoint ${breakpoint}: ${this.symbols.place(from)} ${did} ${what}`;
  }

  #measure(running: boolean): MicroSpeed | null {
    const { cpu } = this.micro;
    const now = { at: this.#options.clock.now(), cycles: cpu.now(), instructions: cpu.instructions };
    if (!running) {
      this.#sample = undefined;
      this.#speed = null;
    } else if (this.#sample === undefined) this.#sample = now;
    else if (now.at - this.#sample.at >= SPEED_NS) {
      const seconds = (now.at - this.#sample.at) / 1e9;
      const cyclesPerS = (now.cycles - this.#sample.cycles) / seconds;
      const instructionsPerS = (now.instructions - this.#sample.instructions) / seconds;
      this.#speed = { instructionsPerS, cyclesPerS, ofRealTime: cyclesPerS / CLOCK_HZ };
      this.#sample = now;
    }
    return this.#speed;
  }

  #registerAddress(asked: string): number {
    const { registers } = this.#options;
    const at = addressOf(registers, asked);
    if (at === undefined) throw unknownName('register', asked, Object.keys(registers));
    return at;
  }

  /** Steps are a person's own and not worth a line each. */
  #log(event: DebugEvent): void {
    const { log, device } = this.#options;
    if (event.kind === 'halted' && event.stop.by !== 'step')
      log.add('info', 'lab', `${device}: 8051 stands still: ${this.why(event.stop, event.pc)}`);
    else if (event.kind === 'let-go')
      log.add('notice', 'lab', `${device}: 8051 was halted for ${event.afterS} s without a command, it runs again`);
    else if (event.kind === 'restarted') log.add('info', 'lab', `${device}: reset ended the halt of the 8051`);
  }
}

const NO_SYMBOLS = new SymbolTable();
const hostAddress = (at: number): number => at + QT2025_XDATA_WINDOW.at;

/** `UC_STATUS`, `07FDh`, or as the host sees it, `3.D7FDh`. */
const xdataAddress = (asked: string): number => {
  const host = addressOf(CELLS, asked);
  const at = host === undefined ? numberOf(asked) : host - QT2025_XDATA_WINDOW.at;
  if (at !== undefined && at >= 0 && at <= 0xffff) return at;
  if (/^[A-Za-z_]\w*$/.test(asked) && numberOf(asked) === undefined)
    throw unknownName('cell', asked, Object.keys(CELLS));
  throw new LabError('EINVAL', `'${asked}' is no XDATA address; it is written as UC_STATUS, 07FDh, or 3.D7FDh`);
};

const hex = (value: number, digits = 4): string => `${value.toString(16).toUpperCase().padStart(digits, '0')}h`;

/** A lab that is paused answers too; returns the way to stop. */
const inTime = (clock: Clock, ms: number, late: () => void): (() => void) => {
  if (clock.kind === 'virtual') {
    const deadline = clock.after(ms * 1e6, late);
    return () => deadline.cancel();
  }
  const timer = setTimeout(late, ms);
  return () => clearTimeout(timer);
};
