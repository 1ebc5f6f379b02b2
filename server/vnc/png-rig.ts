/** Reads a PNG of 8 bits a channel, RGB or RGBA, any filter: pictures that VNC clients take, for tests. */
import { inflateSync } from 'node:zlib';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue. */
  readonly rgb: Buffer;
}

export const readPng = (file: Buffer): Picture => {
  const parts: Buffer[] = [];
  let [width, height, bytes] = [0, 0, 0];
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    const body = file.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      width = body.readUInt32BE(0);
      height = body.readUInt32BE(4);
      const kind = `${body[8]} bits, colour type ${body[9]}, interlace ${body[12]}`;
      bytes = { '8 bits, colour type 2, interlace 0': 3, '8 bits, colour type 6, interlace 0': 4 }[kind] ?? 0;
      if (bytes === 0) throw new Error(`a PNG of ${kind} is not read here`);
    } else if (type === 'IDAT') parts.push(body);
    at += 12 + length;
  }
  const rows = inflateSync(Buffer.concat(parts));
  const stride = width * bytes;
  const pixels = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)]!;
    for (let i = 0; i < stride; i++) {
      const left = i >= bytes ? pixels[y * stride + i - bytes]! : 0;
      const up = y > 0 ? pixels[(y - 1) * stride + i]! : 0;
      const corner = y > 0 && i >= bytes ? pixels[(y - 1) * stride + i - bytes]! : 0;
      pixels[y * stride + i] = rows[y * (stride + 1) + 1 + i]! + guess(filter, left, up, corner);
    }
  }
  const rgb = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; i++) pixels.copy(rgb, i * 3, i * bytes, i * bytes + 3);
  return { width, height, rgb };
};

const guess = (filter: number, left: number, up: number, corner: number): number => {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    default: {
      const slope = left + up - corner;
      const [a, b, c] = [Math.abs(slope - left), Math.abs(slope - up), Math.abs(slope - corner)];
      return a <= b && a <= c ? left : b <= c ? up : corner;
    }
  }
};
