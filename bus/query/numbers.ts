/** Numbers as engineers write them: `0x8000`, `8000h`, `0b101`, `12`, and times with a unit. */

/** Undefined when the text is no number. */
export const numberOf = (text: string): number | undefined => {
  const clean = text.replaceAll('_', '');
  if (/^0[xX][0-9a-fA-F]+$/.test(clean)) return Number.parseInt(clean.slice(2), 16);
  if (/^0[bB][01]+$/.test(clean)) return Number.parseInt(clean.slice(2), 2);
  if (/^[0-9a-fA-F]+[hH]$/.test(clean)) return Number.parseInt(clean.slice(0, -1), 16);
  if (/^\d+$/.test(clean)) return Number(clean);
  return undefined;
};

const UNITS_NS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

/** Nanoseconds; a bare number counts in `unitNs`. */
export const nanosecondsOf = (text: string, unitNs: number): number | undefined => {
  const match = /^(\d+(?:\.\d+)?)(ns|us|ms|s)?$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * (match[2] === undefined ? unitNs : (UNITS_NS[match[2]] ?? unitNs));
};
