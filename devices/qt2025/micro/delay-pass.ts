/** One pass through a delay loop, followed instruction by instruction without running it. */
import type { Cpu } from './cpu.ts';
import { CYCLES } from './instructions.ts';

export const LONGEST_PASS = 24;

/** A byte during one pass: what was in a cell when the pass began plus an offset, or a constant (`cell` -1). */
export interface Term {
  readonly cell: number;
  readonly offset: number;
}

/** A byte a jump looks at, and by how much it moves from pass to pass. */
export interface MovingTerm extends Term {
  readonly step: number;
}

/** A jump of the pass: it goes this way as long as some (or none) of the terms differs from zero. */
export interface Condition {
  readonly terms: readonly MovingTerm[];
  readonly differs: boolean;
}

export interface Counter {
  readonly cell: number;
  readonly step: number;
}

export interface Pass {
  readonly bank: number;
  /** The program it was read from, which may be written while it runs. */
  readonly bytes: readonly { readonly at: number; readonly byte: number }[];
  readonly cells: ReadonlyMap<number, Term>;
  /** Every cell that is written and by how much it moves; undefined when one of them does anything but count. */
  readonly counters: readonly Counter[] | undefined;
  readonly conditions: readonly Condition[];
  /** False when a cell that others or conditions depend on does not count by itself: nobody knows the pass after this one. */
  readonly counts: boolean;
  readonly cycles: number;
  readonly instructions: number;
}

/** Walks through one pass with the present values; undefined when it does anything but count. */
export const followPass = (c: Cpu): Pass | undefined => {
  const walk = new Walk(c);
  do if (walk.instructions === LONGEST_PASS || !walk.next()) return undefined;
  while (walk.pc !== c.pc);
  return walk.pass();
};

const plus = ({ cell, offset }: Term, by: number): Term => ({ cell, offset: (offset + by) & 0xff });
export const termValue = (c: Cpu, { cell, offset }: Term): number =>
  cell < 0 ? offset : (c.idata[cell & 0x7f]! + offset) & 0xff;

interface Jump {
  readonly terms: readonly Term[];
  readonly differs: boolean;
}

class Walk {
  readonly #c: Cpu;
  readonly #bytes: { readonly at: number; readonly byte: number }[] = [];
  readonly cells = new Map<number, Term>();
  readonly jumps: Jump[] = [];
  cycles = 0;
  instructions = 0;
  pc: number;
  /** What A holds: any of these differing from 0 makes A differ from 0. Undefined: still what it was before the pass. */
  #a: readonly Term[] | undefined;

  constructor(c: Cpu) {
    this.#c = c;
    this.pc = c.pc;
  }

  pass(): Pass {
    const { cells, jumps, cycles, instructions } = this;
    return {
      bank: this.#c.bank,
      bytes: this.#bytes,
      cells,
      counters: countersOf(cells),
      conditions: jumps.map(({ terms, differs }) => ({ terms: terms.map((term) => moving(term, cells)), differs })),
      counts: [...cells.values(), ...jumps.flatMap(({ terms }) => terms)].every(({ cell }) => counts(cell, cells)),
      cycles,
      instructions,
    };
  }

