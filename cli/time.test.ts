import { expect, test } from 'vitest';
import { LabError } from '#bus/errors.ts';
import { wishOf } from './time.ts';

test.each([
  ['status', [], null],
  ['pause', [], { do: 'pause' }],
  ['resume', [], { do: 'resume' }],
  ['step', [], { do: 'step', events: 1 }],
  ['step', ['40'], { do: 'step', events: 40 }],
  ['rate', ['0.1'], { do: 'rate', rate: 0.1 }],
  ['rate', ['max'], { do: 'rate', rate: 'max' }],
  ['jump', ['500ms'], { do: 'jump', byNs: 500e6 }],
  ['jump', ['1.5s'], { do: 'jump', byNs: 1.5e9 }],
  ['jump', ['to', '2m'], { do: 'jump', toNs: 120e9 }],
])('time %s %j asks for %j', (verb, words, wish) => {
  expect(wishOf(verb, words)).toEqual(wish);
});

test.each([
  ['jump', ['-5s'], /forward only/],
  ['jump', ['to', '-5s'], /forward only/],
  ['jump', ['5'], /250us, 500ms/],
  ['jump', [], /250us, 500ms/],
  ['jump', ['to'], /250us, 500ms/],
  ['jump', ['5s', '6s'], /one word more/],
  ['rate', [], /0.1 to 100/],
  ['rate', ['fast'], /fast/],
  ['step', ['x'], /x/],
  ['pause', ['now'], /nothing more/],
  ['resum', [], /did you mean 'resume'/],
])('time %s %j is refused with the reason', (verb, words, why) => {
  expect(() => wishOf(verb, words)).toThrow(LabError);
  expect(() => wishOf(verb, words)).toThrow(why);
});
