import { once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { GatheredSocket, packetLengths } from './gather.ts';

afterEach(() => vi.restoreAllMocks());

const packet = (length: number): Uint8Array => {
  const head = [0x30];
  let rest = length;
  do {
    head.push((rest & 0x7f) | (rest > 127 ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  const bytes = new Uint8Array(head.length + length).fill(0xff);
  bytes.set(head);
  return bytes;
};

test('finds the length of every packet, wherever the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }),
      (lengths, cuts) => {
        const stream = Buffer.concat(lengths.map(packet));
        const follow = packetLengths();
        let largest = 0;
        for (let at = 0, i = 0; at < stream.length; i++) {
          const step = cuts[i % cuts.length]!;
          largest = Math.max(largest, follow(stream.subarray(at, at + step)));
          at += step;
        }
        expect(largest).toBe(Math.max(...lengths));
      },
    ),
  );
});

/** Both ends of one TCP connection. */
const pair = async (maxPacketBytes?: number): Promise<readonly [GatheredSocket, GatheredSocket, () => void]> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const near = connect(port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  const options = maxPacketBytes === undefined ? {} : { maxPacketBytes };
  return [new GatheredSocket(near), new GatheredSocket(far, options), () => server.close()];
};

test('many small writes leave as one, in order, with nothing lost', async () => {
  const [near, far, close] = await pair();
  const writes = vi.spyOn(Socket.prototype, 'write');
  const pieces = Array.from({ length: 500 }, (_, i) => `${i};`);
  for (const piece of pieces) near.write(piece);
  let heard = '';
  for await (const chunk of far) {
    heard += String(chunk);
    if (heard.length >= pieces.join('').length) break;
  }
  expect(heard).toBe(pieces.join(''));
  expect(writes.mock.calls.length).toBe(1);
  near.destroy();
  close();
});

test('Nagle is off on the socket below', async () => {
  const calls = vi.spyOn(Socket.prototype, 'setNoDelay');
  const [near, far, close] = await pair();
  expect(calls.mock.calls).toEqual([[true], [true]]);
  near.destroy();
  far.destroy();
  close();
});

test('a slow reader is waited for, and gets everything', async () => {
  const [near, far, close] = await pair();
  const whole = Buffer.alloc(8 << 20, 'abcdefgh');
  for (let at = 0; at < whole.length; at += 65_536) near.write(whole.subarray(at, at + 65_536));
  expect(near.writableNeedDrain).toBe(true);
  near.end();
  const chunks: Buffer[] = [];
  for await (const chunk of far) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).equals(whole)).toBe(true);
  close();
});

test('a packet over the limit ends the stream at its header', async () => {
  const [near, far, close] = await pair(1000);
  const error = once(far, 'error');
  far.resume();
  near.write(packet(1001).subarray(0, 3));
  expect(String(await error)).toMatch(/1001 bytes; at most 1000/);
  near.destroy();
  close();
});

test('a last word before the end still leaves', async () => {
  const [near, far, close] = await pair();
  near.write('refused');
  near.destroy();
  const chunks: string[] = [];
  for await (const chunk of far) chunks.push(String(chunk));
  expect(chunks).toEqual(['refused']);
  close();
});
