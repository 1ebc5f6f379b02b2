/** Writes docs/registers from the datasheets; with `--check` it only says, by exit code 1, that a page is stale. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pages } from './pages.ts';

const check = process.argv.includes('--check');
const directory = fileURLToPath(new URL('./registers/', import.meta.url));

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

const stale = Object.entries(pages()).filter(([name, text]) => read(`${directory}${name}`) !== text);
if (check) {
  for (const [name] of stale) console.error(`docs/registers/${name} is stale: run \`npm run docs\``);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of stale) {
    writeFileSync(`${directory}${name}`, text);
    console.log(`docs/registers/${name} written`);
  }
}
