/** How a delay loop is run by arithmetic: stretches of equal passes, and whole rounds of such stretches when they repeat. */
import type { Cpu } from './cpu.ts';
import { passesToZero } from './delay-loop.ts';
import { LONGEST_PASS, type Pass, termValue } from './delay-pass.ts';

/** Equal passes in a row, and what their conditions looked at when the first of them began. */
interface Stretch {
  way: Pass | undefined;
  passes: number;
  /** Room for as many terms as a pass can have. */
  readonly values: Uint8Array;
}

/** Rounds of more stretches than this are no longer watched: loops within loops within loops. */
const LONGEST_ROUND = 8;
/** Each of its jumps may look at as many as there are instructions before it. */
const MOST_TERMS = LONGEST_PASS ** 2;

/** One course after another: a program waits thousands of times a second, so nothing here is made anew for each. */
export class LoopCourse {
  passes = 0;
  readonly #c: Cpu;
  #limit = 0;
  /** From the moment a way was taken last to now: where it began, and its stretches. */
  #roundWay: Pass | undefined;
  #roundCycles = 0;
  #roundInstructions = 0;
  readonly #stretches: readonly Stretch[] = Array.from({ length: LONGEST_ROUND }, () => ({
    way: undefined,
    passes: 0,
    values: new Uint8Array(MOST_TERMS),
  }));
  #length = 0;
  /** By how much each cell moves in a round. */
  readonly #moved = new Uint8Array(0x80);
  /** The last pass, and the cells before it where it cannot be counted back. */
  #last: Pass | undefined;
  #before: readonly (readonly [cell: number, byte: number])[] = [];

  constructor(c: Cpu) {
    this.#c = c;
  }

  /** From here on, to end well before cycle `limit`. */
  begin(limit: number): void {
    this.#limit = limit;
    this.passes = 0;
    this.#roundWay = undefined;
    this.#last = undefined;
  }

  /** So many passes this way; when a round ends with that and may come again, as many rounds as fit. */
  run(way: Pass, passes: number): void {
    const c = this.#c;
    if (this.#roundWay === way) this.#repeat();
    if (this.#roundWay === undefined || this.#roundWay === way || this.#length === LONGEST_ROUND) {
      this.#roundWay = way;
      this.#roundCycles = c.now();
      this.#roundInstructions = c.instructions;
      this.#length = 0;
    }
    this.#remember(this.#stretches[this.#length++]!, way, passes);
    this.#last = way;
    this.passes += passes;
    if (way.counters !== undefined) {
      this.#apply(way, passes);
      return;
    }
    this.#apply(way, passes - 1);
    this.#before = [...way.cells.keys()].map((cell) => [cell, c.idata[cell & 0x7f]!] as const);
    this.#apply(way, 1);
  }

  /** The last pass did not happen. */
  undo(): void {
    if (this.#last === undefined) return;
    const { idata } = this.#c;
    if (this.#last.counters !== undefined)
      for (const { cell, step } of this.#last.counters) idata[cell & 0x7f]! -= step;
    else for (const [cell, byte] of this.#before) idata[cell & 0x7f] = byte;
    this.#take(this.#last, -1);
    this.passes--;
    this.#last = undefined;
  }

  #remember(stretch: Stretch, way: Pass, passes: number): void {
    stretch.way = way;
    stretch.passes = passes;
    let i = 0;
    for (const { terms } of way.conditions) for (const term of terms) stretch.values[i++] = termValue(this.#c, term);
  }

  #apply(way: Pass, passes: number): void {
    if (passes <= 0) return;
    const { idata } = this.#c;
    if (way.counters !== undefined) for (const { cell, step } of way.counters) idata[cell & 0x7f]! += step * passes;
    else applyCopies(this.#c, way, passes);
    this.#take(way, passes);
  }

  #take({ cycles, instructions }: Pass, passes: number): void {
    this.#c.idle(passes * cycles);
    this.#c.instructions += passes * instructions;
    this.#c.skipped += passes * instructions;
  }

  /** All rounds but one that surely go like the one that has just ended. */
  #repeat(): void {
    const c = this.#c;
    const long = c.now() - this.#roundCycles;
    const steps = c.instructions - this.#roundInstructions;
    const fit = Math.floor((this.#limit - 1 - c.now()) / long) - 1;
    if (fit < 1 || !this.#moves()) return;
    const rounds = Math.min(fit, this.#roundsLike() - 1);
    if (rounds < 1) return;
    for (let n = 0; n < this.#length; n++) {
      const { way, passes } = this.#stretches[n]!;
      for (const { cell, step } of way?.counters ?? []) c.idata[cell & 0x7f]! += step * passes * rounds;
      this.passes += rounds * passes;
    }
    c.idle(rounds * long);
    c.instructions += rounds * steps;
    c.skipped += rounds * steps;
  }

  /** Finds by how much each cell moves in a round; false when one does anything but count. */
  #moves(): boolean {
    this.#moved.fill(0);
    for (let n = 0; n < this.#length; n++) {
      const { way, passes } = this.#stretches[n]!;
      if (way?.counters === undefined) return false;
      for (const { cell, step } of way.counters) this.#moved[cell & 0x7f]! += step * passes;
    }
    return true;
  }

  /** How many rounds more take the same ways for as many passes each. */
  #roundsLike(): number {
    let fewest = Number.MAX_SAFE_INTEGER;
    for (let n = 0; n < this.#length; n++) {
      const { way, passes, values } = this.#stretches[n]!;
      let i = 0;
      for (const { terms, differs } of way?.conditions ?? []) {
        let most = differs ? 0 : Number.POSITIVE_INFINITY;
        for (const { cell, step } of terms) {
          const value = values[i++]!;
          const by = cell < 0 ? 0 : this.#moved[cell & 0x7f]!;
          if (differs) most = Math.max(most, differsFor(value, step, by, passes));
          // Zero stays zero only where nothing moves it.
          else if (by !== 0 || (step !== 0 && passes > 1)) most = 0;
        }
        fewest = Math.min(fewest, most - 1);
      }
    }
    return fewest;
  }
}

/** Rounds, this one included, in which a byte differs from zero at every pass of a stretch. */
const differsFor = (value: number, step: number, by: number, passes: number): number => {
  if (by === 0) return passesToZero(value, step) >= passes ? Number.POSITIVE_INFINITY : 0;
  return step === 0 || passes === 1 ? passesToZero(value, by) : 0;
};

/** Where cells are copied into each other. */
const applyCopies = (c: Cpu, { cells }: Pass, passes: number): void => {
  const after = [...cells].map(([cell, end]) => {
    // What the last of the passes began with.
    const source = cells.get(end.cell);
    const before = end.cell < 0 ? 0 : c.idata[end.cell & 0x7f]! + (source?.offset ?? 0) * (passes - 1);
    return [cell, (before + end.offset) & 0xff] as const;
  });
  for (const [cell, value] of after) c.idata[cell & 0x7f] = value;
};
