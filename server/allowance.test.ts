import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Allowance } from './allowance.ts';

let allowance: Allowance;
beforeEach(() => {
  vi.useFakeTimers();
  allowance = new Allowance();
});
afterEach(() => {
  allowance.close();
  vi.useRealTimers();
});

const sent = (client: string, count: number, bytes = 10): number[] => {
  const gone: number[] = [];
  for (let i = 0; i < count; i++) allowance.take(client, bytes, () => void gone.push(i));
  return gone;
};

test('holds a flood back and lets another client through', () => {
  expect(sent('flooder', 2000).length).toBe(128);
  expect(sent('driver', 1).length).toBe(1);
});

test('counts bytes too, and lets one large message through', () => {
  expect(sent('uploader', 100, 1 << 20).length).toBe(4);
  expect(sent('other', 1, 1 << 30).length).toBe(1);
});

test('an answer makes room for the next, in order', () => {
  const gone = sent('driver', 200);
  for (let i = 0; i < 72; i++) allowance.giveBack('driver');
  expect(gone).toEqual(Array.from({ length: 200 }, (_, i) => i));
});

test('who does not take its answers has nothing more let go, for as long as that lasts', () => {
  const taken = Array.from({ length: 5 }, () => allowance.answers('deaf', 1 << 20));
  const gone = sent('deaf', 300);
  vi.advanceTimersByTime(1000);
  expect(gone.length).toBe(0);
  expect(sent('driver', 1).length).toBe(1);
  taken[0]?.();
  expect(gone.length).toBe(0);
  taken[1]?.();
  expect(gone.length).toBe(128);
});

test('what nobody answers is forgotten after a while', () => {
  const gone = sent('driver', 300);
  vi.advanceTimersByTime(100);
  expect(gone.length).toBe(256);
  vi.advanceTimersByTime(100);
  expect(gone.length).toBe(300);
});
