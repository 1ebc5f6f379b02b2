/** Builds `dist/`, what `npm pack` packs: JavaScript and declarations, for Node strips no types below node_modules. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { buildDashboard } from './dashboard.js';
import { installPackages } from './install.js';
import { checkSetupNode, labNode } from './node.js';
import { root } from './root.js';
import { progress, stop } from './say.js';

/** What the code finds beside itself, as it does in a clone. */
const ASSETS = ['firmware/ferrolab-qt2025.fw', 'firmware/ferrolab-qt2025.map', 'scenarios', 'web/dist'];
const dist = join(root, 'dist');

checkSetupNode();
// Standard output is npm's: `npm pack --json` must stay JSON.
process.stdout.write = process.stderr.write.bind(process.stderr);
await installPackages();
buildDashboard();
const done = progress('Compiling the package');
rmSync(dist, { recursive: true, force: true });
compile();
const files = filesBelow(dist);
for (const file of files) if (file.endsWith('.js')) pointToJavaScript(file);
for (const asset of ASSETS) {
  mkdirSync(dirname(join(dist, asset)), { recursive: true });
  cpSync(join(root, asset), join(dist, asset), { recursive: true });
}
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(scope(), null, 2)}\n`);
done(`Package compiled, ${files.filter((file) => file.endsWith('.js')).length} modules`);

function compile() {
  const { status, stdout, stderr } = spawnSync(
    labNode(),
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'setup/package.tsconfig.json')],
    { cwd: root, encoding: 'utf8' },
  );
  if (status === 0) return;
  process.stderr.write(`${stdout}${stderr}\n`);
  stop('the package does not compile', 'The lines above say why; `npm run types` repeats it.');
}

/** Threads are started by URL, which the compiler leaves alone. One that was not compiled is found here and not by a user. */
function pointToJavaScript(file) {
  const text = readFileSync(file, 'utf8');
  const pointed = text.replaceAll(/new URL\('(\.[^']+)\.ts', import\.meta\.url\)/g, (_all, path) => {
    const module = `${path}.js`;
    if (!existsSync(resolve(dirname(file), module)))
      stop(
        `${relative(root, file)} starts ${module}, which was not compiled`,
        'Name its source in setup/package.tsconfig.json.',
      );
    return `new URL('${module}', import.meta.url)`;
  });
  if (pointed !== text) writeFileSync(file, pointed);
}

/** A scope of its own: here `#bus/clock.ts` is `./bus/clock.js`, and needs no rewriting in two thousand places. */
function scope() {
  const { version, type, imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const compiled = Object.entries(imports).map(([name, path]) => [name, path.replace(/\.ts$/, '.js')]);
  return { private: true, version, type, imports: Object.fromEntries(compiled) };
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}
