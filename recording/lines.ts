/** A section as text with a line for each record: CSV with a heading, or JSON Lines. */
import { type RecordedSection, recordAt } from './decode.ts';
import { COLUMNS, type Row, SectionWords } from './words.ts';

const PIECE = 2000;

/** Pieces of the file. */
export function* csvOf(section: RecordedSection): Generator<string> {
  yield `${COLUMNS.join(',')}\n`;
  yield* pieces(section, (row) => COLUMNS.map((column) => csvCell(row[column])).join(','));
}

export function* jsonLinesOf(section: RecordedSection): Generator<string> {
  yield* pieces(section, (row) => JSON.stringify(row));
}

function* pieces(section: RecordedSection, line: (row: Row) => string): Generator<string> {
  const words = new SectionWords(section);
  for (let from = 0; from < section.count; from += PIECE) {
    let text = '';
    for (let i = from; i < Math.min(section.count, from + PIECE); i++)
      text += `${line(words.row(recordAt(section, i)))}\n`;
    yield text;
  }
}

/** Quoted by RFC 4180; a text that a spreadsheet would run as a formula gets an apostrophe. */
export const csvCell = (value: string | number | null): string => {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
