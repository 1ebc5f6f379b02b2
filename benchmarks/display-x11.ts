/** Process of the display benchmark: an X client that paints a scene on the root window 60 times a second, with the wire's own requests. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { type Area, areaOf, FRAME_HZ, isScene, paint } from './display-scenes.ts';

const [display = '', scene = ''] = process.argv.slice(2);
if (!isScene(scene)) throw new Error(`no scene '${scene}'`);
const socket = connect(`/tmp/.X11-unix/X${display}`);
await once(socket, 'connect');

let heard = Buffer.alloc(0);
let wake = (): void => {};
socket.on('data', (chunk: Buffer) => {
  heard = Buffer.concat([heard, chunk]);
  wake();
});
const read = async (bytes: number): Promise<Buffer> => {
  while (heard.length < bytes)
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  const piece = heard.subarray(0, bytes);
  heard = heard.subarray(bytes);
  return piece;
};

// X11 protocol, 8: connection setup, little endian, version 11.0, no authorisation
socket.write(Buffer.from([0x6c, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
const head = await read(8);
const setup = await read(head.readUInt16LE(6) * 4);
if (head[0] !== 1) throw new Error(`the X server refuses: ${setup.toString('latin1')}`);
const gc = setup.readUInt32LE(4);
const background = gc + 1;
const vendorBytes = setup.readUInt16LE(16);
const screen = 32 + Math.ceil(vendorBytes / 4) * 4 + setup[21]! * 8;
const root = setup.readUInt32LE(screen);
const depth = setup[screen + 38]!;

const words = (...list: readonly number[]): Buffer => Buffer.from(Uint32Array.from(list).buffer);
const request = (opcode: number, detail: number, body: Buffer): void => {
  const start = Buffer.from([opcode, detail, 0, 0]);
  start.writeUInt16LE(1 + body.length / 4, 2);
  socket.write(start);
  socket.write(body);
};
const pair = (low: number, high: number): number => (low & 0xffff) + (high & 0xffff) * 65_536;
const createGc = (): void => request(55, 0, words(gc, root, 0));
const createPixmap = (id: number, width: number, height: number): void =>
  request(53, depth, words(id, root, pair(width, height)));
const copyArea = (from: number, to: number, { x, y, width, height }: Area): void =>
  request(62, 0, words(from, to, gc, pair(x, y), pair(x, y), pair(width, height)));
/** In bands: a request has 256 KiB at most. */
const putImage = (to: number, { x, y, width, height }: Area, pixels: Uint32Array): void => {
  const rows = Math.floor(250_000 / (width * 4));
  for (let top = 0; top < height; top += rows) {
    const count = Math.min(rows, height - top);
    const part = pixels.subarray(top * width, (top + count) * width);
    const placed = words(to, gc, pair(width, count), pair(x, y + top), pair(0, depth * 256));
    placed.writeUInt16LE(0, 16);
    placed[16] = 0; // left pad
    placed[17] = depth;
    request(72, 2, Buffer.concat([placed, Buffer.from(part.buffer, part.byteOffset, part.byteLength)]));
  }
};
/** Resolves when the server has done what was asked before. */
const sync = async (): Promise<void> => {
  request(43, 0, Buffer.alloc(0));
  while ((await read(32))[0] !== 1);
};

createGc();
if (scene === 'cursor') {
  createPixmap(background, 1920, 1080);
  copyArea(root, background, areaOf('full', 0));
}
const began = performance.now();
for (let n = 0; ; n++) {
  const area = areaOf(scene, n);
  const pixels = new Uint32Array(area.width * area.height);
  paint(scene, n, pixels, area.width, area);
  if (scene === 'cursor' && n > 0) copyArea(background, root, areaOf(scene, n - 1));
  putImage(root, area, pixels);
  await sync();
  const due = began + ((n + 1) * 1000) / FRAME_HZ;
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
}
