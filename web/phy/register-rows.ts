/** Which registers the map shows, and how each row reads. */
import { mmdOf, registerOf } from '#datasheets/c45.ts';
import { fieldMask, type Register, type Table } from '#regmap/declare.ts';

export interface MapRow {
  readonly name: string;
  readonly register: Register;
  readonly address: string;
  /** Access words of its fields, each once. */
  readonly access: string;
  /** Bits that are declared. */
  readonly known: number;
}

export const MMD_NAMES: Readonly<Record<number, string>> = { 1: 'PMA/PMD', 2: 'WIS', 3: 'PCS', 4: 'PHY XS' };

export const mapRows = (table: Table, print: (at: number) => string): readonly MapRow[] =>
  Object.entries(table)
    .map(([name, register]) => ({
      name,
      register,
      address: print(register.at),
      access: accessWords(register),
      known: Object.values(register.fields).reduce((mask, field) => (mask | fieldMask(field)) >>> 0, 0),
    }))
    .sort((a, b) => a.register.at - b.register.at);

/** Rows of one MMD (0 for all) that match: by name, address in hexadecimal or as the standard counts, field name, or words. */
export const filterRows = (rows: readonly MapRow[], mmd: number, asked: string): readonly MapRow[] => {
  const words = asked
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return rows.filter(
    (row) => (mmd === 0 || mmdOf(row.register.at) === mmd) && words.every((word) => matches(row, word)),
  );
};

const matches = ({ name, register, address }: MapRow, word: string): boolean =>
  name.toLowerCase().includes(word) ||
  address.toLowerCase().startsWith(word.replace(/^0x/, '')) ||
  standardAddress(register.at) === word ||
  register.doc.toLowerCase().includes(word) ||
  Object.keys(register.fields).some((field) => field.toLowerCase().includes(word));

/** `3.33`: the register counted in decimal, as IEEE 802.3 does. */
export const standardAddress = (at: number): string => `${mmdOf(at)}.${registerOf(at)}`;

/** `RW`, `LL RO`: what a row says of access; a field that latches or counts is the telling one. */
const accessWords = ({ fields }: Register): string => {
  const telling = ['ll', 'lh', 'nr', 'sc', 'w1c', 'rw', 'ro'];
  const found = new Set(Object.values(fields).map(({ access }) => access as string));
  return telling
    .filter((access) => found.has(access))
    .slice(0, 2)
    .join(' ')
    .toUpperCase();
};
