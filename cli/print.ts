/** How commands print: aligned columns for people, JSON for programs. */

/** Prints rows under headings; nothing but the headings when there are no rows. */
export const printTable = (headings: readonly string[], rows: readonly (readonly string[])[]): void => {
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map((row) => (row[i] ?? '').length)));
  for (const row of [headings, ...rows])
    print(
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    );
};

export const print = (line: string): void => void process.stdout.write(`${line}\n`);

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

/** `[   12.345678]`, as dmesg stamps its lines. */
export const stamp = (ns: number): string => `[${(ns / 1e9).toFixed(6).padStart(12)}]`;

/** `k=v` words as an object; numbers and booleans stay text: the declared parameter decides. */
export const keyValues = (words: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      return at < 0 ? [word, 'on'] : [word.slice(0, at), word.slice(at + 1)];
    }),
  );

export const hex = (value: number, digits = 4): string => `${value.toString(16).toUpperCase().padStart(digits, '0')}h`;
