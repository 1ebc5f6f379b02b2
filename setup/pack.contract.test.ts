/** What `npm pack` packs works in a repository of somebody else's: its tests, its types, the command line, a running lab. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'ferrolab-pack-'));
const modules = join(scratch, 'node_modules');
const guide = readFileSync(join(root, 'docs/test-kit.md'), 'utf8');
const LIMIT_MS = 120_000;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
/** The Node at hand first in PATH, as npm scripts have it. */
const env = {
  ...process.env,
  PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
  NODE_OPTIONS: '',
  FORCE_COLOR: '0',
  NO_COLOR: '1',
};
const run = (file: string, args: readonly string[], cwd = scratch): Promise<Ended> =>
  new Promise((done) => {
    execFile(file, args, { cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      done({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
  });
const node = (...args: readonly string[]): Promise<Ended> => run(process.execPath, args);
const ferrolab = (...args: readonly string[]): Promise<Ended> => run(join(modules, '.bin/ferrolab'), args);

/** The files of the guide, by the names that stand above them. */
const files = new Map(
  [...guide.matchAll(/\n`([\w.-]+\.ts)`:\n\n```ts\n([\s\S]*?)```/g)].map(([, name = '', text = '']) => [name, text]),
);

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}
let packed: Packed;

beforeAll(async () => {
  const { code, stdout, stderr } = await run('npm', ['pack', '--json', '--pack-destination', scratch], root);
  if (code !== 0) throw new Error(`npm pack ended with ${code}: ${stderr}`);
  [packed] = JSON.parse(stdout) as [Packed];
  mkdirSync(join(modules, '.bin'), { recursive: true });
  await run('tar', ['xzf', join(scratch, packed.filename)]);
  cpSync(join(scratch, 'package'), join(modules, 'ferrolab'), { recursive: true });
  symlinkSync('../ferrolab/bin/ferrolab.js', join(modules, '.bin/ferrolab'));
  // npm takes a quarter of a minute for 157 packages that lie here already, so exactly those it would install are linked.
  for (const name of [...neededAtRunTime(), ...OF_THE_DRIVERS_OWN]) link(name);
  writeFileSync(join(scratch, 'package.json'), '{ "name": "my-driver", "private": true, "type": "module" }\n');
  for (const [name, text] of files) writeFileSync(join(scratch, name), text);
  writeFileSync(
    join(scratch, 'broken.ts'),
    files.get('link-led.ts')?.replace("MODE: lit ? 'on' : 'off'", "MODE: 'on'") ?? '',
  );
  writeFileSync(
    join(scratch, 'broken.test.ts'),
    files.get('link-led.test.ts')?.replace('./link-led.ts', './broken.ts') ?? '',
  );
}, 240_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What a driver's repository brings itself. */
const OF_THE_DRIVERS_OWN = ['vitest', 'typescript', 'playwright', 'playwright-core'];

const neededAtRunTime = (): readonly string[] => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  return Object.entries(lock.packages).flatMap(([path, { dev }]) => {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
    return name !== undefined && dev !== true && existsSync(join(root, path)) ? [name] : [];
  });
};
const link = (name: string): void => {
  mkdirSync(dirname(join(modules, name)), { recursive: true });
  symlinkSync(join(root, 'node_modules', name), join(modules, name));
};

test('the tarball is small and has what it needs, and no source or test', () => {
  const paths = packed.files.map(({ path }) => path);
  for (const needed of [
    'bin/ferrolab.js',
    'dist/kit/test.d.ts',
    'dist/firmware/ferrolab-qt2025.fw',
    'dist/scenarios/scenario.schema.json',
    'dist/web/dist/index.html',
    'docs/test-kit.md',
    'LICENSE',
  ])
    expect(paths).toContain(needed);
  expect(paths.filter((path) => /(?<!\.d)\.tsx?$/.test(path))).toEqual([]);
  expect(paths.filter((path) => /\.test\.|under-test|-rig\./.test(path))).toEqual([]);
  expect(packed.size).toBeLessThan(3e6);
  expect(readdirSync(modules)).not.toContain('react');
});

test(
  'the tests of the guide pass there, and fail with the words of the guide for a driver with a bug',
  async () => {
    expect([...files.keys()]).toEqual(['link-led.ts', 'link-led.test.ts', 'dashboard.live.ts']);
    const { stderr } = await node(
      'node_modules/vitest/vitest.mjs',
      'run',
      '--reporter=json',
      '--outputFile=tests.json',
    );
    const { testResults } = JSON.parse(readFileSync(join(scratch, 'tests.json'), 'utf8')) as {
      testResults: { name: string; assertionResults: { status: string; title: string; failureMessages: string[] }[] }[];
    };
    const results = (file: string) => testResults.find(({ name }) => name.endsWith(`/${file}`))?.assertionResults ?? [];
    expect(
      results('link-led.test.ts').map(({ status }) => status),
      stderr,
    ).toEqual(['passed', 'passed', 'passed']);
    const [follows] = results('broken.test.ts');
    expect(follows?.status).toBe('failed');
    const [, said = ''] = /fails like this[^\n]*\n\n((?: {4}[^\n]*\n)+)/.exec(guide) ?? [];
    expect(said).toContain('Expected 2 accesses');
    expect(follows?.failureMessages.join().replace(/\s+/g, ' ')).toContain(said.trim().replace(/\s+/g, ' '));
    expect(follows?.failureMessages.join()).toContain('broken.test.ts:');
  },
  LIMIT_MS,
);

test(
  'the declarations check under nodenext, libraries too, and refuse what the datasheet refuses',
  async () => {
    const wrong =
      files.get('link-led.ts')?.replace('QT2025.LED0, { MODE: lit', 'QT2025.PMA_RXDET, { GLOBAL: lit') ?? '';
    writeFileSync(join(scratch, 'wrong.ts'), wrong);
    writeFileSync(
      join(scratch, 'kit.ts'),
      `import { createLab } from 'ferrolab/test';
import { TagSet } from 'ferrolab/driver/block';
import { DISPLAY } from 'ferrolab/driver/display';
import { driver } from './link-led.ts';
await using lab = await createLab({ bench: { phy0: { device: 'qt2025', module: null } }, drivers: { phy0: driver } });
await lab.expect({ register: 'phy0.UC_STATUS', STATUS: 'tracking' }, 5);
export const found: boolean | string | number | undefined = lab.device('phy0').peek('LED0').fields.MODE;
export const kept = [TagSet, DISPLAY] as const;
// @ts-expect-error: no such option
await createLab({ benches: {} });
// @ts-expect-error: no such effect
await lab.busFault('phy0', { effect: 'flip' });
`,
    );
    writeFileSync(
      join(scratch, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'es2024',
          lib: ['es2024'],
          module: 'nodenext',
          strict: true,
          noEmit: true,
          skipLibCheck: false,
          allowImportingTsExtensions: true,
          types: [],
        },
        files: ['link-led.ts', 'kit.ts', 'wrong.ts'],
      }),
    );
    const { stdout } = await node('node_modules/typescript/bin/tsc', '-p', '.');
    expect(
      stdout
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith(' ')),
    ).toEqual([expect.stringMatching(/^wrong\.ts\(19,\d+\): error TS2322/)]);
  },
  LIMIT_MS,
);

