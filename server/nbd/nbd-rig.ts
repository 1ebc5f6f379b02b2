/** What the NBD tests stand on: a small memory to serve, the client's side of the bytes, and a raw connection. */
import { connect, type Socket } from 'node:net';
import type { BlockStatus, OutsideRequests } from '#bus/block.ts';
import {
  EXTENT,
  HANDSHAKE_FLAG,
  NBD_OPTION,
  OPTION,
  readSimpleReply,
  SIMPLE_REPLY_MAGIC,
  STRUCTURED_REPLY_MAGIC,
  writeRequest,
} from '#bus/nbd-codec.ts';
import type { NbdExport, NbdExtent, NbdGeometry, NbdWork } from './export.ts';
import { joined, utf8 } from './option-codec.ts';
import { RequestLog } from './request-log.ts';

const MIB = 1024 * 1024;
const GEOMETRY: NbdGeometry = {
  sizeBytes: MIB,
  minimumBytes: 512,
  preferredBytes: 4096,
  maximumBytes: 32 * MIB,
  readOnly: false,
  rotational: false,
  flush: true,
  fua: true,
  trim: true,
  writeZeroes: true,
  fastZero: true,
};

/** Bytes in memory behind an export; `queued` answers when `release` is called, unless told otherwise. */
export class RigExport implements NbdExport {
  readonly name: string;
  readonly description = 'a rig';
  geometry: NbdGeometry;
  up = true;
  path: NbdExport['path'] = 'direct';
  readonly bytes: Uint8Array;
  readonly told: OutsideRequests[] = [];
  readonly log = new RequestLog({ now: () => 0, tell: (requests) => this.told.push(requests) });
  readonly counted = { read: [0, 0], write: [0, 0] };
  /** What queued requests come to. */
  status: BlockStatus = 'OK';
  /** Answer queued requests at once. */
  prompt = true;
  readonly waiting: (() => void)[] = [];
  readonly #cuts = new Set<(reason: string) => void>();
  /** Clients that have gone. */
  readonly gone: number[] = [];

  constructor(name = 'rig', geometry: Partial<NbdGeometry> = {}) {
    this.name = name;
    this.geometry = { ...GEOMETRY, ...geometry };
    this.bytes = new Uint8Array(Math.min(this.geometry.sizeBytes, 64 * MIB));
  }

  count(op: 'read' | 'write', requests: number, bytes: number): void {
    this.counted[op][0]! += requests;
    this.counted[op][1]! += bytes;
  }

  readInto(offset: number, length: number, target: Uint8Array, at: number): BlockStatus {
    target.set(this.bytes.subarray(offset, offset + length), at);
    return this.status;
  }

  writeFrom(offset: number, length: number, source: Uint8Array, at: number): BlockStatus {
    this.bytes.set(source.subarray(at, at + length), offset);
    return this.status;
  }

  submit(work: NbdWork, done: (status: BlockStatus, data: Uint8Array | undefined) => void): void {
    const answer = (): void => {
      const { op, offsetBytes, lengthBytes, data } = work;
      const end = offsetBytes + lengthBytes;
      if (this.status !== 'OK') done(this.status, undefined);
      else if (op === 'read') done('OK', this.bytes.slice(offsetBytes, end));
      else {
        if (op === 'write' && data !== undefined) this.bytes.set(data, offsetBytes);
        if (op === 'discard' || op === 'write_zeroes') this.bytes.fill(0, offsetBytes, end);
        done('OK', undefined);
      }
    };
    if (this.prompt) answer();
    else this.waiting.push(answer);
  }

  extents(_offset: number, length: number, limit: number): readonly NbdExtent[] {
    const half = Math.max(512, Math.floor(length / 1024) * 512);
    if (limit === 1 || half >= length) return [{ lengthBytes: Math.min(half, length), flags: 0 }];
    return [
      { lengthBytes: half, flags: 0 },
      { lengthBytes: length - half, flags: EXTENT.hole | EXTENT.zero },
    ];
  }

  left(client: number): void {
    this.gone.push(client);
  }

  onCut(_client: number, listener: (reason: string) => void): () => void {
    this.#cuts.add(listener);
    return () => this.#cuts.delete(listener);
  }

