/** The 8051 of the virtual QT2025, executing whatever is in program memory, in slices of the lab's time. */
import { type Clock, ms, us } from '#bus/clock.ts';
import type { Timeline } from '../../timeline.ts';
import type { Micro, MicroOptions } from '../micro.ts';
import { X } from '../xdata.ts';
import { Cpu, type CpuSnapshot, type Misstep } from './cpu.ts';
import { Surroundings, type SurroundingsOptions, type SurroundingsSnapshot } from './surroundings.ts';

/** 125 MHz, one clock a cycle. Source: analysis of the public firmware, section 7. */
export const NS_PER_CYCLE = 8;
/** The core follows the lab's time this closely by itself; whoever looks brings it up to the moment. */
const SLICE_NS = ms(1);
/** In real time: what one slice and one host access may cost, how often the wall clock is asked, and when to give up catching up. */
const REAL = { sliceNs: us(700), accessNs: us(250), chunkCycles: 5_000, patienceNs: ms(50) } as const;
/** Drivers call a heart that did not beat for this long dead. Source: falcon qt202x_phy.c. */
const BEAT_NS = ms(100);

export type Micro8051Options = MicroOptions & Omit<SurroundingsOptions, 'bus'>;

export interface Micro8051Snapshot {
  readonly cpu: CpuSnapshot;
  readonly surroundings: SurroundingsSnapshot;
  readonly running: boolean;
  readonly frozen: boolean;
  readonly factor: number;
  readonly jam: Jam;
  /** Cycles the core is behind the lab's time. */
  readonly behind: number;
  /** The heartbeat seen last, and when it was new; null when there was none since the start. */
  readonly beat: number;
  readonly beatAt: number | null;
}

type Jam = 'no' | 'armed' | 'stuck';

export class Micro8051 implements Micro {
  readonly cpu: Cpu;
  readonly #time: Timeline;
  readonly #clock: Clock;
  readonly #options: Micro8051Options;
  readonly #surroundings: Surroundings;
  #running = false;
  #frozen = false;
  #factor = 1;
  #jam: Jam = 'no';
  /** The core is executing: what it does to the chip must not make it run inside itself. */
  #busy = false;
  /** At this time of the device the core had run this far. */
  #since = 0;
  #cycles = 0;
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
    this.#surroundings = new Surroundings(core, options);
    this.cpu = new Cpu(this.#surroundings, { code: options.bus.sram });
    time.on('micro', () => this.#slice());
  }

  get running(): boolean {
    return this.#running;
  }

  get beating(): boolean {
    return this.#running && !this.#frozen && this.#time.now() - this.#beatAt < BEAT_NS * this.#factor;
  }

  get missteps(): readonly Misstep[] {
    return this.cpu.missteps;
  }

  start(): void {
    this.stop();
    this.cpu.forgetLoops();
    this.#surroundings.reset();
    this.cpu.reset();
    this.cpu.clearMissteps();
    this.#running = true;
    this.#anchor();
    this.#setJam(this.#jam === 'armed' ? 'stuck' : 'no', this.#jam === 'stuck');
    if (!this.#frozen) this.#time.set('micro', SLICE_NS);
  }

  stop(): void {
    this.sync();
    this.#running = false;
    this.#beatAt = Number.NEGATIVE_INFINITY;
    this.cpu.halt();
    this.#time.cancel('micro');
  }

  powerOff(): void {
    this.#running = false;
    this.stop();
    this.cpu.idata.fill(0);
    this.#surroundings.clear();
    if (this.#jam === 'stuck') this.#setJam('armed', false);
  }

  /** A real core polls; only what it would find is no longer what it found. */
  changed(): void {
    this.#surroundings.changed();
  }

  /** Shared memory: the byte is there already. */
  wroteXdata(): void {}

  sync(): void {
    this.#catchUp(REAL.accessNs);
  }

  freeze(frozen: boolean): void {
    if (frozen === this.#frozen) return;
    this.sync();
    this.#frozen = frozen;
    this.#anchor();
    if (frozen) this.#time.cancel('micro');
    else if (this.#running) this.#time.set('micro', SLICE_NS);
  }

  slow(factor: number): void {
    this.sync();
    this.#factor = factor;
    this.#anchor();
  }

  jam(jammed: boolean): void {
    this.sync();
    if (!jammed) this.#setJam('no', false);
    else this.#setJam(this.#running ? 'stuck' : 'armed', false);
  }

  snapshot(): Micro8051Snapshot {
    this.sync();
    return {
      cpu: this.cpu.snapshot(),
      surroundings: this.#surroundings.snapshot(),
      running: this.#running,
      frozen: this.#frozen,
      factor: this.#factor,
      jam: this.#jam,
      behind: this.#target() - this.cpu.now(),
      beat: this.#beat,
      beatAt: Number.isFinite(this.#beatAt) ? this.#beatAt : null,
    };
  }

  /** After memory and time are back: deadlines are the timeline's. */
  restore(snapshot: unknown): void {
    const from = snapshot as Micro8051Snapshot;
    this.cpu.forgetLoops();
    this.cpu.restore(from.cpu);
    this.#surroundings.restore(from.surroundings);
    this.#running = from.running;
    this.#frozen = from.frozen;
    this.#factor = from.factor;
    this.#setJam(from.jam, false);
    this.#anchor();
    this.#cycles += from.behind;
    this.#beat = from.beat;
    this.#beatAt = from.beatAt ?? Number.NEGATIVE_INFINITY;
  }

  #setJam(jam: Jam, cured: boolean): void {
    this.#jam = jam;
    this.cpu.mainStands = jam === 'stuck';
    if (cured) this.#options.cured();
  }

  #slice(): void {
    if (!this.#running || this.#frozen) return;
    this.#catchUp(REAL.sliceNs);
    if (this.#running) this.#time.set('micro', SLICE_NS);
  }

  /** From here on the core is where the lab's time is. */
  #anchor(): void {
    this.#since = this.#time.now();
    this.#cycles = this.cpu.now();
  }

  #target(): number {
    if (!this.#running || this.#frozen) return this.cpu.now();
    return this.#cycles + (this.#time.now() - this.#since) / (NS_PER_CYCLE * this.#factor);
  }

  /** Runs up to now; in real time for `budgetNs` of wall time at most. */
  #catchUp(budgetNs: number): void {
    if (this.#busy || !this.#running || this.#frozen) return;
    this.#busy = true;
    try {
      if (this.#clock.kind === 'virtual') this.cpu.run(this.#target());
      else this.#pace(budgetNs);
    } finally {
      this.#busy = false;
    }
    const beat = this.#options.bus.xdata[X.HEARTBEAT] ?? 0;
    if (beat !== this.#beat) this.#beatAt = this.#time.now();
    this.#beat = beat;
  }

  #pace(budgetNs: number): void {
    const began = this.#clock.now();
    const target = this.#target();
    while (this.#running && this.cpu.now() < target && this.#clock.now() - began < budgetNs)
      this.cpu.run(Math.min(target, this.cpu.now() + REAL.chunkCycles));
    const behindNs = (target - this.cpu.now()) * NS_PER_CYCLE * this.#factor;
    // A machine too slow for the chip gets a slower chip, not one that works off a debt.
    if (behindNs > REAL.patienceNs) this.#anchor();
  }
}
