/** Starts the command line of the lab on a Node that runs it, and passes signals and the exit code through. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { labNode } from './node.js';
import { root } from './root.js';

/** Accesses and scenarios leave much that is short-lived: more room for it, from the start, means fewer collections. */
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--min-semi-space-size=16', '--max-semi-space-size=32'];

export function launch(args) {
  const child = spawn(labNode(), [...NODE_FLAGS, ...commandLine(), ...args], {
    stdio: 'inherit',
    // Compiled code is kept: the second start, and every driver process, loads in a fraction of the time.
    env: { NODE_COMPILE_CACHE: join(modules(), '.cache/ferrolab'), ...process.env },
  });
  // A terminal sends Ctrl-C to the whole group; the child decides when to end, we only wait for it.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 3);
  });
}

/** A clone runs its sources, and so do drivers that import `ferrolab/driver` there; a package has compiled ones alone. */
const commandLine = () => {
  const source = join(root, 'cli/main.ts');
  return existsSync(source) ? ['--conditions=ferrolab-source', source] : [join(root, 'dist/cli/main.js')];
};

/** The node_modules this lab uses: its own in a clone, those it lies in as a package. */
const modules = () => (basename(dirname(root)) === 'node_modules' ? dirname(root) : join(root, 'node_modules'));
