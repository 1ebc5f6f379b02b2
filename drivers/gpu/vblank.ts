/** Vblank counting of one CRTC: a count that never goes back, its time, and whoever waits for one (drm_vblank.c). */
import type { Clock } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';

export interface VblankStamp {
  /** Whole, up to 2^53; events of the classic kind carry its low 32 bits. */
  readonly count: number;
  /** Nanoseconds of the lab's clock. */
  readonly timeNs: number;
}

export interface VblankHardware {
  enable(): Promise<void>;
  disable(): Promise<void>;
  /** The hardware's own counter, where there is one. */
  query?(): Promise<VblankStamp>;
}

type Waiter = { readonly at: number; readonly done: (stamp: VblankStamp) => void };

export class Vblank {
  readonly #clock: Clock;
  readonly #failed: (thrown: unknown) => void;
  readonly #waiters = new Set<Waiter>();
  #hardware: VblankHardware = { enable: async () => {}, disable: async () => {} };
  #flips: ((stamp: VblankStamp) => void)[] = [];
  #on = false;
  #enabled = false;
  #periodNs = 0;
  #last: VblankStamp = { count: 0, timeNs: 0 };
  /** The hardware's count that `#last` stands for. */
  #hardwareCount: number | undefined;

  constructor(clock: Clock, failed: (thrown: unknown) => void) {
    this.#clock = clock;
    this.#failed = failed;
  }

  /** Who is asked to interrupt. */
  drive(hardware: VblankHardware): void {
    this.#hardware = hardware;
  }

  /** The CRTC scans out. */
  get on(): boolean {
    return this.#on;
  }

  get periodNs(): number {
    return this.#periodNs;
  }

  /** The newest vblank that is known of. */
  get last(): VblankStamp {
    return this.#last;
  }

  /** The CRTC begins to scan out; the count goes on from where it was. */
  async start(periodNs: number): Promise<void> {
    this.#on = true;
    this.#periodNs = periodNs;
    this.#hardwareCount = undefined;
    const stamp = await this.#hardware.query?.();
    if (stamp === undefined) return;
    this.#hardwareCount = stamp.count;
    this.#last = { count: this.#last.count, timeNs: Math.max(stamp.timeNs, this.#last.timeNs) };
  }

  /** It stops: whoever waits is answered with the last count. */
  stop(): void {
    if (!this.#on) return;
    this.#on = false;
    this.#setEnabled(false);
    this.#deliver(this.#last, () => true);
    this.#flipped(this.#last);
  }

  /** A vblank has been, as the hardware counts; a jump in its count is one in ours. */
  handle(hardware: VblankStamp): void {
    if (!this.#on) return;
    this.#follow(hardware);
    this.#deliver(this.#last, ({ at }) => this.#last.count >= at);
    if (this.#waiters.size === 0 && this.#enabled) this.#setEnabled(false);
  }

  /** The state of the last flush is on show, since that vblank or since the last one known of. */
  flipDone(hardware?: VblankStamp): void {
    if (this.#on && hardware !== undefined) this.#follow(hardware);
    this.#flipped(this.#last);
  }

  /** Called when the next flip is done. */
  onFlip(done: (stamp: VblankStamp) => void): void {
    this.#flips.push(done);
  }

  /** Calls `done` once the count has been reached. EINVAL when the CRTC is off. Returns the way to stop waiting. */
  onCount(at: number, done: (stamp: VblankStamp) => void): () => void {
    this.#mustBeOn();
    const waiter: Waiter = { at, done };
    this.#waiters.add(waiter);
    this.#setEnabled(true);
    return () => void this.#waiters.delete(waiter);
  }

  /** The count now; asks the hardware unless it interrupts anyway. EINVAL when the CRTC is off. */
  async now(): Promise<VblankStamp> {
    this.#mustBeOn();
    if (!this.#enabled) this.#follow(await this.#ask());
    return this.#last;
  }

  #mustBeOn(): void {
    if (!this.#on) throw new LabError('EINVAL', 'this CRTC is off: it has no vblanks');
  }

  async #ask(): Promise<VblankStamp> {
    const { query } = this.#hardware;
    if (query !== undefined) return query();
    const missed = Math.max(0, Math.floor((this.#clock.now() - this.#last.timeNs) / this.#periodNs));
    const timeNs = this.#last.timeNs + missed * this.#periodNs;
    return { count: (this.#hardwareCount ?? 0) + missed, timeNs };
  }

  #follow({ count, timeNs }: VblankStamp): void {
    if (timeNs < this.#last.timeNs) return; // asked for before the last one, answered after it
    const before = this.#hardwareCount;
    const passed =
      before !== undefined && count >= before
        ? count - before
        : Math.max(1, Math.round((timeNs - this.#last.timeNs) / this.#periodNs));
    this.#hardwareCount = count;
    this.#last = { count: this.#last.count + passed, timeNs };
  }

  #setEnabled(wanted: boolean): void {
    if (this.#enabled === wanted) return;
    this.#enabled = wanted;
    (wanted ? this.#hardware.enable() : this.#hardware.disable()).catch(this.#failed);
  }

  #deliver(stamp: VblankStamp, due: (waiter: Waiter) => boolean): void {
    for (const waiter of [...this.#waiters]) {
      if (!due(waiter)) continue;
      this.#waiters.delete(waiter);
      waiter.done(stamp);
    }
  }

  #flipped(stamp: VblankStamp): void {
    for (const done of this.#flips.splice(0)) done(stamp);
  }
}
