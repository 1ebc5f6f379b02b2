/** Servers of the block benchmark: ours and its peers, each a process of its own, on TCP and on a unix socket. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const TRANSPORTS = ['tcp', 'unix'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export interface Served {
  readonly uris: Readonly<Record<Transport, string>>;
  stop(): Promise<void>;
}

/** Programs the benchmark cannot do without, and their Debian packages. */
const NEEDS = { fio: 'fio', nbdkit: 'nbdkit', 'qemu-nbd': 'qemu-utils' };

/** What to install; undefined when nothing is missing. */
export const missingTools = (): string | undefined => {
  const missing = Object.entries(NEEDS).filter(([name]) => spawnSync(name, ['--version']).error !== undefined);
  return missing.length === 0 ? undefined : missing.map(([, from]) => from).join(' ');
};

/** `args` of a server for one transport. */
type Command = (where: { transport: Transport; port: number; path: string }) => readonly string[];

export const nbdkit =
  (...args: readonly string[]): Command =>
  ({ transport, port, path }) => [
    'nbdkit',
    '-f',
    '--exit-with-parent',
    ...(transport === 'tcp' ? ['-i', '127.0.0.1', '-p', String(port)] : ['-U', path]),
    ...args,
  ];

/** Reads zeroes, as the others do; shared by more than one client, as the others are. */
export const qemuNull: Command = ({ transport, port, path }) => [
  'qemu-nbd',
  '-t',
  '-e',
  '16',
  ...(transport === 'tcp' ? ['-b', '127.0.0.1', '-p', String(port)] : ['-k', path]),
  '--image-opts',
  'driver=null-co,size=1G,read-zeroes=on',
];

/** A server that takes one process for each transport. */
export const servePeer = async (name: string, folder: string, command: Command): Promise<Served> => {
  const port = await freePort();
  const path = join(folder, `${name}.sock`);
  const children = TRANSPORTS.map((transport) => {
    const [program = '', ...args] = command({ transport, port, path });
    return spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  });
  await Promise.all([listening({ port, host: '127.0.0.1' }, children[0]), listening({ path }, children[1], path)]);
  return {
    uris: { tcp: `nbd://127.0.0.1:${port}`, unix: `nbd+unix:///?socket=${path}` },
    stop: async () => void (await Promise.all(children.map(ended))),
  };
};

export interface OurLab {
  /** By export. */
  readonly plain: Served;
  readonly memory: Served;
  /** Where the bus is. */
  readonly broker: string;
}

/** A lab with a PHY and two null block devices, as `up` builds it. */
export const serveOurs = async (folder: string): Promise<OurLab> => {
  const path = join(folder, 'ferrolab.sock');
  const child = spawn(process.execPath, [join(import.meta.dirname, 'block-lab.ts'), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { port, broker } = JSON.parse(await firstLine(child)) as { port: number; broker: string };
  const served = (name: string): Served => ({
    uris: { tcp: `nbd://127.0.0.1:${port}/${name}`, unix: `nbd+unix:///${name}?socket=${path}` },
    stop: () => ended(child),
  });
  return { plain: served('nullb0'), memory: served('nullb1'), broker };
};

export const firstLine = async (child: ChildProcess): Promise<string> => {
  if (child.stdout !== null) for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the process ended before it said a word');
};

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
};

const listening = async (
  where: { port: number; host: string } | { path: string },
  child: ChildProcess | undefined,
  path?: string,
): Promise<void> => {
  for (;;) {
    if (child === undefined || child.exitCode !== null) throw new Error('a server ended at its start');
    const open =
      (path === undefined || existsSync(path)) &&
      (await new Promise<boolean>((resolve) => {
        const probe = connect(where, () => {
          probe.destroy();
          resolve(true);
        });
        probe.once('error', () => resolve(false));
      }));
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
