/** The notice that a request is held: its bytes, and who is told. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabError } from '../errors.ts';
import { decodeHeld, decodeTold, encodeHeld, encodeReply, encodeRequest } from '../message.ts';
import { RequestQueue } from '../request-queue.ts';

test('a notice reads back as it was written, and nothing else reads as one', () => {
  const notice = fc.record({
    correlation: fc.nat(2 ** 32 - 1),
    moreMs: fc.nat(0xffff),
    why: fc.string({ unit: 'grapheme', maxLength: 40 }),
  });
  fc.assert(
    fc.property(notice, (given) => {
      expect(decodeHeld(encodeHeld(given))).toEqual(given);
      expect(decodeTold(encodeHeld(given))).toBeUndefined();
      expect(decodeHeld(encodeReply('mdio', given.correlation, new Uint8Array(8)))).toBeUndefined();
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => void decodeHeld(bytes)));
});

test('the request that is held and those behind it are told at once, none that was answered', async () => {
  const told: (readonly [string, number, string])[] = [];
  const held = Promise.withResolvers<Uint8Array | LabError>();
  const queue = new RequestQueue({
    device: 'phy0',
    reply: (client, bytes) => {
      const notice = decodeHeld(bytes);
      if (notice !== undefined) told.push([client, notice.correlation, notice.why]);
    },
    atOnce: () => null,
    inTurn: ({ client }) => (client === 'first' ? Promise.resolve(new Uint8Array()) : held.promise),
    log: () => {},
  });
  const ask = (client: string, correlation: number): void =>
    queue.receive(encodeRequest({ kind: 'mdio', deadlineMs: 1000, correlation, client, body: new Uint8Array(4) }));
  ask('first', 1);
  await new Promise((turn) => setImmediate(turn));
  ask('second', 2);
  ask('third', 3);
  queue.held('a breakpoint');
  expect(told).toEqual([
    ['second', 2, 'a breakpoint'],
    ['third', 3, 'a breakpoint'],
  ]);
  ask('fourth', 4);
  expect(told.at(-1)).toEqual(['fourth', 4, 'a breakpoint']);
  queue.held(null);
  expect(told.at(-1)).toEqual(['fourth', 4, 'goes on']);
  held.resolve(new LabError('EIO', 'over'));
});