  /** One instruction; false when it does not belong into a delay loop. */
  next(): boolean {
    if ((this.#c.watch?.marks[this.pc] ?? 0) !== 0) return false;
    const opcode = this.#fetch();
    const follow = FOLLOW[opcode];
    this.cycles += CYCLES[opcode & 0xff]!;
    this.instructions++;
    return follow?.(this, opcode) ?? false;
  }

  #fetch(): number {
    const byte = this.#c.readCode(this.pc);
    this.#bytes.push({ at: this.pc, byte });
    this.pc = (this.pc + 1) & 0xffff;
    return byte;
  }

  immediate(): Term {
    return { cell: -1, offset: this.#fetch() };
  }

  /** The cell of Rn named in the low bits of an opcode. */
  register(opcode: number): number {
    return this.#c.bank + (opcode & 7);
  }

  /** A direct address; special function registers are no cells. */
  direct(): number | undefined {
    const address = this.#fetch();
    return address < 0x80 ? address : undefined;
  }

  read(cell: number): Term {
    return this.cells.get(cell) ?? { cell, offset: 0 };
  }

  write(cell: number, term: Term): true {
    this.cells.set(cell, term);
    return true;
  }

  /** A as a single term; undefined when it is older than the pass or a combination. */
  get a(): Term | undefined {
    return this.#a?.length === 1 ? this.#a[0] : undefined;
  }

  setA(...terms: readonly Term[]): true {
    this.#a = terms;
    return true;
  }

  orA(term: Term): boolean {
    if (this.#a === undefined) return false;
    this.#a = [...this.#a, term];
    return true;
  }

  /** A jump taken when A is (or is not) zero. */
  jumpOnA(takenIfZero: boolean): boolean {
    return this.#a !== undefined && this.jump(this.#a, !takenIfZero);
  }

  /** A jump taken when one of the terms differs from zero, or when none does. */
  jump(terms: readonly Term[], takenIfDiffers: boolean): true {
    const displacement = this.#fetch();
    const differs = terms.some((term) => termValue(this.#c, term) !== 0);
    this.jumps.push({ terms, differs });
    if (differs === takenIfDiffers) this.go(displacement);
    return true;
  }

  go(displacement: number): true {
    this.pc = (this.pc + displacement - ((displacement & 0x80) << 1)) & 0xffff;
    return true;
  }

  always(): true {
    return this.go(this.#fetch());
  }
}

type Follow = (w: Walk, opcode: number) => boolean;

/** Cells first, then what happens to them; `cell` undefined is a special function register. */
const onRegister =
  (does: (w: Walk, cell: number) => boolean): Follow =>
  (w, opcode) =>
    does(w, w.register(opcode));
const onDirect =
  (does: (w: Walk, cell: number) => boolean): Follow =>
  (w) => {
    const cell = w.direct();
    return cell !== undefined && does(w, cell);
  };
const everyRegister = (row: number, follow: Follow): Readonly<Record<number, Follow>> =>
  Object.fromEntries(Array.from({ length: 8 }, (_, n) => [row + n, follow]));

const count =
  (by: number) =>
  (w: Walk, cell: number): boolean =>
    w.write(cell, plus(w.read(cell), by));
const countA =
  (by: number): Follow =>
  (w) =>
    w.a !== undefined && w.setA(plus(w.a, by));
const toA = (w: Walk, cell: number): boolean => w.setA(w.read(cell));
const fromA = (w: Walk, cell: number): boolean => w.a !== undefined && w.write(cell, w.a);
const orA = (w: Walk, cell: number): boolean => w.orA(w.read(cell));
const countDown = (w: Walk, cell: number): boolean => {
  const less = plus(w.read(cell), -1);
  return w.write(cell, less) && w.jump([less], true);
};
/** CJNE also sets the carry; nothing here reads it and the stepped pass sets it again. */
const compare =
  (term: (w: Walk, opcode: number) => Term | undefined): Follow =>
  (w, opcode) => {
    const left = term(w, opcode);
    const { offset } = w.immediate();
    return left !== undefined && w.jump([plus(left, -offset)], true);
  };

const FOLLOW: Readonly<Record<number, Follow>> = {
  0: () => true, // NOP
  4: countA(1),
  5: onDirect(count(1)),
  20: countA(-1),
  21: onDirect(count(-1)),
  69: onDirect(orA),
  96: (w) => w.jumpOnA(true),
  112: (w) => w.jumpOnA(false),
  116: (w) => w.setA(w.immediate()),
  128: (w) => w.always(),
  180: compare((w) => w.a),
  213: onDirect(countDown),
  228: (w) => w.setA({ cell: -1, offset: 0 }),
  229: onDirect(toA),
  245: onDirect(fromA),
  ...everyRegister(0x08, onRegister(count(1))),
  ...everyRegister(0x18, onRegister(count(-1))),
  ...everyRegister(0x48, onRegister(orA)),
  ...everyRegister(0x78, (w, opcode) => w.write(w.register(opcode), w.immediate())),
  ...everyRegister(0x88, (w, opcode) => onDirect((_, cell) => w.write(cell, w.read(w.register(opcode))))(w, opcode)),
  ...everyRegister(0xa8, (w, opcode) => onDirect((_, cell) => w.write(w.register(opcode), w.read(cell)))(w, opcode)),
  ...everyRegister(
    0xb8,
    compare((w, opcode) => w.read(w.register(opcode))),
  ),
  ...everyRegister(0xd8, onRegister(countDown)),
  ...everyRegister(0xe8, onRegister(toA)),
  ...everyRegister(0xf8, onRegister(fromA)),
};

const countersOf = (cells: ReadonlyMap<number, Term>): Pass['counters'] => {
  const all = [...cells];
  return all.every(([cell, end]) => end.cell === cell)
    ? all.map(([cell, end]) => ({ cell, step: end.offset }))
    : undefined;
};

/** A cell that another one is copied into is not counted by itself: where it is read before, no arithmetic. */
const counts = (cell: number, cells: ReadonlyMap<number, Term>): boolean => (cells.get(cell)?.cell ?? cell) === cell;

const moving = (term: Term, cells: ReadonlyMap<number, Term>): MovingTerm => ({
  ...term,
  step: cells.get(term.cell)?.offset ?? 0,
});
