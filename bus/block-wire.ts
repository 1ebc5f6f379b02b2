/** Block commands and completions as bytes on the bus: NBD's request and structured reply, and what the zones need besides. */
import {
  BLOCK_STATUSES,
  type BlockCommand,
  type BlockCompletion,
  type BlockIdentity,
  type BlockOp,
  type BlockStatus,
  SECTOR_BYTES,
} from './block.ts';
import { LabError } from './errors.ts';
import { MAX_BODY_BYTES } from './message.ts';
import {
  CHUNK,
  CHUNK_DONE,
  COMMAND_FLAG,
  COMMAND_OF_OP,
  REQUEST_BYTES,
  readRequest,
  STATUS_ERRNO,
  STRUCTURED_REPLY_BYTES,
  STRUCTURED_REPLY_MAGIC,
  writeChunkHead,
  writeRequest,
} from './nbd-codec.ts';

/** Besides NBD's chunks: where an append was placed, as 64 bits of bytes from the start of the device. */
export const CHUNK_PLACED = 0x0100;
/** Besides NBD's flags: the tag's last use timed out and was given up. */
const FLAG_RECLAIMS = 0x8000;
/** Data of one completion is cut into chunks of at most this, so that each message holds whole chunks. */
const CHUNK_DATA_BYTES = 512 * 1024;
/** Bytes of a vector that says it goes on. */
export const MAX_VECTOR_BYTES = 64 << 20;

const OPS = new Map<number, BlockOp>(Object.entries(COMMAND_OF_OP).map(([op, type]) => [type, op as BlockOp]));
const STATUSES = new Map<number, BlockStatus>(BLOCK_STATUSES.map((status) => [STATUS_ERRNO[status], status]));

/**
 * One command: an NBD request. The cookie is queue (16 bits), tag (16 bits), generation (32 bits); offset and length are
 * bytes, except that a zone command's length counts sectors (a zone may be larger than 4 GiB). A payload follows a write.
 */
export const encodeCommands = (commands: readonly BlockCommand[]): Uint8Array<ArrayBuffer> => {
  const total = commands.reduce((sum, { data }) => sum + REQUEST_BYTES + (data?.length ?? 0), 0);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { op, tag, generation, hctx, sector, sectors, fua, noUnmap, reclaims, data } of commands) {
    writeRequest(view, at, {
      flags:
        (fua === true ? COMMAND_FLAG.fua : 0) |
        (noUnmap === true ? COMMAND_FLAG.noHole : 0) |
        (reclaims === true ? FLAG_RECLAIMS : 0),
      type: COMMAND_OF_OP[op],
      cookieHigh: ((hctx << 16) | tag) >>> 0,
      cookieLow: generation >>> 0,
      offset: sector * SECTOR_BYTES,
      length: countsSectors(op) ? sectors : sectors * SECTOR_BYTES,
    });
    at += REQUEST_BYTES;
    if (data === undefined) continue;
    bytes.set(data, at);
    at += data.length;
  }
  return bytes;
};

/** Throws EPROTO, EOPNOTSUPP for a command nobody knows. */
export const decodeCommands = (bytes: Uint8Array): readonly BlockCommand[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const commands: BlockCommand[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < REQUEST_BYTES)
      throw new LabError('EPROTO', `${bytes.length - at} bytes after the last request; one takes ${REQUEST_BYTES}`);
    const { flags, type, cookieHigh, cookieLow, offset, length } = readRequest(view, at);
    at += REQUEST_BYTES;
    const op = OPS.get(type);
    if (op === undefined) throw new LabError('EOPNOTSUPP', `a block request of type ${type} is unknown`);
    if (offset % SECTOR_BYTES !== 0 || (!countsSectors(op) && length % SECTOR_BYTES !== 0))
      throw new LabError('EINVAL', `${op} of ${length} bytes at ${offset}; both are multiples of ${SECTOR_BYTES}`);
    const carried = op === 'write' || op === 'zone_append' ? length : 0;
    if (bytes.length - at < carried)
      throw new LabError('EPROTO', `${op} of ${length} bytes with ${bytes.length - at} of them behind it`);
    commands.push({
      op,
      hctx: cookieHigh >>> 16,
      tag: cookieHigh & 0xffff,
      generation: cookieLow,
      sector: offset / SECTOR_BYTES,
      sectors: countsSectors(op) ? length : length / SECTOR_BYTES,
      ...(flags & COMMAND_FLAG.fua ? { fua: true } : {}),
      ...(flags & COMMAND_FLAG.noHole ? { noUnmap: true } : {}),
      ...(flags & FLAG_RECLAIMS ? { reclaims: true } : {}),
      ...(op === 'write' || op === 'zone_append' ? { data: bytes.subarray(at, at + carried) } : {}),
    });
    at += carried;
  }
  return commands;
};

/** Completions as structured replies, in messages of whole chunks. */
export const encodeCompletions = (completions: readonly BlockCompletion[]): readonly Uint8Array<ArrayBuffer>[] => {
  const chunks = completions.flatMap(chunksOf);
  const messages: Uint8Array<ArrayBuffer>[] = [];
  for (let from = 0; from < chunks.length; ) {
    let to = from;
    let size = 0;
    for (let next = chunks[to]; next !== undefined && size + next.length <= MAX_BODY_BYTES; next = chunks[++to])
      size += next.length;
    const message = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks.slice(from, to)) {
      message.set(chunk, at);
      at += chunk.length;
    }
    messages.push(message);
    from = to;
  }
  return messages;
};

/** Puts completions together again; a large one comes in several messages. */
export class CompletionReader {
  readonly #parts = new Map<string, Parts>();

