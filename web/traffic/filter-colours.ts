/** The filter's text in coloured pieces, the part that is wrong marked. */

import { FilterError } from '#bus/query/filter-error.ts';
import { type Token, tokens } from '#bus/query/token.ts';
import type { Reading } from '../filter/compile.ts';

export interface Piece {
  readonly part: string;
  readonly look: 'name' | 'value' | 'sign' | 'wrong' | 'plain';
  readonly from: number;
}

export const coloured = (text: string, reading: Reading): readonly Piece[] => {
  const pieces: Piece[] = [];
  let at = 0;
  const plainUpTo = (to: number): void => {
    if (to > at) pieces.push({ part: text.slice(at, to), look: 'plain', from: at });
    at = to;
  };
  let previous: Token | undefined;
  for (const token of readable(text)) {
    if (token.kind === 'end') break;
    plainUpTo(token.from);
    const wrong = !reading.ok && token.from >= reading.from && token.to <= reading.to;
    pieces.push({
      part: text.slice(token.from, token.to),
      look: wrong ? 'wrong' : lookOf(token, previous),
      from: token.from,
    });
    at = token.to;
    previous = token;
  }
  if (at < text.length) pieces.push({ part: text.slice(at), look: 'wrong', from: at });
  return pieces;
};

const lookOf = (token: Token, previous: Token | undefined): Piece['look'] => {
  if (token.kind === 'sign') return 'sign';
  if (['and', 'or', 'not', 'in', 'contains'].includes(token.text) && token.kind === 'word') return 'sign';
  const begins = previous === undefined || ['&&', '||', '!', '(', 'and', 'or', 'not'].includes(previous.text);
  return begins ? 'name' : 'value';
};

/** The tokens before the first thing that cannot be read. */
const readable = (text: string): readonly Token[] => {
  try {
    return tokens(text);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return error.from === 0 || error.from >= text.length ? [] : readable(text.slice(0, error.from));
  }
};
