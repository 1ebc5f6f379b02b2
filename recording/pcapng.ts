/** pcapng, as much of it as recordings use: blocks written one behind another, and read back with every length checked. Source: IETF draft-ietf-opsawg-pcapng. */
import { LabError } from '#bus/errors.ts';

export const BLOCK = { section: 0x0a0d0d0a, interface: 1, packet: 6 } as const;
const BYTE_ORDER = 0x1a2b3c4d;
const BYTE_ORDER_SWAPPED = 0x4d3c2b1a;
/** Nobody writes a longer block; a file that says so is damaged or hostile. */
export const BLOCK_LIMIT_BYTES = 16 * 1024 * 1024;
const SMALLEST_BLOCK_BYTES = 12;
/** Block type, length, interface, time (2 words), captured and original length. */
export const PACKET_HEAD_BYTES = 28;

/** Option codes: a comment belongs to any block, the others to the block they are named after. */
export const OPTION = { comment: 1, hardware: 2, application: 4, name: 2, description: 3, resolution: 9 } as const;
export type Option = readonly [code: number, value: string | Uint8Array];

const TEXT = new TextEncoder();
const WORDS = new TextDecoder('utf-8', { fatal: false });

/** Begins a section; its length is left open, so that nothing must be written twice. */
export const sectionBlock = (options: readonly Option[]): Uint8Array<ArrayBuffer> => {
  const head = new Uint8Array(16);
  const view = new DataView(head.buffer);
  view.setUint32(0, BYTE_ORDER, true);
  view.setUint16(4, 1, true);
  view.setUint32(8, 0xffffffff, true);
  view.setUint32(12, 0xffffffff, true);
  return block(BLOCK.section, head, optionBytes(options));
};

/** Interfaces of a section are numbered from 0 in the order they are written. */
export const interfaceBlock = (linkType: number, options: readonly Option[]): Uint8Array<ArrayBuffer> => {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint16(0, linkType, true);
  return block(BLOCK.interface, head, optionBytes(options));
};

/** Time in two 32-bit words, counted in the resolution of the interface. */
export interface PacketTime {
  readonly high: number;
  readonly low: number;
}

export const packetBlock = (
  nth: number,
  { high, low }: PacketTime,
  payload: Uint8Array,
  options: readonly Option[] = [],
): Uint8Array<ArrayBuffer> => {
  const head = new Uint8Array(20 + padded(payload.length));
  const view = new DataView(head.buffer);
  view.setUint32(0, nth, true);
  view.setUint32(4, high, true);
  view.setUint32(8, low, true);
  view.setUint32(12, payload.length, true);
  view.setUint32(16, payload.length, true);
  head.set(payload, 20);
  return block(BLOCK.packet, head, optionBytes(options));
};

const block = (type: number, head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> => {
  const length = SMALLEST_BLOCK_BYTES + head.length + tail.length;
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  out.set(head, 8);
  out.set(tail, 8 + head.length);
  view.setUint32(length - 4, length, true);
  return out;
};

const optionBytes = (options: readonly Option[]): Uint8Array => {
  if (options.length === 0) return new Uint8Array();
  const parts = options.map(([code, value]) => [code, typeof value === 'string' ? TEXT.encode(value) : value] as const);
  const out = new Uint8Array(parts.reduce((sum, [, value]) => sum + 4 + padded(value.length), 4));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [code, value] of parts) {
    if (value.length > 0xffff) throw new LabError('EMSGSIZE', `an option of ${value.length} bytes; 65535 are allowed`);
    view.setUint16(at, code, true);
    view.setUint16(at + 2, value.length, true);
    out.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  return out;
};

const padded = (length: number): number => (length + 3) & ~3;

export interface PcapngBlock {
  readonly type: number;
  /** Where it begins in the bytes given. */
  readonly at: number;
  readonly length: number;
}

/** Walks over whole blocks; an incomplete one at the end is left alone, anything wrong before is an EINVAL. */
export class BlockReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #next = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where the last whole block ends. */
  get end(): number {
    return this.#next;
  }

  next(): PcapngBlock | undefined {
    const at = this.#next;
    const left = this.#bytes.length - at;
    if (left < SMALLEST_BLOCK_BYTES) return undefined;
    const type = this.#view.getUint32(at, true);
    if (type === BLOCK.section) checkByteOrder(this.#view.getUint32(at + 8, true), at);
    const length = this.#view.getUint32(at + 4, true);
    if (length < SMALLEST_BLOCK_BYTES || length % 4 !== 0 || length > BLOCK_LIMIT_BYTES)
      throw damaged(at, `a block of ${length} bytes; ${SMALLEST_BLOCK_BYTES} to ${BLOCK_LIMIT_BYTES} are allowed`);
    if (length > left) return undefined;
    const again = this.#view.getUint32(at + length - 4, true);
    if (again !== length) throw damaged(at, `a block that begins with length ${length} and ends with ${again}`);
    this.#next = at + length;
    return { type, at, length };
  }

  /** Of an interface block. */
  linkType({ at, length }: PcapngBlock): number {
    if (length < 20) throw damaged(at, 'an interface block without its fields');
    return this.#view.getUint16(at + 8, true);
  }

  /** Of a packet block: which interface, where its payload is, how long. */
  packet({ at, length }: PcapngBlock): { readonly nth: number; readonly from: number; readonly bytes: number } {
    if (length < PACKET_HEAD_BYTES + 4) throw damaged(at, 'a packet block without its fields');
    const bytes = this.#view.getUint32(at + 20, true);
    if (bytes > length - PACKET_HEAD_BYTES - 4) throw damaged(at, `a packet of ${bytes} bytes in a block of ${length}`);
    return { nth: this.#view.getUint32(at + 8, true), from: at + PACKET_HEAD_BYTES, bytes };
  }

  /** The text of an option of a section or interface block; empty when there is none. */
  option({ type, at, length }: PcapngBlock, code: number): string {
    const end = at + length - 4;
    let place = at + (type === BLOCK.section ? 24 : 16);
    while (place + 4 <= end) {
      const found = this.#view.getUint16(place, true);
      const bytes = this.#view.getUint16(place + 2, true);
      if (found === 0) return '';
      if (place + 4 + bytes > end) throw damaged(at, `an option of ${bytes} bytes beyond the end of its block`);
      if (found === code) return WORDS.decode(this.#bytes.subarray(place + 4, place + 4 + bytes));
      place += 4 + padded(bytes);
    }
    return '';
  }
}

export const damaged = (at: number, what: string): LabError => new LabError('EINVAL', `damaged at byte ${at}: ${what}`);

const checkByteOrder = (mark: number, at: number): void => {
  if (mark === BYTE_ORDER) return;
  if (mark === BYTE_ORDER_SWAPPED) throw new LabError('EINVAL', 'big endian pcapng; Ferrolab writes little endian');
  throw damaged(at, `byte order mark ${mark.toString(16)}; it is ${BYTE_ORDER.toString(16)}`);
};
