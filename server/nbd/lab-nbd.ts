/** NBD as part of a lab: whether it listens, where, and what the lab says of it. */
import type { LogLevel } from '#bus/api.ts';
import { LabError } from '#bus/errors.ts';
import type { BlockHost, NbdAddress } from './block-host.ts';
import { NBD_PORT } from './server.ts';
import type { NbdTls } from './tls.ts';

export interface LabNbd {
  /** 0 takes a free one; without it 10809, and a lab that finds it in use runs without NBD over TCP. */
  readonly port?: number;
  readonly unix?: string;
  readonly tls?: NbdTls;
}

export interface LabNbdOptions {
  readonly blocks: BlockHost;
  readonly nbd: LabNbd;
  /** The lab's address. NBD knows no token: without TLS that checks its clients it stays on 127.0.0.1. */
  readonly host: string;
  /** The bench has a block device. */
  readonly needed: boolean;
  readonly log: (level: LogLevel, text: string) => void;
}

/** Null: nobody asked, or the default port is in use. Rejects when what was asked for cannot be had. */
export const openLabNbd = async ({ blocks, nbd, host, needed, log }: LabNbdOptions): Promise<NbdAddress | null> => {
  const asked = nbd.port !== undefined || nbd.unix !== undefined;
  if (!asked && !needed) return null;
  const { tls } = nbd;
  const where = {
    host: tls?.required === true && tls.clientCa !== undefined ? host : '127.0.0.1',
    ...(nbd.port === undefined && nbd.unix !== undefined ? {} : { port: nbd.port ?? NBD_PORT }),
    ...(nbd.unix === undefined ? {} : { unix: nbd.unix }),
    ...(tls === undefined ? {} : { tls }),
  };
  try {
    const address = await blocks.listen(where);
    for (const uri of nbdUris(address, tls !== undefined)) log('info', `NBD at ${uri}`);
    return address;
  } catch (error) {
    if (asked || !(error instanceof LabError) || error.code !== 'EADDRINUSE') throw error;
    log('warning', `${error.message}; this lab runs without NBD`);
    return null;
  }
};

/** As clients take them; the export's name is appended. */
export const nbdUris = ({ host, port, unix }: NbdAddress, secure: boolean): readonly string[] => [
  ...(port === null ? [] : [`nbd${secure ? 's' : ''}://${host}:${port}/`]),
  ...(unix === null ? [] : [`nbd${secure ? 's' : ''}+unix:///?socket=${unix}`]),
];
