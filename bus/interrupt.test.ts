/** Facts of the interrupt message. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabError } from './errors.ts';
import { encodeInterrupt, type Interrupt, InterruptOrder, parseInterrupt, parseLines } from './interrupt.ts';

test('an interrupt survives the wire', () => {
  fc.assert(
    fc.property(fc.nat(), fc.string({ maxLength: 40 }), fc.boolean(), fc.nat(), (seq, line, asserted, time) => {
      const interrupt = { seq, line, asserted, time };
      expect(parseInterrupt(new TextEncoder().encode(encodeInterrupt(interrupt)))).toEqual(interrupt);
    }),
  );
});

test('any other bytes are an EPROTO and nothing else', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.json().map((text) => new TextEncoder().encode(text)),
      ),
      (bytes) => {
        try {
          parseInterrupt(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(LabError);
          expect((error as LabError).code).toBe('EPROTO');
        }
      },
    ),
  );
});

const changes = (levels: readonly boolean[]): readonly Interrupt[] =>
  levels.map((asserted, i) => ({ seq: i + 1, line: 'LASI', asserted, time: i }));

test('whatever is lost or repeated, a listener hears each change once and ends with the lines as they stand', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ asserted: fc.boolean(), lose: fc.boolean(), twice: fc.boolean() }), {
        minLength: 1,
        maxLength: 40,
      }),
      (fates) => {
        const all = changes(fates.map(({ asserted }) => asserted));
        const heard: Interrupt[] = [];
        const order = new InterruptOrder((interrupt) => void heard.push(interrupt));
        const settle = (): void => {
          const last = all.at(-1)!; // there is one at least
          order.settle({ seq: last.seq, lines: { LASI: last.asserted } });
        };
        order.take({ seq: 0, line: 'OTHER', asserted: true, time: 0 });
        for (const [i, interrupt] of all.entries()) {
          if (fates[i]?.lose === true) continue;
          order.take(interrupt);
          if (fates[i]?.twice === true) order.take(interrupt);
        }
        settle(); // the device has not changed since
        const mine = heard.filter(({ line }) => line === 'LASI');
        expect(mine.at(-1)?.asserted ?? false).toBe(all.at(-1)?.asserted);
        const seqs = mine.map(({ seq }) => seq);
        expect(new Set(seqs).size).toBe(seqs.length);
        expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
        expect(order.gap).toBe(false);
      },
    ),
  );
});

test('what was said before one listened is not missing; a device started anew counts anew', () => {
  const heard: number[] = [];
  const order = new InterruptOrder(({ seq }) => void heard.push(seq));
  order.take({ seq: 17, line: 'LASI', asserted: true, time: 0 });
  order.begin();
  order.take({ seq: 1, line: 'LASI', asserted: true, time: 0 });
  expect([heard, order.gap]).toEqual([[17, 1], false]);
});

test('the lines are asked for once at a time', () => {
  const order = new InterruptOrder(() => {});
  expect([order.mayAsk(), order.mayAsk()]).toEqual([true, false]);
  order.giveUp();
  expect(order.mayAsk()).toBe(true);
});

test('the state of lines is read, and anything else is EPROTO', () => {
  const said = new TextEncoder().encode(JSON.stringify({ seq: 3, lines: { LASI: true, B: false } }));
  expect(parseLines(said)).toEqual({ seq: 3, lines: { LASI: true, B: false } });
  fc.assert(
    fc.property(fc.json(), (text) => {
      try {
        parseLines(new TextEncoder().encode(text));
      } catch (error) {
        expect(error).toMatchObject({ code: 'EPROTO' });
      }
    }),
  );
});
