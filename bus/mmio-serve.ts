/** The device's end of the MMIO wire. */

import { LabError } from './errors.ts';
import type { MmioPort } from './mmio.ts';
import { decodeRecords, type MmioRecord } from './mmio-wire.ts';
import type { PortServer } from './port-server.ts';
import { OfferedRoom, roomOf, roomsAllowed } from './shared-room.ts';
import { packedBytes } from './span-rows.ts';

/** The port for one requester. */
export type MmioPortFor = (requester: string) => MmioPort;

/** Anybody may read; to write takes the lease. The answer is what the reads returned, one after another. */
export const mmioServer = (portFor: MmioPortFor): PortServer => {
  const shared = new Shared();
  return {
    kinds: ['mmio', 'share'],
    async answer({ kind, body }, asker) {
      if (kind === 'share') {
        asker.mustOwn();
        return shared.offer();
      }
      const records = decodeRecords(body);
      if (records.some(({ op }) => op !== 'read' && op !== 'readSpan')) asker.mustOwn();
      const port = portFor(asker.module);
      const answers: Uint8Array[] = [];
      for (const record of records) {
        const answer = await perform(port, record, shared);
        if (answer !== undefined) answers.push(answer);
      }
      return joined(answers);
    },
    ownerChanged: () => shared.end(),
    close: () => shared.end(),
  };
};

/** The memory that the owner of the device has in common with us, if it asked for some. */
class Shared {
  #room: OfferedRoom | undefined;
  /** What was read of it last: written over by the next, for one request is carried out at a time. */
  #bytes = new Uint8Array(0);

  /** A new one each time: who asks again has lost what it had. */
  offer(): Uint8Array {
    this.end();
    if (!roomsAllowed()) throw new LabError('EOPNOTSUPP', 'this lab shares no memory; bytes go over the bus');
    this.#room = OfferedRoom.open();
    return new TextEncoder().encode(JSON.stringify(this.#room.offer));
  }

  async read(room: number, position: number, length: number): Promise<Uint8Array> {
    if (this.#room === undefined || roomOf(this.#room.offer) !== room)
      throw new LabError('EPROTO', 'rows of shared memory that is shared no more');
    if (length > this.#room.offer.sizeBytes)
      throw new LabError('EPROTO', `${length} bytes of shared memory, which has ${this.#room.offer.sizeBytes}`);
    if (length > this.#bytes.length) this.#bytes = new Uint8Array(length);
    const bytes = this.#bytes.subarray(0, length);
    await this.#room.read(position, bytes);
    return bytes;
  }

  end(): void {
    this.#room?.close();
    this.#room = undefined;
    this.#bytes = new Uint8Array(0);
  }
}

const perform = async (port: MmioPort, record: MmioRecord, shared: Shared): Promise<Uint8Array | undefined> => {
  switch (record.op) {
    case 'read':
      return word(await port.read(record.at, record.width));
    case 'write':
      await port.write(record.at, record.value, record.width);
      return undefined;
    case 'readSpan':
      return port.readSpan(record.span, record.offset, record.length);
    case 'writeSpan':
      await port.writeSpan(record.span, record.offset, record.bytes);
      return undefined;
    case 'writeRows':
      await port.writeRows(record.span, record.rows, record.bytes, record.rows.rowBytes);
      return undefined;
    case 'writeShared': {
      const { span, rows, position, room } = record;
      await port.writeRows(span, rows, await shared.read(room, position, packedBytes(rows)), rows.rowBytes);
      return undefined;
    }
  }
};

const word = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
};

const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
};
