/** A filter as a tree, and the tree as text again. */
import { isWord, quote } from './token.ts';

export const COMPARES = ['==', '!=', '>=', '<=', '>', '<'] as const;
export type Compare = (typeof COMPARES)[number];

/** A name or a value as written, with its place in the text. */
export interface Term {
  readonly text: string;
  readonly quoted: boolean;
  readonly from: number;
  readonly to: number;
}

export interface Item {
  readonly low: Term;
  /** Null: one value, not a range. */
  readonly high: Term | null;
}

export type Condition =
  | { readonly is: 'present' }
  | { readonly is: 'compare'; readonly compare: Compare; readonly value: Term }
  | { readonly is: 'in'; readonly items: readonly Item[] }
  | { readonly is: 'contains'; readonly value: Term }
  /** `value & 2` alone asks for any of the bits; with a comparison, for that of the masked value. */
  | { readonly is: 'mask'; readonly mask: Term; readonly compare: Compare | null; readonly value: Term | null };

export type Expression =
  | { readonly kind: 'or' | 'and'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'test'; readonly subject: Term; readonly condition: Condition };

/** The shortest usual spelling; parsing it gives the same tree. */
export const print = (expression: Expression): string => {
  switch (expression.kind) {
    case 'or':
    case 'and': {
      const sign = expression.kind === 'or' ? '||' : '&&';
      return `${inside(expression, expression.left, false)} ${sign} ${inside(expression, expression.right, true)}`;
    }
    case 'not':
      return expression.of.kind === 'test' && expression.of.condition.is === 'present'
        ? `!${print(expression.of)}`
        : `!(${print(expression.of)})`;
    case 'test':
      return `${expression.subject.text}${printCondition(expression.condition)}`;
  }
};

/** `filter && clause`, with the parentheses that keep its meaning. */
export const alsoWith = (filter: string, clause: string, loosest: 'or' | 'other' | 'empty'): string =>
  loosest === 'empty' ? clause : loosest === 'or' ? `(${filter.trim()}) && ${clause}` : `${filter.trim()} && ${clause}`;

const inside = (outer: Expression, inner: Expression, right: boolean): string => {
  const looser = outer.kind === 'and' && inner.kind === 'or';
  // both chains lean left, so a right-hand chain of the same kind needs its parentheses to keep the tree
  return looser || (right && outer.kind === inner.kind) ? `(${print(inner)})` : print(inner);
};

const printCondition = (condition: Condition): string => {
  switch (condition.is) {
    case 'present':
      return '';
    case 'compare':
      return ` ${condition.compare} ${printTerm(condition.value)}`;
    case 'in':
      return ` in {${condition.items.map(printItem).join(', ')}}`;
    case 'contains':
      return ` contains ${printTerm(condition.value)}`;
    case 'mask': {
      const { mask, compare, value } = condition;
      const tail = compare === null || value === null ? '' : ` ${compare} ${printTerm(value)}`;
      return ` & ${printTerm(mask)}${tail}`;
    }
  }
};

const printItem = ({ low, high }: Item): string =>
  high === null ? printTerm(low) : `${printTerm(low)}..${printTerm(high)}`;

const printTerm = ({ text, quoted }: Term): string => (quoted || !isWord(text) ? quote(text) : text);
