/** The 8051 as a state machine: starts, stops, ticks and delays around the firmware's steps, without running its code. */
import { ms } from '#bus/clock.ts';
import { UC_STATUS } from '#datasheets/qt2025.ts';
import type { Timeline } from '../timeline.ts';
import { type Core, FirmwareProgram, SERVING, type Step } from './firmware-program.ts';
import { Mailbox } from './mailbox.ts';
import type { Micro, MicroBus, MicroOptions } from './micro.ts';
import { refreshDiagnostics } from './module-memory.ts';
import { X } from './xdata.ts';

/** Timer 0 overflows every 10,000 counts of the clock divided by 12. */
const TICK_NS = 960_000;
/** Between two refreshes of the diagnostics, when the host wants them. */
const DOM_REFRESH_MS = 1000;
const LJMP = 0x02;

interface Snapshot {
  readonly step: Step;
  readonly left: number;
  readonly ticked: number;
  readonly attempts: number;
  readonly frozen: boolean;
  readonly factor: number;
  readonly jam: 'no' | 'armed' | 'stuck';
}

export class StateMicro implements Micro {
  readonly #time: Timeline;
  readonly #bus: MicroBus;
  readonly #cured: () => void;
  readonly #mailbox: Mailbox;
  readonly #program: FirmwareProgram;
  #step: Step = 'off';
  /** Nanoseconds left in this step while the core is frozen; 0 when the step has no end. */
  #left = 0;
  /** Ticks are delivered up to here. */
  #ticked = 0;
  #frozen = false;
  #factor = 1;
  #jam: 'no' | 'armed' | 'stuck' = 'no';
  #busy = false;

