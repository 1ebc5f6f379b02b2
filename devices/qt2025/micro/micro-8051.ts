/** The 8051 of the virtual QT2025, executing whatever is in program memory, in slices of the lab's time. */
import { type Clock, ms } from '#bus/clock.ts';
import type { Timeline } from '../../timeline.ts';
import type { Micro, MicroOptions } from '../micro.ts';
import { CoreClock } from './core-clock.ts';
import { inCoreTime } from './core-time.ts';
import { Cpu, type CpuSnapshot, type Misstep } from './cpu.ts';
import type { Overseer } from './debug-watch.ts';
import { Heart, type HeartSnapshot } from './heart.ts';
import { Pace, type Paced, REAL } from './pace.ts';
import { Surroundings, type SurroundingsOptions, type SurroundingsSnapshot } from './surroundings.ts';

/**
 * The core follows the lab's time this closely by itself while something happens, and lets go step by step while nothing
 * does; whoever looks brings it up to the moment.
 */
const SLICE_NS = { shortest: ms(1), longest: ms(16) } as const;

export type Micro8051Options = MicroOptions &
  Omit<SurroundingsOptions, 'bus'> & {
    /** The program does what no program should, for the first time since the core was started. */
    readonly missed?: (misstep: Misstep) => void;
  };

export interface Micro8051Snapshot extends HeartSnapshot {
  readonly cpu: CpuSnapshot;
  readonly surroundings: SurroundingsSnapshot;
  readonly running: boolean;
  readonly frozen: boolean;
  readonly factor: number;
  readonly sliceNs: number;
  /** Cycles the core is behind the lab's time. */
  readonly behind: number;
}

export class Micro8051 implements Micro {
  readonly cpu: Cpu;
  /** A debugger, once there is one. */
  overseer: Overseer | undefined;
  readonly #time: Timeline;
  readonly #clock: Clock;
  readonly #options: Micro8051Options;
  readonly #surroundings: Surroundings;
  readonly #heart: Heart;
  readonly #pulse: CoreClock;
  readonly #pace: Pace;
  #running = false;
  #frozen = false;
  #sliceNs: number = SLICE_NS.shortest;
  /** The debugger made it stand still, and this many cycles of the lab's time have not been run since. */
  #held = false;
  #owed = 0;
  /** The core is executing: what it does to the chip must not make it run inside itself. */
  #busy = false;
  /** The core itself changed its clock or started itself anew: how far it is to run is another question now. */
  #retimed = false;

  readonly #core: Paced;

  constructor(time: Timeline, clock: Clock, options: Micro8051Options) {
    this.#time = time;
    this.#clock = clock;
    this.#options = options;
    this.#heart = new Heart(options.bus.xdata);
    this.#pace = new Pace(clock);
    this.#pulse = new CoreClock(time, () => this.cpu.now());
    const core = {
      now: () => this.cpu.now(),
      reconsider: () => this.cpu.reconsider(),
      raise: (flag: number) => this.cpu.timer.raise(flag),
    };
    this.#surroundings = new Surroundings(
      core,
      clock.kind === 'real' ? options : inCoreTime(options, (act) => time.asOf(this.#pulse.moment, act)),
    );
    this.cpu = new Cpu(this.#surroundings, {
      code: options.bus.sram,
      ...(options.missed === undefined ? {} : { missed: options.missed }),
    });
    this.#core = {
      goes: () => this.#running && this.overseer?.met !== true,
      now: () => this.cpu.now(),
      run: (until) => this.cpu.run(until),
    };
    time.on('micro', () => this.#slice());
  }

  get running(): boolean {
    return this.#running;
  }

  get beating(): boolean {
    return this.#running && !this.#frozen && this.#heart.beats(this.#time.now(), this.#pulse.factor);
  }

  /** A debugger made the core stand still: the host's registers answer, the heart does not beat. */
  get held(): boolean {
    return this.#held;
  }

  /** Why no instruction can be executed, be it for a debugger; undefined when one can. */
  get stands(): 'in reset' | 'frozen' | undefined {
    return this.#running ? (this.#frozen ? 'frozen' : undefined) : 'in reset';
  }

  get missteps(): readonly Misstep[] {
    return this.cpu.missteps;
  }

  start(): void {
    this.stop();
    this.cpu.forgetLoops();
    const freed = this.#surroundings.reset();
    this.cpu.reset();
    this.cpu.clearMissteps();
    this.#running = true;
    this.#pace.rested();
    this.#anchor();
    this.#hurry();
    if (freed) this.#options.cured();
  }

  stop(): void {
    this.sync();
    this.#running = false;
    this.#forgetHold();
    this.#heart.stopped();
    this.cpu.halt();
    this.#time.cancel('micro');
  }

  powerOff(): void {
    this.#running = false;
    this.stop();
    this.cpu.idata.fill(0);
    this.#surroundings.clear();
  }

