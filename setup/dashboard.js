/** Builds the dashboard when its sources are newer than what was built. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labNode } from './node.js';
import { root } from './root.js';
import { progress, stop } from './say.js';

const SOURCES = ['web', 'recording', 'bus', 'datasheets', 'regmap', 'package-lock.json', 'package.json'];
const stamp = join(root, 'web/dist/.built-from');

/** Runs the build when needed. */
export function buildDashboard() {
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const done = progress('Building the dashboard');
  const { status, stdout, stderr } = spawnSync(
    labNode(),
    [join(root, 'node_modules/vite/bin/vite.js'), 'build', 'web', '--logLevel', 'warn'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  if (status !== 0) {
    done('The dashboard is not built');
    process.stderr.write(`${stdout}${stderr}\n`);
    stop('the dashboard does not build', 'The lines above say why; `npm run build` repeats it.');
  }
  try {
    writeFileSync(stamp, wanted);
  } catch (error) {
    stop(
      `no permission to write ${stamp} (${error.code})`,
      'Give yourself write permission there, or clone somewhere else.',
    );
  }
  done('Dashboard built');
}

const fingerprint = () => {
  const hash = createHash('sha256');
  const visit = (path) => {
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name === 'dist' || /\.test\.tsx?$/.test(entry.name)) continue;
      const inner = join(path, entry.name);
      if (entry.isDirectory()) visit(inner);
      else hash.update(inner.slice(root.length)).update(readFileSync(inner));
    }
  };
  for (const source of SOURCES) {
    const path = join(root, source);
    if (/\.json$/.test(source)) hash.update(readFileSync(path));
    else visit(path);
  }
  return hash.digest('hex');
};
