/**
 * Delay loops run in one step. A pass of a loop that only counts bytes of idata is repeated by arithmetic as long as every
 * jump in it goes the same way; the pass after that is left to the core, so flags and accumulator come out as if stepped.
 */
import type { Cpu } from './cpu.ts';
import { type Condition, followPass, type Pass, type Term, termValue } from './delay-pass.ts';

/** Jumps to a place are let through this often before it is looked at again: one that was no delay loop, and one that is, but not now. */
const PATIENCE = { other: 64, delay: 1 } as const;
/** Fewer passes than this are not worth the arithmetic. */
const FEWEST_PASSES = 2;
/** A loop of two bytes has two ways, one with a borrow. */
const WAYS_KEPT = 4;

/** The ways through the loops of one program that were found so far, by the address they start at. */
export class DelayLoops {
  readonly #known = new Map<number, Pass[]>();

  /** Another program. */
  forget(): void {
    this.#known.clear();
  }

  /** The core stands at the target of a backward jump: runs all passes that end well before cycle `limit`. */
  skip(c: Cpu, limit: number): void {
    const pass = this.#pass(c);
    const passes = pass === undefined ? 0 : Math.min(samePasses(c, pass), passesUntil(c, pass, limit));
    if (pass === undefined || passes < FEWEST_PASSES) {
      c.loopPatience[c.pc & 0xffff] = pass === undefined ? PATIENCE.other : PATIENCE.delay;
      return;
    }
    applyPasses(c, pass, passes);
    c.idle(passes * pass.cycles);
    c.instructions += passes * pass.instructions;
    c.skipped += passes * pass.instructions;
  }

  /** The way the next pass takes; undefined when it does anything but count. */
  #pass(c: Cpu): Pass | undefined {
    const known = this.#known.get(c.pc) ?? [];
    const same = known.find((pass) => isNext(c, pass));
    if (same !== undefined) return same;
    const walk = followPass(c);
    if (walk !== undefined) this.#known.set(c.pc, [walk, ...known].slice(0, WAYS_KEPT));
    return walk;
  }
}

/** All of them and one more end before the limit. */
const passesUntil = (c: Cpu, { cycles }: Pass, limit: number): number => Math.floor((limit - 1 - c.now()) / cycles) - 1;

const isNext = (c: Cpu, { bank, bytes, conditions }: Pass): boolean =>
  bank === c.bank &&
  bytes.every(({ at, byte }) => c.readCode(at) === byte) &&
  conditions.every((condition) => holds(c, condition));

const holds = (c: Cpu, { terms, differs }: Condition): boolean =>
  terms.some((term) => termValue(c, term) !== 0) === differs;

/** How many passes in a row, beyond the one that is left to the core, take the same way as this one. */
const samePasses = (c: Cpu, { steps, conditions }: Pass): number => {
  if (steps === undefined) return 0;
  let fewest = Number.MAX_SAFE_INTEGER;
  for (const { terms, differs } of conditions) fewest = Math.min(fewest, holdsFor(c, steps, terms, differs));
  return fewest - 1;
};

const holdsFor = (c: Cpu, steps: ReadonlyMap<number, number>, terms: readonly Term[], differs: boolean): number => {
  if (!differs) return terms.every(({ cell }) => steps.get(cell) === 0) ? Number.POSITIVE_INFINITY : 0;
  return terms.reduce((most, term) => Math.max(most, passesToZero(termValue(c, term), steps.get(term.cell) ?? 0)), 0);
};

/** Passes before a byte that changes by `step` each time reads zero. */
const passesToZero = (value: number, step: number): number => {
  if (step === 0) return value === 0 ? 0 : Number.POSITIVE_INFINITY;
  if (step === 0xff) return value;
  for (let passes = 0; passes < 0x100; passes++) if (((value + step * passes) & 0xff) === 0) return passes;
  return Number.POSITIVE_INFINITY;
};

const applyPasses = (c: Cpu, { cells }: Pass, passes: number): void => {
  const after = [...cells].map(([cell, end]) => {
    // What the last of the passes began with.
    const source = cells.get(end.cell);
    const before = end.cell < 0 ? 0 : c.idata[end.cell & 0x7f]! + (source?.offset ?? 0) * (passes - 1);
    return [cell, (before + end.offset) & 0xff] as const;
  });
  for (const [cell, value] of after) c.idata[cell & 0x7f] = value;
};
