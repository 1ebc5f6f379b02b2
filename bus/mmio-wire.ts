/** Register accesses and memory spans as bytes on the bus: one record for each, in big endian. */
import { LabError } from './errors.ts';
import { MAX_BODY_BYTES } from './message.ts';
import type { MmioAccess, MmioWidth, SpanRows } from './mmio.ts';
import { packedBytes } from './span-rows.ts';

/** One access: what a record of the wire says. */
export type MmioRecord =
  | { readonly op: 'read'; readonly at: number; readonly width: MmioWidth }
  | { readonly op: 'write'; readonly at: number; readonly width: MmioWidth; readonly value: number }
  | { readonly op: 'readSpan'; readonly span: string; readonly offset: number; readonly length: number }
  | { readonly op: 'writeSpan'; readonly span: string; readonly offset: number; readonly bytes: Uint8Array }
  /** `bytes` are the rows, one behind the other. */
  | { readonly op: 'writeRows'; readonly span: string; readonly rows: SpanRows; readonly bytes: Uint8Array }
  /** The rows lie at `position` of the memory that both ends share, and know by the number `room`. */
  | {
      readonly op: 'writeShared';
      readonly span: string;
      readonly rows: SpanRows;
      readonly position: number;
      readonly room: number;
    };

const CODE = { read: 0, write: 1, readSpan: 2, writeSpan: 3, writeRows: 4, writeShared: 5 } as const;
/**
 * op u8, width u8, reserved u16, at u32, value u32. Spans: op u8, length of the name u8, reserved u16, offset u32, length
 * u32, name, bytes. Rows: length is that of a row, and before the name stand pitch u32, rows u32, position u32, room u32.
 */
export const RECORD_HEAD_BYTES = 12;
const ROWS_HEAD_BYTES = 16;
/** Bytes of a span that go in one message with room for its head and name. */
export const SPAN_BYTES = MAX_BODY_BYTES - 1024;
/** Registers of one message. */
export const ACCESSES = Math.floor(MAX_BODY_BYTES / RECORD_HEAD_BYTES);

export const accessRecord = (access: MmioAccess): MmioRecord =>
  access.op === 'read'
    ? { op: 'read', at: access.at, width: access.width ?? 4 }
    : { op: 'write', at: access.at, width: access.width ?? 4, value: access.value };

export const encodeRecords = (records: readonly MmioRecord[]): Uint8Array<ArrayBuffer> => {
  const names = records.map((record) => ('span' in record ? new TextEncoder().encode(record.span) : NOTHING));
  const sizeOf = (record: MmioRecord, i: number): number =>
    RECORD_HEAD_BYTES + ('rows' in record ? ROWS_HEAD_BYTES : 0) + names[i]!.length + payloadOf(record).length;
  const bytes = new Uint8Array(records.reduce((sum, record, i) => sum + sizeOf(record, i), 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [i, record] of records.entries()) {
    const name = names[i] ?? NOTHING;
    const payload = payloadOf(record);
    view.setUint8(at, CODE[record.op]);
    view.setUint8(at + 1, 'span' in record ? name.length : record.width);
    if ('rows' in record) {
      const { offset, rowBytes, pitchBytes, rows } = record.rows;
      const { position, room } = record.op === 'writeShared' ? record : { position: 0, room: 0 };
      for (const [j, word] of [offset, rowBytes, pitchBytes, rows, position, room].entries())
        view.setUint32(at + 4 + 4 * j, word);
      at += ROWS_HEAD_BYTES;
    } else if ('span' in record) {
      view.setUint32(at + 4, record.offset);
      view.setUint32(at + 8, record.op === 'readSpan' ? record.length : payload.length);
    } else {
      view.setUint32(at + 4, record.at);
      if (record.op === 'write') view.setUint32(at + 8, record.value);
    }
    at += RECORD_HEAD_BYTES;
    bytes.set(name, at);
    bytes.set(payload, at + name.length);
    at += name.length + payload.length;
  }
  return bytes;
};

/** Throws EPROTO for what is no sequence of records, EMSGSIZE when its answer would not fit. */
export const decodeRecords = (body: Uint8Array): readonly MmioRecord[] => {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const records: MmioRecord[] = [];
  let answerBytes = 0;
  for (let at = 0; at < body.length; ) {
    const head = at;
    if (body.length - at < RECORD_HEAD_BYTES)
      throw new LabError('EPROTO', `${body.length - at} bytes after the last record; one takes ${RECORD_HEAD_BYTES}`);
    const code = view.getUint8(at);
    const second = view.getUint8(at + 1);
    const place = view.getUint32(at + 4);
    const last = view.getUint32(at + 8);
    at += RECORD_HEAD_BYTES;
    if (code === CODE.read || code === CODE.write) {
      if (second !== 1 && second !== 2 && second !== 4)
        throw new LabError('EPROTO', `a register access of ${second} bytes; it takes 1, 2 or 4`);
      if (code === CODE.read) answerBytes += 4;
      records.push(
        code === CODE.read
          ? { op: 'read', at: place, width: second }
          : { op: 'write', at: place, width: second, value: last },
      );
      continue;
    }
    if (code > CODE.writeShared) throw new LabError('EPROTO', `a record of kind ${code}; there are ${KINDS}`);
    const inRows = code === CODE.writeRows || code === CODE.writeShared;
    if (inRows) at += ROWS_HEAD_BYTES;
    if (at > body.length) throw new LabError('EPROTO', `a record of rows with ${body.length - head} bytes`);
    const rows = { offset: place, rowBytes: last, pitchBytes: 0, rows: 0 };
    if (inRows) {
      rows.pitchBytes = view.getUint32(head + 12);
      rows.rows = view.getUint32(head + 16);
    }
    const carried = code === CODE.writeSpan ? last : code === CODE.writeRows ? packedBytes(rows) : 0;
    if (body.length - at < second + carried)
      throw new LabError('EPROTO', `a span record of ${second + carried} bytes with ${body.length - at} behind it`);
    const span = new TextDecoder().decode(body.subarray(at, at + second));
    at += second;
    const bytes = body.subarray(at, at + carried);
    at += carried;
    if (code === CODE.readSpan) {
      answerBytes += last;
      records.push({ op: 'readSpan', span, offset: place, length: last });
    } else if (code === CODE.writeSpan) records.push({ op: 'writeSpan', span, offset: place, bytes });
    else if (code === CODE.writeRows) records.push({ op: 'writeRows', span, rows, bytes });
    else
      records.push({
        op: 'writeShared',
        span,
        rows,
        position: view.getUint32(head + 20),
        room: view.getUint32(head + 24),
      });
  }
  if (answerBytes > MAX_BODY_BYTES)
    throw new LabError('EMSGSIZE', `an answer of ${answerBytes} bytes; at most ${MAX_BODY_BYTES} go in one message`);
  return records;
};

const NOTHING = new Uint8Array();
const KINDS = '0 read, 1 write, 2 read span, 3 write span, 4 write rows, 5 write rows from shared memory';
const payloadOf = (record: MmioRecord): Uint8Array =>
  record.op === 'writeSpan' || record.op === 'writeRows' ? record.bytes : NOTHING;
