/** STARTTLS: the certificate of an NBD server, and the turn of a plain connection into a secure one. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createSecureContext, createServer, type TLSSocket } from 'node:tls';
import { LabError } from '#bus/errors.ts';

/** Certificate and key in PEM. */
export interface NbdTls {
  readonly cert: string;
  readonly key: string;
  /** Clients must show a certificate of this authority. */
  readonly clientCa?: string;
  /** Nothing is served without TLS. */
  readonly required: boolean;
}

/** From files; EINVAL or ENOENT says which one is wrong. */
export const loadTls = (files: { cert: string; key: string; clientCa?: string; required: boolean }): NbdTls => {
  const tls: NbdTls = {
    cert: pem('certificate', files.cert),
    key: pem('key', files.key),
    ...(files.clientCa === undefined ? {} : { clientCa: pem('client authority', files.clientCa) }),
    required: files.required,
  };
  checkTls(tls);
  return tls;
};

/** Throws EINVAL when certificate and key do not fit together. */
export const checkTls = ({ cert, key, clientCa }: NbdTls): void => {
  try {
    createSecureContext({ cert, key, ...(clientCa === undefined ? {} : { ca: clientCa }) });
  } catch (cause) {
    throw new LabError('EINVAL', `NBD over TLS: ${(cause as Error).message}`, { cause });
  }
};

/** Speaks TLS on a connection from now on; exactly one of the two is called. */
export const secure = (
  socket: Socket,
  { cert, key, clientCa }: NbdTls,
  timeoutMs: number,
  secured: (socket: TLSSocket) => void,
  failed: (reason: string) => void,
): void => {
  // a server of its own, never listening: it checks the client's certificate, which a bare TLSSocket leaves to its owner
  const upgrade = createServer({
    cert,
    key,
    handshakeTimeout: timeoutMs,
    minVersion: 'TLSv1.2',
    ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
  });
  upgrade.once('secureConnection', secured);
  upgrade.once('tlsClientError', (error) => failed(`TLS: ${error.message}`));
  upgrade.emit('connection', socket);
};

const pem = (what: string, file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LabError('ENOENT', `NBD over TLS: the ${what} ${file} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
};
