/** What could come next at the caret of a filter, from the columns, the lab and the datasheets. */

import { COMPARES } from '#bus/query/expression.ts';
import { FilterError } from '#bus/query/filter-error.ts';
import { isWord, quote, type Token, tokens } from '#bus/query/token.ts';
import { COLUMNS } from './columns.ts';
import { registerNames, subjectRegister } from './registers.ts';
import { type Lab, SHEETS, type Sheet } from './sheets.ts';

export interface Option {
  readonly text: string;
  readonly doc: string;
}
export interface Completion {
  /** The part of the text that an option replaces. */
  readonly from: number;
  readonly to: number;
  readonly options: readonly Option[];
}

const MAX_OPTIONS = 40;

/** Nothing fits inside a string, or where the text before the caret cannot be read. */
export const complete = (text: string, caret: number, lab: Lab): Completion => {
  const nothing: Completion = { from: caret, to: caret, options: [] };
  // a dot after a register begins a field, though alone it ends no word
  const dot = /[A-Za-z0-9_]\.$/.test(text.slice(0, caret)) ? 1 : 0;
  const before = readTokens(text.slice(0, caret - dot));
  if (before === undefined) return nothing;
  const all = before.slice(0, -1); // without the end token
  const last = all.at(-1);
  const typing = last?.kind === 'word' && last.to === caret - dot ? last : undefined;
  if (dot === 1 && typing === undefined) return nothing;
  if (last?.kind === 'string' && last.to === caret) return nothing;
  const done = typing === undefined ? all : all.slice(0, -1);
  const options = rank(expected(done, lab), typing === undefined ? '' : text.slice(typing.from, caret));
  return { from: typing?.from ?? caret, to: caret, options: options.slice(0, MAX_OPTIONS) };
};

const readTokens = (text: string): readonly Token[] | undefined => {
  try {
    return tokens(text);
  } catch (error) {
    if (error instanceof FilterError) return undefined;
    throw error;
  }
};

/** Options after the finished tokens, by the shape of the last test. */
const expected = (done: readonly Token[], lab: Lab): readonly Option[] => {
  const last = done.at(-1);
  if (last === undefined || opensTest(last)) return subjects(sheetsNamed(done, lab));
  const inList = listSubject(done);
  if (inList !== undefined) {
    if (last.text === '{' || last.text === ',' || last.text === '..') return values(inList, lab);
    return [option(',', 'another value'), option('..', 'up to'), option('}', 'end of the list')];
  }
  const subject = done.at(-2);
  if (subject?.kind === 'word' && (isCompare(last) || last.text === 'contains')) return values(subject.text, lab);
  if (last.kind === 'word' && (subject === undefined || opensTest(subject))) return operators(last.text);
  if (last.text === 'in') return [option('{', 'a list of values and ranges')];
  if (last.text === '&') return [option('0x', 'a mask of bits')];
  return [option('&&', 'and'), option('||', 'or')];
};

const opensTest = ({ kind, text }: Token): boolean =>
  kind !== 'string' && ['&&', '||', '!', '(', 'and', 'or', 'not'].includes(text);
const isCompare = ({ kind, text }: Token): boolean => kind === 'sign' && COMPARES.some((compare) => compare === text);

/** The subject whose list is open at the end, if one is. */
const listSubject = (done: readonly Token[]): string | undefined => {
  const open = done.findLastIndex(({ kind, text }) => kind === 'sign' && text === '{');
  const closed = done.findLastIndex(({ kind, text }) => kind === 'sign' && text === '}');
  return open > closed ? done[open - 2]?.text : undefined;
};

const option = (text: string, doc: string): Option => ({ text, doc });

/** Where the filter names a device already, only its datasheet is asked for words. */
const sheetsNamed = (done: readonly Token[], lab: Lab): readonly Sheet[] => {
  const at = done.findLastIndex(({ kind, text }) => kind === 'word' && text === 'dev');
  const kind = done[at + 1]?.text === '==' ? lab.kindOf(done[at + 2]?.text ?? '') : undefined;
  if (at < 0 || kind === undefined) return Object.values(SHEETS);
  const sheet = SHEETS[kind];
  return sheet === undefined ? [] : [sheet];
};

const subjects = (sheets: readonly Sheet[]): readonly Option[] => [
  ...Object.entries(COLUMNS).map(([name, { doc }]) => option(name, doc)),
  option('reg', 'register, by name or address'),
  ...sheets.flatMap(({ registers }) =>
    Object.entries(registers).flatMap(([name, { doc, fields }]) => [
      option(name, doc),
      ...Object.entries(fields).map(([field, { doc: about }]) => option(`${name}.${field}`, about)),
    ]),
  ),
];

const operators = (subject: string): readonly Option[] => {
  const column = Object.hasOwn(COLUMNS, subject) ? COLUMNS[subject] : undefined;
  if (column?.kind === 'flag') return [option('&&', 'and'), option('||', 'or')];
  const equal = [option('==', 'equal to'), option('!=', 'not equal to'), option('in', 'one of')];
  if (column?.kind === 'word') return [...equal, option('contains', 'has this text in it')];
  return [
    ...equal,
    option('>', 'above'),
    option('>=', 'at least'),
    option('<', 'below'),
    option('<=', 'at most'),
    option('&', 'with a bit of the mask set'),
  ];
};

const values = (subject: string, lab: Lab): readonly Option[] => {
  if (subject === 'reg')
    return [
      ...[...new Set(Object.values(SHEETS).flatMap(({ spans }) => spans.map(({ name }) => name)))].map((name) =>
        option(name, 'memory'),
      ),
      ...registerNames().map((name) => option(name, docOf(name))),
    ];
  if (subject === 'dev') return lab.devices.filter((d) => d !== '').map((device) => option(written(device), 'device'));
  if (subject === 'requester' || subject === 'by')
    return lab.requesters.filter((r) => r !== '').map((requester) => option(written(requester), 'makes accesses'));
  const column = Object.hasOwn(COLUMNS, subject) ? COLUMNS[subject] : undefined;
  if (column?.kind === 'word') return (column.values ?? []).map((value) => option(value, ''));
  if (column !== undefined) return [];
  return fieldValues(subject);
};

const fieldValues = (subject: string): readonly Option[] => {
  try {
    const named = subjectRegister({ text: subject, quoted: false, from: 0, to: subject.length });
    if (named?.field?.boolean) return [option('0', 'clear'), option('1', 'set')];
    return Object.keys(named?.field?.names ?? {}).map((name) => option(written(name), named?.field?.doc ?? ''));
  } catch (error) {
    if (error instanceof FilterError) return [];
    throw error;
  }
};

const docOf = (register: string): string =>
  Object.values(SHEETS).find(({ registers }) => Object.hasOwn(registers, register))?.registers[register]?.doc ?? '';

const written = (name: string): string => (isWord(name) ? name : quote(name));

/** Those that begin with what is typed, then those that contain it; fields only once their register is typed in full. */
const rank = (options: readonly Option[], typed: string): readonly Option[] => {
  const part = typed.toLowerCase();
  const fits = options.filter(
    ({ text }) => part.includes('.') || !text.includes('.') || part === text.split('.')[0]?.toLowerCase(),
  );
  if (part === '') return fits;
  const begins = fits.filter(({ text }) => text.toLowerCase().startsWith(part) && text !== typed);
  const contains = fits.filter(({ text }) => text.toLowerCase().includes(part) && !text.toLowerCase().startsWith(part));
  return [...begins, ...contains];
};
