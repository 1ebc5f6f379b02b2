/** A real Mosquitto on a free port, for contract tests: the broker nobody here wrote. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LabError } from './errors.ts';

export interface Mosquitto {
  readonly url: string;
  readonly port: number;
  /** Killed and started again on its port, with nothing kept. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Debian keeps daemons out of a user's PATH. */
const PATH = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/opt/homebrew/sbin`;

/** Rejects with ENOENT and what to install where there is none. */
export const startMosquitto = async (): Promise<Mosquitto> => {
  const folder = mkdtempSync(join(tmpdir(), 'ferrolab-mosquitto-'));
  const config = join(folder, 'mosquitto.conf');
  const port = await freePort();
  writeFileSync(
    config,
    `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nlog_dest stderr\n`,
  );
  let child = await start(config);
  const stop = async (): Promise<void> => {
    const ended = once(child, 'exit');
    if (child.exitCode === null && child.kill('SIGKILL')) await ended;
  };
  return {
    url: `mqtt://127.0.0.1:${port}`,
    port,
    async restart() {
      await stop();
      child = await start(config);
    },
    async close() {
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
};

const start = (config: string): Promise<ChildProcess> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.env.MOSQUITTO_PATH ?? 'mosquitto', ['-c', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PATH },
    });
    let said = '';
    child.stderr.on('data', (text) => {
      said += String(text);
      if (/ running/.test(said)) resolve(child);
    });
    child.on('exit', (code) => reject(new LabError('EIO', `mosquitto ended with ${code}: ${said.trim()}`)));
    child.on('error', (cause) =>
      reject(
        new LabError('ENOENT', 'Mosquitto is not installed: `apt install mosquitto`, or set MOSQUITTO_PATH', { cause }),
      ),
    );
  });

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
};
