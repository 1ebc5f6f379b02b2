/** Numbers and structures of the Network Block Device protocol, as the TCP export and the block wire of the bus both speak them. */

import type { BlockOp, BlockStatus } from './block.ts';
import { LabError } from './errors.ts';

// Source throughout: NetworkBlockDevice/nbd, doc/proto.md. All integers on the wire are unsigned, in big endian.

/** Greetings, options and their replies open with these eight bytes. */
export const NBD_GREETING = 0x4e42444d41474943n; // "NBDMAGIC"
export const NBD_OPTION = 0x49484156454f5054n; // "IHAVEOPT"
export const NBD_OPTION_REPLY = 0x0003e889045565a9n;

export const REQUEST_MAGIC = 0x25609513;
export const SIMPLE_REPLY_MAGIC = 0x67446698;
export const STRUCTURED_REPLY_MAGIC = 0x668e33ef;
/** Experimental: refused. */
export const EXTENDED_REQUEST_MAGIC = 0x21e41c71;

export const REQUEST_BYTES = 28;
export const SIMPLE_REPLY_BYTES = 16;
export const STRUCTURED_REPLY_BYTES = 20;

export const HANDSHAKE_FLAG = { fixedNewstyle: 1 << 0, noZeroes: 1 << 1 } as const;

export const OPTION = {
  exportName: 1,
  abort: 2,
  list: 3,
  peekExport: 4,
  startTls: 5,
  info: 6,
  go: 7,
  structuredReply: 8,
  listMetaContext: 9,
  setMetaContext: 10,
  extendedHeaders: 11,
} as const;

export const OPTION_REPLY = {
  ack: 1,
  server: 2,
  info: 3,
  metaContext: 4,
  errUnsup: 0x80000001,
  errPolicy: 0x80000002,
  errInvalid: 0x80000003,
  errPlatform: 0x80000004,
  errTlsRequired: 0x80000005,
  errUnknown: 0x80000006,
  errShutdown: 0x80000007,
  errBlockSizeRequired: 0x80000008,
  errTooBig: 0x80000009,
  errExtendedHeadersRequired: 0x8000000a,
} as const;

export const INFO = { export: 0, name: 1, description: 2, blockSize: 3 } as const;

/** What an export can do: sent with its size. */
export const TRANSMISSION_FLAG = {
  hasFlags: 1 << 0,
  readOnly: 1 << 1,
  flush: 1 << 2,
  fua: 1 << 3,
  rotational: 1 << 4,
  trim: 1 << 5,
  writeZeroes: 1 << 6,
  df: 1 << 7,
  multiConn: 1 << 8,
  cache: 1 << 10,
  fastZero: 1 << 11,
} as const;

export const COMMAND = {
  read: 0,
  write: 1,
  disc: 2,
  flush: 3,
  trim: 4,
  cache: 5,
  writeZeroes: 6,
  blockStatus: 7,
} as const;

/** Commands of the bus's block wire that NBD has no word for: the zone operations. Never spoken over TCP. */
export const ZONE_COMMAND = {
  zoneAppend: 0x0100,
  zoneOpen: 0x0101,
  zoneClose: 0x0102,
  zoneFinish: 0x0103,
  zoneReset: 0x0104,
  zoneResetAll: 0x0105,
  zoneReport: 0x0106,
} as const;

/** The command of each operation, and back. */
export const COMMAND_OF_OP: Readonly<Record<BlockOp, number>> = {
  read: COMMAND.read,
  write: COMMAND.write,
  flush: COMMAND.flush,
  discard: COMMAND.trim,
  write_zeroes: COMMAND.writeZeroes,
  zone_append: ZONE_COMMAND.zoneAppend,
  zone_open: ZONE_COMMAND.zoneOpen,
  zone_close: ZONE_COMMAND.zoneClose,
  zone_finish: ZONE_COMMAND.zoneFinish,
  zone_reset: ZONE_COMMAND.zoneReset,
  zone_reset_all: ZONE_COMMAND.zoneResetAll,
  zone_report: ZONE_COMMAND.zoneReport,
};

export const COMMAND_FLAG = {
  fua: 1 << 0,
  noHole: 1 << 1,
  df: 1 << 2,
  reqOne: 1 << 3,
  fastZero: 1 << 4,
} as const;

/** Chunks of a structured reply. */
export const CHUNK = {
  none: 0,
  offsetData: 1,
  offsetHole: 2,
  blockStatus: 5,
  error: 0x8001,
  errorOffset: 0x8002,
} as const;
export const CHUNK_DONE = 1;

/** Flags of an extent in the context `base:allocation`. */
export const EXTENT = { hole: 1 << 0, zero: 1 << 1 } as const;

/** The only errors NBD carries; a client reads any other as EINVAL. */
export const NBD_ERROR = {
  EPERM: 1,
  EIO: 5,
  ENOMEM: 12,
  EINVAL: 22,
  ENOSPC: 28,
  EOVERFLOW: 75,
  ENOTSUP: 95,
  ESHUTDOWN: 108,
} as const;

