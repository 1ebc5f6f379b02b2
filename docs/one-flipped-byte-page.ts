/** The page about flipped bytes, from the rows of its measurement. */
import { LabError } from '#bus/errors.ts';
import { ENDS, type End, type Flip, type Outcome, REGIONS, regionOf } from './one-flipped-byte-run.ts';

export type Row = Flip & Outcome;

const COLUMNS = 'offset,bit,sum,end,status,qt2025,qt202x';

export const printRow = ({ offset, bit, sum, end, status, qt2025, qt202x }: Row): string =>
  [hex(offset, 4), bit, sum, end, hex(status, 2), `"${qt2025}"`, `"${qt202x}"`].join(',');

const ROW = /^([0-9A-F]{4})h,(\d),(kept|corrected),([a-z ]+),([0-9A-F]{2})h,"([^"]+)","([^"]+)"$/;

export const parseRows = (csv: string): readonly Row[] =>
  csv
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, offset = '', bit, sum, end = '', status = '', qt2025 = '', qt202x = ''] = ROW.exec(line) ?? [];
      if (!(end in ENDS)) throw new LabError('EINVAL', `'${line}' is no row of ${COLUMNS}`);
      return {
        offset: Number.parseInt(offset, 16),
        bit: Number(bit),
        sum: sum === 'kept' ? 'kept' : 'corrected',
        end: end as End,
        status: Number.parseInt(status, 16),
        qt2025,
        qt202x,
      };
    });

export const onePage = (rows: readonly Row[]): string => {
  const [kept, corrected] = (['kept', 'corrected'] as const).map((sum) => rows.filter((row) => row.sum === sum));
  return `# One flipped byte

\`node docs/one-flipped-byte.ts\` wrote this page. It takes the open firmware, flips one bit at a random place, and lets the virtual
QT2025 run what is left: the 8051 executes it, nothing is acted. Then the two drivers get it, each its own way: \`qt2025\` (after the
Linux driver) uploads it, \`qt202x\` (after Solarflare's) finds it in the boot EEPROM, with another configuration. End and status are
those of the chip that \`qt2025\` started. All runs, one a line, are in [one-flipped-byte.csv](one-flipped-byte.csv).

## ${kept?.length} random bits of the image

${byRegion(kept ?? [])}

The firmware sums its own bytes before it does anything else, and nearly every flip ends there: status F0h, the heart beats, 3.D716h
says DEADh. **Both drivers take F0h for ready**: it is neither 00h nor 10h, and it is more than 20h. What the drivers say:

${reactions(kept ?? [])}

The flips that did not end in F0h hit what runs before or in the check itself:

${list((kept ?? []).filter(({ end }) => end !== 'parked'))}

## The same where nobody can know: ${corrected?.length} bits of the program, with the sum made right

${byEnd(corrected ?? [])}

${reactions(corrected ?? [])}

Wrong and called ready by a driver (status, then what the drivers say):

${list((corrected ?? []).filter((row) => !['harmless', 'parked'].includes(row.end) && row.qt2025.startsWith('live')))}

## What to take from it

- A probe that waits for a status waits for the firmware to say something, not for it to be right. Read the verdict beside it:
  3.D716h is F6h after a good sum, DEh after a bad one.
- Status 70h is a byte in memory. The scenario [one-flipped-byte](../scenarios/one-flipped-byte.yaml) flips the one bit that turns
  the F0h of the parked firmware into 70h: ready for every driver, tracking for every dashboard, and no link.
- A heart that beats proves that the timer interrupt is served. The main program may be lost for good.
- With a right sum most flips in code do nothing at all: the branch is not taken today.
`;
};

const hex = (value: number, digits: number): string => `${value.toString(16).toUpperCase().padStart(digits, '0')}h`;

const tally = <K>(rows: readonly Row[], key: (row: Row) => K): ReadonlyMap<K, number> => {
  const counts = new Map<K, number>();
  for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0) + 1);
  return counts;
};

const ends = (rows: readonly Row[]): readonly End[] =>
  (Object.keys(ENDS) as End[]).filter((end) => rows.some((row) => row.end === end));

const byRegion = (rows: readonly Row[]): string => {
  const found = ends(rows);
  const lines = REGIONS.map((region) => {
    const there = rows.filter(({ offset }) => regionOf(offset) === region);
    const counts = tally(there, ({ end }) => end);
    return `| ${region} | ${there.length} | ${found.map((end) => counts.get(end) ?? 0).join(' | ')} |`;
  });
  const legend = found.map((end) => `- *${end}*: ${ENDS[end]}`);
  return [
    `| where | flips | ${found.join(' | ')} |`,
    `|---|--:|${'--:|'.repeat(found.length)}`,
    ...lines,
    '',
    ...legend,
  ].join('\n');
};

const byEnd = (rows: readonly Row[]): string => {
  const counts = tally(rows, ({ end }) => end);
  const lines = ends(rows).map((end) => `| ${end} | ${ENDS[end]} | ${counts.get(end)} |`);
  return ['| end | what it is | flips |', '|---|---|--:|', ...lines].join('\n');
};

const reactions = (rows: readonly Row[]): string => {
  const counts = [...tally(rows, (row) => `| ${row.end} | ${row.qt2025} | ${row.qt202x} |`)];
  const lines = counts.sort(([, a], [, b]) => b - a).map(([text, count]) => `${text} ${count} |`);
  return ['| end | qt2025 | qt202x | flips |', '|---|---|---|--:|', ...lines].join('\n');
};

const list = (rows: readonly Row[]): string => {
  if (rows.length === 0) return 'None.';
  const lines = [...rows]
    .sort((a, b) => a.offset - b.offset)
    .map(
      (row) =>
        `| ${hex(row.offset, 4)} | ${row.bit} | ${row.end} | ${hex(row.status, 2)} | ${row.qt2025} | ${row.qt202x} |`,
    );
  return ['| offset | bit | end | status | qt2025 | qt202x |', '|---|--:|---|---|---|---|', ...lines].join('\n');
};
