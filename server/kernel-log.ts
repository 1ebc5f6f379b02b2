/** The kernel log: a ring of lines from drivers and from the lab itself. */
import type { LogLevel, LogLine } from '#bus/api.ts';
import type { Clock } from '#bus/clock.ts';

/** Longest line kept; the rest is cut. */
export const LINE_LIMIT = 1000;

export class KernelLog {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #lines: LogLine[] = [];
  readonly #taps = new Set<(line: LogLine) => void>();
  #last = 0;

  constructor(clock: Clock, capacity = 8192) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  /** Sequence number of the newest line; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Appends one line, stamped with the lab's time. Control characters become spaces. */
  add(level: LogLevel, facility: string, text: string): LogLine {
    const line: LogLine = {
      seq: ++this.#last,
      time: this.#clock.now(),
      level,
      facility: clean(facility).slice(0, 40),
      text: clean(text).slice(0, LINE_LIMIT),
    };
    this.#lines.push(line);
    if (this.#lines.length > this.#capacity * 1.25) this.#lines.splice(0, this.#lines.length - this.#capacity);
    for (const tap of this.#taps) tap(line);
    return line;
  }

  /** Lines with a number above `seq`, oldest first, at most `limit` of the newest. */
  after(seq: number, limit = this.#capacity): readonly LogLine[] {
    const first = this.#lines[0]?.seq ?? 1;
    const from = Math.max(0, seq + 1 - first);
    return this.#lines.slice(Math.max(from, this.#lines.length - Math.max(0, limit)));
  }

  /** Calls `tap` with each new line; the returned function ends it. */
  tap(tap: (line: LogLine) => void): () => void {
    this.#taps.add(tap);
    return () => void this.#taps.delete(tap);
  }
}

const clean = (text: string): string => text.replace(/\p{Cc}+/gu, ' ').trimEnd();