test(
  'the command line runs a scenario there with the trace it has in the clone',
  async () => {
    const scenario = join(modules, 'ferrolab/dist/scenarios/wrong-revision.yaml');
    const [version, there, here] = await Promise.all([
      ferrolab('--version'),
      ferrolab('run', '--json', scenario),
      run(process.execPath, [join(root, 'bin/ferrolab.js'), 'run', '--json', scenario]),
    ]);
    const { version: own } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(version.stdout.trim()).toBe(own);
    const [one, other] = [there, here].map(
      ({ stdout }) => JSON.parse(stdout) as { verdict: string; traceHash: string }[],
    );
    expect(one).toMatchObject([{ verdict: 'pass', traceHash: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    expect(one?.[0]?.traceHash).toBe(other?.[0]?.traceHash);
  },
  LIMIT_MS,
);

test(
  'a lab comes up there: the shipped driver brings the link up, a driver of one’s own in TypeScript is live',
  async () => {
    const bench = join(scratch, 'bench.yaml');
    writeFileSync(
      bench,
      'phy0: { device: qt2025, driver: qt2025, params: { poll_ms: 50 } }\nphy1: { device: qt2025 }\n',
    );
    const up = spawn(
      join(modules, '.bin/ferrolab'),
      ['up', '--http', '0', '--mqtt', '0', '--no-vnc', '--history', 'off', '--bench', bench, '--json'],
      { cwd: scratch, env },
    );
    try {
      const { url } = JSON.parse(await firstLine(up)) as { url: string };
      const loaded = await ferrolab('insmod', './link-led.ts', 'phy1', '--url', url);
      expect(loaded).toMatchObject({ code: 0, stdout: expect.stringMatching(/^link_led drives phy1, pid \d+\n$/) });
      expect(await (await fetch(url)).text()).toContain('<div id="lab">');
      for (;;) {
        const devices = (await (await fetch(`${url}/api/v1/devices`)).json()) as {
          name: string;
          link: string | null;
        }[];
        if (devices.find(({ name }) => name === 'phy0')?.link === 'up') break;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    } finally {
      const ended = new Promise((resolve) => up.once('exit', resolve));
      up.kill('SIGTERM');
      expect(await ended).toBe(0);
    }
  },
  LIMIT_MS,
);

const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let [text, problem] = ['', ''];
    child.stdout?.on('data', (chunk: Buffer) => {
      text += String(chunk);
      const end = text.indexOf('\n}');
      if (end >= 0) resolve(text.slice(0, end + 2));
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      problem += String(chunk);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${problem}`)));
  });

test.skipIf(!process.env.CHROMIUM_PATH)(
  'the test of the dashboard in the guide passes under Playwright',
  async () => {
    writeFileSync(
      join(scratch, 'playwright.config.ts'),
      `export default { testMatch: '*.live.ts', workers: 1, timeout: 100_000, use: { launchOptions: { executablePath: process.env.CHROMIUM_PATH, args: ['--no-sandbox', '--disable-gpu'] } } };\n`,
    );
    const { stdout } = await node('node_modules/playwright/cli.js', 'test');
    expect(stdout).toMatch(/1 passed/);
  },
  LIMIT_MS,
);
