import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches } from '#bus/topics.ts';
import { type Route, Routes } from './routes.ts';

interface Message {
  readonly topic: string;
}

const word = fc.constantFrom('a', 'b', '', '__proto__');
const topic = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(word, fc.constant('+')), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([words, rest]) => [...words, ...(rest ? ['#'] : [])].join('/'));
const change = fc.record({ filter, adds: fc.boolean() });

test('a topic goes where the subscriptions that stand say, whatever came and went, and was asked for before', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(change, topic), { maxLength: 30 }), (steps) => {
      const routes = new Routes<Message>();
      const standing = new Map<string, Route<Message>>();
      for (const [{ filter, adds }, topic] of steps) {
        const route = standing.get(filter) ?? ((_, done) => done());
        if (adds) routes.on(filter, route);
        else routes.removeListener(filter, route);
        if (adds) standing.set(filter, route);
        else standing.delete(filter);
        const expected = new Set([...standing].filter(([filter]) => matches(filter, topic)).map(([, route]) => route));
        expect(new Set(routes.routesOf(topic))).toEqual(expected);
        expect(routes.routesOf(topic)).toHaveLength(expected.size);
      }
    }),
  );
});

test('a message is done when everybody has passed it on', () => {
  const routes = new Routes<Message>();
  const waiting: (() => void)[] = [];
  routes.on('a/+', (_, done) => void waiting.push(done));
  routes.on('a/b', (_, done) => void waiting.push(done));
  const done: string[] = [];
  routes.emit({ topic: 'a/b' }, () => void done.push('a/b'));
  routes.emit({ topic: 'nobody' }, () => void done.push('nobody'));
  expect([waiting.length, done]).toEqual([2, ['nobody']]);
  for (const one of waiting) one();
  expect(done).toEqual(['nobody', 'a/b']);
});

test('takes as many levels as a topic has', () => {
  const routes = new Routes<Message>();
  const deep = Array.from({ length: 5000 }, (_, i) => `${i}`).join('/');
  let heard = 0;
  routes.on(deep, (_, done) => {
    heard++;
    done();
  });
  routes.emit({ topic: deep });
  expect(heard).toBe(1);
});

test('a closed broker takes nothing more', async () => {
  const routes = new Routes<Message>();
  await new Promise<void>((closed) => routes.close(closed));
  const error = await new Promise((resolve) => routes.emit({ topic: 'a' }, resolve));
  expect(String(error)).toContain('closed');
});
