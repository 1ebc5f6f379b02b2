/** The filter's text cut into tokens, each with its place. */
import { FilterError } from './filter-error.ts';

export const MAX_FILTER_LENGTH = 2000;

export interface Token {
  /** `word` covers names and numbers alike; what a word means depends on what it is compared with. */
  readonly kind: 'word' | 'string' | 'sign' | 'end';
  /** Of a string: what it says, without quotes and escapes. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const SIGNS = ['==', '!=', '>=', '<=', '&&', '||', '..', '>', '<', '&', '!', '(', ')', '{', '}', ','];
const WORD = /[A-Za-z0-9_](?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9_]))*/y;
const STRING = /"(?:[^"\\]|\\[\s\S])*"/y;
const SPACE = /\s+/y;

/** Throws a FilterError at the first character that begins nothing. The last token is `end`. */
export const tokens = (text: string): readonly Token[] => {
  if (text.length > MAX_FILTER_LENGTH)
    throw new FilterError(
      `a filter has at most ${MAX_FILTER_LENGTH} characters, this one has ${text.length}`,
      MAX_FILTER_LENGTH,
      text.length,
    );
  const found: Token[] = [];
  let from = 0;
  while (from < text.length) {
    const space = matchAt(SPACE, text, from);
    if (space !== undefined) {
      from += space.length;
      continue;
    }
    const token = tokenAt(text, from);
    found.push(token);
    from = token.to;
  }
  found.push({ kind: 'end', text: '', from, to: from });
  return found;
};

/** Text as a string token that reads back as the same text. */
export const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** True when the text reads back as one word, so that it needs no quotes. */
export const isWord = (text: string): boolean =>
  matchAt(WORD, text, 0)?.length === text.length && !['and', 'or', 'not', 'in', 'contains'].includes(text);

const tokenAt = (text: string, from: number): Token => {
  const word = matchAt(WORD, text, from);
  if (word !== undefined) return { kind: 'word', text: word, from, to: from + word.length };
  if (text[from] === '"') {
    const quoted = matchAt(STRING, text, from);
    if (quoted === undefined) throw new FilterError('the quote is not closed', from, text.length);
    const inner = quoted.slice(1, -1).replace(/\\([\s\S])/g, '$1');
    return { kind: 'string', text: inner, from, to: from + quoted.length };
  }
  const sign = SIGNS.find((s) => text.startsWith(s, from));
  if (sign !== undefined) return { kind: 'sign', text: sign, from, to: from + sign.length };
  const bad = String.fromCodePoint(text.codePointAt(from) ?? 0x20);
  const hint = bad === '=' ? "; equality is '=='" : bad === '|' ? "; or is '||'" : '';
  throw new FilterError(`'${bad}' begins nothing a filter knows${hint}`, from, from + bad.length);
};

const matchAt = (pattern: RegExp, text: string, from: number): string | undefined => {
  pattern.lastIndex = from;
  return pattern.exec(text)?.[0];
};
