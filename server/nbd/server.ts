/** The NBD server: listens on TCP and on a unix socket, one connection object per client. */
import { chmod, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { LabError } from '#bus/errors.ts';
import { NbdConnection, type NbdConnectionView } from './connection.ts';
import type { NbdExport } from './export.ts';
import { SlabPool } from './outbox.ts';
import { checkTls, type NbdTls } from './tls.ts';

export const NBD_PORT = 10809;

export interface NbdOptions {
  /** Default 127.0.0.1; another address needs TLS that checks the clients: NBD knows no token. */
  readonly host?: string;
  /** TCP port, 0 takes a free one; without it no TCP. */
  readonly port?: number;
  /** Path of a unix socket; without it none. */
  readonly unix?: string;
  readonly tls?: NbdTls;
  readonly exports: () => readonly NbdExport[];
  readonly log?: (line: string) => void;
  /** Default 64; one more is turned away. */
  readonly connections?: number;
  /** Default 10 s. */
  readonly handshakeMs?: number;
  /** Default 60 s: how long half a request, or an answer not taken, may stand still. */
  readonly stallMs?: number;
}

export interface NbdServer {
  readonly address: { readonly host: string; readonly port: number } | null;
  readonly unix: string | null;
  /** Clients, newest last. */
  connections(): readonly NbdConnectionView[];
  close(): Promise<void>;
}

const LOOKS = 4;
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

export const startNbd = async (options: NbdOptions): Promise<NbdServer> => {
  const { host = '127.0.0.1', tls, log = () => {} } = options;
  if (tls !== undefined) checkTls(tls);
  if (options.port !== undefined && !LOOPBACK.has(host) && !(tls?.required === true && tls.clientCa !== undefined))
    throw new LabError(
      'EACCES',
      `NBD on ${host} needs TLS that is required and checks the clients' certificates; without it only 127.0.0.1 is allowed`,
    );
  const pool = new SlabPool();
  const open = new Set<NbdConnection>();
  const accept = (socket: Socket): void => {
    let connection: NbdConnection | undefined;
    connection = new NbdConnection({
      client: lowestFree(open),
      accepted: socket,
      pool,
      tls,
      exports: options.exports,
      handshakeMs: options.handshakeMs ?? 10_000,
      onClose: (reason) => {
        if (connection === undefined) return;
        const { peer, serves } = connection.view;
        open.delete(connection);
        log(`nbd: ${peer} left ${serves ?? 'before it chose an export'}: ${reason}`);
      },
    });
    open.add(connection);
  };
  const listeners: Server[] = [];
  const stop = async (): Promise<void> => {
    clearInterval(looking);
    for (const connection of open) connection.drop('the server closes');
    await Promise.all(listeners.map((server) => new Promise((closed) => server.close(closed))));
  };
  const stallMs = options.stallMs ?? 60_000;
  const looking = setInterval(() => {
    for (const connection of open) connection.look(LOOKS);
  }, stallMs / LOOKS);
  looking.unref();
  const listen = async (where: { host: string; port: number } | { path: string }): Promise<Server> => {
    const server = createServer({ noDelay: true, keepAlive: true, pauseOnConnect: true }, accept);
    const room = options.connections ?? 64;
    server.maxConnections = room;
    server.on('drop', () => log(`nbd: a client was turned away: ${room} are connected`));
    await opened(server, where);
    listeners.push(server);
    return server;
  };
  try {
    let address: NbdServer['address'] = null;
    if (options.port !== undefined) {
      const taken = (await listen({ host, port: options.port })).address() as AddressInfo;
      address = { host: taken.address, port: taken.port };
    }
    if (options.unix !== undefined) {
      await forgetDeadSocket(options.unix);
      await listen({ path: options.unix });
      await chmod(options.unix, 0o600);
    }
    return {
      address,
      unix: options.unix ?? null,
      connections: () => [...open].map(({ view }) => view),
      close: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** Names of clients stay as few as clients at once. */
const lowestFree = (open: ReadonlySet<NbdConnection>): number => {
  const taken = new Set([...open].map(({ client }) => client));
  for (let client = 1; ; client++) if (!taken.has(client)) return client;
};

const opened = (server: Server, where: { host: string; port: number } | { path: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    const place = 'path' in where ? where.path : `port ${where.port} on ${where.host}`;
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'EADDRINUSE' || cause.code === 'EACCES' ? cause.code : 'EINVAL';
      const advice =
        code === 'EADDRINUSE' ? 'is in use: end what uses it, or take another with --nbd' : `: ${cause.message}`;
      reject(new LabError(code, `NBD: ${place} ${advice}`, { cause }));
    });
    server.listen(where, () => resolve());
  });

/** A socket file that a killed server left behind answers nobody; one that answers stays. */
const forgetDeadSocket = (path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      reject(new LabError('EADDRINUSE', `NBD: ${path} is served by a running process; take another with --nbd-unix`));
    });
    probe.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED') rm(path, { force: true }).then(resolve, reject);
      else resolve(); // nothing there, or not ours to judge: listening says
    });
  });
