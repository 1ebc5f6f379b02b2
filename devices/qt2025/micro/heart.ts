/** The heartbeat a program keeps in XDATA, as somebody sees it who looks now and then. */
import { ms } from '#bus/clock.ts';
import { X } from '../xdata.ts';

/** Drivers call a heart that did not beat for this long dead. Source: falcon qt202x_phy.c. */
const BEAT_NS = ms(100);

export interface HeartSnapshot {
  /** The heartbeat seen last, and when it was new; null when there was none since the start. */
  readonly beat: number;
  readonly beatAt: number | null;
}

export class Heart {
  readonly #xdata: Uint8Array;
  #beat = 0;
  #beatAt = Number.NEGATIVE_INFINITY;

  constructor(xdata: Uint8Array) {
    this.#xdata = xdata;
  }

  look(now: number): void {
    const beat = this.#xdata[X.HEARTBEAT] ?? 0;
    if (beat !== this.#beat) this.#beatAt = now;
    this.#beat = beat;
  }

  /** It has beaten lately; with a clock that is `slower` times slower it may take its time. */
  beats(now: number, slower: number): boolean {
    return now - this.#beatAt < BEAT_NS * slower;
  }

  /** Whoever made it beat is gone. */
  stopped(): void {
    this.#beatAt = Number.NEGATIVE_INFINITY;
  }

  snapshot(): HeartSnapshot {
    return { beat: this.#beat, beatAt: Number.isFinite(this.#beatAt) ? this.#beatAt : null };
  }

  restore({ beat, beatAt }: HeartSnapshot): void {
    this.#beat = beat;
    this.#beatAt = beatAt ?? Number.NEGATIVE_INFINITY;
  }
}
