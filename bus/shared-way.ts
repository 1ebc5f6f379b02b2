/** Large writes through memory the lab has in common with us: asked for when first of use, given up for the bus when it fails. */
import type { DeviceWire } from './device-connect.ts';
import { asLabError } from './errors.ts';
import type { SpanRows } from './mmio.ts';
import type { MmioRecord } from './mmio-wire.ts';
import { JoinedRoom, parseOffer, ROOM_PIECE_BYTES, roomsAllowed } from './shared-room.ts';
import { packedBytes, someRows } from './span-rows.ts';

type SharedRecord = Extract<MmioRecord, { readonly op: 'writeShared' }>;

/** What only says that the access was wrong, or came at the wrong moment; the memory is as good as before. */
const OF_THE_ACCESS: ReadonlySet<string> = new Set(['EINVAL', 'ERANGE', 'ENOENT', 'EIO', 'EAGAIN', 'EACCES']);

export class SharedWay {
  readonly #remote: DeviceWire;
  readonly #tell: (record: SharedRecord) => Promise<void>;
  /** Undefined: not asked for. Its value: refused, or of no use here. */
  #room: Promise<JoinedRoom | undefined> | undefined;

  /** `tell` resolves when the record was carried out. */
  constructor(remote: DeviceWire, tell: (record: SharedRecord) => Promise<void>) {
    this.#remote = remote;
    this.#tell = tell;
    remote.on((event) => {
      if (event.kind === 'lost') this.#forget();
    });
  }

  /** Rows that lie one behind the other in `bytes`. False: nothing was written, and the bus is to carry them. */
  async write(span: string, rows: SpanRows, bytes: Uint8Array): Promise<boolean> {
    if (!roomsAllowed() || rows.rowBytes > ROOM_PIECE_BYTES * PIECES_MOST) return false;
    this.#room ??= this.#join();
    const room = await this.#room;
    if (room === undefined) return false;
    const parts = partsOf(rows);
    const written = await Promise.all(parts.map((part) => this.#part(room, span, part, bytes)));
    return written.every((one) => one);
  }

  async #part(room: JoinedRoom, span: string, { rows, from }: Part, bytes: Uint8Array): Promise<boolean> {
    const position = await room.take();
    if (position < 0) return false;
    if (!room.write(position, bytes.subarray(from, from + packedBytes(rows)))) {
      this.#forget(Promise.resolve(undefined)); // a full disk: no use to try again
      return false;
    }
    try {
      await this.#tell({ op: 'writeShared', span, rows, position, room: room.room });
      room.give(position);
      return true;
    } catch (thrown) {
      const { code } = asLabError(thrown);
      // who did not answer may still read it: what is put there next would be another picture
      if (OF_THE_ACCESS.has(code)) room.give(position);
      else this.#forget();
      if (code === 'EPROTO') return false; // the lab has it no more: it ends with each lease
      throw thrown;
    }
  }

  async #join(): Promise<JoinedRoom | undefined> {
    try {
      return JoinedRoom.join(parseOffer(await this.#remote.ask('share', new Uint8Array())));
    } catch {
      return undefined; // an older lab, one that shares nothing, or not ours to write: the write itself tells
    }
  }

  #forget(next?: Promise<undefined>): void {
    const room = this.#room;
    this.#room = next;
    void room?.then((joined) => joined?.close());
  }
}

interface Part {
  readonly rows: SpanRows;
  /** Where its bytes begin. */
  readonly from: number;
}

/** A row longer than a piece is cut too; a longer one than so many pieces is nobody's picture. */
const PIECES_MOST = 64;

const partsOf = (rows: SpanRows): readonly Part[] => {
  const { rowBytes, rows: count } = rows;
  const parts: Part[] = [];
  if (rowBytes <= ROOM_PIECE_BYTES) {
    const most = Math.floor(ROOM_PIECE_BYTES / Math.max(1, rowBytes));
    for (let row = 0; row < count; row += most)
      parts.push({ rows: someRows(rows, row, Math.min(most, count - row)), from: row * rowBytes });
    return parts;
  }
  for (let row = 0; row < count; row++)
    for (let at = 0; at < rowBytes; at += ROOM_PIECE_BYTES) {
      const bytes = Math.min(ROOM_PIECE_BYTES, rowBytes - at);
      const offset = rows.offset + row * rows.pitchBytes + at;
      parts.push({ rows: { offset, rowBytes: bytes, pitchBytes: bytes, rows: 1 }, from: row * rowBytes + at });
    }
  return parts;
};
