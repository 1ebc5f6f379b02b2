import { expect, test } from 'vitest';
import { VirtualClock } from '#bus/clock.ts';
import { KernelLog, LINE_LIMIT } from './kernel-log.ts';

const texts = (log: KernelLog, seq: number, limit?: number) => log.after(seq, limit).map(({ text }) => text);

test('gives the lines after a number, oldest first, and at most the newest so many', () => {
  const log = new KernelLog(new VirtualClock());
  for (const text of ['a', 'b', 'c', 'd']) log.add('info', 'lab', text);
  expect(texts(log, 0)).toEqual(['a', 'b', 'c', 'd']);
  expect(texts(log, 2)).toEqual(['c', 'd']);
  expect(texts(log, 0, 1)).toEqual(['d']);
  expect(texts(log, 4)).toEqual([]);
  expect(texts(log, 99)).toEqual([]);
});

test('keeps a bounded number of lines and their own numbers', () => {
  const log = new KernelLog(new VirtualClock(), 100);
  for (let i = 1; i <= 1000; i++) log.add('info', 'lab', String(i));
  const kept = log.after(0);
  expect(kept.length).toBeLessThanOrEqual(125);
  expect(kept.at(-1)).toMatchObject({ seq: 1000, text: '1000' });
  expect(texts(log, 998)).toEqual(['999', '1000']);
  expect(log.last).toBe(1000);
});

test('stamps the time of the lab and lets no line break out of its row', () => {
  const clock = new VirtualClock();
  const log = new KernelLog(clock);
  clock.advance(1500);
  const line = log.add('err', 'qt\n2025', `one\r\ntwo\u001b[31m${'x'.repeat(5000)}`);
  expect(line.time).toBe(1500);
  expect(line.facility).toBe('qt 2025');
  expect(line.text).toMatch(/^one two \[31mx+$/);
  expect(line.text.length).toBe(LINE_LIMIT);
});

test('tells a tap each line until it is taken away', () => {
  const log = new KernelLog(new VirtualClock());
  const seen: string[] = [];
  const stop = log.tap(({ text }) => void seen.push(text));
  log.add('info', 'lab', 'heard');
  stop();
  log.add('info', 'lab', 'not heard');
  expect(seen).toEqual(['heard']);
});
