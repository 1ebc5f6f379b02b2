/** A filter's tree made into a question that is asked of each trace record. */

import type { Condition, Expression, Term } from '#bus/query/expression.ts';
import { FilterError } from '#bus/query/filter-error.ts';
import { nanosecondsOf } from '#bus/query/numbers.ts';
import { parse } from '#bus/query/parse.ts';
import { numberQuestion, readNumber } from '#bus/query/questions.ts';
import type { TraceNames, TraceRecord } from '#bus/trace.ts';
import { closest } from '#regmap/names.ts';
import { COLUMNS, type Column, isAccess, isBlock, OP_ALIASES, type WordColumn } from './columns.ts';
import { compileAddress, compileRegister, registerNames, subjectRegister } from './registers.ts';
import type { Lab } from './sheets.ts';

export type Predicate = (record: TraceRecord, names: TraceNames) => boolean;

export type Reading =
  | {
      readonly ok: true;
      readonly expression: Expression | null;
      readonly test: Predicate;
      readonly hint: string | null;
    }
  | { readonly ok: false; readonly reason: string; readonly from: number; readonly to: number };

/** Reads a filter; what is wrong with it is a value, with its place in the text. */
export const readFilter = (text: string, lab: Lab): Reading => {
  try {
    const expression = parse(text);
    const test = expression === null ? () => true : compile(expression, lab);
    return { ok: true, expression, test, hint: expression === null ? null : hintOf(expression, lab) };
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return { ok: false, reason: error.message, from: error.from, to: error.to };
  }
};

/** Throws a FilterError for an unknown name or a value that does not fit. */
export const compile = (expression: Expression, lab: Lab): Predicate => {
  switch (expression.kind) {
    case 'or': {
      const [a, b] = [compile(expression.left, lab), compile(expression.right, lab)];
      return (record, names) => a(record, names) || b(record, names);
    }
    case 'and': {
      const [a, b] = [compile(expression.left, lab), compile(expression.right, lab)];
      return (record, names) => a(record, names) && b(record, names);
    }
    case 'not': {
      const of = compile(expression.of, lab);
      return (record, names) => !of(record, names);
    }
    case 'test':
      return compileTest(expression.subject, expression.condition, lab);
  }
};

const compileTest = (subject: Term, condition: Condition, lab: Lab): Predicate => {
  if (subject.text === 'reg') {
    const asked = compileAddress(subject, condition, lab);
    return (record, names) => asked(record, names) && !isBlock(record, names, lab);
  }
  const column = Object.hasOwn(COLUMNS, subject.text) ? COLUMNS[subject.text] : undefined;
  if (column !== undefined) return compileColumn(column, subject, condition, lab);
  const register = subjectRegister(subject);
  if (register !== undefined) return compileRegister(register, subject, condition, lab);
  throw unknownSubject(subject, lab);
};

const compileColumn = (column: Column, subject: Term, condition: Condition, lab: Lab): Predicate => {
  switch (column.kind) {
    case 'flag': {
      if (condition.is === 'present') return column.of;
      const asked = numberQuestion(subject, condition, readTruth);
      return (record) => asked(column.of(record) ? 1 : 0);
    }
    case 'number': {
      const { accessOnly, answersToo = false, blockOnly, of, unitNs } = column;
      const asked = numberQuestion(
        subject,
        condition,
        unitNs === undefined ? readNumber : (term) => readTime(term, unitNs),
      );
      // the number first: what kind of record it is of is dearer to know
      if (blockOnly === true) return (record, names) => asked(of(record)) && isBlock(record, names, lab);
      return accessOnly
        ? (record, names) =>
            asked(of(record)) && (isBlock(record, names, lab) ? answersToo && record.op === 'done' : isAccess(record))
        : (record) => asked(of(record));
    }
    case 'word': {
      const asked = wordQuestion(subject, condition, column.values);
      if (column.answersOnly === true)
        return (record, names) => record.op === 'done' && asked(column.of(record, names, lab));
      if (column.listed !== undefined) return listedQuestion(column.listed, asked);
      return (record, names) => asked(column.of(record, names, lab));
    }
  }
};

