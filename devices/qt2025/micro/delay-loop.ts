/**
 * Delay loops run in one step. A pass of a loop that only counts bytes of idata is repeated by arithmetic as long as every
 * jump in it goes the same way, then the next way is taken up; what comes round again is repeated as a whole. The last
 * pass is left to the core, so flags and accumulator come out as if stepped.
 */
import type { Cpu } from './cpu.ts';
import { LoopCourse } from './delay-course.ts';
import { type Condition, followPass, type Pass, termValue } from './delay-pass.ts';

/** Jumps to a place are let through this often before it is looked at again: one that was no delay loop; one that is, but not now; the passes left before the limit. */
const PATIENCE = { other: 64, delay: 1, limit: 2 } as const;
/** Fewer passes than this are not worth the arithmetic. */
const FEWEST_PASSES = 2;
/** A loop of two bytes has two ways, one with a borrow. */
const WAYS_KEPT = 4;
/** After so many walks in a row that found no other way, a loop that is known is not walked through again. */
const FRUITLESS_WALKS = 8;

/** What is known of a loop. */
interface Loop {
  ways: readonly Pass[];
  fruitless: number;
}

/** The ways through the loops of one program that were found so far, by the address they start at. */
export class DelayLoops {
  readonly #known = new Map<number, Loop>();
  readonly #course: LoopCourse;

  constructor(c: Cpu) {
    this.#course = new LoopCourse(c);
  }

  /** Another program. */
  forget(): void {
    this.#known.clear();
  }

  /** The core stands at the target of a backward jump: runs all passes that end well before cycle `limit`. */
  skip(c: Cpu, limit: number): void {
    const course = this.#course;
    course.begin(limit);
    const loop = this.#loop(c);
    let way = nextWay(c, loop);
    while (way !== undefined) {
      const left = passesUntil(c, way, limit);
      if (left < 0) course.undo();
      if (left <= 0) break;
      const same = samePasses(c, way);
      if (same <= 0) break;
      course.run(way, Math.min(same, left));
      if (left <= same) break;
      // Another way follows, or the loop ends: its last pass is the core's then.
      way = nextWay(c, loop);
      if (way === undefined) course.undo();
    }
    const known = loop.ways.length > 0;
    if (known && !this.#known.has(c.pc)) this.#known.set(c.pc, loop);
    // At the end of the loop its last pass jumps here once more.
    const patience = way !== undefined && course.passes >= FEWEST_PASSES ? 'limit' : known ? 'delay' : 'other';
    c.loopPatience[c.pc & 0xffff] = PATIENCE[patience];
  }

  /** Program memory may have been written since the loop was seen last; while it is skipped nobody writes there. */
  #loop(c: Cpu): Loop {
    const loop = this.#known.get(c.pc);
    if (loop === undefined) return { ways: [], fruitless: 0 };
    if (!areStillThere(c, loop.ways)) {
      loop.ways = loop.ways.filter((way) => isStillThere(c, way));
      loop.fruitless = 0;
      if (loop.ways.length === 0) this.#known.delete(c.pc);
    }
    return loop;
  }
}

/** The way the next pass takes; undefined when it does anything but count. */
const nextWay = (c: Cpu, loop: Loop): Pass | undefined => {
  for (const way of loop.ways) if (isNext(c, way)) return way;
  if (loop.fruitless === FRUITLESS_WALKS) return undefined;
  const walk = followPass(c);
  if (walk !== undefined) loop.ways = [walk, ...loop.ways].slice(0, WAYS_KEPT);
  loop.fruitless = walk === undefined ? loop.fruitless + 1 : 0;
  return walk;
};

/** All of them and one more end before the limit; -1 when not even one more does. */
const passesUntil = (c: Cpu, { cycles }: Pass, limit: number): number => Math.floor((limit - 1 - c.now()) / cycles) - 1;

const areStillThere = (c: Cpu, ways: readonly Pass[]): boolean => {
  for (const way of ways) if (!isStillThere(c, way)) return false;
  return true;
};

const isStillThere = (c: Cpu, { bytes }: Pass): boolean => {
  for (const { at, byte } of bytes) if (c.readCode(at) !== byte) return false;
  return true;
};

const isNext = (c: Cpu, { bank, conditions }: Pass): boolean => {
  if (bank !== c.bank) return false;
  for (const condition of conditions) if (!holds(c, condition)) return false;
  return true;
};

const holds = (c: Cpu, { terms, differs }: Condition): boolean => {
  for (const term of terms) if (termValue(c, term) !== 0) return differs;
  return !differs;
};

/** How many passes in a row take the same way as this one. */
const samePasses = (c: Cpu, { counts, conditions }: Pass): number => {
  if (!counts) return 0;
  let fewest = Number.MAX_SAFE_INTEGER;
  for (const condition of conditions) fewest = Math.min(fewest, holdsFor(c, condition));
  return fewest;
};

const holdsFor = (c: Cpu, { terms, differs }: Condition): number => {
  let most = 0;
  for (const term of terms) {
    if (differs) most = Math.max(most, passesToZero(termValue(c, term), term.step));
    // A condition that ends by becoming false ends with this pass, if anything moves at all.
    else if (term.step !== 0) return 1;
  }
  return differs ? most : Number.POSITIVE_INFINITY;
};

/** Passes before a byte that changes by `step` each time reads zero. */
export const passesToZero = (value: number, step: number): number => {
  if (step === 0) return value === 0 ? 0 : Number.POSITIVE_INFINITY;
  if (step === 0xff) return value;
  for (let passes = 0; passes < 0x100; passes++) if (((value + step * passes) & 0xff) === 0) return passes;
  return Number.POSITIVE_INFINITY;
};
