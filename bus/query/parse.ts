/** Text of a filter to its tree, by recursive descent; every complaint names its place. */
import { COMPARES, type Compare, type Condition, type Expression, type Item, type Term } from './expression.ts';
import { FilterError } from './filter-error.ts';
import { type Token, tokens } from './token.ts';

const MAX_DEPTH = 64;

/** The tree, or null for an empty filter. Throws only a FilterError. */
export const parse = (text: string): Expression | null => {
  const reader = new Reader(tokens(text));
  if (reader.peek().kind === 'end') return null;
  const expression = parseOr(reader, 0);
  const rest = reader.peek();
  if (rest.kind !== 'end') throw unexpected(rest, rest.text === ')' ? undefined : '&& or || before it');
  return expression;
};

class Reader {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(all: readonly Token[]) {
    this.#tokens = all;
  }

  peek(): Token {
    return this.#tokens[this.#next]!; // `take` never passes the end token
  }

  take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#next++;
    return token;
  }

  /** Takes the next token when it is this sign or this unquoted word. */
  accept(...texts: readonly string[]): Token | undefined {
    const token = this.peek();
    return token.kind !== 'string' && texts.includes(token.text) ? this.take() : undefined;
  }
}

const parseOr = (reader: Reader, depth: number): Expression => {
  let left = parseAnd(reader, depth);
  while (reader.accept('||', 'or')) left = { kind: 'or', left, right: parseAnd(reader, depth) };
  return left;
};

const parseAnd = (reader: Reader, depth: number): Expression => {
  let left = parseUnary(reader, depth);
  while (reader.accept('&&', 'and')) left = { kind: 'and', left, right: parseUnary(reader, depth) };
  return left;
};

const parseUnary = (reader: Reader, depth: number): Expression => {
  const start = reader.peek();
  if (depth > MAX_DEPTH) throw new FilterError(`nested deeper than ${MAX_DEPTH}`, start.from, start.to);
  if (reader.accept('!', 'not')) return { kind: 'not', of: parseUnary(reader, depth + 1) };
  if (!reader.accept('(')) return parseTest(reader);
  const inner = parseOr(reader, depth + 1);
  if (!reader.accept(')')) throw unexpected(reader.peek(), "')'");
  return inner;
};

const parseTest = (reader: Reader): Expression => {
  const token = reader.take();
  if (token.kind !== 'word') throw unexpected(token, 'the name of a column, a register or a field');
  return { kind: 'test', subject: termOf(token), condition: parseCondition(reader) };
};

const parseCondition = (reader: Reader): Condition => {
  const compare = parseCompare(reader);
  if (compare !== undefined) return { is: 'compare', compare, value: parseTerm(reader) };
  if (reader.accept('contains')) return { is: 'contains', value: parseTerm(reader) };
  if (reader.accept('in')) return { is: 'in', items: parseItems(reader) };
  if (!reader.accept('&')) return { is: 'present' };
  const mask = parseTerm(reader);
  const then = parseCompare(reader);
  return { is: 'mask', mask, compare: then ?? null, value: then === undefined ? null : parseTerm(reader) };
};

const parseCompare = (reader: Reader): Compare | undefined => {
  const token = reader.accept(...COMPARES);
  return token === undefined ? undefined : COMPARES.find((compare) => compare === token.text);
};

const parseItems = (reader: Reader): readonly Item[] => {
  if (!reader.accept('{')) throw unexpected(reader.peek(), "'{' and a list, as in {1, 3..4}");
  const items: Item[] = [];
  do {
    const low = parseTerm(reader);
    items.push({ low, high: reader.accept('..') ? parseTerm(reader) : null });
  } while (reader.accept(','));
  if (!reader.accept('}')) throw unexpected(reader.peek(), "',' or '}'");
  return items;
};

const parseTerm = (reader: Reader): Term => {
  const token = reader.take();
  if (token.kind === 'word' || token.kind === 'string') return termOf(token);
  throw unexpected(token, 'a value');
};

const termOf = ({ kind, text, from, to }: Token): Term => ({ text, quoted: kind === 'string', from, to });

const unexpected = ({ kind, text, from, to }: Token, wanted?: string): FilterError => {
  const found = kind === 'end' ? 'the filter ends here' : `'${text}' does not fit here`;
  return new FilterError(wanted === undefined ? found : `${found}: ${wanted} is expected`, from, to);
};
