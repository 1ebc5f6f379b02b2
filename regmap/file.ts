/** A register file: the storage and the access rules of a declared table. */
import { decode, encode } from './codec.ts';
import { type Field, fieldMask, type Pokes, type Register, resetValue, type Table, type Values } from './declare.ts';

/** What the silicon does when the bus touches one register. */
export interface RegisterHook<R extends Register> {
  /** Level of the register just before a bus read or a look: returns the raw value to use in place of the stored one. */
  readonly live?: (stored: number) => number;
  /** After a bus write has been stored. */
  readonly written?: (now: Values<R>, old: Values<R>) => void;
  /** After a bus read, latches already re-armed. */
  readonly read?: () => void;
}

export type Hooks<T extends Table> = { readonly [K in keyof T]?: RegisterHook<T[K]> };

/** What a file keeps, for snapshots: raw level and raw latch by address. */
export type FileSnapshot = readonly (readonly [at: number, level: number, latched: number])[];

/**
 * `read` and `write` come from the bus and obey access; `peek` and `poke` are the silicon's own and may set read-only
 * fields and trip latches. A latching field keeps two values: its level, and what the next bus read returns.
 */
export class RegisterFile<T extends Table> {
  readonly table: T;
  readonly #cells = new Map<number, Cell>();
  readonly #byName = new Map<string, Cell>();

  constructor(table: T, hooks: Hooks<T> = {}) {
    this.table = table;
    for (const [name, register] of Object.entries(table)) {
      const cell = newCell(register, hooks[name] as RegisterHook<Register> | undefined);
      this.#cells.set(register.at, cell);
      this.#byName.set(name, cell);
    }
  }

  /** True when the table has a register at this address. */
  has(at: number): boolean {
    return this.#cells.has(at);
  }

  /** True when a bus write at this address can change anything. */
  writable(at: number): boolean {
    return (this.#cells.get(at)?.writeMask ?? 0) !== 0;
  }

  /** A bus read: returns the latched view, then re-arms latches and clears counters. Unknown addresses read 0. */
  read(at: number): number {
    const cell = this.#cells.get(at);
    if (cell === undefined) return 0;
    const value = this.look(at);
    cell.latched = cell.level;
    if (cell.counterMask !== 0) {
      cell.level = (cell.level & ~cell.counterMask) >>> 0;
      cell.latched = (cell.latched & ~cell.counterMask) >>> 0;
    }
    cell.hook?.read?.();
    return value;
  }

  /**
   * A bus write: `rw` bits take the value, `sc` bits written 1 set and clear by themselves alone, `w1c` bits written 1
   * clear. Returns false when nothing may change.
   */
  write(at: number, value: number): boolean {
    const cell = this.#cells.get(at);
    if (cell === undefined || cell.writeMask === 0) return false;
    const old = cell.level;
    const stored = (old & ~cell.storeMask) | (value & (cell.storeMask | cell.setMask));
    cell.level = (stored & ~(value & cell.clearMask)) >>> 0;
    cell.latched = (cell.latched & ~cell.writeMask) | (cell.level & cell.writeMask);
    cell.hook?.written?.(decode(cell.register, cell.level), decode(cell.register, old));
    return true;
  }

  /** What the next bus read would return, without side effects. */
  look(at: number): number {
    const cell = this.#cells.get(at);
    if (cell === undefined) return 0;
    this.#refresh(cell);
    return ((cell.level & ~cell.latchMask) | (cell.latched & cell.latchMask)) >>> 0;
  }

  /** The level of a register by address, without side effects. */
  level(at: number): number {
    const cell = this.#cells.get(at);
    if (cell === undefined) return 0;
    this.#refresh(cell);
    return cell.level;
  }

  /** The silicon's own view: levels, not latches. */
  peek<K extends keyof T & string>(name: K): Values<T[K]> {
    const cell = this.#named(name);
    this.#refresh(cell);
    return decode(cell.register, cell.level) as Values<T[K]>;
  }

  /** The silicon sets fields: any access, latches trip. */
  poke<K extends keyof T & string>(name: K, values: Pokes<T[K]>): void {
    const cell = this.#named(name);
    setLevel(cell, encode(cell.register, values, cell.level));
  }

  /** The silicon sets a whole register by address; latches trip. Unknown addresses are ignored. */
  pokeRaw(at: number, value: number): void {
    const cell = this.#cells.get(at);
    if (cell !== undefined) setLevel(cell, value);
  }

  /** The silicon counts: adds to a field and saturates at its maximum. */
  count<K extends keyof T & string>(name: K, field: keyof T[K]['fields'] & string, by = 1): void {
    const cell = this.#named(name);
    const { hi, lo } = cell.register.fields[field] as Field;
    const max = 2 ** (hi - lo + 1) - 1;
    const mask = fieldMask({ hi, lo });
    const now = Math.min(max, ((cell.level & mask) >>> lo) + by);
    setLevel(cell, ((cell.level & ~mask) | (now << lo)) >>> 0);
  }

  /** Back to reset values, latches included. `only` limits it to some addresses. */
  reset(only: (at: number) => boolean = () => true): void {
    for (const [at, cell] of this.#cells) {
      if (!only(at)) continue;
      cell.level = resetValue(cell.register);
      cell.latched = cell.level;
    }
  }

  /** Everything kept, in address order. */
  snapshot(): FileSnapshot {
    return [...this.#cells].sort(([a], [b]) => a - b).map(([at, { level, latched }]) => [at, level, latched] as const);
  }

  /** Puts a snapshot back; addresses this table does not have are ignored. */
  restore(snapshot: FileSnapshot): void {
    for (const [at, level, latched] of snapshot) {
      const cell = this.#cells.get(at);
      if (cell !== undefined) Object.assign(cell, { level, latched });
    }
  }

  #refresh(cell: Cell): void {
    const live = cell.hook?.live;
    if (live !== undefined) setLevel(cell, live(cell.level));
  }

  #named(name: string): Cell {
    const cell = this.#byName.get(name);
    if (cell === undefined) throw new RangeError(`no register ${name} in this table`);
    return cell;
  }
}

interface Cell {
  readonly register: Register;
  readonly hook: RegisterHook<Register> | undefined;
  readonly storeMask: number;
  readonly setMask: number;
  readonly clearMask: number;
  readonly writeMask: number;
  readonly latchMask: number;
  readonly lowMask: number;
  readonly highMask: number;
  readonly counterMask: number;
  level: number;
  latched: number;
}

const newCell = (register: Register, hook: RegisterHook<Register> | undefined): Cell => {
  const mask = (...accesses: readonly string[]): number =>
    Object.values(register.fields).reduce(
      (all, field) => (accesses.includes(field.access) ? (all | fieldMask(field)) >>> 0 : all),
      0,
    );
  const level = resetValue(register);
  return {
    register,
    hook,
    storeMask: mask('rw'),
    setMask: mask('sc'),
    clearMask: mask('w1c'),
    writeMask: mask('rw', 'sc', 'w1c'),
    latchMask: mask('ll', 'lh'),
    lowMask: mask('ll'),
    highMask: mask('lh'),
    counterMask: mask('nr'),
    level,
    latched: level,
  };
};

/** Latching low keeps a 0, latching high keeps a 1, until a bus read. */
const setLevel = (cell: Cell, level: number): void => {
  cell.level = level >>> 0;
  const low = cell.latched & level & cell.lowMask;
  const high = (cell.latched | level) & cell.highMask;
  cell.latched = ((level & ~cell.latchMask) | low | high) >>> 0;
};
