/** The bytes of a request and a reply on the bus: an 8-byte header in big endian, then a body. */
import { ERRNO, type ErrnoName, LabError } from './errors.ts';
import { isName } from './topics.ts';

export const VERSION = 1;

/**
 * What is asked of a device: `bind` to `release` are its lease, `resync` repeats what it told its owner, `lines` says how
 * its interrupt lines stand, `finding` reports a driver's misuse; `io`, `card` and
 * `time` are asked of a driver by its lab; `share` asks for memory of this machine that both ends can open; the others are the ports'.
 */
export const KIND = {
  mdio: 1,
  bind: 2,
  renew: 3,
  release: 4,
  mmio: 5,
  block: 6,
  identify: 7,
  poll: 8,
  resync: 9,
  lines: 10,
  finding: 11,
  io: 12,
  card: 13,
  share: 14,
  time: 15,
} as const;
export type Kind = keyof typeof KIND;

/** A reply carries the kind of its request with this bit set. */
const REPLY = 0x80;
/** In place of a kind: what a device tells its owner unasked. */
const EVENTS = 0xc0;
/** In place of a kind: a request is held at a breakpoint, and its answer will take longer. */
const HELD = 0xc1;
const HEADER_BYTES = 8;
/** Largest body, either way: 262,144 frames. */
export const MAX_BODY_BYTES = 1 << 20;
/** Largest deadline the header holds. */
export const MAX_DEADLINE_MS = 0xffff;

/** version u8, kind u8, deadline in ms u16, correlation u32, length of the client id u8, client id, body. */
export interface Request {
  readonly kind: Kind;
  /** Milliseconds after arrival within which the answer is of use. */
  readonly deadlineMs: number;
  /** Chosen by the client, new for each request; the first one at random. */
  readonly correlation: number;
  /** Who asks; the reply goes to `client/{client}/reply`. */
  readonly client: string;
  readonly body: Uint8Array;
}

/** What could not be read, and whom to tell. */
export interface BadRequest {
  readonly error: LabError;
  readonly replyTo: { readonly client: string; readonly correlation: number } | null;
}

/** version u8, kind u8 + 80h, status u16 (0 or an errno), correlation u32, then the answer, or the error's message in UTF-8. */
export interface Reply {
  readonly kind: Kind | null;
  readonly correlation: number;
  /** The body, or why there is none. */
  readonly result: Uint8Array | LabError;
}

export const encodeRequest = ({ kind, deadlineMs, correlation, client, body }: Request): Uint8Array => {
  const bytes = new Uint8Array(HEADER_BYTES + 1 + client.length + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, KIND[kind]);
  view.setUint16(2, deadlineMs);
  view.setUint32(4, correlation);
  view.setUint8(8, client.length);
  for (let i = 0; i < client.length; i++) bytes[9 + i] = client.charCodeAt(i);
  bytes.set(body, 9 + client.length);
  return bytes;
};

export const decodeRequest = (payload: Uint8Array): Request | BadRequest => {
  if (payload.length < HEADER_BYTES + 1)
    return bad(null, 'EPROTO', `a request of ${payload.length} bytes; the header and a client id take 10 at least`);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const bodyAt = HEADER_BYTES + 1 + view.getUint8(8);
  const client = nameIn(payload, HEADER_BYTES + 1, bodyAt);
  if (client === undefined) return bad(null, 'EPROTO', `a request whose client id is not 1 to 23 of A-Z a-z 0-9 _ -`);
  const correlation = view.getUint32(4);
  const replyTo = { client, correlation };
  const version = view.getUint8(0);
  if (version !== VERSION)
    return bad(replyTo, 'EOPNOTSUPP', `a request of version ${version}; this lab speaks version ${VERSION}`);
  const kind = kindOf(view.getUint8(1));
  if (kind === undefined)
    return bad(replyTo, 'EOPNOTSUPP', `a request of kind ${view.getUint8(1)}; there are ${kindsListed()}`);
  const body = payload.subarray(bodyAt);
  if (body.length > MAX_BODY_BYTES)
    return bad(replyTo, 'EMSGSIZE', `a body of ${body.length} bytes; at most ${MAX_BODY_BYTES} go in one message`);
  if (kind === 'mdio' && body.length % 4 !== 0)
    return bad(replyTo, 'EPROTO', `a body of ${body.length} bytes; MDIO frames take 4 bytes each`);
  return { kind, deadlineMs: view.getUint16(2), correlation, client, body };
};

/** In whose name a request is; undefined when it names nobody. */
export const askerOf = (payload: Uint8Array): string | undefined =>
  payload.length <= HEADER_BYTES
    ? undefined
    : nameIn(payload, HEADER_BYTES + 1, HEADER_BYTES + 1 + (payload[HEADER_BYTES] ?? 0));

export const encodeReply = (kind: Kind | null, correlation: number, result: Uint8Array | LabError): Uint8Array => {
  const failed = result instanceof LabError;
  const body = failed ? new TextEncoder().encode(result.message) : result;
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, REPLY | (kind === null ? 0 : KIND[kind]));
  view.setUint16(2, failed ? ERRNO[result.code] : 0);
  view.setUint32(4, correlation);
  bytes.set(body, HEADER_BYTES);
  return bytes;
};

/** version u8, C0h u8, length of the device's name u16, reserved u32, then the name, then events: see `encodeEvents`. */
export interface Told {
  readonly device: string;
  readonly body: Uint8Array;
}

