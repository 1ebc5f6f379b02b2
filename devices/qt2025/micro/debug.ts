/** The debugger of the 8051: makes it stand still, go on, stop where asked, and counts where its time goes. */
import type { Clock } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import type { Breakpoint, MicroStop } from '#bus/micro-view.ts';
import { Breakpoints, type BreakpointWish } from './debug-breakpoints.ts';
import { afterThis, type Goal } from './debug-goal.ts';
import { HoldLimit } from './debug-hold-limit.ts';
import { Lookout } from './debug-lookout.ts';
import type { ProgramAccess } from './debug-peripherals.ts';
import type { Overseer } from './debug-watch.ts';
import type { Micro8051 } from './micro-8051.ts';

export const STEPS_LIMIT = 100_000;

/** What happened, for whoever keeps a log. */
export type DebugEvent =
  | { readonly kind: 'halted'; readonly stop: MicroStop; readonly pc: number }
  | { readonly kind: 'continued' }
  | { readonly kind: 'let-go'; readonly afterS: number }
  | { readonly kind: 'restarted' };

export class MicroDebugger implements Overseer {
  readonly micro: Micro8051;
  readonly #clock: Clock;
  readonly #breakpoints = new Breakpoints();
  readonly #listeners = new Set<(event: DebugEvent) => void>();
  /** What `next` waits for. */
  #goal: Goal | undefined;
  /** Where `until` goes. */
  #until: number | undefined;
  /** The instruction the core stood before when it was let go: no breakpoint there stops it again. */
  #leaving: { readonly pc: number; readonly sp: number } | undefined;
  /** What was met since the core was let go. */
  #found: MicroStop | undefined;
  #stop: MicroStop | undefined;
  #haltedAt: number | undefined;
  readonly #limit: HoldLimit;
  readonly #lookout: Lookout;
  #turn = 0;
  #profile: Float64Array | undefined;

  constructor(micro: Micro8051, clock: Clock) {
    this.micro = micro;
    this.#clock = clock;
    this.#limit = new HoldLimit(clock, () => this.#letGo());
    this.#lookout = new Lookout(micro.cpu, { meets: () => this.#meets(), saw: (access) => this.#saw(access) });
    micro.overseer = this;
  }

  /** Counts what a look at the core would find changed, except by running. */
  get turn(): number {
    return this.#turn;
  }

  get state(): 'running' | 'halted' | 'off' {
    if (!this.micro.running) return 'off';
    return this.micro.held ? 'halted' : 'running';
  }

  /** Why it stands still; undefined while it does not. */
  get stop(): MicroStop | undefined {
    return this.#stop;
  }

  /** Nanoseconds since the lab began. */
  get haltedAt(): number | undefined {
    return this.#haltedAt;
  }

  /** When it goes on by itself. */
  get letsGoAt(): number | undefined {
    return this.#limit.endsAt;
  }

  get limitS(): number {
    return this.#limit.seconds;
  }

  get breakpoints(): readonly Breakpoint[] {
    return this.#breakpoints.all;
  }

  /** Cycles are being counted. */
  get profiling(): boolean {
    return this.#lookout.spent !== undefined;
  }

  /** Cycles by code address, of the profile that runs or of the one that ran last. */
  get profile(): Float64Array | undefined {
    return this.#profile;
  }

