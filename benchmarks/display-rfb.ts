/** Process of the display benchmark: a VNC viewer that takes raw pixels and prints how many frames a second it was shown. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { areaOf, HEIGHT, isScene, stampOf, WIDTH } from './display-scenes.ts';

const [port = '', scene = '', seconds = '3'] = process.argv.slice(2);
if (!isScene(scene)) throw new Error(`no scene '${scene}'`);
const stamp = scene === 'cursor' ? undefined : stampOf(areaOf(scene, 0));
const socket = connect(Number(port), '127.0.0.1').setNoDelay(true);
await once(socket, 'connect');

const chunks: Buffer[] = [];
let held = 0;
let wake = (): void => {};
socket.on('data', (chunk: Buffer) => {
  chunks.push(chunk);
  held += chunk.length;
  wake();
});
/** Gives the next bytes to `put`, piece by piece. */
const take = async (bytes: number, put: (piece: Buffer, at: number) => void): Promise<void> => {
  for (let at = 0; at < bytes; ) {
    if (held === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    const [first] = chunks;
    if (first === undefined) continue;
    const piece = first.subarray(0, bytes - at);
    put(piece, at);
    at += piece.length;
    held -= piece.length;
    if (piece.length === first.length) chunks.shift();
    else chunks[0] = first.subarray(piece.length);
  }
};
const read = async (bytes: number): Promise<Buffer> => {
  const whole = Buffer.alloc(bytes);
  await take(bytes, (piece, at) => void piece.copy(whole, at));
  return whole;
};

await read(12);
socket.write('RFB 003.008\n');
await read((await read(1))[0]!);
socket.write(Buffer.of(1));
await read(4);
socket.write(Buffer.of(1));
const init = await read(24);
await read(init.readUInt32BE(20));
if (init.readUInt16BE(0) !== WIDTH || init.readUInt16BE(2) !== HEIGHT) throw new Error('the screen has another size');
// XRGB8888, whatever the server prefers; raw
socket.write(
  Buffer.from([0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0]),
);
const ask = (incremental: boolean): void => {
  const bytes = Buffer.alloc(10);
  bytes.set([3, Number(incremental)]);
  bytes.writeUInt16BE(WIDTH, 6);
  bytes.writeUInt16BE(HEIGHT, 8);
  socket.write(bytes);
};

const picture = Buffer.alloc(WIDTH * HEIGHT * 4);
const update = async (): Promise<void> => {
  const [type] = await read(1);
  if (type !== 0) throw new Error(`a message of type ${type}`);
  const count = (await read(3)).readUInt16BE(1);
  for (let i = 0; i < count; i++) {
    const rect = await read(12);
    const [x, y, width, height] = [0, 2, 4, 6].map((at) => rect.readUInt16BE(at)) as [number, number, number, number];
    const row = width * 4;
    await take(row * height, (piece, at) => {
      // as a viewer does, row by row into its picture
      for (let done = 0; done < piece.length; ) {
        const column = (at + done) % row;
        const line = y + Math.floor((at + done) / row);
        const part = Math.min(row - column, piece.length - done);
        piece.copy(picture, (line * WIDTH + x) * 4 + column, done, done + part);
        done += part;
      }
    });
  }
};

ask(false);
await update();
const numberShown = (): number =>
  stamp === undefined ? 0 : picture.readUInt32LE((stamp.y * WIDTH + stamp.x) * 4) & 0xffffff;
const first = numberShown();
let frames = 0;
let shown = first;
const end = performance.now() + Number(seconds) * 1000;
const began = performance.now();
while (performance.now() < end) {
  ask(true);
  await update();
  const now = stamp === undefined ? shown + 1 : numberShown();
  if (now !== shown) frames++;
  shown = now;
}
const passed = (performance.now() - began) / 1000;
process.stdout.write(`${JSON.stringify({ perSecond: frames / passed, paintedPerSecond: (shown - first) / passed })}\n`);
process.exit(0);
