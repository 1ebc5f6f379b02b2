/** Writes docs/one-flipped-byte.csv and its page: `node docs/one-flipped-byte.ts` runs every flip, `--page` only writes the page anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onePage, parseRows, printRow, type Row } from './one-flipped-byte-page.ts';
import { flips, imageHash, runFlip } from './one-flipped-byte-run.ts';

/** With a right sum most flips run the whole firmware, and some for ever: fewer of them. */
const COUNTS = { kept: 1000, corrected: 150 } as const;

const csv = fileURLToPath(new URL('./one-flipped-byte.csv', import.meta.url));
const page = fileURLToPath(new URL('./one-flipped-byte.md', import.meta.url));

const runAll = async (): Promise<readonly Row[]> => {
  const all = [...flips(COUNTS.kept, 'kept'), ...flips(COUNTS.corrected, 'corrected')];
  const rows: Row[] = [];
  for (const flip of all) {
    rows.push({ ...flip, ...(await runFlip(flip)) });
    if (rows.length % 10 === 0) process.stderr.write(`\r${rows.length} of ${all.length}`);
  }
  return rows;
};

if (!process.argv.includes('--page')) {
  const rows = await runAll();
  writeFileSync(csv, `# firmware/ferrolab-qt2025.fw ${imageHash()}\n${rows.map(printRow).join('\n')}\n`);
}
writeFileSync(page, onePage(parseRows(readFileSync(csv, 'utf8'))));
