/** The options that say when a bus fault or a breakpoint acts on an access that fits. */
import type { Command } from 'commander';
import { LabError } from '#bus/errors.ts';
import type { ScheduleSpec } from '#bus/filters/schedule.ts';

export interface ScheduleOptions {
  readonly device?: string;
  readonly nth?: string;
  readonly every?: string;
  readonly probability?: string;
  readonly times?: string;
  readonly after?: string;
  readonly for?: string;
}

export const withSchedule = (command: Command): Command =>
  command
    .option('--device <device>', 'of this device only; else of each the selection means something to')
    .option('--nth <n>', 'only this one of those that fit')
    .option('--every <n>', 'every so many of those that fit')
    .option('--probability <p>', '0 to 1, drawn for each that fits')
    .option('--times <n>', 'at most so often')
    .option('--after <ms>', 'not before so many milliseconds from now')
    .option('--for <ms>', 'from then on, for so many milliseconds');

/** Throws EINVAL for what is no number; the lab checks the rest. */
export const scheduleOf = (options: ScheduleOptions): ScheduleSpec & { readonly device?: string } => {
  const { device, nth, every, probability, times, after, for: lasting } = options;
  return {
    ...(device === undefined ? {} : { device }),
    ...numbered('nth', nth),
    ...numbered('every', every),
    ...numbered('probability', probability),
    ...numbered('times', times),
    ...(after === undefined ? {} : { afterMs: number('--after', after) }),
    ...(lasting === undefined ? {} : { forMs: number('--for', lasting) }),
  };
};

export const number = (option: string, word: string): number => {
  const value = Number(word);
  if (word.trim() === '' || !Number.isFinite(value))
    throw new LabError('EINVAL', `${option} is '${word}'; it takes a number`);
  return value;
};

const numbered = <K extends string>(name: K, word: string | undefined): { readonly [N in K]?: number } =>
  word === undefined ? {} : ({ [name]: number(`--${name}`, word) } as { readonly [N in K]: number });
