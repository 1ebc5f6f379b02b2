/** The lab's word about its time, and what a driver and its lab say to each other while time is led. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabError } from './errors.ts';
import {
  encodeTimeAnswer,
  encodeTimeAsk,
  encodeTimeWord,
  parseTimeAnswer,
  parseTimeAsk,
  parseTimeWord,
  type TimeWord,
} from './time-word.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const ns = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const word: fc.Arbitrary<TimeWord> = fc.record({
  state: fc.constantFrom('running' as const, 'paused' as const, 'led' as const),
  rate: fc.oneof(fc.constant('max' as const), fc.double({ min: 0.1, max: 100, noNaN: true })),
  now: ns,
  at: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  epoch: fc.nat(),
  session: fc.string(),
});
const answer = fc.record({
  now: ns,
  next: fc.option(ns),
  last: fc.option(fc.nat()),
  waiting: fc.array(fc.nat(), { maxLength: 20 }),
  told: fc.nat(),
  interrupts: fc.option(fc.nat()),
});

test('what is said is what is heard', () => {
  fc.assert(
    fc.property(word, answer, ns, (said, answered, at) => {
      expect(parseTimeWord(bytes(encodeTimeWord(said)))).toEqual(said);
      expect(parseTimeAnswer(encodeTimeAnswer(answered))).toEqual(answered);
      expect(parseTimeAsk(encodeTimeAsk({ at }))).toEqual({ at });
    }),
  );
});

test('anything else is no word, and an error where an answer is due', () => {
  const other = fc.oneof(
    fc.uint8Array(),
    fc.json().map(bytes),
    fc
      .record({
        state: fc.constantFrom('running', 'asleep', 3, null),
        rate: fc.constantFrom(0, -1, 101, 'fast', null, Number.NaN, 1e9),
        now: fc.constantFrom(-1, 0.5, 'soon', null, 1),
        at: fc.constantFrom('', 5),
      })
      .map((said) => bytes(JSON.stringify(said))),
  );
  fc.assert(
    fc.property(other, (payload) => {
      expect(parseTimeWord(payload)).toBeUndefined();
      expect(() => parseTimeAnswer(payload)).toThrow(LabError);
      if (!new TextDecoder().decode(payload).includes('at')) expect(() => parseTimeAsk(payload)).toThrow(LabError);
    }),
  );
  expect(parseTimeWord(bytes(''))).toBeUndefined();
  expect(parseTimeWord(bytes(' '.repeat(70_000)))).toBeUndefined();
});
