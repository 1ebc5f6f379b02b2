/** `ferrolab open` as a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './lab.ts';

export interface OpenCommand {
  readonly url: string;
  /** Ctrl-C; the exit code. */
  stop(): Promise<number | null>;
}

export const openCommand = async (...files: readonly string[]): Promise<OpenCommand> => {
  const child = spawn(process.execPath, [join(root, 'bin/ferrolab.js'), 'open', ...files, '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((done) => child.on('exit', done));
  const { url } = await new Promise<{ url: string }>((done, failed) => {
    let text = '';
    child.stdout.on('data', (more) => {
      text += more;
      if (text.includes('}')) done(JSON.parse(text));
    });
    void ended.then((code) => failed(new Error(`ferrolab open ended with ${code}`)));
  });
  return {
    url,
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
};
