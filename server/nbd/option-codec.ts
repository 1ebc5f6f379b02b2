/** The bytes of NBD options and their replies. */
import {
  HANDSHAKE_FLAG,
  INFO,
  NBD_GREETING,
  NBD_OPTION,
  NBD_OPTION_REPLY,
  OPTION_REPLY,
  TRANSMISSION_FLAG,
} from '#bus/nbd-codec.ts';
import type { NbdGeometry } from './export.ts';

export const OPTION_HEAD_BYTES = 16;
/** Longest name or query the protocol allows. */
export const STRING_LIMIT = 4096;
const REPLY_HEAD_BYTES = 20;

/** What the server says first. */
export const greeting = (): Uint8Array => {
  const bytes = new Uint8Array(18);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, NBD_GREETING);
  view.setBigUint64(8, NBD_OPTION);
  view.setUint16(16, HANDSHAKE_FLAG.fixedNewstyle | HANDSHAKE_FLAG.noZeroes);
  return bytes;
};

export const optionReply = (option: number, type: number, body: Uint8Array = EMPTY): Uint8Array => {
  const bytes = new Uint8Array(REPLY_HEAD_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, NBD_OPTION_REPLY);
  view.setUint32(8, option);
  view.setUint32(12, type);
  view.setUint32(16, body.length);
  bytes.set(body, REPLY_HEAD_BYTES);
  return bytes;
};

export const serverReply = (option: number, name: string): Uint8Array => {
  const text = utf8(name);
  return optionReply(option, OPTION_REPLY.server, joined(u32(text.length), text));
};

/** Size and flags of an export, as GO and EXPORT_NAME give them. */
export const exportWords = (geometry: NbdGeometry, structured: boolean): Uint8Array => {
  const bytes = new Uint8Array(10);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(geometry.sizeBytes));
  view.setUint16(8, transmissionFlags(geometry, structured));
  return bytes;
};

export const infoReply = (option: number, info: keyof typeof INFO, payload: Uint8Array): Uint8Array =>
  optionReply(option, OPTION_REPLY.info, joined(u16(INFO[info]), payload));

export const blockSizes = ({ minimumBytes, preferredBytes, maximumBytes }: NbdGeometry): Uint8Array =>
  joined(u32(minimumBytes), u32(preferredBytes), u32(maximumBytes));

export const metaContextReply = (option: number, id: number, context: string): Uint8Array =>
  optionReply(option, OPTION_REPLY.metaContext, joined(u32(id), utf8(context)));

export interface InfoRequest {
  readonly name: string;
  readonly wanted: readonly number[];
}

/** The data of INFO and GO; null when its lengths contradict each other. */
export const parseInfoRequest = (data: Uint8Array): InfoRequest | null => {
  if (data.length < 6) return null;
  const view = viewOf(data);
  const nameBytes = view.getUint32(0);
  if (nameBytes > Math.min(data.length - 6, STRING_LIMIT)) return null;
  const count = view.getUint16(4 + nameBytes);
  if (data.length !== 6 + nameBytes + 2 * count) return null;
  const name = parseText(data.subarray(4, 4 + nameBytes));
  if (name === null) return null;
  return { name, wanted: Array.from({ length: count }, (_, i) => view.getUint16(6 + nameBytes + 2 * i)) };
};

export interface MetaRequest {
  readonly name: string;
  readonly queries: readonly string[];
}

/** The data of LIST_META_CONTEXT and SET_META_CONTEXT; null when its lengths contradict each other. */
export const parseMetaRequest = (data: Uint8Array): MetaRequest | null => {
  if (data.length < 8) return null;
  const view = viewOf(data);
  const nameBytes = view.getUint32(0);
  if (nameBytes > Math.min(data.length - 8, STRING_LIMIT)) return null;
  const name = parseText(data.subarray(4, 4 + nameBytes));
  if (name === null) return null;
  const count = view.getUint32(4 + nameBytes);
  const queries: string[] = [];
  let at = 8 + nameBytes;
  for (let i = 0; i < count; i++) {
    if (at + 4 > data.length) return null;
    const length = view.getUint32(at);
    if (length > Math.min(data.length - at - 4, STRING_LIMIT)) return null;
    const query = parseText(data.subarray(at + 4, at + 4 + length));
    if (query === null) return null;
    queries.push(query);
    at += 4 + length;
  }
  return at === data.length ? { name, queries } : null;
};

/** UTF-8 without NUL; null otherwise. */
export const parseText = (bytes: Uint8Array): string | null => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
};

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

const transmissionFlags = (geometry: NbdGeometry, structured: boolean): number =>
  TRANSMISSION_FLAG.hasFlags |
  // what one connection flushed, all see: there is one device behind them
  TRANSMISSION_FLAG.multiConn |
  TRANSMISSION_FLAG.cache |
  (geometry.readOnly ? TRANSMISSION_FLAG.readOnly : 0) |
  (geometry.rotational ? TRANSMISSION_FLAG.rotational : 0) |
  (geometry.flush ? TRANSMISSION_FLAG.flush : 0) |
  (geometry.fua ? TRANSMISSION_FLAG.fua : 0) |
  (geometry.trim ? TRANSMISSION_FLAG.trim : 0) |
  (geometry.writeZeroes ? TRANSMISSION_FLAG.writeZeroes : 0) |
  (geometry.writeZeroes && geometry.fastZero ? TRANSMISSION_FLAG.fastZero : 0) |
  (structured ? TRANSMISSION_FLAG.df : 0);

const EMPTY = new Uint8Array(0);
const viewOf = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.length);

const u16 = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value);
const u32 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
