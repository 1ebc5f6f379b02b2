/** Numbers as people read them: hexadecimal as the datasheet prints it, times, powers, counts. */

/** `1001h`, padded to a register's width. */
export const hex = (value: number, digits = 4): string => `${value.toString(16).toUpperCase().padStart(digits, '0')}h`;

/** Bytes without the h, for dumps: `0A`. */
export const hexByte = (value: number): string => (value & 0xff).toString(16).toUpperCase().padStart(2, '0');

/** `00:14:28` from nanoseconds; hours grow as they must. */
export const clockTime = (ns: number): string => {
  const total = Math.max(0, Math.floor(ns / 1e9));
  return [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60].map(two).join(':');
};

/** `00:14:28.481` from nanoseconds. */
export const clockTimeMs = (ns: number): string =>
  `${clockTime(ns)}.${String(Math.floor(Math.max(0, ns) / 1e6) % 1000).padStart(3, '0')}`;

/** `[   14.123456]` without the brackets, as dmesg prints it. */
export const dmesgTime = (ns: number): string => (Math.max(0, ns) / 1e9).toFixed(6).padStart(12, ' ');

/** A short while ago: `0.3 s`, `41 s`, `14 m`, `2 h`. */
export const ago = (ns: number): string => {
  const seconds = Math.max(0, ns) / 1e9;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  if (seconds < 5970) return `${Math.round(seconds / 60)} m`;
  return `${Math.round(seconds / 3600)} h`;
};

/** A decimal number with a true minus sign; a dash where there is none. */
export const decimal = (value: number | null | undefined, places = 1): string => {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const text = Math.abs(value).toFixed(places);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
};

/** `153,054`. */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** `501.0 µW`, as optics people write power: milliwatt from 1 mW on. */
export const watts = (dbm: number | null): string => {
  if (dbm === null || !Number.isFinite(dbm) || dbm <= -40) return '0 µW';
  const microwatts = 1000 * 10 ** (dbm / 10);
  return microwatts >= 1000 ? `${(microwatts / 1000).toFixed(2)} mW` : `${microwatts.toFixed(1)} µW`;
};

const two = (n: number): string => String(n).padStart(2, '0');
