/** A body with a JSON head before its bytes: length of the head u16, the head, then the bytes. */
import { LabError } from './errors.ts';

const HEAD_BYTES = 16_384;

export type JsonHead = Readonly<Record<string, unknown>>;

export const withHead = (head: JsonHead, bytes: Uint8Array = new Uint8Array()): Uint8Array => {
  const json = new TextEncoder().encode(JSON.stringify(head));
  const body = new Uint8Array(2 + json.length + bytes.length);
  new DataView(body.buffer).setUint16(0, json.length);
  body.set(json, 2);
  body.set(bytes, 2 + json.length);
  return body;
};

/** Throws EPROTO. */
export const splitHead = (body: Uint8Array): { readonly head: JsonHead; readonly bytes: Uint8Array } => {
  const length = body.length < 2 ? 0 : new DataView(body.buffer, body.byteOffset).getUint16(0);
  if (length === 0 || length > HEAD_BYTES || body.length < 2 + length)
    throw new LabError('EPROTO', `a message of ${body.length} bytes with a head of ${length}`);
  try {
    const head: unknown = JSON.parse(new TextDecoder().decode(body.subarray(2, 2 + length)));
    if (typeof head === 'object' && head !== null) return { head: head as JsonHead, bytes: body.subarray(2 + length) };
  } catch {
    // said below
  }
  throw new LabError('EPROTO', 'the head of a message is no JSON object');
};

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
