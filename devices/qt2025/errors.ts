/** Bit errors as they arrive: a count between two moments that depends on seed and time alone, so that looking changes nothing. */
import { noise, seedOf } from '#bus/random.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import { BITS_PER_BLOCK, badHeadersPerSecond, erroredBlocksPerSecond, SYNC_BITS } from '#datasheets/qt2025-optics.ts';
import { decode, encode } from '#regmap/codec.ts';
import type { PathState } from './path.ts';

/** Slower than this is taken for never: one error in a minute and a half. */
const SLOWEST_PER_SECOND = 0.01;

export class ErrorStream {
  readonly #seed: number;
  #perSecond = 0;
  /** When the present rate began. */
  #since = 0;
  /** Up to here everything is counted. */
  #counted = 0;

  constructor(seed: number, name: string) {
    this.#seed = seedOf(seed, name);
  }

  /** A new rate from `now` on. Whoever keeps the count takes what is due first. */
  rate(perSecond: number, now: number): void {
    this.#perSecond = perSecond < SLOWEST_PER_SECOND ? 0 : perSecond;
    this.#since = now;
    this.#counted = now;
  }

  /** Errors since the last take, `limit` at most. */
  take(now: number, limit: number): number {
    const from = this.#slot(this.#counted);
    const to = this.#slot(now);
    this.#counted = now;
    if (this.#perSecond === 0) return 0;
    const seed = (this.#seed ^ seedOf(this.#since % 2 ** 32, 'since')) >>> 0;
    let errors = 0;
    for (let slot = from; slot < to && errors < limit; slot++) errors += poissonOfOne(noise(seed, slot));
    return Math.min(errors, limit);
  }

  snapshot(): readonly [perSecond: number, since: number, counted: number] {
    return [this.#perSecond, this.#since, this.#counted];
  }

  restore([perSecond, since, counted]: readonly [number, number, number]): void {
    this.#perSecond = perSecond;
    this.#since = since;
    this.#counted = counted;
  }

  /** Time in slots that hold one error on average. */
  #slot(at: number): number {
    return Math.floor(((at - this.#since) * this.#perSecond) / 1e9);
  }
}

/** A Poisson number of mean 1 from a uniform one. */
const poissonOfOne = (uniform: number): number => {
  let chance = Math.exp(-1);
  let below = chance;
  let k = 0;
  while (uniform >= below && k < 12) {
    chance /= ++k;
    below += chance;
  }
  return k;
};

type StreamSnapshot = ReturnType<ErrorStream['snapshot']>;

/** The two counters of 3.33: bad sync headers in bits 13:8, errored blocks in bits 7:0; both saturate. */
export class ErrorCounters {
  readonly #now: () => number;
  readonly #headers: ErrorStream;
  readonly #blocks: ErrorStream;
  #rates: readonly [headers: number, blocks: number] = [0, 0];

  constructor(seed: number, now: () => number) {
    this.#now = now;
    this.#headers = new ErrorStream(seed, 'sync headers');
    this.#blocks = new ErrorStream(seed, 'errored blocks');
  }

  /** The register with the errors since it was last looked at. */
  add(stored: number): number {
    const now = this.#now();
    const { BER, ERRBLKS } = decode(QT2025.BASER_STAT2, stored);
    return encode(
      QT2025.BASER_STAT2,
      { BER: BER + this.#headers.take(now, 63 - BER), ERRBLKS: ERRBLKS + this.#blocks.take(now, 255 - ERRBLKS) },
      stored,
    );
  }

  /** New rates when the path has changed; `account` counts what the old ones still owe. */
  rates({ bitErrorRatio, extraErrorsPerSecond }: PathState, account: () => void): void {
    const headers = badHeadersPerSecond(bitErrorRatio) + (extraErrorsPerSecond * SYNC_BITS) / BITS_PER_BLOCK;
    const blocks = erroredBlocksPerSecond(bitErrorRatio) + extraErrorsPerSecond;
    if (headers === this.#rates[0] && blocks === this.#rates[1]) return;
    account();
    this.#rates = [headers, blocks];
    this.#headers.rate(headers, this.#now());
    this.#blocks.rate(blocks, this.#now());
  }

  snapshot(): CountersSnapshot {
    return { rates: this.#rates, headers: this.#headers.snapshot(), blocks: this.#blocks.snapshot() };
  }

  restore({ rates, headers, blocks }: CountersSnapshot): void {
    this.#rates = rates;
    this.#headers.restore(headers);
    this.#blocks.restore(blocks);
  }
}

export interface CountersSnapshot {
  readonly rates: readonly [headers: number, blocks: number];
  readonly headers: StreamSnapshot;
  readonly blocks: StreamSnapshot;
}
