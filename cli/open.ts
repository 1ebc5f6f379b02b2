/** `open`: a recording in the dashboard, with no lab. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { port } from './numbers.ts';
import { WEB_ROOT } from './paths.ts';
import { print, printJson } from './print.ts';
import { openRecording } from './recording-file.ts';

interface Options {
  readonly http: string;
  readonly json?: boolean;
}

export const addOpen = (program: Command): void => {
  program
    .command('open <file>')
    .description('show a recording in the dashboard, with no lab, until Ctrl-C')
    .option('--http <port>', 'port of the page; 0 takes a free one', '0')
    .option('--json', 'print the address as JSON')
    .addHelpText('after', '\nExample: ferrolab open probe.pcapng')
    .action(open);
};

const open = async (path: string, options: Options): Promise<void> => {
  const asked = port('--http', options.http);
  openRecording(path); // what is wrong with it is said here, not on a page
  const { startViewer } = await import('#server/recording/viewer.ts');
  const bytes = new Uint8Array(readFileSync(path));
  const { url, close } = await startViewer({ port: asked, webRoot: WEB_ROOT, name: basename(path), bytes });
  if (options.json) printJson({ url, file: path });
  else print(`${url}\nCtrl-C ends it.`);
  await new Promise<void>((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop());
  });
  await close();
};
