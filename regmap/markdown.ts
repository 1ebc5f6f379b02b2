/** A declared table as Markdown: what the register pages in docs/ are made of. */
import type { Catalogue } from './actions.ts';
import type { Attributes } from './attributes.ts';
import { type Evidence, type Field, type Register, resetValue, type Table } from './declare.ts';
import type { Param, Params } from './params.ts';

export interface TablePage {
  readonly table: Table;
  /** An address as this part's datasheet prints it. */
  readonly address: (at: number) => string;
}

const EVIDENCE: Readonly<Record<Evidence, string>> = {
  driver: 'a driver or header states it',
  observed: 'observed on real hardware',
  firmware: 'found in the public firmware',
  standard: 'the standard',
  sibling: 'data sheet of a sibling part',
  choice: '**our choice**: no source states it',
};

/** What the access words mean, once a page. */
export const ACCESS_WORDS =
  '`ro` read-only · `rw` read/write · `sc` self-clearing · `ll` latching low · `lh` latching high · ' +
  '`nr` counter that saturates and clears on read · `w1c` write 1 to clear';

/** Every register with its fields, by address. */
export const registersPage = ({ table, address }: TablePage): string => {
  const inOrder = Object.entries(table).sort(([, a], [, b]) => a.at - b.at);
  return inOrder.map(([name, register]) => registerSection(name, register, address(register.at))).join('\n\n');
};

/** An index of a table, one line a register. */
export const indexTable = ({ table, address }: TablePage): string =>
  rows(
    ['Address', 'Name', 'Reset', 'Text', 'Evidence'],
    Object.entries(table)
      .sort(([, a], [, b]) => a.at - b.at)
      .map(([name, register]) => [
        `\`${address(register.at)}\``,
        `[${name}](#${name.toLowerCase()})`,
        hex(resetValue(register), register.width),
        register.doc,
        register.evidence,
      ]),
  );

/** Faults or controls with their parameters. */
export const catalogueTable = (catalogue: Catalogue): string =>
  rows(
    ['Name', 'What it does', 'Parameters', 'Source'],
    Object.entries(catalogue).map(([name, { doc, params, source }]) => [
      `\`${name}\``,
      doc,
      paramWords(params),
      source,
    ]),
  );

/** Attributes with their defaults and ranges. */
export const attributeTable = (attributes: Attributes): string =>
  rows(
    ['Name', 'Type', 'Default', 'What it takes', 'What it does', 'Live', 'Module parameter', 'Source'],
    Object.entries(attributes).map(([name, { type, default: initially, range, unit, access, ...of }]) => [
      `\`${name}\``,
      access === 'rw' ? type : `${type}, ${access}`,
      initially === '' ? '' : `\`${initially}\`${unit && ` ${unit}`}`,
      range,
      of.doc,
      of.live ? 'live' : '',
      of.module === null ? '' : `\`${of.module}\``,
      of.source,
    ]),
  );

/** A Markdown table; bars and line breaks in cells are escaped. */
export const rows = (head: readonly string[], body: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.map(inCell).join(' | ')} |`).join('\n');

const registerSection = (name: string, register: Register, address: string): string => {
  const { doc, source, evidence, width, memory } = register;
  const kind = memory === undefined ? '' : ` A cell of ${memory}, not a hardware register.`;
  const fields = Object.entries(register.fields).sort(([, a], [, b]) => b.hi - a.hi);
  return [
    `### ${name}`,
    '',
    `\`${address}\` · reset ${hex(resetValue(register), width)} · ${doc}.${kind}`,
    '',
    rows(
      ['Bits', 'Field', 'Access', 'Reset', 'Meaning'],
      fields.map(([field, of]) => [bitsOf(of), `\`${field}\``, of.access, resetOf(of), meaning(of)]),
    ),
    '',
    `Source: ${source} (${EVIDENCE[evidence]}).`,
  ].join('\n');
};

const bitsOf = ({ hi, lo }: Field): string => (hi === lo ? String(hi) : `${hi}:${lo}`);
const resetOf = ({ reset, hi, lo }: Field): string => (hi - lo > 3 ? hex(reset, hi - lo + 1) : String(reset));
const meaning = ({ doc, names }: Field): string =>
  names === undefined
    ? doc
    : `${doc}: ${Object.entries(names)
        .map(([word, code]) => `${code.toString(16).toUpperCase()}h ${word}`)
        .join(', ')}`;

const hex = (value: number, width: number): string =>
  `${value
    .toString(16)
    .toUpperCase()
    .padStart(Math.ceil(width / 4), '0')}h`;

const paramWords = (params: Params): string =>
  Object.entries(params)
    .map(([name, param]) => `\`${name}\` ${range(param)}: ${param.doc.toLowerCase()}`)
    .join('; ') || 'none';

const range = (param: Param): string => {
  switch (param.kind) {
    case 'number':
      return `${param.min} to ${param.max}${param.unit && ` ${param.unit}`} (${param.default})`;
    case 'flag':
      return `on or off (${param.default ? 'on' : 'off'})`;
    case 'choice':
      return `one of ${param.among.join(', ')} (${param.default})`;
    case 'text':
      return `text up to ${param.maxLength} characters`;
  }
};

const inCell = (cell: string): string => cell.replaceAll('|', '\\|').replaceAll('\n', ' ');