  constructor(time: Timeline, { bus, cured }: MicroOptions) {
    this.#time = time;
    this.#bus = bus;
    this.#cured = cured;
    this.#mailbox = new Mailbox(bus);
    this.#program = new FirmwareProgram(bus, this.#core());
    time.on('micro', () => this.#act(() => this.#program.next()));
    time.on('micro-mailbox', () => this.#serve());
    time.on('micro-dom', () => this.#refresh());
  }

  get running(): boolean {
    return this.#step !== 'off' && this.#step !== 'crashed';
  }

  get beating(): boolean {
    return this.running && !this.#frozen;
  }

  start(): void {
    this.sync();
    this.#ticked = this.#time.now();
    this.#time.cancel('micro-mailbox');
    this.#time.cancel('micro-dom');
    this.#act(() => {
      const { sram } = this.#bus;
      // Empty memory is a slide of NOPs that never ends; a first byte that is no LJMP runs into data.
      if (sram[0] !== LJMP) this.#enter('crashed');
      else if (this.#jam === 'armed') {
        this.#jam = 'stuck';
        this.#enter('jammed', undefined, UC_STATUS.starting);
      } else {
        if (this.#jam === 'stuck') {
          this.#jam = 'no';
          this.#cured();
        }
        this.#program.start();
      }
    });
  }

  stop(): void {
    this.sync();
    this.#enter('off');
    this.#time.cancel('micro-mailbox');
    this.#time.cancel('micro-dom');
  }

  powerOff(): void {
    this.stop();
    this.#program.attempts = 0;
    if (this.#jam === 'stuck') this.#jam = 'armed';
  }

  changed(): void {
    if (!this.#busy && !this.#frozen) this.#act(() => {});
  }

  wroteXdata(offset: number): void {
    if (this.#frozen) return;
    const serving = this.#step === 'unusable' || SERVING.has(this.#step);
    if (offset === X.MAILBOX_CTRL && serving) {
      const wait = this.#mailbox.waitMs();
      if (wait !== undefined && this.#time.left('micro-mailbox') === undefined)
        this.#time.set('micro-mailbox', ms(wait * this.#factor));
    }
    if (offset === X.DOM_REFRESH) this.#armRefresh();
  }

  sync(): void {
    if (!this.beating) return;
    const ticks = Math.floor((this.#time.now() - this.#ticked) / TICK_NS);
    if (ticks <= 0) return;
    this.#ticked += ticks * TICK_NS;
    const { xdata } = this.#bus;
    xdata[X.HEARTBEAT] = ((xdata[X.HEARTBEAT] ?? 0) + ticks) & 0xff;
    const count = (((xdata[X.TICK_HI] ?? 0) << 8) + (xdata[X.TICK_LO] ?? 0) + ticks) & 0xffff;
    xdata[X.TICK_HI] = count >> 8;
    xdata[X.TICK_LO] = count & 0xff;
  }

  freeze(frozen: boolean): void {
    if (frozen === this.#frozen) return;
    if (frozen) {
      this.sync();
      this.#left = this.#time.left('micro') ?? 0;
      this.#time.cancel('micro');
      this.#frozen = true;
      return;
    }
    this.#frozen = false;
    this.#ticked = this.#time.now();
    if (this.#left > 0) this.#time.set('micro', this.#left);
    this.#left = 0;
    this.changed();
    this.wroteXdata(X.MAILBOX_CTRL);
    this.#armRefresh();
  }

  slow(factor: number): void {
    const left = this.#frozen ? this.#left : (this.#time.left('micro') ?? 0);
    const scaled = Math.round((left * factor) / this.#factor);
    this.#factor = factor;
    if (left === 0) return;
    if (this.#frozen) this.#left = scaled;
    else this.#time.set('micro', scaled);
  }

  jam(jammed: boolean): void {
    if (!jammed) {
      const wasStuck = this.#jam === 'stuck';
      this.#jam = 'no';
      if (wasStuck && this.#step === 'jammed') this.#act(() => this.#program.start());
      return;
    }
    this.#jam = this.running ? 'stuck' : 'armed';
    if (this.running) this.#enter('jammed', undefined, UC_STATUS.starting);
  }

  snapshot(): Snapshot {
    this.sync();
    return {
      step: this.#step,
      left: this.#left,
      ticked: this.#ticked,
      attempts: this.#program.attempts,
      frozen: this.#frozen,
      factor: this.#factor,
      jam: this.#jam,
    };
  }

  restore(snapshot: unknown): void {
    const { step, left, ticked, attempts, frozen, factor, jam } = snapshot as Snapshot;
    this.#step = step;
    this.#left = left;
    this.#ticked = ticked;
    this.#program.attempts = attempts;
    this.#frozen = frozen;
    this.#factor = factor;
    this.#jam = jam;
  }

  /** Hardware that the program itself changes must not re-enter it: it looks again when it is done. */
  #act(body: () => void): void {
    this.#busy = true;
    try {
      body();
      for (let before: Step | undefined; before !== this.#step && !this.#frozen; ) {
        before = this.#step;
        this.#program.look();
      }
    } finally {
      this.#busy = false;
    }
  }

  /** What the program sees of this core. */
  #core(): Core {
    const step = (): Step => this.#step;
    return {
      get step() {
        return step();
      },
      enter: (next, afterMs, status) => this.#enter(next, afterMs, status),
      ticksFromHere: () => {
        this.#ticked = this.#time.now();
      },
      serves: () => {
        this.#armRefresh();
        this.wroteXdata(X.MAILBOX_CTRL);
      },
    };
  }

  #enter(step: Step, afterMs?: number, status?: number): void {
    this.#step = step;
    if (status !== undefined) this.#bus.xdata[X.UC_STATUS] = status;
    this.#time.cancel('micro');
    this.#left = 0;
    if (afterMs === undefined) return;
    const ns = ms(afterMs * this.#factor);
    if (this.#frozen) this.#left = ns;
    else this.#time.set('micro', ns);
  }

  #armRefresh(): void {
    if (this.#bus.xdata[X.DOM_REFRESH] === 1 && SERVING.has(this.#step)) {
      if (this.#time.left('micro-dom') === undefined) this.#time.set('micro-dom', ms(DOM_REFRESH_MS * this.#factor));
    } else this.#time.cancel('micro-dom');
  }

  /** A frozen core serves when it goes on. */
  #serve(): void {
    if (!this.#frozen) this.#mailbox.serve();
  }

  #refresh(): void {
    if (this.#frozen || !SERVING.has(this.#step)) return;
    refreshDiagnostics(this.#bus);
    this.#armRefresh();
  }
}
