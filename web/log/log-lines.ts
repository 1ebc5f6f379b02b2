/** Which lines of the kernel log are shown, and how they read when copied. */
import { LOG_LEVELS, type LogLevel, type LogLine } from '#bus/api.ts';
import { dmesgTime } from '../ui/format.ts';

export interface LogFilter {
  /** Lines of this level and worse. */
  readonly level: LogLevel;
  /** Empty: every facility. */
  readonly facility: string;
  readonly text: string;
}

export const filterLines = (lines: readonly LogLine[], { level, facility, text }: LogFilter): readonly LogLine[] => {
  const worst = LOG_LEVELS.indexOf(level);
  const wanted = text.trim().toLowerCase();
  return lines.filter(
    (line) =>
      LOG_LEVELS.indexOf(line.level) <= worst &&
      (facility === '' || line.facility === facility) &&
      (wanted === '' || line.text.toLowerCase().includes(wanted) || line.facility.toLowerCase().includes(wanted)),
  );
};

/** Everyone who wrote, in the order they first did. */
export const facilitiesOf = (lines: readonly LogLine[]): readonly string[] => [
  ...new Set(lines.map(({ facility }) => facility)),
];

/** `[   14.123456] qt2025: Link is Up`, as `dmesg` prints it. */
export const printLine = ({ time, facility, text }: LogLine): string => `[${dmesgTime(time)}] ${facility}: ${text}`;