  /** The core polls; what it would find is no longer what it found. */
  changed(): void {
    this.#surroundings.changed();
    this.#hurry();
  }

  sync(): void {
    this.#catchUp(REAL.accessNs);
  }

  /** Stands still from this moment on. */
  hold(): void {
    this.sync();
    if (this.#running && !this.#held) this.#hold();
  }

  /** Goes on where it stands, with what is left of the lab's time up to the moment it was held. */
  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#anchor(this.#owed);
    this.#hurry();
    this.sync();
  }

  /** One instruction of a held core, or the first one of an interrupt that is due. */
  stepHeld(): void {
    if (!this.#held || this.#frozen || this.#busy) return;
    this.#busy = true;
    const began = this.cpu.now();
    try {
      this.cpu.run(began + 1);
    } finally {
      this.#busy = false;
    }
    if (this.#held) this.#owed -= this.cpu.now() - began;
  }

  freeze(frozen: boolean): void {
    if (frozen === this.#frozen) return;
    this.sync();
    this.#frozen = frozen;
    this.#anchor();
    if (frozen) this.#time.cancel('micro');
    else this.#hurry();
  }

  slow(factor: number): void {
    if (factor === this.#pulse.factor) return;
    this.sync();
    this.#anchor();
    this.#pulse.factor = factor;
    if (this.#busy) this.cpu.halt();
  }

  hangI2c(hung: boolean): void {
    this.sync();
    this.#surroundings.hangI2c(hung);
  }

  snapshot(): Micro8051Snapshot {
    this.sync();
    return {
      cpu: this.cpu.snapshot(),
      surroundings: this.#surroundings.snapshot(),
      running: this.#running,
      frozen: this.#frozen,
      factor: this.#pulse.factor,
      sliceNs: this.#sliceNs,
      behind: this.#held ? this.#owed : this.#target() - this.cpu.now(),
      ...this.#heart.snapshot(),
    };
  }

  /** After memory and time are back: deadlines are the timeline's. */
  restore(snapshot: unknown): void {
    const from = snapshot as Micro8051Snapshot;
    this.#forgetHold();
    this.cpu.forgetLoops();
    this.cpu.restore(from.cpu);
    this.#surroundings.restore(from.surroundings);
    this.#running = from.running;
    this.#frozen = from.frozen;
    this.#pulse.factor = from.factor;
    this.#sliceNs = from.sliceNs;
    this.#anchor(from.behind);
    this.#heart.restore(from);
  }

  #hold(): void {
    this.#owed = this.#target() - this.cpu.now();
    this.#held = true;
    this.#time.cancel('micro');
    this.overseer?.stood();
  }

  #forgetHold(): void {
    this.#held = false;
    this.#owed = 0;
    this.overseer?.restarted();
  }

  #slice(): void {
    this.#sliceNs = Math.min(2 * this.#sliceNs, SLICE_NS.longest);
    this.#catchUp(REAL.sliceNs);
    if (!this.#runs || this.#time.left('micro') !== undefined) return;
    // In real time a core that did not get as far as it should goes on as soon as everybody else had a turn; one that
    // never waits for anything, a program gone wild perhaps, does not get the whole machine for that.
    const behind = this.cpu.now() < this.#target() - REAL.chunkCycles;
    this.#time.set('micro', this.#pace.tired ? SLICE_NS.shortest : behind ? 0 : this.#sliceNs);
  }

  /** Something happens: the core is followed closely for a while. */
  #hurry(): void {
    const relaxed = this.#sliceNs > SLICE_NS.shortest;
    this.#sliceNs = SLICE_NS.shortest;
    if (this.#runs && (relaxed || this.#time.left('micro') === undefined)) this.#time.set('micro', SLICE_NS.shortest);
  }

  get #runs(): boolean {
    return this.#running && !this.#frozen && !this.#held;
  }

  #anchor(owedCycles = 0): void {
    this.#pulse.anchor(owedCycles);
    this.#retimed = true;
  }

  #target(): number {
    if (!this.#running || this.#frozen || this.#held) return this.cpu.now();
    return this.#pulse.target;
  }

  /** Runs up to now; in real time for `budgetNs` of wall time at most. */
  #catchUp(budgetNs: number): void {
    if (this.#busy || !this.#runs) return;
    this.#busy = true;
    try {
      do {
        this.#retimed = false;
        if (this.#clock.kind === 'virtual') this.cpu.run(this.#target());
        else this.#paced(budgetNs);
      } while (this.#retimed && this.#runs && this.overseer?.met !== true && this.#clock.kind === 'virtual');
    } finally {
      this.#busy = false;
    }
    this.#heart.look(this.#time.now());
    if (this.overseer?.met === true && this.#running) this.#hold();
  }

  #paced(budgetNs: number): void {
    const { nsPerCycle } = this.#pulse;
    if (this.#pace.run(this.#core, this.#target(), { budgetNs, nsPerCycle })) this.#anchor();
  }
}
