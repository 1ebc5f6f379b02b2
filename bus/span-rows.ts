/** Rows of bytes in a span of memory: whether they fit, packed and laid out again, and what a trace calls them. */
import type { SpanRows } from './mmio.ts';

/** Bytes from the first of the first row to the last of the last one. */
export const extentBytes = ({ rowBytes, pitchBytes, rows }: SpanRows): number =>
  rows === 0 ? 0 : (rows - 1) * pitchBytes + rowBytes;

/** All of it that is written. */
export const packedBytes = ({ rowBytes, rows }: SpanRows): number => rowBytes * rows;

/** What is wrong with rows in a span of so many bytes; undefined: nothing. */
export const wrongRows = (rows: SpanRows, spanBytes: number): string | undefined => {
  const { offset, rowBytes, pitchBytes, rows: count } = rows;
  if (![offset, rowBytes, pitchBytes, count].every((n) => Number.isInteger(n) && n >= 0 && n <= MOST))
    return `rows of ${rowBytes} bytes at ${offset}, ${pitchBytes} apart, ${count} of them: each takes 0 to ${MOST}`;
  if (count > 1 && pitchBytes < rowBytes) return `rows of ${rowBytes} bytes lie ${pitchBytes} apart: they overlap`;
  const end = offset + extentBytes(rows);
  return end > spanBytes ? `${count} rows of ${rowBytes} bytes end at ${end}; it has ${spanBytes}` : undefined;
};
const MOST = 0xffffffff;

/** The rows one behind the other, which lie `apartBytes` apart in `from`; without a copy where they do already. */
export const packed = (from: Uint8Array, { rowBytes, rows }: SpanRows, apartBytes: number): Uint8Array => {
  if (rowBytes === apartBytes || rows <= 1) return from.subarray(0, rowBytes * rows);
  const to = new Uint8Array(rowBytes * rows);
  for (let row = 0; row < rows; row++)
    to.set(from.subarray(row * apartBytes, row * apartBytes + rowBytes), row * rowBytes);
  return to;
};

/** The rows from one on, as many as are asked for. */
export const someRows = (rows: SpanRows, first: number, count: number): SpanRows => ({
  ...rows,
  offset: rows.offset + first * rows.pitchBytes,
  rows: count,
});

/** A record of the trace names the memory, and how its rows lie where there is more than one. */
export const rowsText = (span: string, { rows, pitchBytes }: SpanRows): string =>
  `${span}, ${rows} rows ${pitchBytes} apart`;

export interface SpanText {
  readonly span: string;
  readonly rows: number;
  readonly pitchBytes: number;
}

/** Reads the name of a span record again; one run of bytes is one row. */
export const spanOfText = (text: string): SpanText => {
  const [, span = text, rows = '1', pitch = '0'] = ROWS.exec(text) ?? [];
  return { span, rows: Number(rows), pitchBytes: Number(pitch) };
};
const ROWS = /^(.*), (\d+) rows (\d+) apart$/s;
