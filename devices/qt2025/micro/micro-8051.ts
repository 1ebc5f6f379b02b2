/** The 8051 of the virtual QT2025, executing whatever is in program memory, in slices of the lab's time. */
import { type Clock, ms, us } from '#bus/clock.ts';
import type { Timeline } from '../../timeline.ts';
import type { Micro, MicroOptions } from '../micro.ts';
import { X } from '../xdata.ts';
import { Cpu, type CpuSnapshot, type Misstep } from './cpu.ts';
import type { Overseer } from './debug-watch.ts';
import { Surroundings, type SurroundingsOptions, type SurroundingsSnapshot } from './surroundings.ts';

/** 125 MHz, one clock a cycle. Source: analysis of the public firmware, section 7. */
export const NS_PER_CYCLE = 8;
/**
 * The core follows the lab's time this closely by itself while something happens, and lets go step by step while nothing
 * does; whoever looks brings it up to the moment.
 */
const SLICE_NS = { shortest: ms(1), longest: ms(16) } as const;
/** In real time: what one slice and one host access may cost, how often the wall clock is asked, and when to give up catching up. */
const REAL = { sliceNs: us(700), accessNs: us(250), chunkCycles: 5_000, patienceNs: ms(250) } as const;
/** Drivers call a heart that did not beat for this long dead. Source: falcon qt202x_phy.c. */
const BEAT_NS = ms(100);

export type Micro8051Options = MicroOptions &
  Omit<SurroundingsOptions, 'bus'> & {
    /** The program does what no program should, for the first time since the core was started. */
    readonly missed?: (misstep: Misstep) => void;
  };

export interface Micro8051Snapshot {
  readonly cpu: CpuSnapshot;
  readonly surroundings: SurroundingsSnapshot;
  readonly running: boolean;
  readonly frozen: boolean;
  readonly factor: number;
  readonly sliceNs: number;
  /** Cycles the core is behind the lab's time. */
  readonly behind: number;
  /** The heartbeat seen last, and when it was new; null when there was none since the start. */
  readonly beat: number;
  readonly beatAt: number | null;
}

export class Micro8051 implements Micro {
  readonly cpu: Cpu;
  /** A debugger, once there is one. */
  overseer: Overseer | undefined;
  readonly #time: Timeline;
  readonly #clock: Clock;
  readonly #options: Micro8051Options;
  readonly #surroundings: Surroundings;
  #running = false;
  #frozen = false;
  #factor = 1;
  #sliceNs: number = SLICE_NS.shortest;
  /** The debugger made it stand still, and this many cycles of the lab's time have not been run since. */
  #held = false;
  #owed = 0;
  /** The core is executing: what it does to the chip must not make it run inside itself. */
  #busy = false;
  /** At this time of the device the core had run this far. */
  #since = 0;
  #cycles = 0;
  /** The core itself changed its clock or started itself anew: how far it is to run is another question now. */
  #retimed = false;
  /** In real time: it could not keep up, and has not waited for anything since. */
  #tired = false;
  #beat = 0;
  #beatAt = Number.NEGATIVE_INFINITY;

  constructor(time: Timeline, clock: Clock, options: Micro8051Options) {
    this.#time = time;
    this.#clock = clock;
    this.#options = options;
    const core = {
      now: () => this.cpu.now(),
      reconsider: () => this.cpu.reconsider(),
      raise: (flag: number) => this.cpu.timer.raise(flag),
    };
    this.#surroundings = new Surroundings(core, this.#inCoreTime(options));
    this.cpu = new Cpu(this.#surroundings, {
      code: options.bus.sram,
      ...(options.missed === undefined ? {} : { missed: options.missed }),
    });
    time.on('micro', () => this.#slice());
  }

  get running(): boolean {
    return this.#running;
  }

  get beating(): boolean {
    return this.#running && !this.#frozen && this.#time.now() - this.#beatAt < BEAT_NS * this.#factor;
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
    this.#tired = false;
    this.#anchor();
    this.#hurry();
    if (freed) this.#options.cured();
  }

