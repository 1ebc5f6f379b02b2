/** Installs the packages when they are missing or not those of the lock file. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './root.js';
import { progress, stop } from './say.js';

const lock = join(root, 'package-lock.json');
const stamp = join(root, 'node_modules/.ferrolab-lock');

/** Runs `npm ci` quietly when needed. */
export async function installPackages() {
  const wanted = createHash('sha256').update(readFileSync(lock)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const done = progress('Installing packages');
  const { code, output } = await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error', '--no-update-notifier']);
  if (code !== 0) {
    done('Packages are not installed');
    explain(output);
  }
  try {
    writeFileSync(stamp, wanted);
  } catch (error) {
    explain(String(error));
  }
  done('Packages installed');
}

/** `npm`, as it runs us, or as it lies beside this Node. */
function npm(args) {
  const script = process.env.npm_execpath ?? join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  const [command, given] = existsSync(script) ? [process.execPath, [script, ...args]] : ['npm', args];
  return new Promise((resolve) => {
    const child = spawn(command, given, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    child.on('error', (error) => resolve({ code: 1, output: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

function explain(output) {
  if (/EACCES|EPERM|EROFS/.test(output))
    stop(`no permission to write in ${root}`, 'Give yourself write permission there, or clone somewhere else.');
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network/i.test(output))
    stop(
      'the npm registry cannot be reached',
      'Connect to the network, or point npm at a registry you reach, and try again.',
    );
  if (/ENOSPC/.test(output)) stop('the disk is full', 'Free about 600 MB and try again.');
  const first = output.split('\n').find((line) => line.trim() !== '') ?? 'npm ci failed without a word';
  stop(`npm ci failed: ${first.trim()}`, 'Run `npm ci` yourself to see all it says.');
}
