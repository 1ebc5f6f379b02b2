import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkName, isName, matches, parseTopic, topics } from './topics.ts';

const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,23}$/);

test('every topic that is built is read back as what it is', () => {
  fc.assert(
    fc.property(name, name, (lab, of) => {
      const at = topics(lab);
      expect(parseTopic(at.device(of))).toEqual({ lab, thing: 'device', name: of, leaf: null });
      expect(parseTopic(at.request(of))).toEqual({ lab, thing: 'device', name: of, leaf: 'request' });
      expect(parseTopic(at.client(of))).toEqual({ lab, thing: 'client', name: of, leaf: null });
      expect(parseTopic(at.reply(of))).toEqual({ lab, thing: 'client', name: of, leaf: 'reply' });
      expect(parseTopic(at.run(of))).toEqual({ lab, thing: 'run', name: of, leaf: null });
    }),
  );
});

test('any text is either one of our topics with proper names, or none', () => {
  const level = fc.oneof(
    fc.constantFrom('ferrolab', '1', 'lab', 'device', 'client', 'run', 'request', 'reply', 'log', '+', '#', ''),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(level, { maxLength: 8 }), (levels) => {
      const topic = parseTopic(levels.join('/'));
      if (topic === undefined) return;
      expect(isName(topic.lab) && isName(topic.name)).toBe(true);
      const { thing, leaf } = topic;
      expect(levels.join('/')).toBe(`ferrolab/1/${topic.lab}/${thing}/${topic.name}${leaf === null ? '' : `/${leaf}`}`);
    }),
  );
});

test.each(['', 'x'.repeat(24), 'a/b', '+', '#', 'a b', 'é', '../x', 'a\0'])('%j is no name', (bad) => {
  expect(isName(bad)).toBe(false);
  expect(() => checkName('device', bad)).toThrow(/1 to 23/);
});

test.each([
  ['ferrolab/#', 'ferrolab/1/lab/device/phy0', true],
  ['ferrolab/#', 'ferrolab', true],
  ['a/+/c', 'a/b/c', true],
  ['a/+/c', 'a/b/d', false],
  ['a/+', 'a/b/c', false],
  ['a/b', 'a', false],
  ['a', 'a/b', false],
  ['+/+', 'a/', true],
])('subscription %s, topic %s: %s', (filter, topic, does) => {
  expect(matches(filter, topic)).toBe(does);
});
