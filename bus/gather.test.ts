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

/** As MQTT libraries write them, piece by piece. */
const writeAck = (stream: GatheredSocket, id: number): void => {
  for (const piece of [[0x40], [2], [0, id]]) stream.write(Buffer.from(piece));
};
const writeWord = (stream: GatheredSocket): void => {
  for (const piece of [[0x30], [4], [0, 1], [0x61], [0x7a]]) stream.write(Buffer.from(piece));
};
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((turn) => setImmediate(turn));
};

test('an acknowledgement waits for what follows it in the next turns, and leaves with that in one write', async () => {
  const [near, far, close] = await pair();
  const writes = vi.spyOn(Socket.prototype, 'write');
  writeAck(near, 7);
  await turns(1);
  expect(writes.mock.calls.length).toBe(0);
  writeWord(near);
  await turns(2);
  expect(writes.mock.calls.map(([bytes]) => [...(bytes as Buffer)])).toEqual([
    [0x40, 2, 0, 7, 0x30, 4, 0, 1, 0x61, 0x7a],
  ]);
  near.destroy();
  far.destroy();
  close();
});

test('an acknowledgement that nothing follows leaves by itself', async () => {
  const [near, far, close] = await pair();
  const heard = once(far, 'data');
  writeAck(near, 7);
  writeAck(near, 8);
  expect([...((await heard)[0] as Buffer)]).toEqual([0x40, 2, 0, 7, 0x40, 2, 0, 8]);
  near.destroy();
  far.destroy();
  close();
});

test('whatever is written, piece by piece or large, from one turn or several, arrives whole and in order', async () => {
  const piece = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    fc.constant(Buffer.from([0x40])),
    fc.string({ minLength: 1, maxLength: 20 }),
    fc.integer({ min: 4000, max: 70_000 }).map((length) => Buffer.alloc(length, length & 0xff)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(piece, fc.boolean()), { maxLength: 40 }), async (pieces) => {
      const [near, far, close] = await pair();
      const heard: Buffer[] = [];
      far.on('data', (chunk: Buffer) => heard.push(chunk));
      for (const [bytes, waits] of pieces) {
        near.write(bytes);
        if (waits) await turns(1);
      }
      near.end();
      await once(far, 'end');
      const sent = Buffer.concat(pieces.map(([bytes]) => Buffer.from(bytes as string)));
      expect(Buffer.concat(heard).equals(sent)).toBe(true);
      close();
    }),
    { numRuns: 40 },
  );
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
  let takes = true;
  for (let at = 0; at < whole.length; at += 65_536) takes = near.write(whole.subarray(at, at + 65_536));
  expect(takes).toBe(false);
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
  near.write(Buffer.from(packet(1001).subarray(0, 3)));
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
