/** The device's end of the MMIO wire. */

import type { MmioPort } from './mmio.ts';
import { decodeRecords, type MmioRecord } from './mmio-wire.ts';
import type { PortServer } from './port-server.ts';

/** The port for one requester. */
export type MmioPortFor = (requester: string) => MmioPort;

/** Anybody may read; to write takes the lease. The answer is what the reads returned, one after another. */
export const mmioServer = (portFor: MmioPortFor): PortServer => ({
  kinds: ['mmio'],
  async answer({ body }, asker) {
    const records = decodeRecords(body);
    if (records.some(({ op }) => op === 'write' || op === 'writeSpan')) asker.mustOwn();
    const port = portFor(asker.module);
    const answers: Uint8Array[] = [];
    for (const record of records) {
      const answer = await perform(port, record);
      if (answer !== undefined) answers.push(answer);
    }
    return joined(answers);
  },
});

const perform = async (port: MmioPort, record: MmioRecord): Promise<Uint8Array | undefined> => {
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
