/** Servers of the display benchmark: a lab with a painting driver, and TigerVNC with a painting X client; each a process group of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { firstLine } from './block-servers.ts';
import { HEIGHT, type Scene, WIDTH } from './display-scenes.ts';

export interface Painted {
  /** Of its VNC server. */
  readonly port: number;
  /** Of its dashboard; null for the peer. */
  readonly url: string | null;
  stop(): Promise<void>;
}

/** What to install; undefined when nothing is missing. */
export const missingServer = (): string | undefined =>
  spawnSync('Xtigervnc', ['-version']).error === undefined ? undefined : 'tigervnc-standalone-server';

export const script = (name: string, ...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [join(import.meta.dirname, name), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });

export const paintOurs = async (scene: Scene): Promise<Painted> => {
  const lab = script('display-lab.ts', scene);
  const { url, port } = JSON.parse(await firstLine(lab)) as { url: string; port: number };
  return { port, url, stop: () => ended(lab) };
};

export const paintPeer = async (scene: Scene): Promise<Painted> => {
  const display = freeDisplay();
  const port = await freePort();
  const server = spawn(
    'Xtigervnc',
    [
      `:${display}`,
      ...['-geometry', `${WIDTH}x${HEIGHT}`, '-depth', '24', '-SecurityTypes', 'None', '-localhost', '-ac'],
      ...['-rfbport', String(port), '-nolisten', 'tcp'],
    ],
    { stdio: 'ignore' },
  );
  while (!existsSync(`/tmp/.X11-unix/X${display}`)) {
    if (server.exitCode !== null) throw new Error(`Xtigervnc ended at its start with ${server.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const painter = script('display-x11.ts', String(display), scene);
  const stop = async (): Promise<void> => {
    await ended(painter);
    await ended(server);
  };
  return { port, url: null, stop };
};

const freeDisplay = (): number => {
  for (let display = 90; ; display++)
    if (!existsSync(`/tmp/.X11-unix/X${display}`) && !existsSync(`/tmp/.X${display}-lock`)) return display;
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
};

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
};