  cut(reason: string): void {
    for (const listener of [...this.#cuts]) listener(reason);
  }
}

const u16 = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value);
export const u32 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

/** The client's first four bytes. */
export const clientFlags = (flags: number = HANDSHAKE_FLAG.fixedNewstyle | HANDSHAKE_FLAG.noZeroes): Uint8Array =>
  u32(flags);

export const option = (number: number, data: Uint8Array = new Uint8Array(0)): Uint8Array => {
  const head = new Uint8Array(16);
  const view = new DataView(head.buffer);
  view.setBigUint64(0, NBD_OPTION);
  view.setUint32(8, number);
  view.setUint32(12, data.length);
  return joined(head, data);
};

/** Data of INFO and GO. */
export const infoOf = (name: string, ...infos: number[]): Uint8Array =>
  joined(u32(utf8(name).length), utf8(name), u16(infos.length), ...infos.map(u16));

/** Data of LIST_META_CONTEXT and SET_META_CONTEXT. */
export const queriesOf = (name: string, ...queries: string[]): Uint8Array =>
  joined(
    u32(utf8(name).length),
    utf8(name),
    u32(queries.length),
    ...queries.flatMap((query) => [u32(utf8(query).length), utf8(query)]),
  );

export const goTo = (name: string, structured = false): Uint8Array =>
  joined(
    clientFlags(),
    structured ? option(OPTION.structuredReply) : new Uint8Array(0),
    option(OPTION.go, infoOf(name)),
  );

export const request = (of: {
  type: number;
  flags?: number;
  cookie?: number;
  offset?: number;
  length?: number;
  payload?: Uint8Array;
}): Uint8Array => {
  const head = new Uint8Array(28);
  const { type, flags = 0, cookie = 1, offset = 0, payload } = of;
  const length = of.length ?? payload?.length ?? 0;
  writeRequest(new DataView(head.buffer), 0, { flags, type, cookieHigh: 0, cookieLow: cookie, offset, length });
  return payload === undefined ? head : joined(head, payload);
};

export interface OptionReply {
  readonly option: number;
  readonly type: number;
  readonly data: Uint8Array;
}

/** Option replies, and what follows them. */
export const optionReplies = (bytes: Uint8Array): OptionReply[] => {
  const replies: OptionReply[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 20 <= bytes.length; ) {
    const length = view.getUint32(at + 16);
    const data = bytes.subarray(at + 20, at + 20 + length);
    replies.push({ option: view.getUint32(at + 8), type: view.getUint32(at + 12), data });
    at += 20 + length;
  }
  return replies;
};

export interface Answer {
  readonly cookie: number;
  readonly error: number;
  /** Chunk type; -1 of a simple reply. */
  readonly chunk: number;
  readonly data: Uint8Array;
}

/** Replies of the transmission; `lengths` gives the data a simple reply to a read carries, by cookie. */
export const answers = (bytes: Uint8Array, lengths: ReadonlyMap<number, number> = new Map()): Answer[] => {
  const found: Answer[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; ) {
    const magic = view.getUint32(at);
    if (magic === SIMPLE_REPLY_MAGIC) {
      const { error, cookieLow: cookie } = readSimpleReply(view, at);
      const length = error === 0 ? (lengths.get(cookie) ?? 0) : 0;
      found.push({ cookie, error, chunk: -1, data: bytes.subarray(at + 16, at + 16 + length) });
      at += 16 + length;
    } else if (magic === STRUCTURED_REPLY_MAGIC) {
      const chunk = view.getUint16(at + 6);
      const length = view.getUint32(at + 16);
      const payload = bytes.subarray(at + 20, at + 20 + length);
      const error = (chunk & 0x8000) === 0 ? 0 : view.getUint32(at + 20);
      const cookie = view.getUint32(at + 12);
      found.push({ cookie, error, chunk, data: chunk === 1 ? payload.subarray(8) : payload });
      at += 20 + length;
    } else throw new Error(`no reply at ${at}: magic ${magic.toString(16)}`);
  }
  return found;
};

/** A connection whose every byte the test sends and counts itself. */
export class RawClient {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #received: Uint8Array = new Uint8Array(0);
  #over = false;
  #wake = (): void => {};

  constructor(where: { port: number } | { path: string }) {
    this.socket = connect('port' in where ? { port: where.port, host: '127.0.0.1' } : where);
    this.socket.on('data', (chunk: Uint8Array) => {
      this.#received = joined(this.#received, chunk);
      this.#wake();
    });
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        this.#over = true;
        this.#wake();
        resolve();
      });
    });
  }

  send(...parts: Uint8Array[]): void {
    this.socket.write(joined(...parts));
  }

  /** The next so many bytes; fewer when the connection ends first. */
  async receive(bytes: number): Promise<Uint8Array> {
    while (this.#received.length < bytes && !this.#over)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    const taken = this.#received.subarray(0, bytes);
    this.#received = this.#received.subarray(taken.length);
    return taken;
  }

  /** Agrees on an export. */
  async go(name: string, structured = false): Promise<void> {
    await this.receive(18);
    this.send(goTo(name, structured));
    await this.receive((structured ? 20 : 0) + 20 + 12 + 20);
  }

  end(): void {
    this.socket.destroy();
  }
}
