/** The register language: fields, registers and tables, declared once and checked when they are built. */

/**
 * IEEE 802.3's access words, as a closed set: `ro` read-only, `rw` read/write, `sc` self-clearing, `ll` latching low,
 * `lh` latching high, `nr` non-rollover counter that saturates and clears on read, `w1c` write one to clear.
 */
export type Access = 'ro' | 'rw' | 'sc' | 'll' | 'lh' | 'nr' | 'w1c';
export type ReadOnly = 'ro' | 'll' | 'lh' | 'nr';

/** How well a fact is known: driver source, observed hardware, firmware analysis, standard, sibling data sheet, our choice. */
export type Evidence = 'driver' | 'observed' | 'firmware' | 'standard' | 'sibling' | 'choice';

export interface Field<A extends Access = Access, V = unknown> {
  readonly hi: number;
  readonly lo: number;
  readonly access: A;
  readonly reset: number;
  readonly doc: string;
  readonly names?: Readonly<Record<string, number>>;
  readonly boolean?: true;
  /** Phantom: the decoded type, never set. */
  readonly value?: V;
}

export type Fields = Readonly<Record<string, Field>>;

export interface Provenance {
  /** Where the fact comes from, as a person would look it up. */
  readonly source: string;
  readonly evidence: Evidence;
}

export interface Register<F extends Fields = Fields> extends Provenance {
  readonly at: number;
  readonly doc: string;
  readonly fields: F;
  /** Bits 0 … width-1 exist. */
  readonly width: 8 | 16 | 32;
  /** Lives in memory shared with a processor (a named cell), not in a hardware register. */
  readonly memory?: string;
}

export type Table = Readonly<Record<string, Register>>;

type ValueOf<F> = F extends Field<Access, infer V> ? V : never;

/** A register as its reader sees it. */
export type Values<R extends Register> = { -readonly [K in keyof R['fields']]: ValueOf<R['fields'][K]> };

/** A register as its writer may set it: a read-only field takes no value. */
export type Writes<R extends Register> = {
  [K in keyof R['fields']]?: R['fields'][K]['access'] extends ReadOnly ? never : ValueOf<R['fields'][K]>;
};

/** A register as the silicon itself may set it: every field. */
export type Pokes<R extends Register> = { [K in keyof R['fields']]?: ValueOf<R['fields'][K]> };

/** One bit, decoded as a boolean. */
export const flag = <A extends Access>(bit: number, access: A, doc: string, reset: 0 | 1 = 0): Field<A, boolean> => ({
  hi: bit,
  lo: bit,
  access,
  reset,
  doc,
  boolean: true,
});

/** An unsigned number in bits hi … lo. */
export const bits = <A extends Access>(
  hi: number,
  lo: number,
  access: A,
  doc: string,
  reset = 0,
): Field<A, number> => ({
  hi,
  lo,
  access,
  reset,
  doc,
});

/** Named codes in bits hi … lo; a code without a name decodes to its number. */
export const choice = <A extends Access, const N extends Readonly<Record<string, number>>>(
  hi: number,
  lo: number,
  access: A,
  names: N,
  doc: string,
  reset: keyof N | number = 0,
): Field<A, keyof N | number> => {
  const code = typeof reset === 'number' ? reset : names[reset as string];
  if (code === undefined) throw new RangeError(`reset ${String(reset)} is none of ${Object.keys(names).join(', ')}`);
  return { hi, lo, access, reset: code, doc, names };
};

/** One register; unknown bits are reserved and read 0. */
export const reg = <const F extends Fields>(
  at: number,
  doc: string,
  fields: F,
  from: Provenance & { readonly width?: 8 | 16 | 32; readonly memory?: string },
): Register<F> => ({
  at,
  doc,
  fields,
  source: from.source,
  evidence: from.evidence,
  width: from.width ?? 16,
  ...(from.memory === undefined ? {} : { memory: from.memory }),
});

/** Checks a table and returns it: overlapping fields, duplicate addresses and resets too wide throw here, not in use. */
export const table = <const T extends Table>(name: string, registers: T): T => {
  const seen = new Map<number, string>();
  for (const [register, { at, fields, width }] of Object.entries(registers)) {
    const where = `${name}.${register}`;
    if (!Number.isInteger(at) || at < 0) throw new RangeError(`${where}: address ${at} is no address`);
    const other = seen.get(at);
    if (other !== undefined) throw new RangeError(`${where} and ${name}.${other} share address 0x${at.toString(16)}`);
    seen.set(at, register);
    checkFields(where, fields, width);
  }
  return registers;
};

/** The value of a register after reset. */
export const resetValue = ({ fields }: Register): number =>
  Object.values(fields).reduce((value, field) => (value | (field.reset << field.lo)) >>> 0, 0);

/** The bits a field covers, in place. */
export const fieldMask = ({ hi, lo }: { readonly hi: number; readonly lo: number }): number =>
  (fieldMax({ hi, lo }) << lo) >>> 0;

/** The largest number a field holds. */
export const fieldMax = ({ hi, lo }: { readonly hi: number; readonly lo: number }): number =>
  0xffffffff >>> (31 - hi + lo);

const checkFields = (where: string, fields: Fields, width: number): void => {
  let taken = 0;
  for (const [name, field] of Object.entries(fields)) {
    const { hi, lo, reset } = field;
    if (!(Number.isInteger(hi) && Number.isInteger(lo) && hi >= lo && lo >= 0 && hi < width))
      throw new RangeError(`${where}.${name}: bits ${hi}:${lo} do not fit ${width} bits`);
    const mask = fieldMask(field);
    if ((taken & mask) !== 0) throw new RangeError(`${where}.${name}: bits ${hi}:${lo} overlap another field`);
    taken = (taken | mask) >>> 0;
    if (!Number.isInteger(reset) || reset < 0 || reset > fieldMax(field))
      throw new RangeError(`${where}.${name}: reset ${reset} does not fit bits ${hi}:${lo}`);
    for (const [word, code] of Object.entries(field.names ?? {}))
      if (code > fieldMax(field))
        throw new RangeError(`${where}.${name}: code ${word}=${code} does not fit bits ${hi}:${lo}`);
  }
};
