/** What is typed after `ferrolab micro`, as numbers, times, breakpoints and symbols; or one line that says what is wrong. */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { LabError } from '#bus/errors.ts';
import type { CodeSymbol } from '#bus/micro-view.ts';
import { numberOf, parseSymbols } from '#devices/qt2025/micro/debug-symbols.ts';

const MAP_LIMIT = 16 * 1024 * 1024;

export interface BreakOptions {
  readonly xdata?: boolean;
  readonly register?: boolean;
  readonly on?: string;
  readonly value?: number;
}

export const wish = (at: string, { xdata, register, on, value }: BreakOptions) => {
  if (xdata && register) throw new LabError('EINVAL', 'a place is in --xdata or a --register, not both');
  const space = xdata ? 'xdata' : register ? 'register' : 'code';
  return { space, at, ...(on === undefined ? {} : { on }), ...(value === undefined ? {} : { value }) };
};

export const readSymbols = (file: string): { file: string; symbols: readonly CodeSymbol[] } => {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() !== true) throw new LabError('ENOENT', `--symbols: there is no file ${file}`);
  if (found.size > MAP_LIMIT) throw new LabError('EFBIG', `${file} is ${found.size} bytes; ${MAP_LIMIT} are read`);
  const symbols = parseSymbols(readFileSync(file, 'utf8'));
  if (symbols.length === 0)
    throw new LabError('EINVAL', `${file} names no code addresses; a .map, .rst or .cdb of sdcc does`);
  return { file: basename(file).slice(0, 255), symbols };
};

export const wholeNumber =
  (least: number, most: number) =>
  (given: string): number => {
    const value = /^\d+$/.test(given) ? Number(given) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new LabError('EINVAL', `'${given}' is no whole number from ${least} to ${most}`);
  };
export const seconds = (given: string): number => {
  const value = Number(given);
  if (given.trim() !== '' && value >= 0 && value <= 86_400) return value;
  throw new LabError('EINVAL', `'${given}' is no number of seconds from 0 to 86400`);
};
export const word = (given: string): number => {
  const value = numberOf(given);
  if (value !== undefined) return value;
  throw new LabError('EINVAL', `'${given}' is no number such as 112, 0x70 or 70h`);
};
export const oneOf =
  (...words: readonly string[]) =>
  (given: string): string => {
    if (words.includes(given)) return given;
    throw new LabError('EINVAL', `'${given}' is none of ${words.join(', ')}`);
  };
