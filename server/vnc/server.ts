/** A VNC server for one screen: anybody on this machine may look, nobody may touch. */
import { type AddressInfo, createServer } from 'node:net';
import { LabError } from '#bus/errors.ts';
import { VncConnection, type VncConnectionView } from './connection.ts';
import type { VncScreen } from './screen.ts';

export interface VncOptions {
  /** Default 127.0.0.1; only loopback: this RFB has no password and no encryption. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What viewers write on their window. */
  readonly name: string;
  readonly screen: () => VncScreen;
  readonly log?: (line: string) => void;
  /** Default 8; one more is turned away. */
  readonly viewers?: number;
  /** Default 10 s. */
  readonly handshakeMs?: number;
  /** Default 30 s: how long half a message, or a part of an update not taken, may stand still. */
  readonly stallMs?: number;
}

export interface VncServer {
  readonly address: { readonly host: string; readonly port: number };
  viewers(): readonly VncConnectionView[];
  close(): Promise<void>;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
const LOOKS = 4;

export const startVnc = async (options: VncOptions): Promise<VncServer> => {
  const { host = '127.0.0.1', port, name, screen, log = () => {} } = options;
  if (!LOOPBACK.has(host))
    throw new LabError(
      'EACCES',
      `VNC on ${host}: it would show the screen to anybody there, for it asks for no password; only 127.0.0.1 is allowed. From elsewhere come through a tunnel: ssh -L ${port}:127.0.0.1:${port}`,
    );
  const open = new Set<VncConnection>();
  const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    const connection: VncConnection = new VncConnection({
      socket,
      screen,
      name,
      handshakeMs: options.handshakeMs ?? 10_000,
      onClose: (reason) => {
        open.delete(connection);
        log(`vnc: ${connection.view.peer} left ${name}: ${reason}`);
      },
    });
    open.add(connection);
  });
  const viewers = options.viewers ?? 8;
  server.maxConnections = viewers;
  server.on('drop', () => log(`vnc: a viewer was turned away: ${viewers} look at ${name}`));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'EADDRINUSE' || cause.code === 'EACCES' ? cause.code : 'EINVAL';
      const advice =
        code === 'EADDRINUSE' ? 'is in use: end what uses it, or take another with --vnc' : `: ${cause.message}`;
      reject(new LabError(code, `VNC: port ${port} on ${host} ${advice}`, { cause }));
    });
    server.listen({ host, port }, resolve);
  });
  const judging = setInterval(
    () => {
      for (const connection of open) connection.judge(LOOKS);
    },
    (options.stallMs ?? 30_000) / LOOKS,
  );
  judging.unref();
  const { address, port: taken } = server.address() as AddressInfo;
  return {
    address: { host: address, port: taken },
    viewers: () => [...open].map(({ view }) => view),
    close: async () => {
      clearInterval(judging);
      for (const connection of open) connection.drop('the server closes');
      await new Promise((closed) => server.close(closed));
    },
  };
};
