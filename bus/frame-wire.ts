/** The live picture of a display as it goes to viewers: who asks, what is sent, and the bytes of one message. */
import { LabError } from './errors.ts';

/**
 * Socket.IO namespace. A viewer names itself in `auth` (`FramesAuth`) and takes a connection of its own (`forceNew: true`), so
 * that pictures never stand in the way of the feed. It calls the acknowledgement of each `frame` when it is
 * ready for more; only then the next is sent, with everything that changed meanwhile. Refusals arrive as `connect_error`: `CODE: words`.
 */
export const FRAMES_NAMESPACE = '/frames';

/** Every so many pixels one, each way: 1 is the picture itself, the others are thumbnails. */
export const FRAME_SCALES = [1, 2, 4, 8, 16] as const;
export type FrameScale = (typeof FRAME_SCALES)[number];

export interface FramesAuth {
  readonly token?: string;
  readonly device: string;
  /** Default 1. */
  readonly scale?: FrameScale;
  /** At most so many pictures a second; default the display's own rate, 10 for thumbnails. */
  readonly maxHz?: number;
}

/** Server to viewer; there is no other way. */
export interface FramesEvents {
  /** One message of `decodeFrame`, and what the viewer calls when it takes another. */
  frame: (message: Uint8Array | ArrayBuffer, shown: () => void) => void;
  /** The display is no more; the connection ends. */
  gone: (reason: string) => void;
}

export interface FrameHead {
  /** Messages to this viewer, from 1. */
  readonly seq: number;
  /** Lab time in nanoseconds. */
  readonly timeNs: number;
  /** Of the picture sent, after scaling; 0 while nothing is on show. */
  readonly width: number;
  readonly height: number;
  /** Of what is scanned out. */
  readonly modeWidth: number;
  readonly modeHeight: number;
  readonly scale: number;
  /** The viewer knows nothing yet, or the size is another: what it has is void. */
  readonly full: boolean;
  /** More of the same picture follows: it was too large for one message. */
  readonly more: boolean;
  /** Vertical blanks since power on. */
  readonly vblanks: number;
  /** Vertical blanks, as above, when the last flip was done. */
  readonly flippedAt: number;
  /** Pictures that were looked at: goes on whenever something was drawn. */
  readonly version: number;
}

export interface FrameRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface FrameTile extends FrameRect {
  /** Red, green, blue, 255: ready for `new ImageData(rgba, width, height)`. A view of the message. */
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

export interface Frame extends FrameHead {
  readonly tiles: readonly FrameTile[];
}

/** Where the pixels of a message come from: rows of four bytes a pixel. */
export interface FramePixels {
  readonly rgba: Uint8Array;
  readonly width: number;
}

const WIRE_VERSION = 1;
const HEAD_BYTES = 56;
const RECT_BYTES = 8;
const FULL = 1;
const MORE = 2;

/** Bytes of a message with these parts of the picture. */
export const frameBytes = (rects: readonly FrameRect[]): number =>
  rects.reduce((bytes, { width, height }) => bytes + RECT_BYTES + width * height * 4, HEAD_BYTES);

/** Writes one message into a buffer of at least `frameBytes`; the message is what it returns, a view of it. */
export const encodeFrame = (
  into: Uint8Array<ArrayBuffer>,
  head: FrameHead,
  rects: readonly FrameRect[],
  pixels: FramePixels,
): Uint8Array<ArrayBuffer> => {
  const bytes = frameBytes(rects);
  const view = new DataView(into.buffer, into.byteOffset, bytes);
  view.setUint8(0, WIRE_VERSION);
  view.setUint8(1, (head.full ? FULL : 0) | (head.more ? MORE : 0));
  view.setUint8(2, head.scale);
  view.setUint8(3, 0);
  view.setUint32(4, rects.length, true);
  for (const [i, value] of [head.width, head.height, head.modeWidth, head.modeHeight].entries())
    view.setUint16(8 + 2 * i, value, true);
  for (const [i, value] of [head.seq, head.timeNs, head.vblanks, head.flippedAt, head.version].entries())
    view.setFloat64(16 + 8 * i, value, true);
  let at = HEAD_BYTES;
  for (const { x, y, width, height } of rects) {
    for (const [i, value] of [x, y, width, height].entries()) view.setUint16(at + 2 * i, value, true);
    at += RECT_BYTES;
  }
  for (const rect of rects) at = copyRect(into, at, rect, pixels);
  return into.subarray(0, bytes);
};

const copyRect = (into: Uint8Array, start: number, { x, y, width, height }: FrameRect, pixels: FramePixels): number => {
  let at = start;
  const stride = pixels.width * 4;
  if (x === 0 && width === pixels.width) {
    into.set(pixels.rgba.subarray(y * stride, (y + height) * stride), at);
    return at + height * stride;
  }
  for (let row = y; row < y + height; row++) {
    const from = row * stride + x * 4;
    into.set(pixels.rgba.subarray(from, from + width * 4), at);
    at += width * 4;
  }
  return at;
};

/** Throws EPROTO for what is no message, or has parts outside its picture. */
export const decodeFrame = (message: Uint8Array | ArrayBuffer): Frame => {
  const bytes = message instanceof Uint8Array ? message : new Uint8Array(message);
  if (bytes.length < HEAD_BYTES)
    throw new LabError('EPROTO', `a frame of ${bytes.length} bytes; its head alone has ${HEAD_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint8(0) !== WIRE_VERSION)
    throw new LabError('EPROTO', `a frame of wire version ${view.getUint8(0)}; ${WIRE_VERSION} is known`);
  const count = view.getUint32(4, true);
  if (count > (bytes.length - HEAD_BYTES) / RECT_BYTES)
    throw new LabError('EPROTO', `a frame of ${bytes.length} bytes cannot hold ${count} parts`);
  const short = (i: number): number => view.getUint16(8 + 2 * i, true);
  const long = (i: number): number => view.getFloat64(16 + 8 * i, true);
  const [width, height] = [short(0), short(1)];
  const rects = Array.from({ length: count }, (_, i) => rectAt(view, HEAD_BYTES + i * RECT_BYTES, width, height));
  if (frameBytes(rects) !== bytes.length)
    throw new LabError('EPROTO', `a frame of ${bytes.length} bytes; its ${count} parts need ${frameBytes(rects)}`);
  let at = bytes.byteOffset + HEAD_BYTES + count * RECT_BYTES;
  const tiles = rects.map((rect) => {
    const length = rect.width * rect.height * 4;
    const rgba = new Uint8ClampedArray(bytes.buffer as ArrayBuffer, at, length); // what arrives is never shared memory
    at += length;
    return { ...rect, rgba };
  });
  return {
    seq: long(0),
    timeNs: long(1),
    width,
    height,
    modeWidth: short(2),
    modeHeight: short(3),
    scale: view.getUint8(2),
    full: (view.getUint8(1) & FULL) !== 0,
    more: (view.getUint8(1) & MORE) !== 0,
    vblanks: long(2),
    flippedAt: long(3),
    version: long(4),
    tiles,
  };
};

const rectAt = (view: DataView, at: number, width: number, height: number): FrameRect => {
  const short = (i: number): number => view.getUint16(at + 2 * i, true);
  const rect = { x: short(0), y: short(1), width: short(2), height: short(3) };
  if (rect.width === 0 || rect.height === 0 || rect.x + rect.width > width || rect.y + rect.height > height)
    throw new LabError(
      'EPROTO',
      `a part of ${rect.width}x${rect.height} at ${rect.x},${rect.y} in a picture of ${width}x${height}`,
    );
  return rect;
};
