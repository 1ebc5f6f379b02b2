/** Declared settings, as people and JSON give them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { number, oneOf, onOff, settle, text } from './params.ts';

const P = {
  rate: number('Rate', { min: 1, max: 100, default: 20, unit: '1/s' }),
  revision: number('Byte', { min: 0, max: 255, default: 0xa1, whole: true }),
  enabled: onOff('Switch'),
  kind: oneOf('Which', ['sr', 'lr'], 'sr'),
  name: text('Name', 'phy0', 8),
};

test('fills what is not given', () => {
  expect(settle(P, {})).toEqual({ rate: 20, revision: 0xa1, enabled: false, kind: 'sr', name: 'phy0' });
});

test('takes words as a command line gives them', () => {
  expect(settle(P, { rate: '2.5', revision: '0xb2', enabled: 'yes', kind: 'lr', name: 'x' })).toEqual({
    rate: 2.5,
    revision: 0xb2,
    enabled: true,
    kind: 'lr',
    name: 'x',
  });
});

test.each([
  [{ rate: 0 }, 'rate is 0, it takes a number from 1 to 100 1/s'],
  [{ rate: '' }, 'rate is "", it takes'],
  [{ rate: null }, 'rate is null, it takes'],
  [{ rate: 'NaN' }, 'rate is "NaN", it takes'],
  [{ revision: 1.5 }, 'a whole number from 0 to 255'],
  [{ enabled: 'maybe' }, 'enabled is "maybe", it takes on or off'],
  [{ kind: 'er' }, 'kind is "er", it takes one of sr, lr'],
  [{ name: 'much too long' }, 'name takes text of at most 8 characters'],
  [{ speed: 1 }, "no parameter 'speed'; there is rate, revision"],
  [{ toString: 1 }, "no parameter 'toString'"],
])('%j is refused by name', (given, message) => {
  expect(() => settle(P, given)).toThrow(message);
});

test('whatever JSON gives, the result is in range or a RangeError names the parameter', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(P)), fc.jsonValue(), (name, value) => {
      try {
        const { rate, revision, kind, name: called } = settle(P, { [name]: value });
        expect(rate >= 1 && rate <= 100 && Number.isInteger(revision) && revision <= 255).toBe(true);
        expect(['sr', 'lr']).toContain(kind);
        expect(called.length).toBeLessThanOrEqual(8);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(RangeError);
        expect((thrown as RangeError).message).toContain(name);
      }
    }),
  );
});
