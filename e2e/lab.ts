/** Starts labs as a person would, from the command line, and looks at them over their documented addresses. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');
const FERROLAB = join(root, 'bin/ferrolab.js');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningLab {
  readonly url: string;
  readonly broker: string;
  /** The lab's own process, not its launcher. */
  readonly pid: number;
  get<T>(path: string): Promise<T>;
  send<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** A command line against this lab. */
  ferrolab(...args: string[]): Promise<Ended>;
  /** Ctrl-C; resolves with the exit code of the command. */
  stop(): Promise<number | null>;
}

/** Runs one command to its end, at most `limitMs`. */
export const command = (
  file: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; limitMs?: number } = {},
): Promise<Ended> =>
  new Promise((done, failed) => {
    const child = spawn(file, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), options.limitMs ?? 60_000);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    child.on('error', failed);
    child.on('close', (code) => {
      clearTimeout(limit);
      done({ code, stdout, stderr });
    });
  });

export const ferrolab = (...args: string[]): Promise<Ended> => command(process.execPath, [FERROLAB, ...args]);

/** A lab on free ports; `args` are those of `ferrolab up`. */
export const startLab = async (...args: string[]): Promise<RunningLab> => {
  const child = spawn(process.execPath, [FERROLAB, 'up', '--json', ...withFreePorts(args)], {
    cwd: root,
    env: { FERROLAB_HISTORY: 'off', ...process.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { url, broker, pid } = await addresses(child);
  const send = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url.replace(/\/$/, '')}/api/v1${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  return {
    url,
    broker,
    pid,
    send,
    get: (path) => send('GET', path),
    ferrolab: (...words) => command(process.execPath, [FERROLAB, ...words], { env: { FERROLAB_URL: url } }),
    stop: () => ended(child, 'SIGTERM'),
  };
};

/** Asks again and again until `found` is true of the answer; fails after `limitMs` with the last one. */
export const eventually = async <T>(
  ask: () => Promise<T>,
  found: (answer: T) => boolean,
  limitMs = 10_000,
): Promise<T> => {
  const until = Date.now() + limitMs;
  for (;;) {
    const answer = await ask().catch((error: unknown) => error as T);
    if (!(answer instanceof Error) && found(answer)) return answer;
    if (Date.now() > until)
      throw new Error(
        `not within ${limitMs} ms; last seen: ${answer instanceof Error ? answer.message : JSON.stringify(answer)}`,
      );
    await new Promise((wake) => setTimeout(wake, 50));
  }
};

/** True while a process of that id exists. */
export const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const withFreePorts = (args: readonly string[]): string[] => [
  ...(args.includes('--http') ? [] : ['--http', '0']),
  ...(args.includes('--mqtt') || args.includes('--broker') ? [] : ['--mqtt', '0']),
  ...args,
];

const addresses = (child: ChildProcess): Promise<{ url: string; broker: string; pid: number }> =>
  new Promise((done, failed) => {
    let [stdout, stderr] = ['', ''];
    child.stderr?.on('data', (text) => (stderr += text));
    child.stdout?.on('data', (text) => {
      stdout += text;
      try {
        done(JSON.parse(stdout));
      } catch {
        // not all of it yet
      }
    });
    child.on('exit', (code) => failed(new Error(`the lab ended with ${code}: ${stderr}`)));
  });

const ended = (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> =>
  new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done(child.exitCode);
    child.on('exit', (code) => done(code));
    child.kill(signal);
  });
