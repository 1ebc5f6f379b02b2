/** Numbers as people type them after an option. */
import { LabError } from '#bus/errors.ts';

export const port = (option: string, word: string): number => wholeNumber(option, word, 65_535);

export const wholeNumber = (option: string, word: string, max: number): number => {
  const n = Number(word);
  if (word.trim() === '' || !Number.isInteger(n) || n < 0 || n > max)
    throw new LabError('EINVAL', `${option} is '${word}'; it takes a whole number from 0 to ${max}`);
  return n;
};
