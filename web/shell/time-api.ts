/** Commands for the lab's time, and the words for how it goes. */
import type { TimeView } from '#bus/api.ts';
import { call } from '../api.ts';

const post = (wish: Readonly<Record<string, unknown>>): Promise<TimeView> => call<TimeView>('POST', '/time', wish);

export const timeApi = {
  pause: (): Promise<TimeView> => post({ do: 'pause' }),
  resume: (): Promise<TimeView> => post({ do: 'resume' }),
  step: (): Promise<TimeView> => post({ do: 'step' }),
  rate: (rate: number | 'max'): Promise<TimeView> => post({ do: 'rate', rate }),
  jump: (byNs: number): Promise<TimeView> => post({ do: 'jump', byNs }),
};

/** What the buttons offer; the command line takes any from 0.1 to 100. */
export const RATES = ['0.1', '1', '10', '100', 'max'] as const;
export type RateChoice = (typeof RATES)[number];

export const rateOf = (choice: RateChoice): number | 'max' => (choice === 'max' ? 'max' : Number(choice));

/** `REAL`, `PAUSED`, `JUMPING`, `MAX`, `×10`. */
export const kindOf = ({ state, rate }: TimeView): string => {
  if (state !== 'running') return state.toUpperCase();
  return rate === 'max' ? 'MAX' : rate === 1 ? 'REAL' : `×${rate}`;
};

const UNITS: Readonly<Record<string, number>> = { us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** Nanoseconds of `500ms`, `10 s`, `1h`; undefined for anything else. */
export const durationNs = (text: string): number | undefined => {
  const [, digits = '', unit = ''] = /^\s*(\d{1,9}(?:\.\d{1,9})?)\s*(us|ms|s|m|h)\s*$/.exec(text) ?? [];
  const scale = UNITS[unit];
  return scale === undefined ? undefined : Math.round(Number(digits) * scale);
};

/** `next in 3.21 ms, of phy0`. */
export const nextWords = ({ next, now }: TimeView): string => {
  if (next === null) return 'nothing is due';
  const ns = Math.max(0, next.at - now);
  const time =
    ns >= 1e9
      ? `${(ns / 1e9).toFixed(3)} s`
      : ns >= 1e6
        ? `${(ns / 1e6).toFixed(3)} ms`
        : `${(ns / 1e3).toFixed(3)} µs`;
  return `next in ${time}, ${next.of === 'lab' ? 'of the lab' : `of ${next.of}`}`;
};