  /** Throws EPROTO; what came before in the message is lost with it. */
  read(bytes: Uint8Array): readonly BlockCompletion[] {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const whole: BlockCompletion[] = [];
    for (let at = 0; at < bytes.length; ) {
      if (bytes.length - at < STRUCTURED_REPLY_BYTES || view.getUint32(at) !== STRUCTURED_REPLY_MAGIC)
        throw new LabError('EPROTO', `no structured reply at byte ${at} of a completion message`);
      const flags = view.getUint16(at + 4);
      const type = view.getUint16(at + 6);
      const slot = view.getUint32(at + 8);
      const generation = view.getUint32(at + 12);
      const length = view.getUint32(at + 16);
      at += STRUCTURED_REPLY_BYTES;
      if (bytes.length - at < length)
        throw new LabError('EPROTO', `a chunk of ${length} bytes with ${bytes.length - at} of them behind it`);
      const key = `${slot}/${generation}`;
      const parts: Parts = this.#parts.get(key) ?? { status: 'OK', sector: undefined, data: [] };
      this.#parts.set(key, parts);
      part(parts, type, bytes.subarray(at, at + length));
      at += length;
      if ((flags & CHUNK_DONE) === 0) continue;
      this.#parts.delete(key);
      whole.push({
        hctx: slot >>> 16,
        tag: slot & 0xffff,
        generation,
        status: parts.status,
        ...(parts.sector === undefined ? {} : { sector: parts.sector }),
        ...(parts.data.length === 0 ? {} : { data: joined(parts.data) }),
      });
    }
    return whole;
  }

  /** Forgets what has begun. */
  reset(): void {
    this.#parts.clear();
  }
}

export const encodeIdentity = (identity: BlockIdentity): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(identity));

/** Throws EPROTO for anything that is no identity. */
export const decodeIdentity = (bytes: Uint8Array): BlockIdentity => {
  let said: unknown;
  try {
    said = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new LabError('EPROTO', 'an identity is no JSON', { cause });
  }
  if (isIdentity(said)) return said;
  throw new LabError('EPROTO', 'an identity lacks sizes, queues or features');
};

interface Parts {
  status: BlockStatus;
  sector: number | undefined;
  readonly data: Uint8Array[];
}

const part = (parts: Parts, type: number, body: Uint8Array): void => {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const atLeast = (bytes: number): void => {
    if (body.length < bytes) throw new LabError('EPROTO', `a chunk of type ${type} has ${body.length} bytes`);
  };
  switch (type) {
    case CHUNK.none:
      return;
    case CHUNK.offsetData:
      atLeast(8);
      parts.data.push(new Uint8Array(body.subarray(8))); // `slice` of a Node buffer is no copy
      return;
    case CHUNK.error:
      atLeast(4);
      parts.status = STATUSES.get(view.getUint32(0)) ?? 'IOERR';
      return;
    case CHUNK_PLACED:
      atLeast(8);
      parts.sector = Number(view.getBigUint64(0)) / SECTOR_BYTES;
      return;
    default:
      throw new LabError('EPROTO', `a chunk of type ${type} is unknown`);
  }
};

/** Chunks of one completion; the last says that it is. */
const chunksOf = ({ hctx, tag, generation, status, sector, data }: BlockCompletion): Uint8Array<ArrayBuffer>[] => {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const add = (type: number, length: number): DataView => {
    const bytes = new Uint8Array(STRUCTURED_REPLY_BYTES + length);
    const view = new DataView(bytes.buffer);
    writeChunkHead(view, 0, 0, type, ((hctx << 16) | tag) >>> 0, generation, length);
    chunks.push(bytes);
    return view;
  };
  if (sector !== undefined)
    add(CHUNK_PLACED, 8).setBigUint64(STRUCTURED_REPLY_BYTES, BigInt(sector) * BigInt(SECTOR_BYTES));
  for (let at = 0; data !== undefined && at < data.length; at += CHUNK_DATA_BYTES) {
    const piece = data.subarray(at, at + CHUNK_DATA_BYTES);
    add(CHUNK.offsetData, 8 + piece.length).setBigUint64(STRUCTURED_REPLY_BYTES, BigInt(at));
    chunks.at(-1)?.set(piece, STRUCTURED_REPLY_BYTES + 8);
  }
  if (status !== 'OK') {
    const view = add(CHUNK.error, 6 + status.length);
    view.setUint32(STRUCTURED_REPLY_BYTES, STATUS_ERRNO[status]);
    view.setUint16(STRUCTURED_REPLY_BYTES + 4, status.length);
    chunks.at(-1)?.set(new TextEncoder().encode(status), STRUCTURED_REPLY_BYTES + 6);
  } else if (chunks.length === 0) add(CHUNK.none, 0);
  const last = chunks.at(-1);
  if (last !== undefined) new DataView(last.buffer).setUint16(4, CHUNK_DONE);
  return chunks;
};

const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1) return first;
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
};

/** A zone command names whole zones; an append moves sectors as a write does. */
const countsSectors = (op: BlockOp): boolean => op.startsWith('zone_') && op !== 'zone_append';

const isIdentity = (said: unknown): said is BlockIdentity => {
  if (typeof said !== 'object' || said === null) return false;
  const { features, zoned, ...rest } = said as Record<string, unknown>;
  const numbers = ['capacitySectors', 'blockBytes', 'submitQueues', 'pollQueues', 'queueDepth', 'maxSectors'];
  const flags = ['readOnly', 'rotational', 'sharedTags', 'virtBoundary'];
  return (
    numbers.every((name) => Number.isSafeInteger(rest[name])) &&
    flags.every((name) => typeof rest[name] === 'boolean') &&
    Array.isArray(features) &&
    (zoned === null || typeof zoned === 'object')
  );
};
