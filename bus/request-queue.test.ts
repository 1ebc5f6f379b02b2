import { expect, test } from 'vitest';
import { LabError } from './errors.ts';
import { decodeReply, encodeRequest } from './message.ts';
import { RequestQueue } from './request-queue.ts';

test('keeps no more than 16 MB waiting, however few the requests are', () => {
  const refused: string[] = [];
  const queue = new RequestQueue({
    device: 'phy0',
    reply: (_, bytes) => {
      const { result } = decodeReply(bytes);
      if (result instanceof LabError) refused.push(result.code);
    },
    atOnce: () => null,
    inTurn: () => new Promise(() => {}), // a wire that takes its time
    log: () => {},
  });
  const body = new Uint8Array(1 << 20);
  for (let correlation = 0; correlation < 30; correlation++)
    queue.receive(encodeRequest({ kind: 'mdio', deadlineMs: 60_000, correlation, client: 'drv1', body }));
  expect(refused).toEqual(Array.from({ length: 13 }, () => 'EAGAIN'));
});
