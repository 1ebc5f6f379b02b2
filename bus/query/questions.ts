/** Questions about one number: comparisons, ranges and masks with their terms already read. */
import type { Compare, Condition, Term } from './expression.ts';
import { FilterError } from './filter-error.ts';
import { numberOf } from './numbers.ts';

/** How two numbers compare, by the sign between them. */
export const COMPARERS: Readonly<Record<Compare, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
};

/** A question about a number, from a condition and a way to read its terms. */
export const numberQuestion = (
  subject: Term,
  condition: Condition,
  read: (term: Term) => number,
): ((value: number) => boolean) => {
  switch (condition.is) {
    case 'present':
      return (value) => value !== 0;
    case 'compare': {
      const wanted = read(condition.value);
      const comparer = COMPARERS[condition.compare];
      return (value) => comparer(value, wanted);
    }
    case 'in': {
      const ranges = condition.items.map(({ low, high }) => [read(low), read(high ?? low)] as const);
      return (value) => ranges.some(([low, high]) => value >= low && value <= high);
    }
    case 'mask': {
      const mask = read(condition.mask);
      if (condition.compare === null || condition.value === null) return (value) => (value & mask) >>> 0 !== 0;
      const [comparer, wanted] = [COMPARERS[condition.compare], read(condition.value)];
      return (value) => comparer((value & mask) >>> 0, wanted);
    }
    case 'contains':
      throw new FilterError(
        `${subject.text} is a number: 'contains' asks for text`,
        condition.value.from,
        condition.value.to,
      );
  }
};

export const readNumber = (term: Term): number => {
  const number = numberOf(term.text);
  if (number !== undefined) return number;
  throw new FilterError(`'${term.text}' is no number; 12, 0x1F, 1Fh and 0b101 are`, term.from, term.to);
};
