/** Times as a scenario writes them: `250us`, `100ms`, `1.5s`. */
import { ms, seconds, us } from '#bus/clock.ts';

export const TIME_PATTERN = '^[0-9]{1,9}(\\.[0-9]{1,9})?(us|ms|s)$';

export const nanoseconds = (time: string): number => {
  const number = Number.parseFloat(time);
  if (time.endsWith('us')) return us(number);
  return time.endsWith('ms') ? ms(number) : seconds(number);
};

/** The shortest of the same three units: `1.257 s`, `20 ms`. */
export const printTime = (ns: number): string => {
  if (ns >= 1e9) return `${trimmed(ns / 1e9)} s`;
  return ns >= 1e6 ? `${trimmed(ns / 1e6)} ms` : `${trimmed(ns / 1e3)} us`;
};

const trimmed = (n: number): string => String(Math.round(n * 1000) / 1000);
