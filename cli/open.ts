/** `open`: a recording in the dashboard, or two side by side, with no lab. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { port } from './numbers.ts';
import { WEB_ROOT } from './paths.ts';
import { print, printJson } from './print.ts';
import { openWithBytes } from './recording-file.ts';

interface Options {
  readonly http: string;
  readonly json?: boolean;
}

export const addOpen = (program: Command): void => {
  program
    .command('open <file> [other]')
    .description('show a recording in the dashboard, or two side by side, with no lab, until Ctrl-C')
    .option('--http <port>', 'port of the page; 0 takes a free one', '0')
    .option('--json', 'print the address as JSON')
    .addHelpText('after', '\nExample: ferrolab open probe.pcapng\nExample: ferrolab open good.pcapng bad.pcapng')
    .action(open);
};

const open = async (path: string, other: string | undefined, options: Options): Promise<void> => {
  const asked = port('--http', options.http);
  const paths = other === undefined ? [path] : [path, other];
  const names = namesOf(paths);
  // what is wrong with one is said here, not on a page
  const files = paths.map((each, i) => ({ name: names[i] ?? each, bytes: openWithBytes(each).bytes }));
  const { startViewer } = await import('#server/recording/viewer.ts');
  const { url, close } = await startViewer({ port: asked, webRoot: WEB_ROOT, files });
  if (options.json) printJson({ url, files: paths });
  else print(`${url}\nCtrl-C ends it.`);
  await new Promise<void>((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop());
  });
  await close();
};

/** Without their folders, where that tells them apart; a number alone would be a run of a lab. */
const namesOf = (paths: readonly string[]): readonly string[] => {
  const names = paths.map((path) => basename(path));
  const plain = new Set(names).size === names.length && !names.some((name) => /^\d+$/.test(name));
  return plain ? names : names.map((name, i) => `${i + 1} ${name}`);
};
