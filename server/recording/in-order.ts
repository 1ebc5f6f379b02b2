/** Records and events of one stretch of time, encoded in the order they happened. */
import { RECORD_BYTES, type TraceNames } from '#bus/trace.ts';
import type { RecordingEncoder } from '#recording/encode.ts';
import type { RecordingEvent } from '#recording/format.ts';

/** Both are in order already; what happened at the same time as a record comes after it. The records may come in pieces. */
export const encodeInOrder = (
  encoder: RecordingEncoder,
  pieces: readonly Uint8Array[],
  names: TraceNames,
  events: readonly RecordingEvent[],
): void => {
  let left = events;
  for (const [i, piece] of pieces.entries()) {
    const later = pieces[i + 1];
    const ends = later === undefined ? Number.POSITIVE_INFINITY : timeAt(later, 0);
    const here = left.filter(({ time }) => time < ends);
    encodePiece(encoder, piece, names, here);
    left = left.slice(here.length);
  }
  for (const event of left) encoder.event(event);
};

const timeAt = (packed: Uint8Array, at: number): number =>
  new DataView(packed.buffer, packed.byteOffset, packed.byteLength).getFloat64(at + 8, true);

const encodePiece = (
  encoder: RecordingEncoder,
  packed: Uint8Array,
  names: TraceNames,
  events: readonly RecordingEvent[],
): void => {
  const times = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  let from = 0;
  for (const event of events) {
    let to = from;
    while (to < packed.length && times.getFloat64(to + 8, true) <= event.time) to += RECORD_BYTES;
    encoder.records(packed.subarray(from, to), names);
    encoder.event(event);
    from = to;
  }
  encoder.records(packed.subarray(from), names);
};
