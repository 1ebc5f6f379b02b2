/** Which accesses a bus fault or a breakpoint is about: the filter grammar, asked before the access takes effect. */
import { mmdOf } from '#datasheets/c45.ts';
import { closest } from '#regmap/names.ts';
import type { Condition, Expression, Term } from '../query/expression.ts';
import { FilterError } from '../query/filter-error.ts';
import { parse } from '../query/parse.ts';
import { numberQuestion, readNumber } from '../query/questions.ts';
import { TRACE_OPS } from '../trace.ts';
import { placeQuestion, registerQuestion } from './places.ts';
import { longhand } from './shorthand.ts';
import type { PlaceNames, Touch } from './touch.ts';

export type Selection = (touch: Touch) => boolean;

/** Throws a FilterError that names the place in the text, with a "did you mean". An empty text is every access. */
export const readSelection = (text: string, names: PlaceNames): Selection => {
  const expression = parse(longhand(text, (name) => Object.hasOwn(COLUMNS, name)));
  return expression === null ? () => true : compile(expression, names);
};

const compile = (expression: Expression, names: PlaceNames): Selection => {
  switch (expression.kind) {
    case 'or': {
      const [a, b] = [compile(expression.left, names), compile(expression.right, names)];
      return (touch) => a(touch) || b(touch);
    }
    case 'and': {
      const [a, b] = [compile(expression.left, names), compile(expression.right, names)];
      return (touch) => a(touch) && b(touch);
    }
    case 'not': {
      const of = compile(expression.of, names);
      return (touch) => !of(touch);
    }
    case 'test':
      return test(expression.subject, expression.condition, names);
  }
};

interface Column {
  readonly ports: readonly PlaceNames['port'][];
  readonly word?: (touch: Touch) => string;
  readonly number?: (touch: Touch) => number;
  readonly among?: readonly string[];
}

const EVERY = ['mdio', 'mmio', 'block'] as const;
const slotless = -1;
const requester = { ports: EVERY, word: (touch: Touch) => touch.requester };
const COLUMNS: Readonly<Record<string, Column>> = {
  dev: { ports: EVERY, word: ({ device }) => device },
  op: { ports: EVERY, word: ({ op }) => op, among: TRACE_OPS },
  requester,
  by: requester,
  reg: { ports: ['mdio', 'mmio'] },
  mmd: { ports: ['mdio'], number: ({ at }) => mmdOf(at) },
  value: { ports: ['mdio', 'mmio'], number: ({ value }) => value },
  old: { ports: ['mdio', 'mmio'], number: ({ old }) => old },
  changed: { ports: ['mdio', 'mmio'], number: ({ value, old }) => Number(value !== old) },
  span: { ports: ['mmio'], word: ({ span }) => span ?? '' },
  bytes: { ports: ['mmio'], number: ({ span, value }) => (span === undefined ? slotless : value) },
  sector: { ports: ['block'], number: ({ at }) => at },
  sectors: { ports: ['block'], number: ({ value }) => value },
  tag: { ports: ['block'], number: ({ slot }) => slot?.tag ?? slotless },
  hctx: { ports: ['block'], number: ({ slot }) => slot?.hctx ?? slotless },
  status: { ports: ['block'], word: ({ slot }) => slot?.status ?? '' },
};

const test = (subject: Term, condition: Condition, names: PlaceNames): Selection => {
  const { text, from, to } = subject;
  const column = Object.hasOwn(COLUMNS, text) ? COLUMNS[text] : undefined;
  if (column === undefined) {
    const asked = registerQuestion(subject, condition, names);
    if (asked !== undefined) return asked;
    const known = [...columnsOf(names), ...Object.keys(names.registers)];
    const near = closest(text, known);
    throw new FilterError(
      `there is no column or register '${text}'${near === undefined ? `; there is ${columnsOf(names).join(', ')}` : `; did you mean ${near}?`}`,
      from,
      to,
    );
  }
  if (!column.ports.includes(names.port))
    throw new FilterError(
      `'${text}' says nothing of a device on a ${names.port} bus; there is ${columnsOf(names).join(', ')}`,
      from,
      to,
    );
  if (text === 'reg') return placeQuestion(subject, condition, names);
  const { word, number } = column;
  if (word !== undefined) {
    const asked = wordQuestion(subject, condition, column.among);
    return (touch) => asked(word(touch));
  }
  const asked = numberQuestion(subject, condition, readNumber);
  return (touch) => asked(number?.(touch) ?? 0);
};

const columnsOf = ({ port }: PlaceNames): readonly string[] =>
  Object.entries(COLUMNS)
    .filter(([, { ports }]) => ports.includes(port))
    .map(([name]) => name);

const wordQuestion = (subject: Term, condition: Condition, among?: readonly string[]): ((word: string) => boolean) => {
  const read = ({ text, from, to }: Term): string => {
    if (among === undefined || among.includes(text)) return text;
    const near = closest(text, among);
    const hint = near === undefined ? `it is one of ${among.join(', ')}` : `did you mean ${near}?`;
    throw new FilterError(`${subject.text} is never '${text}'; ${hint}`, from, to);
  };
  switch (condition.is) {
    case 'present':
      return (word) => word !== '';
    case 'contains': {
      const part = condition.value.text.toLowerCase();
      return (word) => word.toLowerCase().includes(part);
    }
    case 'in': {
      for (const { high } of condition.items)
        if (high !== null) throw new FilterError(`${subject.text} is a word: it has no ranges`, high.from, high.to);
      const words = new Set(condition.items.map(({ low }) => read(low)));
      return (word) => words.has(word);
    }
    case 'compare':
      if (condition.compare === '==' || condition.compare === '!=') {
        const [wanted, equal] = [read(condition.value), condition.compare === '=='];
        return (word) => (word === wanted) === equal;
      }
  }
  throw new FilterError(`${subject.text} is a word: ==, !=, in and contains ask about it`, subject.from, subject.to);
};
