import { expect, test } from 'vitest';
import type { TimeView } from '#bus/api.ts';
import { durationNs, kindOf, nextWords } from './time-api.ts';

const view = (patch: Partial<TimeView>): TimeView => ({
  state: 'running',
  rate: 1,
  now: 1e9,
  wall: '2026-01-01T00:00:00.000Z',
  epoch: 0,
  until: null,
  next: null,
  waits: null,
  drivers: [],
  ...patch,
});

test.each([
  ['500ms', 5e8],
  [' 10 s ', 1e10],
  ['0.25us', 250],
  ['1h', 3.6e12],
  ['', undefined],
  ['10', undefined],
  ['-5s', undefined],
  ['1e9s', undefined],
  ['5 sec', undefined],
])('%j is %j nanoseconds', (text, ns) => {
  expect(durationNs(text)).toBe(ns);
});

test('how time goes is one word', () => {
  const words = [
    view({}),
    view({ rate: 10 }),
    view({ rate: 'max' }),
    view({ state: 'paused', rate: 10 }),
    view({ state: 'jumping' }),
  ].map(kindOf);
  expect(words).toEqual(['REAL', '×10', 'MAX', 'PAUSED', 'JUMPING']);
});

test('what comes next is told with its time and its place', () => {
  expect(nextWords(view({}))).toBe('nothing is due');
  expect(nextWords(view({ next: { at: 1e9 + 3_210_000, of: 'phy0' } }))).toBe('next in 3.210 ms, of phy0');
  expect(nextWords(view({ next: { at: 3e9, of: 'lab' } }))).toBe('next in 2.000 s, of the lab');
});
