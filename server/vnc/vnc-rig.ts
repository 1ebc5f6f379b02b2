/** A VNC viewer for tests: what a client sees, from raw and ZRLE updates; and a display to look at. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInflate, type Inflate } from 'node:zlib';
import { packPixelFormat, SERVER_FORMAT, type VncPixelFormat } from './pixel-format.ts';
import { CLIENT, ENCODING } from './rfb.ts';
import type { ScreenRect } from './screen.ts';
import { readZrle } from './zrle-rig.ts';

export interface ViewerOptions {
  readonly port: number;
  readonly version?: string;
  readonly encodings?: readonly number[];
  readonly format?: VncPixelFormat;
}

export interface Update {
  readonly rects: readonly (ScreenRect & { readonly encoding: number })[];
}

export class Viewer {
  readonly socket: Socket;
  readonly #format: VncPixelFormat;
  readonly #inflate: Inflate = createInflate();
  readonly #inflated: Buffer[] = [];
  #heard: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => {};
  width = 0;
  height = 0;
  name = '';
  /** Pixels as numbers of the format, row by row. */
  pixels = new Uint32Array(0);
  colourMap: Buffer | null = null;

  private constructor(socket: Socket, format: VncPixelFormat) {
    this.socket = socket;
    this.#format = format;
    this.#inflate.on('data', (piece: Buffer) => this.#inflated.push(piece));
    socket.on('data', (chunk: Buffer) => {
      this.#heard = Buffer.concat([this.#heard, chunk]);
      this.#wake();
    });
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on('error', () => {});
  }

  static async open({ port, version = 'RFB 003.008\n', encodings, format }: ViewerOptions): Promise<Viewer> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const viewer = new Viewer(socket, format ?? SERVER_FORMAT);
    await viewer.#shake(version);
    if (format !== undefined) viewer.setFormat(format);
    if (encodings !== undefined) viewer.setEncodings(encodings);
    return viewer;
  }

  /** Exactly so many bytes; rejects when the server closes first. */
  async read(bytes: number): Promise<Buffer> {
    while (this.#heard.length < bytes) {
      if (this.#ended) throw new Error(`closed with ${this.#heard.length} of ${bytes} bytes`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const piece = this.#heard.subarray(0, bytes);
    this.#heard = this.#heard.subarray(bytes);
    return piece;
  }

  async closed(): Promise<void> {
    while (!this.#ended)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  setFormat(format: VncPixelFormat): void {
    this.socket.write(Buffer.concat([Buffer.of(CLIENT.setPixelFormat, 0, 0, 0), packPixelFormat(format)]));
  }

  setEncodings(encodings: readonly number[]): void {
    const bytes = Buffer.alloc(4 + 4 * encodings.length);
    bytes[0] = CLIENT.setEncodings;
    bytes.writeUInt16BE(encodings.length, 2);
    for (const [i, encoding] of encodings.entries()) bytes.writeInt32BE(encoding, 4 + 4 * i);
    this.socket.write(bytes);
  }

  request(incremental: boolean, rect?: ScreenRect): void {
    const { x, y, width, height } = rect ?? { x: 0, y: 0, width: this.width, height: this.height };
    const bytes = Buffer.alloc(10);
    bytes.set([CLIENT.updateRequest, Number(incremental)]);
    for (const [i, word] of [x, y, width, height].entries()) bytes.writeUInt16BE(word, 2 + 2 * i);
    this.socket.write(bytes);
  }

  /** The next update, taken over into `pixels`. */
  async update(): Promise<Update> {
    const head = await this.read(1);
    if (head[0] === 1) {
      await this.read(5);
      this.colourMap = await this.read(256 * 6);
      return this.update();
    }
    if (head[0] !== 0) throw new Error(`message type ${head[0]}`);
    const count = (await this.read(3)).readUInt16BE(1);
    const rects: (ScreenRect & { encoding: number })[] = [];
    for (let i = 0; i < count; i++) {
      const bytes = await this.read(12);
      const [x, y, width, height] = [0, 2, 4, 6].map((at) => bytes.readUInt16BE(at)) as [
        number,
        number,
        number,
        number,
      ];
      const rect = { x, y, width, height, encoding: bytes.readInt32BE(8) };
      rects.push(rect);
      await this.#take(rect);
    }
    return { rects };
  }

  /** Asks for all of it and takes it, and the sizes told before it. */
  async whole(): Promise<void> {
    for (;;) {
      this.request(false);
      const { rects } = await this.update();
      if (rects.every(({ encoding }) => encoding >= 0)) return;
    }
  }

  async #shake(version: string): Promise<void> {
    await this.read(12);
    this.socket.write(version);
    const minor = Number(version.slice(8, 11));
    if (minor < 7) await this.read(4);
    else {
      await this.read(2);
      this.socket.write(Buffer.of(1));
      if (minor >= 8) await this.read(4);
    }
    this.socket.write(Buffer.of(1));
    const init = await this.read(24);
    this.#size(init.readUInt16BE(0), init.readUInt16BE(2));
    this.name = (await this.read(init.readUInt32BE(20))).toString();
  }

  #size(width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.pixels = new Uint32Array(width * height);
  }

  async #take(rect: ScreenRect & { readonly encoding: number }): Promise<void> {
    if (rect.encoding === ENCODING.desktopSize) return this.#size(rect.width, rect.height);
    if (rect.encoding === ENCODING.extendedDesktopSize) {
      await this.read(20);
      if (rect.width !== this.width || rect.height !== this.height) this.#size(rect.width, rect.height);
      return;
    }
    const size = this.#format.bits / 8;
    if (rect.encoding === ENCODING.raw) {
      const bytes = await this.read(rect.width * rect.height * size);
      for (let i = 0; i < rect.width * rect.height; i++) this.#put(rect, i, word(bytes, i * size, this.#format));
      return;
    }
    const packed = await this.read((await this.read(4)).readUInt32BE(0));
    await new Promise<void>((resolve) => {
      this.#inflate.write(packed);
      this.#inflate.flush(() => resolve());
    });
    const tiles = Buffer.concat(this.#inflated.splice(0));
    readZrle(tiles, rect, this.#format, (i, value) => this.#put(rect, i, value));
  }

  #put(rect: ScreenRect, i: number, value: number): void {
    const [x, y] = [rect.x + (i % rect.width), rect.y + Math.floor(i / rect.width)];
    this.pixels[y * this.width + x] = value;
  }
}

export const word = (bytes: Buffer, at: number, { bits, bigEndian }: VncPixelFormat): number => {
  if (bits === 8) return bytes[at] ?? 0;
  if (bits === 16) return bigEndian ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at);
  return bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
};
