/** The driver's end of the MMIO wire: an MmioPort whose device is somewhere else. */
import type { BusClient } from './client.ts';
import { type ConnectOptions, connectDevice, type DeviceWire, type RemoteDevice } from './device-connect.ts';
import { LabError } from './errors.ts';
import type { MmioAccess, MmioPort } from './mmio.ts';
import { ACCESSES, accessRecord, encodeRecords, type MmioRecord, SPAN_BYTES } from './mmio-wire.ts';

export type RemoteMmio = RemoteDevice & MmioPort;

/** A device used by its registers; rejects as `connectDevice` does. */
export const connectMmio = async (
  client: BusClient,
  device: string,
  options: ConnectOptions = {},
): Promise<RemoteMmio> => {
  const remote = await connectDevice(client, device, options);
  const { onInterrupt: _, ...port } = mmioOver(remote); // the device's own is the same
  return Object.assign(remote, port);
};

/** Messages of one large span on their way at the same time: their deadlines run from when they were sent. */
const AT_ONCE = 3;

/** Registers and memory of a device that was found. */
export const mmioOver = (remote: DeviceWire): MmioPort => {
  const ask = async (records: readonly MmioRecord[], answerBytes: number): Promise<Uint8Array> => {
    const answer = await remote.ask('mmio', encodeRecords(records));
    if (answer.length === answerBytes) return answer;
    throw new LabError('EPROTO', `${remote.device} answered ${answerBytes} bytes of reads with ${answer.length}`);
  };
  const transfer = async (accesses: readonly MmioAccess[]): Promise<readonly number[]> => {
    const values: number[] = [];
    for (let from = 0; from < accesses.length; from += ACCESSES) {
      const part = accesses.slice(from, from + ACCESSES);
      const reads = part.reduce((count, { op }) => count + (op === 'read' ? 1 : 0), 0);
      const answer = await ask(part.map(accessRecord), 4 * reads);
      const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
      for (let i = 0; i < reads; i++) values.push(view.getUint32(4 * i));
    }
    return values;
  };
  return {
    transfer,
    async read(at, width = 4) {
      const [value = 0] = await transfer([{ op: 'read', at, width }]);
      return value;
    },
    async write(at, value, width = 4) {
      await transfer([{ op: 'write', at, value, width }]);
    },
    async readSpan(span, offset, length) {
      const bytes = new Uint8Array(length);
      await inPieces(length, async (at, count) => {
        bytes.set(await ask([{ op: 'readSpan', span, offset: offset + at, length: count }], count), at);
      });
      return bytes;
    },
    writeSpan: (span, offset, bytes) =>
      inPieces(bytes.length, async (at, count) => {
        await ask([{ op: 'writeSpan', span, offset: offset + at, bytes: bytes.subarray(at, at + count) }], 0);
      }),
    onInterrupt: (listener) => remote.onInterrupt(listener),
  };
};

/** In order, several at once; an empty span is one message too, so that its name is checked. */
const inPieces = async (length: number, move: (at: number, count: number) => Promise<void>): Promise<void> => {
  const onWay: Promise<void>[] = [];
  for (let at = 0; at === 0 || at < length; at += SPAN_BYTES) {
    const moving = move(at, Math.min(SPAN_BYTES, length - at));
    moving.catch(() => {}); // told below
    onWay.push(moving);
    if (onWay.length >= AT_ONCE) await onWay.shift();
  }
  await Promise.all(onWay);
};
