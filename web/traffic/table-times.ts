/** How the time column is written: time of day, since the lab began, or since marker A. */
import type { Marks } from './markers.ts';
import { duration, seconds } from './words.ts';

export const TIME_MODES = ['clock', 'start', 'marks'] as const;
export type TimeMode = (typeof TIME_MODES)[number];

export interface TimeBase {
  readonly mode: TimeMode;
  /** `Date` of lab time 0; null when the trace has no time of day. */
  readonly startedAtMs: number | null;
  readonly marks: Marks;
}

/** Without what a mode needs the time is that since the lab began. */
export const timeText = (ns: number, { mode, startedAtMs, marks }: TimeBase): string => {
  if (mode === 'clock' && startedAtMs !== null) return timeOfDay(startedAtMs, ns);
  return seconds(mode === 'marks' && marks.a !== null ? ns - marks.a.time : ns);
};

/** `51.2 µs`, or empty for the first row. */
export const deltaText = (ns: number, previousNs: number | undefined): string =>
  previousNs === undefined ? '' : duration(Math.max(0, ns - previousNs));

const timeOfDay = (startedAtMs: number, ns: number): string => {
  const micros = Math.floor(startedAtMs * 1000 + ns / 1000);
  const date = new Date(Math.floor(micros / 1000));
  const [h, m, s] = [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => String(n).padStart(2, '0'));
  return `${h}:${m}:${s}.${String(((micros % 1_000_000) + 1_000_000) % 1_000_000).padStart(6, '0')}`;
};
