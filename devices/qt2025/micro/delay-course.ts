/** How a delay loop is run by arithmetic: stretches of equal passes, and whole rounds of such stretches when they repeat. */
import type { Cpu } from './cpu.ts';
import { passesToZero } from './delay-loop.ts';
import { type Pass, termValue } from './delay-pass.ts';

/** Equal passes in a row, and what their conditions looked at when the first of them began. */
interface Stretch {
  readonly way: Pass;
  readonly passes: number;
  readonly values: readonly number[];
}

interface Round {
  readonly way: Pass;
  readonly cycles: number;
  readonly instructions: number;
  readonly stretches: Stretch[];
}

/** Rounds of more stretches than this are no longer watched: loops within loops within loops. */
const LONGEST_ROUND = 8;

export class LoopCourse {
  passes = 0;
  readonly #c: Cpu;
  readonly #limit: number;
  /** From the moment a way was taken last to now. */
  #round: Round | undefined;
  /** The last pass, and the cells before it where it cannot be counted back. */
  #before: readonly (readonly [cell: number, byte: number])[] = [];
  #last: Pass | undefined;

  constructor(c: Cpu, limit: number) {
    this.#c = c;
    this.#limit = limit;
  }

  /** So many passes this way; when a round ends with that and may come again, as many rounds as fit. */
  run(way: Pass, passes: number): void {
    const c = this.#c;
    if (this.#round?.way === way) this.#repeat(this.#round);
    if (this.#round === undefined || this.#round.way === way || this.#round.stretches.length === LONGEST_ROUND)
      this.#round = { way, cycles: c.now(), instructions: c.instructions, stretches: [] };
    const values: number[] = [];
    for (const { terms } of way.conditions) for (const term of terms) values.push(termValue(c, term));
    this.#round.stretches.push({ way, passes, values });
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
    if (this.#last.counters !== undefined) for (const [cell, step] of this.#last.counters) idata[cell & 0x7f]! -= step;
    else for (const [cell, byte] of this.#before) idata[cell & 0x7f] = byte;
    this.#take(this.#last, -1);
    this.passes--;
    this.#last = undefined;
  }

  #apply(way: Pass, passes: number): void {
    if (passes <= 0) return;
    const { idata } = this.#c;
    if (way.counters !== undefined) for (const [cell, step] of way.counters) idata[cell & 0x7f]! += step * passes;
    else applyCopies(this.#c, way, passes);
    this.#take(way, passes);
  }

  #take({ cycles, instructions }: Pass, passes: number): void {
    this.#c.idle(passes * cycles);
    this.#c.instructions += passes * instructions;
    this.#c.skipped += passes * instructions;
  }

  /** All rounds but one that surely go like the one that has just ended. */
  #repeat({ cycles, instructions, stretches }: Round): void {
    const c = this.#c;
    const long = c.now() - cycles;
    const steps = c.instructions - instructions;
    const fit = Math.floor((this.#limit - 1 - c.now()) / long) - 1;
    if (fit < 1) return;
    const moved = movedIn(stretches);
    if (moved === undefined) return;
    const rounds = Math.min(fit, roundsLike(stretches, moved) - 1);
    if (rounds < 1) return;
    for (const [cell, by] of moved) c.idata[cell & 0x7f]! += by * rounds;
    c.idle(rounds * long);
    c.instructions += rounds * steps;
    c.skipped += rounds * steps;
    this.passes += rounds * stretches.reduce((sum, { passes }) => sum + passes, 0);
  }
}

/** By how much each cell moves in a round; undefined when one does anything but count. */
const movedIn = (stretches: readonly Stretch[]): ReadonlyMap<number, number> | undefined => {
  const moved = new Map<number, number>();
  for (const { way, passes } of stretches) {
    if (way.counters === undefined) return undefined;
    for (const [cell, step] of way.counters) moved.set(cell, ((moved.get(cell) ?? 0) + step * passes) & 0xff);
  }
  return moved;
};

/** How many rounds more take the same ways for as many passes each. */
const roundsLike = (stretches: readonly Stretch[], moved: ReadonlyMap<number, number>): number => {
  let fewest = Number.MAX_SAFE_INTEGER;
  for (const { way, passes, values } of stretches) {
    let i = 0;
    for (const { terms, differs } of way.conditions) {
      let most = differs ? 0 : Number.POSITIVE_INFINITY;
      for (const { cell, step } of terms) {
        const value = values[i++] ?? 0;
        const by = moved.get(cell) ?? 0;
        if (differs) most = Math.max(most, differsFor(value, step, by, passes));
        // Zero stays zero only where nothing moves it.
        else if (by !== 0 || (step !== 0 && passes > 1)) most = 0;
      }
      fewest = Math.min(fewest, most - 1);
    }
  }
  return fewest;
};

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
