/** The driver's end of the MMIO wire: an MmioPort whose device is somewhere else. */
import type { BusClient } from './client.ts';
import { type ConnectOptions, connectDevice, type DeviceWire, type RemoteDevice } from './device-connect.ts';
import { LabError } from './errors.ts';
import type { MmioAccess, MmioPort, SpanRows } from './mmio.ts';
import { ACCESSES, accessRecord, encodeRecords, type MmioRecord, SPAN_BYTES } from './mmio-wire.ts';
import { SharedWay } from './shared-way.ts';
import { packed, packedBytes, someRows, wrongRows } from './span-rows.ts';

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
/** Fewer bytes go in the message itself, wherever the lab is. */
const SHARED_FROM_BYTES = 64 << 10;

/** Registers and memory of a device that was found. */
export const mmioOver = (remote: DeviceWire): MmioPort => {
  const ask = async (records: readonly MmioRecord[], answerBytes: number): Promise<Uint8Array> => {
    const answer = await remote.ask('mmio', encodeRecords(records));
    if (answer.length === answerBytes) return answer;
    throw new LabError('EPROTO', `${remote.device} answered ${answerBytes} bytes of reads with ${answer.length}`);
  };
  const shared = new SharedWay(remote, async (record) => void (await ask([record], 0)));
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
  const writeSpan = async (span: string, offset: number, bytes: Uint8Array): Promise<void> => {
    const whole = { offset, rowBytes: bytes.length, pitchBytes: bytes.length, rows: 1 };
    if (bytes.length >= SHARED_FROM_BYTES && (await shared.write(span, whole, bytes))) return;
    await inPieces(bytes.length, SPAN_BYTES, async (at, count) => {
      await ask([{ op: 'writeSpan', span, offset: offset + at, bytes: bytes.subarray(at, at + count) }], 0);
    });
  };
  const writeRows = async (span: string, rows: SpanRows, bytes: Uint8Array, apartBytes: number): Promise<void> => {
    const { rowBytes } = rows;
    if (rows.rows <= 1) return writeSpan(span, rows.offset, bytes.subarray(0, packedBytes(rows)));
    const wrong = wrongRows(rows, Number.POSITIVE_INFINITY);
    if (wrong !== undefined) throw new LabError('ERANGE', `${remote.device}: ${wrong}`);
    const whole = packed(bytes, rows, apartBytes);
    if (whole.length >= SHARED_FROM_BYTES && (await shared.write(span, rows, whole))) return;
    const most = Math.floor(SPAN_BYTES / Math.max(1, rowBytes));
    if (most === 0) {
      for (let row = 0; row < rows.rows; row++)
        await writeSpan(span, someRows(rows, row, 1).offset, whole.subarray(row * rowBytes, (row + 1) * rowBytes));
      return;
    }
    await inPieces(rows.rows, most, async (row, count) => {
      const part = whole.subarray(row * rowBytes, (row + count) * rowBytes);
      await ask([{ op: 'writeRows', span, rows: someRows(rows, row, count), bytes: part }], 0);
    });
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
      await inPieces(length, SPAN_BYTES, async (at, count) => {
        bytes.set(await ask([{ op: 'readSpan', span, offset: offset + at, length: count }], count), at);
      });
      return bytes;
    },
    writeSpan,
    writeRows: (span, rows, bytes, apartBytes = rows.pitchBytes) => writeRows(span, rows, bytes, apartBytes),
    onInterrupt: (listener) => remote.onInterrupt(listener),
  };
};

/** In order, several at once; nothing is one message too, so that a name is checked. */
const inPieces = async (
  length: number,
  most: number,
  move: (at: number, count: number) => Promise<void>,
): Promise<void> => {
  const onWay: Promise<void>[] = [];
  for (let at = 0; at === 0 || at < length; at += most) {
    const moving = move(at, Math.min(most, length - at));
    moving.catch(() => {}); // told below
    onWay.push(moving);
    if (onWay.length >= AT_ONCE) await onWay.shift();
  }
  await Promise.all(onWay);
};
