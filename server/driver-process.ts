/** One driver process: started, watched, ended. It survives a lab that is killed, so nothing of it depends on our pipes. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DriverInfo } from '#bus/api.ts';
import { ERRNO, type ErrnoName, LabError } from '#bus/errors.ts';

/** How long a driver may take to let go before it is killed. */
const END_MS = 3000;
const OUTPUT_LIMIT = 1024 * 1024;

export interface DriverProcessOptions {
  readonly command: readonly string[];
  readonly token: string | undefined;
}

export class DriverProcess {
  readonly #child: ChildProcess;
  readonly #dir = mkdtempSync(join(tmpdir(), 'ferrolab-driver-'));
  /** Resolves when the process has ended, with what it said last as an error. */
  readonly ended: Promise<LabError>;

  constructor({ command: [program, ...args], token }: DriverProcessOptions) {
    if (program === undefined) throw new LabError('EINVAL', 'the command that starts a driver is empty');
    const output = join(this.#dir, 'output');
    const file = openSync(output, 'a', 0o600);
    // a token on the command line would be seen by everybody on this machine
    const env = token === undefined ? process.env : { ...process.env, FERROLAB_TOKEN: token };
    this.#child = spawn(program, args, { stdio: ['ignore', file, file], env });
    closeSync(file);
    this.ended = new Promise((resolve) => {
      const done = (error: LabError): void => {
        rmSync(this.#dir, { recursive: true, force: true });
        resolve(error);
      };
      this.#child.once('error', (cause) =>
        done(new LabError('ENOENT', `the driver process did not start: ${cause.message}`, { cause })),
      );
      this.#child.once('exit', (code, signal) => done(lastWords(output, code, signal)));
    });
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** Asks it to go, then makes it go. Resolves when it is gone. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), END_MS);
    this.#child.kill('SIGTERM');
    await this.ended;
    clearTimeout(kill);
  }

  /** Ends a driver process that another lab, now gone, has started. */
  static async endForeign(pid: number): Promise<void> {
    signal(pid, 'SIGTERM');
    for (const until = Date.now() + END_MS; Date.now() < until; ) {
      if (!signal(pid, 0)) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    signal(pid, 'SIGKILL');
  }
}

/** A driver process of a lab that was killed, still waiting for it. */
export interface Survivor {
  readonly pid: number;
  readonly client: string;
  readonly device: string;
  readonly driver: string;
}

/** Driver processes on this machine that belong to this lab on this broker, by their command lines. */
export const survivors = (brokerUrl: string, lab: string): Promise<readonly Survivor[]> =>
  new Promise((resolve) => {
    execFile('ps', ['-A', '-ww', '-o', 'pid=,args='], { maxBuffer: 16 * OUTPUT_LIMIT }, (error, stdout) => {
      resolve(error === null ? stdout.split('\n').flatMap((line) => survivorOf(line, brokerUrl, lab)) : []);
    });
  });

const survivorOf = (line: string, brokerUrl: string, lab: string): Survivor[] => {
  const [pid, ...words] = line.trim().split(/\s+/);
  const after = (option: string): string | undefined => {
    const at = words.indexOf(option);
    return at < 0 ? undefined : words[at + 1];
  };
  const [client, device, driver] = [after('--client'), after('--device'), after('--driver')];
  if (client === undefined || device === undefined || driver === undefined) return [];
  return after('--broker') === brokerUrl && after('--lab') === lab
    ? [{ pid: Number(pid), client, device, driver }]
    : [];
};

/** True when the process of that number on this machine is the driver that calls itself `client`. */
export const isOurs = (pid: number, client: string): Promise<boolean> =>
  new Promise((resolve) => {
    execFile('ps', ['-p', String(pid), '-o', 'args='], (error, stdout) => {
      resolve(error === null && stdout.split(/\s+/).includes(client));
    });
  });

/** What the driver host can load, from `--modinfo`. */
export const modinfo = ([program, ...args]: readonly string[]): Promise<readonly DriverInfo[]> =>
  new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown): void =>
      reject(new LabError('EIO', `the driver host did not say what it can load: ${why}`, { cause }));
    if (program === undefined) return fail('its command is empty');
    execFile(program, [...args, '--modinfo'], { timeout: 20_000, maxBuffer: OUTPUT_LIMIT }, (error, stdout, stderr) => {
      if (error !== null) return fail(telling(stderr) || error.message, error);
      try {
        resolve(JSON.parse(stdout) as readonly DriverInfo[]);
      } catch (cause) {
        fail('its answer is no JSON', cause);
      }
    });
  });

const signal = (pid: number, name: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
};

/** Its last line; when that begins with an errno name, that is the code. */
const lastWords = (output: string, code: number | null, signalName: string | null): LabError => {
  const line = telling(tail(output));
  const found = /\b(E[A-Z0-9]{2,15})\b:?\s*(.*)$/.exec(line);
  const errno = found?.[1];
  if (errno !== undefined && errno in ERRNO) return new LabError(errno as ErrnoName, found?.[2] || line);
  return new LabError(
    'EIO',
    `the driver process ended (${signalName ?? `exit ${code}`})${line && `: ${line.slice(0, 500)}`}`,
  );
};

/** The line that tells what was wrong: the last that names an error, else the last. */
const telling = (output: string): string => {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  return lines.findLast((line) => /^(?:\w*Error\b|E[A-Z0-9]{2,15}:)/.test(line)) ?? lines.at(-1) ?? '';
};

const tail = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').slice(-4000);
  } catch {
    return '';
  }
};