export const encodeTold = ({ device, body }: Told): Uint8Array => {
  const bytes = new Uint8Array(HEADER_BYTES + device.length + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, EVENTS);
  view.setUint16(2, device.length);
  for (let i = 0; i < device.length; i++) bytes[HEADER_BYTES + i] = device.charCodeAt(i);
  bytes.set(body, HEADER_BYTES + device.length);
  return bytes;
};

/** Undefined when the payload is none: a reply, or not ours. */
export const decodeTold = (payload: Uint8Array): Told | undefined => {
  if (payload.length < HEADER_BYTES || payload[0] !== VERSION || payload[1] !== EVENTS) return undefined;
  const bodyAt = HEADER_BYTES + new DataView(payload.buffer, payload.byteOffset).getUint16(2);
  const device = nameIn(payload, HEADER_BYTES, bodyAt);
  return device === undefined ? undefined : { device, body: payload.subarray(bodyAt) };
};

/** version u8, C1h u8, milliseconds from now within which more is heard u16, correlation u32 of the request, then why, in UTF-8. */
export interface HeldNotice {
  readonly correlation: number;
  readonly moreMs: number;
  readonly why: string;
}

export const encodeHeld = ({ correlation, moreMs, why }: HeldNotice): Uint8Array => {
  const body = new TextEncoder().encode(why);
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, HELD);
  view.setUint16(2, Math.min(MAX_DEADLINE_MS, moreMs));
  view.setUint32(4, correlation);
  bytes.set(body, HEADER_BYTES);
  return bytes;
};

/** Undefined when the payload is none: a reply, or not ours. */
export const decodeHeld = (payload: Uint8Array): HeldNotice | undefined => {
  if (payload.length < HEADER_BYTES || payload[0] !== VERSION || payload[1] !== HELD) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const why = new TextDecoder().decode(payload.subarray(HEADER_BYTES));
  return { correlation: view.getUint32(4), moreMs: view.getUint16(2), why };
};

/** True for the answer to a request, an error too; not for what is told unasked, nor for a notice that something is held. */
export const isReply = (payload: Uint8Array): boolean =>
  payload.length >= HEADER_BYTES && payload[0] === VERSION && ((payload[1] ?? 0) & (REPLY | EVENTS)) === REPLY;

/** Throws EPROTO or EOPNOTSUPP when it is no reply. */
export const decodeReply = (payload: Uint8Array): Reply => {
  if (payload.length < HEADER_BYTES)
    throw new LabError('EPROTO', `a reply of ${payload.length} bytes; its header takes ${HEADER_BYTES}`);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const version = view.getUint8(0);
  if (version !== VERSION)
    throw new LabError('EOPNOTSUPP', `a reply of version ${version}; this end speaks version ${VERSION}`);
  const kind = view.getUint8(1);
  if ((kind & REPLY) === 0) throw new LabError('EPROTO', `a message of kind ${kind} where a reply has bit 7 set`);
  const status = view.getUint16(2);
  const body = payload.subarray(HEADER_BYTES);
  return {
    kind: kindOf(kind & ~REPLY) ?? null,
    correlation: view.getUint32(4),
    result: status === 0 ? body : new LabError(errnoName(status), new TextDecoder().decode(body)),
  };
};

/** MDIO frames as a body: 4 bytes each, big endian, in order. */
export const framesToBody = (frames: Uint32Array): Uint8Array => {
  const body = new Uint8Array(frames.length * 4);
  const view = new DataView(body.buffer);
  for (let i = 0; i < frames.length; i++) view.setUint32(4 * i, frames[i]!);
  return body;
};

/** Throws EPROTO when the body is not a whole number of frames. */
export const bodyToFrames = (body: Uint8Array): Uint32Array => {
  if (body.length % 4 !== 0)
    throw new LabError('EPROTO', `a body of ${body.length} bytes; MDIO frames take 4 bytes each`);
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const frames = new Uint32Array(body.length / 4);
  for (let i = 0; i < frames.length; i++) frames[i] = view.getUint32(4 * i);
  return frames;
};

const bad = (replyTo: BadRequest['replyTo'], code: ErrnoName, message: string): BadRequest => ({
  error: new LabError(code, message),
  replyTo,
});

const kinds = new Map<number, Kind>(Object.entries(KIND).map(([kind, code]) => [code, kind as Kind]));
const kindOf = (code: number): Kind | undefined => kinds.get(code);
const kindsListed = (): string =>
  Object.entries(KIND)
    .map(([kind, code]) => `${kind} ${code}`)
    .join(', ');

const errnoNames = new Map<number, ErrnoName>(Object.entries(ERRNO).map(([name, code]) => [code, name as ErrnoName]));
/** A number this end does not know still is an error. */
const errnoName = (status: number): ErrnoName => errnoNames.get(status) ?? 'EIO';

/** Names read lately, by length and last character: a bus has few, in every message. */
const names: string[] = new Array<string>(256).fill('');

/** The name in these bytes of a message; undefined when they are none, or not all there. */
const nameIn = (bytes: Uint8Array, from: number, to: number): string | undefined => {
  if (to > bytes.length) return undefined;
  const place = ((to - from) * 31 + (bytes[to - 1] ?? 0)) & 0xff;
  const known = names[place]!;
  if (isAt(known, bytes, from, to)) return known;
  const name = String.fromCharCode(...bytes.subarray(from, to));
  if (!isName(name)) return undefined;
  names[place] = name;
  return name;
};

const isAt = (name: string, bytes: Uint8Array, from: number, to: number): boolean => {
  if (name === '' || name.length !== to - from) return false;
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
};
