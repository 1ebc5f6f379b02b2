/** Memory that a lab and a driver on the same machine both reach: a file without a name, in place of bytes on the bus. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  read,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { asLabError, LabError } from './errors.ts';

/** Three pieces on their way, each a picture of 1920x1080. */
export const ROOM_PIECE_BYTES = 8 << 20;
const PIECES = 3;
/** Before the first piece: what proves that the file is the one that was meant. */
const HEAD_BYTES = 4096;
const TOKEN_BYTES = 32;
/** From here on two threads read at once. */
const HALVED_BYTES = 1 << 20;
const ROOM_BYTES = HEAD_BYTES + PIECES * ROOM_PIECE_BYTES;

/** What the lab tells the driver, in JSON. */
export interface RoomOffer {
  readonly path: string;
  readonly sizeBytes: number;
  /** The first bytes of the file, in hex. */
  readonly token: string;
}

/** What a record names it by: 32 bits of its token. */
export const roomOf = ({ token }: RoomOffer): number => Number.parseInt(token.slice(0, 8), 16);

/** `FERROLAB_SHARED_MEMORY=off`, at either end, keeps all bytes on the bus. */
export const roomsAllowed = (): boolean => process.env.FERROLAB_SHARED_MEMORY !== 'off';

/** In memory where the machine has such files; else the page cache does. */
const places = (): readonly string[] => ['/dev/shm', tmpdir()].filter((path) => existsSync(path));

/** The lab's end: it only ever reads, and only what a record names. */
export class OfferedRoom {
  readonly offer: RoomOffer;
  readonly #file: number;
  #reading = 0;
  #closed = false;
  #ended = false;

  private constructor(offer: RoomOffer, file: number) {
    this.offer = offer;
    this.#file = file;
  }

  /** Throws EOPNOTSUPP where no such file can be made. */
  static open(): OfferedRoom {
    const token = randomBytes(TOKEN_BYTES);
    let why: unknown;
    for (const place of places()) {
      const path = join(place, `ferrolab-${randomBytes(16).toString('hex')}`);
      try {
        const file = openSync(path, 'wx+', 0o600);
        ftruncateSync(file, ROOM_BYTES);
        writeSync(file, token, 0, TOKEN_BYTES, 0);
        return new OfferedRoom({ path, sizeBytes: ROOM_BYTES, token: token.toString('hex') }, file);
      } catch (thrown) {
        why = thrown;
      }
    }
    throw new LabError('EOPNOTSUPP', `no memory can be shared: ${asLabError(why).message}`);
  }

  /** Fills `into` with what lies there, beside the event loop. EPROTO for a place outside, or a file that was cut short. */
  async read(position: number, into: Uint8Array): Promise<void> {
    const { sizeBytes } = this.offer;
    const half = into.length < HALVED_BYTES ? into.length : into.length >> 1;
    const wrong = (): LabError =>
      new LabError('EPROTO', `${into.length} bytes at ${position} of shared memory, which has ${sizeBytes}`);
    if (this.#closed || position + into.length > sizeBytes) throw wrong();
    this.#reading++;
    try {
      const parts = [into.subarray(0, half), into.subarray(half)];
      const reads = await Promise.all(parts.map((part, i) => this.#fill(part, position + i * half)));
      if (!reads.every((filled) => filled)) throw wrong();
    } finally {
      this.#reading--;
      this.#end();
    }
  }

  close(): void {
    this.#closed = true;
    this.#end();
  }

  #fill(part: Uint8Array, position: number): Promise<boolean> {
    if (part.length === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      read(this.#file, part, 0, part.length, position, (error, bytes) => resolve(!error && bytes === part.length));
    });
  }

  /** A file that is being read is closed when it has been: its number may be another's then. */
  #end(): void {
    if (!this.#closed || this.#reading > 0 || this.#ended) return;
    this.#ended = true;
    closeSync(this.#file);
    rmSync(this.offer.path, { force: true }); // the driver has taken the name away, unless it never came
  }
}

/** The driver's end. */
export class JoinedRoom {
  /** See `roomOf`. */
  readonly room: number;
  readonly #file: number;
  readonly #free: number[];
  readonly #waiting: ((position: number) => void)[] = [];
  #closed = false;

  private constructor(file: number, { sizeBytes, ...offer }: RoomOffer) {
    this.#file = file;
    this.room = roomOf({ sizeBytes, ...offer });
    const pieces = Math.floor((sizeBytes - HEAD_BYTES) / ROOM_PIECE_BYTES);
    this.#free = Array.from({ length: pieces }, (_, i) => HEAD_BYTES + i * ROOM_PIECE_BYTES);
  }

  /** Undefined when the file is not here, as on another machine, or is not the one that is meant: then the bus carries the bytes. */
  static join(offer: RoomOffer): JoinedRoom | undefined {
    if (!NAME.test(basename(offer.path)) || !places().includes(dirname(offer.path))) return undefined;
    let file: number | undefined;
    try {
      file = openSync(offer.path, constants.O_RDWR | constants.O_NOFOLLOW);
      const token = Buffer.alloc(TOKEN_BYTES);
      const { uid, size } = fstatSync(file);
      const ours =
        uid === (process.getuid?.() ?? uid) && size === offer.sizeBytes && size >= HEAD_BYTES + ROOM_PIECE_BYTES;
      if (ours && readSync(file, token, 0, TOKEN_BYTES, 0) === TOKEN_BYTES && token.toString('hex') === offer.token) {
        rmSync(offer.path, { force: true }); // from here on it ends with those who hold it, however they end
        return new JoinedRoom(file, offer);
      }
    } catch {
      // said by what is returned
    }
    if (file !== undefined) closeSync(file);
    return undefined;
  }

  /** Where a piece may be put until it is given back; waits while all are on their way. Negative: there is none any more. */
  take(): Promise<number> {
    const position = this.#closed ? GONE : this.#free.pop();
    return position === undefined
      ? new Promise((resolve) => void this.#waiting.push(resolve))
      : Promise.resolve(position);
  }

  give(position: number): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(position);
    else next(position);
  }

  /** False when the machine has no room for it. */
  write(position: number, bytes: Uint8Array): boolean {
    if (this.#closed) return false; // its number may be another file's by now
    try {
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#file, bytes, done, bytes.length - done, position + done);
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    if (!this.#closed) closeSync(this.#file);
    this.#closed = true;
    this.#free.length = 0;
    for (const go of this.#waiting.splice(0)) go(GONE);
  }
}

/** In place of a position: the room is closed. */
const GONE = -1;
const NAME = /^ferrolab-[0-9a-f]{32}$/;

/** Throws EPROTO for what is no offer. */
export const parseOffer = (body: Uint8Array): RoomOffer => {
  try {
    const { path, sizeBytes, token } = JSON.parse(new TextDecoder().decode(body)) as Partial<Record<string, unknown>>;
    if (typeof path === 'string' && typeof token === 'string' && typeof sizeBytes === 'number')
      return { path, sizeBytes, token };
  } catch {
    // said below
  }
  throw new LabError('EPROTO', 'an offer of shared memory takes path, sizeBytes and token, in JSON');
};