/** Errno of each block status (Linux block/blk-core.c, blk_errors): all differ, so the bus sends these as they are. */
export const STATUS_ERRNO: Readonly<Record<BlockStatus, number>> = {
  OK: 0,
  NOTSUPP: 95, // EOPNOTSUPP
  TIMEOUT: 110, // ETIMEDOUT
  NOSPC: 28, // ENOSPC
  TRANSPORT: 67, // ENOLINK
  TARGET: 121, // EREMOTEIO
  RESV_CONFLICT: 52, // EBADE
  MEDIUM: 61, // ENODATA
  PROTECTION: 84, // EILSEQ
  RESOURCE: 12, // ENOMEM
  DEV_RESOURCE: 16, // EBUSY
  AGAIN: 11, // EAGAIN
  OFFLINE: 19, // ENODEV
  ZONE_OPEN_RESOURCE: 109, // ETOOMANYREFS
  ZONE_ACTIVE_RESOURCE: 75, // EOVERFLOW
  DURATION_LIMIT: 62, // ETIME
  INVAL: 22, // EINVAL
  IOERR: 5, // EIO
};

/** The same status in NBD's eight words, for a client over TCP. */
export const nbdErrorOf = (status: BlockStatus): number => {
  switch (status) {
    case 'OK':
      return 0;
    case 'NOSPC':
      return NBD_ERROR.ENOSPC;
    case 'INVAL':
    case 'NOTSUPP':
      return NBD_ERROR.EINVAL;
    case 'OFFLINE':
      return NBD_ERROR.ESHUTDOWN;
    default:
      return NBD_ERROR.EIO;
  }
};

/** Head of a request; a write's payload of `length` bytes follows it. */
export interface NbdRequest {
  readonly flags: number;
  readonly type: number;
  /** The client's own 64 bits, echoed. */
  readonly cookieHigh: number;
  readonly cookieLow: number;
  readonly offset: number;
  readonly length: number;
}

export const writeRequest = (view: DataView, at: number, request: NbdRequest): void => {
  view.setUint32(at, REQUEST_MAGIC);
  view.setUint16(at + 4, request.flags);
  view.setUint16(at + 6, request.type);
  view.setUint32(at + 8, request.cookieHigh);
  view.setUint32(at + 12, request.cookieLow);
  view.setUint32(at + 16, Math.floor(request.offset / 2 ** 32));
  view.setUint32(at + 20, request.offset >>> 0);
  view.setUint32(at + 24, request.length);
};

/** Throws EPROTO when the magic is not a request's. Offsets past 2^53 lose their last bits; they are past any device too. */
export const readRequest = (view: DataView, at: number): NbdRequest => {
  const magic = view.getUint32(at);
  if (magic !== REQUEST_MAGIC) throw wrongMagic('a request', magic, REQUEST_MAGIC);
  return {
    flags: view.getUint16(at + 4),
    type: view.getUint16(at + 6),
    cookieHigh: view.getUint32(at + 8),
    cookieLow: view.getUint32(at + 12),
    offset: view.getUint32(at + 16) * 2 ** 32 + view.getUint32(at + 20),
    length: view.getUint32(at + 24),
  };
};

/** Head of a simple reply; the data of a read that went well follows it. */
export interface SimpleReply {
  readonly error: number;
  readonly cookieHigh: number;
  readonly cookieLow: number;
}

export const writeSimpleReply = (
  view: DataView,
  at: number,
  error: number,
  cookieHigh: number,
  cookieLow: number,
): void => {
  view.setUint32(at, SIMPLE_REPLY_MAGIC);
  view.setUint32(at + 4, error);
  view.setUint32(at + 8, cookieHigh);
  view.setUint32(at + 12, cookieLow);
};

export const readSimpleReply = (view: DataView, at: number): SimpleReply => {
  const magic = view.getUint32(at);
  if (magic !== SIMPLE_REPLY_MAGIC) throw wrongMagic('a simple reply', magic, SIMPLE_REPLY_MAGIC);
  return { error: view.getUint32(at + 4), cookieHigh: view.getUint32(at + 8), cookieLow: view.getUint32(at + 12) };
};

/** Head of one chunk of a structured reply. */
export const writeChunkHead = (
  view: DataView,
  at: number,
  flags: number,
  type: number,
  cookieHigh: number,
  cookieLow: number,
  length: number,
): void => {
  view.setUint32(at, STRUCTURED_REPLY_MAGIC);
  view.setUint16(at + 4, flags);
  view.setUint16(at + 6, type);
  view.setUint32(at + 8, cookieHigh);
  view.setUint32(at + 12, cookieLow);
  view.setUint32(at + 16, length);
};

const wrongMagic = (what: string, found: number, wanted: number): LabError =>
  new LabError('EPROTO', `${what} opens with 0x${found.toString(16)}; its magic is 0x${wanted.toString(16)}`);