  stop(): void {
    this.sync();
    this.#running = false;
    this.#forgetHold();
    this.#beatAt = Number.NEGATIVE_INFINITY;
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
    this.#anchor();
    this.#cycles += this.#owed;
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
    if (factor === this.#factor) return;
    this.sync();
    this.#anchor();
    this.#factor = factor;
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
      factor: this.#factor,
      sliceNs: this.#sliceNs,
      behind: this.#held ? this.#owed : this.#target() - this.cpu.now(),
      beat: this.#beat,
      beatAt: Number.isFinite(this.#beatAt) ? this.#beatAt : null,
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
    this.#factor = from.factor;
    this.#sliceNs = from.sliceNs;
    this.#anchor();
    this.#cycles += from.behind;
    this.#beat = from.beat;
    this.#beatAt = from.beatAt ?? Number.NEGATIVE_INFINITY;
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
    this.#time.set('micro', this.#tired ? SLICE_NS.shortest : behind ? 0 : this.#sliceNs);
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

  /** The device's time at the instruction that is executed, when the core catches up with time that has passed. */
  #moment(): number {
    const ran = (this.cpu.now() - this.#cycles) * NS_PER_CYCLE * this.#factor;
    return Math.min(this.#time.now(), Math.floor(this.#since + ran));
  }

  /** In virtual time the chip sees each access of the core at the time of its instruction, not when somebody looked. */
  #inCoreTime(options: Micro8051Options): Micro8051Options {
    if (this.#clock.kind === 'real') return options;
    const { bus, accessed } = options;
    const { i2c } = bus;
    const then = <T>(act: () => T): T => this.#time.asOf(this.#moment(), act);
    return {
      ...options,
      ...(accessed === undefined ? {} : { accessed: (access) => then(() => accessed(access)) }),
      bus: {
        ...bus,
        readRegister: (at) => then(() => bus.readRegister(at)),
        writeRegister: (at, value) => then(() => bus.writeRegister(at, value)),
        i2c: {
          address: (device, reading) => then(() => i2c.address(device, reading)),
          put: (device, byte) => then(() => i2c.put(device, byte)),
          take: (device) => then(() => i2c.take(device)),
          stop: (device) => then(() => i2c.stop(device)),
          stuck: () => i2c.stuck(),
        },
      },
    };
  }

  /** From here on the core is where the lab's time is. */
  #anchor(): void {
    this.#since = this.#time.now();
    this.#cycles = this.cpu.now();
    this.#retimed = true;
  }

  #target(): number {
    if (!this.#running || this.#frozen || this.#held) return this.cpu.now();
    return this.#cycles + (this.#time.now() - this.#since) / (NS_PER_CYCLE * this.#factor);
  }

  /** Runs up to now; in real time for `budgetNs` of wall time at most. */
  #catchUp(budgetNs: number): void {
    if (this.#busy || !this.#runs) return;
    this.#busy = true;
    try {
      do {
        this.#retimed = false;
        if (this.#clock.kind === 'virtual') this.cpu.run(this.#target());
        else this.#pace(budgetNs);
      } while (this.#retimed && this.#runs && this.overseer?.met !== true && this.#clock.kind === 'virtual');
    } finally {
      this.#busy = false;
    }
    const beat = this.#options.bus.xdata[X.HEARTBEAT] ?? 0;
    if (beat !== this.#beat) this.#beatAt = this.#time.now();
    this.#beat = beat;
    if (this.overseer?.met === true && this.#running) this.#hold();
  }

  #pace(budgetNs: number): void {
    const began = this.#clock.now();
    const target = this.#target();
    while (
      this.#running &&
      this.overseer?.met !== true &&
      this.cpu.now() < target &&
      this.#clock.now() - began < budgetNs
    )
      this.cpu.run(Math.min(target, this.cpu.now() + REAL.chunkCycles));
    const behindNs = (target - this.cpu.now()) * NS_PER_CYCLE * this.#factor;
    // A machine too slow for the chip gets a slower chip, not one that works off a debt.
    if (behindNs > REAL.patienceNs) {
      this.#tired = true;
      this.#anchor();
    } else if (behindNs <= 0) this.#tired = false;
  }
}