/** Each name of a list is asked about once, not for each of a million records. */
const listedQuestion = (
  { place, list }: NonNullable<WordColumn['listed']>,
  asked: (word: string) => boolean,
): Predicate => {
  const words: string[] = [];
  const answers: boolean[] = [];
  return (record, names) => {
    const at = place(record);
    const word = list(names)[at] ?? '';
    if (words[at] !== word) {
      words[at] = word;
      answers[at] = asked(word);
    }
    return answers[at] === true;
  };
};

const wordQuestion = (
  subject: Term,
  condition: Condition,
  values: readonly string[] | undefined,
): ((word: string) => boolean) => {
  const read = (term: Term): string => {
    const text = subject.text === 'op' ? (OP_ALIASES[term.text] ?? term.text) : term.text;
    if (values === undefined || values.includes(text)) return text;
    const near = closest(text, values);
    throw new FilterError(
      `${subject.text} is never '${term.text}'; ${near === undefined ? `it is one of ${values.join(', ')}` : `did you mean ${near}?`}`,
      term.from,
      term.to,
    );
  };
  if (condition.is === 'present') return (word) => word !== '';
  if (condition.is === 'contains') {
    const part = condition.value.text.toLowerCase();
    return (word) => word.toLowerCase().includes(part);
  }
  if (condition.is === 'in') {
    for (const { high } of condition.items)
      if (high !== null) throw new FilterError(`${subject.text} is a word: it has no ranges`, high.from, high.to);
    const words = new Set(condition.items.map(({ low }) => read(low)));
    return (word) => words.has(word);
  }
  if (condition.is === 'compare' && (condition.compare === '==' || condition.compare === '!=')) {
    const [wanted, equal] = [read(condition.value), condition.compare === '=='];
    return (word) => (word === wanted) === equal;
  }
  throw new FilterError(`${subject.text} is a word: ==, !=, in and contains ask about it`, subject.from, subject.to);
};

const readTruth = (term: Term): number => (term.text === 'true' ? 1 : term.text === 'false' ? 0 : readNumber(term));

const readTime = (term: Term, unitNs: number): number => {
  const ns = nanosecondsOf(term.text, unitNs);
  if (ns !== undefined) return ns;
  throw new FilterError(`'${term.text}' is no time; 1.5, 20ms and 51.2us are`, term.from, term.to);
};

const unknownSubject = (subject: Term, lab: Lab): FilterError => {
  const { text, from, to } = subject;
  if (lab.devices.includes(text)) return new FilterError(`${text} is a device: dev == ${text}`, from, to);
  if (lab.requesters.includes(text)) return new FilterError(`${text} makes accesses: requester == ${text}`, from, to);
  const known = [...Object.keys(COLUMNS), 'reg', ...registerNames()];
  const near = closest(text, known);
  return new FilterError(
    `there is no column or register '${text}'${near === undefined ? '' : `; did you mean ${near}?`}`,
    from,
    to,
  );
};

/** A word about a valid filter that asks for a device or requester nobody has seen. */
const hintOf = (expression: Expression, lab: Lab): string | null => {
  if (expression.kind === 'not') return hintOf(expression.of, lab);
  if (expression.kind !== 'test') return hintOf(expression.left, lab) ?? hintOf(expression.right, lab);
  const { subject, condition } = expression;
  if (condition.is !== 'compare') return null;
  const known =
    subject.text === 'dev' ? lab.devices : ['requester', 'by'].includes(subject.text) ? lab.requesters : null;
  const asked = condition.value.text;
  if (known === null || known.length === 0 || known.includes(asked)) return null;
  const near = closest(asked, known);
  return `no ${subject.text} '${asked}' so far${near === undefined ? '' : `; did you mean ${near}?`}`;
};
