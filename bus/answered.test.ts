import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Answered } from './answered.ts';

const bytes = (...of: number[]): Uint8Array => Uint8Array.from(of);

test('a duplicate gets the recorded answer, or none while the first is under way', () => {
  const answered = new Answered();
  expect(answered.take('drv', 1, bytes(1), 0)).toBe('new');
  expect(answered.take('drv', 1, bytes(1), 1)).toBe('pending');
  answered.answer('drv', 1, bytes(42));
  expect(answered.take('drv', 1, bytes(1), 2)).toEqual(bytes(42));
  expect(answered.take('drv2', 1, bytes(1), 2)).toBe('new');
});

test('the same number with another message is told apart', () => {
  const answered = new Answered();
  answered.take('drv', 1, bytes(1), 0);
  expect(answered.take('drv', 1, bytes(2), 1)).toBe('other');
});

test('large messages are told apart by their length, their heads and what fills them', () => {
  const large = (fill: number, head = 0, length = 1 << 20): Uint8Array => {
    const message = new Uint8Array(length).fill(fill);
    message[9000] = head;
    return message;
  };
  const answered = new Answered();
  expect(answered.take('drv', 1, large(1), 0)).toBe('new');
  expect(answered.take('drv', 1, large(1), 1)).toBe('pending');
  for (const other of [large(2), large(1, 7), large(1, 0, (1 << 20) - 1)])
    expect(answered.take('drv', 1, other, 2)).toBe('other');
});

test('a client that starts anew, and a number from long ago, are new', () => {
  const answered = new Answered();
  answered.take('drv', 1, bytes(1), 0);
  answered.forget('drv');
  expect(answered.take('drv', 1, bytes(1), 1)).toBe('new');
  expect(answered.take('drv', 1, bytes(1), 60_000)).toBe('new');
});

test('memory stays bounded, in count and in bytes, and each request is new once', () => {
  const answered = new Answered();
  const big = new Uint8Array(1 << 20);
  for (let n = 0; n < 10_000; n++) {
    expect(answered.take('drv', n, bytes(n), 0)).toBe('new');
    if (n % 100 === 0) answered.answer('drv', n, big);
  }
  expect(answered.size).toBeLessThanOrEqual(4096);
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 200 }), (numbers) => {
      const seen = new Set<number>();
      const fresh = new Answered();
      for (const n of numbers) {
        expect(fresh.take('drv', n, bytes(n), 0) === 'new').toBe(!seen.has(n));
        seen.add(n);
      }
    }),
  );
});

test('large answers push old ones out', () => {
  const answered = new Answered();
  for (let n = 0; n < 20; n++) {
    answered.take('drv', n, bytes(n), 0);
    answered.answer('drv', n, new Uint8Array(1 << 20));
  }
  expect(answered.size).toBeLessThanOrEqual(10);
  expect(answered.take('drv', 19, bytes(19), 1)).toBeInstanceOf(Uint8Array);
});
