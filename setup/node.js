/** Finds a Node that runs the lab: 24 or newer, the one installed with the packages first. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from './root.js';
import { stop } from './say.js';

const NEEDED = 24;
const major = (version) => Number(/^v?(\d+)/.exec(version)?.[1] ?? 0);

/** The path of a Node >= 24; ends with one line when there is none. */
export function labNode() {
  for (const installed of [join(root, 'node_modules/.bin/node'), besideUs()])
    if (installed !== undefined && existsSync(installed) && major(versionOf(installed)) >= NEEDED) return installed;
  if (major(process.version) >= NEEDED) return process.execPath;
  return stop(
    `this is Node ${process.version}, the lab needs ${NEEDED} or newer and none came with the packages for ${process.platform}-${process.arch}`,
    `Install Node ${NEEDED} and try again.`,
  );
}

/** Set-up itself needs Node 20. */
export function checkSetupNode() {
  if (major(process.version) < 20)
    stop(`this is Node ${process.version}, set-up needs 20 or newer`, 'Install Node 24 and try again.');
}

/** As a package among others, the lab finds the Node it depends on wherever npm has put it. */
const besideUs = () => {
  try {
    const named = `node-${process.platform}-${process.arch}/package.json`;
    return join(dirname(createRequire(import.meta.url).resolve(named)), 'bin/node');
  } catch {
    return undefined;
  }
};

const versionOf = (node) => {
  try {
    return execFileSync(node, ['--version'], { encoding: 'utf8' });
  } catch {
    return '';
  }
};
