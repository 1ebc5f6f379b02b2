/** One driver process: started, watched, ended. It survives a lab that is killed, so nothing of it depends on our pipes. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, unlinkSync } from 'node:fs';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DriverInfo } from '#bus/api.ts';
import { ERRNO, type ErrnoName, LabError } from '#bus/errors.ts';

/** How long a driver may take to let go before it is killed. */
const END_MS = 3000;
const OUTPUT_LIMIT = 1024 * 1024;
/** How often output is looked at: a driver that prints without end must not fill the disk. */
const OUTPUT_LOOK_MS = 250;

export interface DriverProcessOptions {
  readonly command: readonly string[];
  readonly token: string | undefined;
}

export class DriverProcess {
  readonly #child: ChildProcess;
  /** Resolves when the process has ended, with what it said last as an error. */
  readonly ended: Promise<LabError>;
  #asked = false;

  constructor({ command: [program, ...args], token }: DriverProcessOptions) {
    if (program === undefined) throw new LabError('EINVAL', 'the command that starts a driver is empty');
    const output = namelessFile();
    // a token on the command line would be seen by everybody on this machine
    const env = token === undefined ? process.env : { ...process.env, FERROLAB_TOKEN: token };
    try {
      this.#child = spawn(program, args, { stdio: ['ignore', output, output], env });
    } catch (cause) {
      closeSync(output);
      throw new LabError('EINVAL', `the driver process did not start: ${(cause as Error).message}`, { cause });
    }
    const watch = setInterval(() => bound(output), OUTPUT_LOOK_MS).unref();
    this.ended = new Promise((resolve) => {
      const done = (error: LabError): void => {
        clearInterval(watch);
        closeSync(output);
        resolve(error);
      };
      this.#child.once('error', (cause) =>
        done(new LabError('ENOENT', `the driver process did not start: ${cause.message}`, { cause })),
      );
      this.#child.once('exit', (code, signal) => done(lastWords(tail(output), code, signal)));
    });
  }

  /** True when we asked it to go: its end is no failure. */
  get asked(): boolean {
    return this.#asked;
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** Asks it to go, then makes it go. Resolves when it is gone. */
  async end(): Promise<void> {
    this.#asked = true;
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

/** True when the process of that number on this machine is the driver host of this client: its presence alone proves nothing. */
export const isOurs = (pid: number, client: string): Promise<boolean> =>
  new Promise((resolve) => {
    execFile('ps', ['-p', String(pid), '-ww', '-o', 'args='], (error, stdout) => {
      const words = stdout.split(/\s+/);
      resolve(error === null && words.includes('--driver') && words[words.indexOf('--client') + 1] === client);
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

/** Its error line, when it exits else its last; when that begins with an errno name, that is the code. */
const lastWords = (said: string, code: number | null, signalName: string | null): LabError => {
  const line = signalName === null ? telling(said) : (errorLine(said) ?? '');
  const found = /\b(E[A-Z0-9]{2,15})\b:?\s*(.*)$/.exec(line);
  const errno = found?.[1];
  if (errno !== undefined && errno in ERRNO) return new LabError(errno as ErrnoName, found?.[2] || line);
  return new LabError(
    'EIO',
    `the driver process ended (${signalName ?? `exit ${code}`})${line && `: ${line.slice(0, 500)}`}`,
  );
};

const linesOf = (output: string): string[] =>
  output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

const errorLine = (output: string): string | undefined =>
  linesOf(output).findLast((line) => /^(?:\w*Error\b|E[A-Z0-9]{2,15}:)/.test(line));

/** The line that tells what was wrong: the last that names an error, else the last. */
const telling = (output: string): string => errorLine(output) ?? linesOf(output).at(-1) ?? '';

const TAIL_BYTES = 4000;

const tail = (file: number): string => {
  const { size } = fstatSync(file);
  const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
  return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, size - bytes.length));
};

/** The process appends, so what it says next begins the file anew. */
const bound = (file: number): void => {
  if (fstatSync(file).size > OUTPUT_LIMIT) ftruncateSync(file);
};

/** Open for us and the process alone, and gone with both, whenever we are killed. */
const namelessFile = (): number => {
  const { O_RDWR, O_APPEND, O_DIRECTORY } = constants;
  try {
    // open(2): a file without a name, where the system and the file system know such a thing
    if (platform() === 'linux') return openSync(tmpdir(), O_TMPFILE | O_DIRECTORY | O_RDWR | O_APPEND, 0o600);
  } catch {
    // else its name is taken away at once
  }
  const path = join(tmpdir(), `ferrolab-driver-${randomBytes(8).toString('hex')}`);
  const file = openSync(path, 'ax+', 0o600);
  unlinkSync(path);
  return file;
};

/** Linux, include/uapi/asm-generic/fcntl.h. */
const O_TMPFILE = 0o20000000;
