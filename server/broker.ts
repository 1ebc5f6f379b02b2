/** The MQTT broker inside the lab. */
import { createRequire } from 'node:module';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes, type AedesPublishPacket, type Client } from 'aedes';
import { LabError } from '#bus/errors.ts';
import { GatheredSocket } from '#bus/gather.ts';
import { MAX_BODY_BYTES } from '#bus/message.ts';
import type { OpenSession } from '#bus/session.ts';
import { BrokerGate } from './broker-gate.ts';
import { promptStore } from './broker-store.ts';
import { OwnSessions } from './own-sessions.ts';
import { Routes } from './routes.ts';

export interface BrokerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** When given, clients log in with any user name and this password. */
  readonly token?: string;
  /** Who was refused what, a line each. */
  readonly log?: (line: string) => void;
}

export interface Broker {
  readonly url: string;
  readonly port: number;
  /** The lab's own way in, without a socket: only who has it may speak for devices. */
  readonly openSession: OpenSession;
  close(): Promise<void>;
}

/** A body, the header before it, the topic, and the log lines of a burst. */
const MAX_PACKET_BYTES = MAX_BODY_BYTES + 4096;
/** A reader that takes nothing for this long is let go, before it holds up the lab. */
const DRAIN_MS = 1000;
/** Unread bytes a reader may have before that counts. */
const UNREAD_BYTES = 1 << 20;
/** QoS 2 messages a client may leave without its PUBREL: each is kept whole. */
const INFLIGHT = 64;
const CONNECTIONS = 1024;

// Aedes' writer prepares 65,536 buffers for the numbers it may come to write: 30 ms and 24 MB.
const { writeToStream } = createRequire(import.meta.resolve('aedes'))('mqtt-packet') as {
  readonly writeToStream: { cacheNumbers: boolean };
};
writeToStream.cacheNumbers = false;

/** EADDRINUSE and EACCES come as a LabError that says which port, and what to do. */
export const startBroker = async (options: BrokerOptions): Promise<Broker> => {
  const { host, token, log = () => {} } = options;
  const gate = new BrokerGate({
    token,
    log,
    clear: (topic) => aedes.publish({ cmd: 'publish', topic, payload: '', qos: 0, retain: true, dup: false }, () => {}),
  });
  const aedes = await Aedes.createBroker({
    mq: new Routes<AedesPublishPacket>(),
    concurrency: 0,
    drainTimeout: DRAIN_MS,
    maxInflightInbound: INFLIGHT,
    preConnect: gate.preConnect,
    authenticate: gate.authenticate,
    authorizePublish: gate.authorizePublish,
    authorizeSubscribe: gate.authorizeSubscribe,
    authorizeForward: gate.authorizeForward,
  });
  const refused = (client: Client | null, error: Error): void => {
    if (!isOrdinary(error)) log(`${client?.id ?? 'a connection'} was closed: ${error.message}`);
  };
  aedes.on('clientError', refused);
  aedes.on('connectionError', refused);
  aedes.on('unsubscribe', (filters, client) => gate.unsubscribed(client, filters.length));
  const own = new OwnSessions({ aedes, gate, store: promptStore(aedes) });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    aedes.handle(new GatheredSocket(socket, { maxPacketBytes: MAX_PACKET_BYTES, highWaterMark: UNREAD_BYTES }));
  });
  server.maxConnections = CONNECTIONS;
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => void server.close(resolve));
    own.close();
    await new Promise<void>((resolve) => void aedes.close(() => resolve()));
    gate.close();
    for (const socket of sockets) socket.destroy();
    if (server.listening) await closed;
  };
  try {
    const port = await listen(server, host, options.port);
    return { url: `mqtt://${host.includes(':') ? `[${host}]` : host}:${port}`, port, openSession: own.open, close };
  } catch (error) {
    await close();
    throw error;
  }
};

const listen = (server: Server, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(portError(error, host, port)));
    server.listen({ host, port }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });

const portError = (error: NodeJS.ErrnoException, host: string, port: number): LabError => {
  const other = 'choose another with --mqtt PORT, or use the broker there with --broker';
  switch (error.code) {
    case 'EADDRINUSE':
      return new LabError('EADDRINUSE', `MQTT port ${port} on ${host} is in use; ${other} mqtt://${host}:${port}`, {
        cause: error,
      });
    case 'EACCES':
      return new LabError(
        'EACCES',
        `MQTT port ${port} on ${host} takes more rights; choose one from 1024 with --mqtt`,
        {
          cause: error,
        },
      );
    default:
      return new LabError('EINVAL', `cannot listen for MQTT on ${host} port ${port}: ${error.message}`, {
        cause: error,
      });
  }
};

/** Ends of connections that are nobody's fault. */
const isOrdinary = (error: Error & { code?: unknown }): boolean =>
  error.code === 'ECONNRESET' || error.code === 'EPIPE' || /premature close|keep alive/i.test(error.message);