  onEvent(listener: (event: DebugEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A halted core goes on by itself after this long without a command. */
  setLimit(limitS: number): void {
    this.#limit.seconds = limitS;
    this.#turn++;
  }

  addBreakpoint(wish: BreakpointWish): Breakpoint {
    return this.#rewatched(() => this.#breakpoints.add(wish));
  }

  removeBreakpoint(id: number): void {
    this.#rewatched(() => this.#breakpoints.remove(id));
  }

  clearBreakpoints(): void {
    this.#rewatched(() => this.#breakpoints.clear());
  }

  /** Stands still where it is. */
  halt(): void {
    this.#mustRun();
    if (this.micro.held) return;
    this.#forgetAims();
    this.micro.hold();
  }

  /** Goes on until something stops it. */
  continue(): void {
    this.#mustStand();
    this.#forgetAims();
    this.#go();
  }

  /** So many instructions, those of interrupts too; ends early where a breakpoint is. */
  step(count = 1): void {
    this.#mustStand();
    if (!Number.isInteger(count) || count < 1 || count > STEPS_LIMIT)
      throw new LabError('EINVAL', `${count} steps; 1 to ${STEPS_LIMIT} are allowed`);
    this.#forgetAims();
    this.#depart();
    for (let n = 0; n < count && this.micro.held && this.#found === undefined; n++) this.micro.stepHeld();
    this.#leaving = undefined;
    if (!this.micro.held) return;
    this.#halted(this.#found ?? STEPPED);
  }

  /** One instruction; a call with all that is called, and without the interrupts that come between. */
  next(): void {
    this.#mustStand();
    this.#forgetAims();
    this.#goal = afterThis(this.micro.cpu);
    this.#go();
  }

  /** Goes on until the instruction at `at` is about to be executed. */
  until(at: number): void {
    this.#mustStand();
    if (!Number.isInteger(at) || at < 0 || at > 0xffff)
      throw new LabError('EINVAL', `there is no code address ${at}; 0 to FFFFh are`);
    this.#forgetAims();
    this.#until = at;
    this.#go();
  }

  /** Counts from now on; what was counted before is forgotten. */
  startProfile(): void {
    this.#rewatched(() => {
      this.#profile = this.#lookout.spent = new Float64Array(0x10000);
    });
  }

  stopProfile(): void {
    this.#rewatched(() => {
      this.#lookout.spent = undefined;
    });
  }

  get met(): boolean {
    return this.#found !== undefined;
  }

  stood(): void {
    this.#halted(this.#found ?? { by: 'halt', breakpoint: null, access: null });
  }

  restarted(): void {
    const wasHalted = this.#stop !== undefined;
    this.#forgetAims();
    this.#forgetStop();
    if (wasHalted) this.#tell({ kind: 'restarted' });
  }

  #halted(stop: MicroStop): void {
    this.#forgetAims();
    this.#stop = stop;
    this.#haltedAt ??= this.#clock.now();
    this.#turn++;
    this.#limit.arm();
    this.#tell({ kind: 'halted', stop, pc: this.micro.cpu.pc });
  }

  #go(): void {
    this.#watch();
    this.#depart();
    this.#forgetStop();
    this.#tell({ kind: 'continued' });
    this.micro.release();
  }

  #depart(): void {
    const { pc, sp } = this.micro.cpu;
    if (this.#lookout.closely || this.#lookout.marks[pc] !== 0) this.#leaving = { pc, sp };
  }

  /** The limit passed: whoever halted the core has gone. */
  #letGo(): void {
    if (!this.micro.held) return;
    this.#tell({ kind: 'let-go', afterS: this.#limit.seconds });
    this.#forgetAims();
    this.#go();
  }

  #forgetStop(): void {
    this.#limit.cancel();
    this.#stop = undefined;
    this.#haltedAt = undefined;
    this.#turn++;
  }

  #forgetAims(): void {
    this.#goal = undefined;
    this.#until = undefined;
    this.#found = undefined;
    this.#leaving = undefined;
    this.#watch();
  }

  #rewatched<T>(change: () => T): T {
    this.micro.sync();
    const changed = change();
    this.#turn++;
    this.#watch();
    return changed;
  }

  #watch(): void {
    const code = this.breakpoints.flatMap(({ space, at }) => (space === 'code' ? [at] : []));
    if (this.#until !== undefined) code.push(this.#until);
    this.#lookout.want({ code, closely: this.#goal !== undefined, accesses: this.#breakpoints.onAccesses });
  }

  #meets(): boolean {
    const { cpu } = this.micro;
    const here = this.#goal?.(cpu.pc) === true;
    if (this.#leaving !== undefined && this.#leaving.pc === cpu.pc && this.#leaving.sp === cpu.sp) {
      this.#leaving = undefined;
      return false;
    }
    const hit = this.#lookout.marks[cpu.pc] === 0 ? undefined : this.#breakpoints.hitByCode(cpu.pc);
    if (hit !== undefined) this.#found = { by: 'breakpoint', breakpoint: hit.id, access: null };
    else if (cpu.pc === this.#until) this.#found = { by: 'until', breakpoint: null, access: null };
    else if (here) this.#found = STEPPED;
    return this.#found !== undefined;
  }

  #saw(access: ProgramAccess): void {
    if (this.#found !== undefined) return;
    const hit = this.#breakpoints.hitByAccess(access);
    if (hit === undefined) return;
    const pc = (this.micro.cpu.pc - 1) & 0xffff; // every MOVX is one byte long
    this.#found = { by: 'breakpoint', breakpoint: hit.id, access: { ...access, pc } };
    this.micro.cpu.halt();
  }

  #mustRun(): void {
    if (!this.micro.running)
      throw new LabError('EBUSY', 'the 8051 is held in reset or runs its boot ROM; load a driver with firmware first');
  }

  #mustStand(): void {
    this.#mustRun();
    if (this.micro.stands === 'frozen')
      throw new LabError('EBUSY', 'a fault holds the 8051 still; clear heartbeat-stuck first');
    if (!this.micro.held) throw new LabError('EBUSY', 'the 8051 is running; halt it first');
  }

  #tell(event: DebugEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

const STEPPED: MicroStop = { by: 'step', breakpoint: null, access: null };
