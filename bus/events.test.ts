import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabError } from './errors.ts';
import { type DeviceEvent, decodeEvents, EventOrder, EventStream, encodeEvents } from './events.ts';

const body = (n: number): Uint8Array => Uint8Array.of(n & 0xff, n >> 8);

test('whatever is lost, repeated or out of order, each event is passed on once and in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ lose: fc.boolean(), twice: fc.boolean(), late: fc.nat(3) }), { maxLength: 60 }),
      (fates) => {
        const stream = new EventStream();
        const heard: number[] = [];
        const order = new EventOrder(({ seq }) => void heard.push(seq));
        order.begin(0);
        const late: [number, DeviceEvent][] = [];
        for (const [i, { lose, twice, late: by }] of fates.entries()) {
          const event = stream.add('completions', body(i));
          for (const [at, due] of late.splice(0)) {
            if (at <= i) order.take(due);
            else late.push([at, due]);
          }
          if (lose) continue;
          if (by > 0) late.push([i + by, event]);
          else order.take(event);
          if (twice) order.take(event);
        }
        for (let turn = 0; order.next <= stream.last; turn++) {
          expect(turn).toBeLessThan(fates.length + 1);
          for (const event of stream.from(order.next)) order.take(event);
        }
        expect(heard).toEqual(fates.map((_, i) => i + 1));
        expect(order.gap).toBe(false);
      },
    ),
  );
});

test('events that are no longer kept are ESTALE, and are skipped with their number', () => {
  const stream = new EventStream();
  for (let i = 0; i < 5000; i++) stream.add('completions', body(i));
  expect(() => stream.from(1)).toThrow(expect.objectContaining({ code: 'ESTALE' }));
  const heard: number[] = [];
  const order = new EventOrder(({ seq }) => void heard.push(seq));
  order.begin(0);
  order.take({ kind: 'resized', seq: 5000, body: body(1) });
  expect([order.gap, order.skip(), heard, order.gap]).toEqual([true, 4999, [5000], false]);
});

test('a new lease counts anew, on both ends', () => {
  const stream = new EventStream();
  const heard: number[] = [];
  const order = new EventOrder(({ seq }) => void heard.push(seq));
  order.take(stream.add('resized', body(1)));
  stream.reset();
  order.begin(stream.last);
  order.take(stream.add('removed', body(2)));
  expect(heard).toEqual([1, 1]);
});

test('large events are handed out a message at a time', () => {
  const stream = new EventStream();
  for (let i = 0; i < 4; i++) stream.add('completions', new Uint8Array(600_000));
  expect(stream.from(1).map(({ seq }) => seq)).toEqual([1]);
  expect(stream.from(4).map(({ seq }) => seq)).toEqual([4]);
});

test('events arrive as they were sent, and any bytes are events or a LabError', () => {
  const kind = fc.constantFrom('completions' as const, 'resized' as const, 'removed' as const);
  const event = fc.record({ kind, seq: fc.nat(0xffffffff), body: fc.uint8Array({ maxLength: 40 }) });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), fc.uint8Array({ maxLength: 60 }), (events, bytes) => {
      expect(decodeEvents(encodeEvents(events))).toEqual(events);
      try {
        decodeEvents(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(LabError);
      }
    }),
  );
});
