/** The kept log: how lines are printed, and which of them are the newest. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PanicLog } from './panic-log.ts';

const newest = (log: PanicLog, limit = 70_000): string => {
  const out = new Uint8Array(limit);
  return new TextDecoder().decode(out.subarray(0, log.copyNewest(out, limit)));
};

test('prints lines as dmesg does, and with levels as dmesg --raw does', () => {
  const log = new PanicLog();
  log.append('info', 14_123_456_789, 'qt2025: Link is Up\n');
  log.append('err', 0, 'two\nlines');
  expect(newest(log)).toBe('[   14.123456] qt2025: Link is Up\n[    0.000000] two\n[    0.000000] lines\n');
  const raw = new PanicLog({ levels: true });
  raw.append('err', 1e9, 'bad');
  expect(newest(raw)).toBe('<3>[    1.000000] bad\n');
});

test('copies whole lines only', () => {
  const log = new PanicLog();
  log.append('info', 0, 'first');
  log.append('info', 0, 'second');
  const line = '[    0.000000] second\n';
  expect(newest(log, line.length)).toBe(line);
  expect(newest(log, line.length - 1)).toBe('');
  expect(newest(log, line.length + 10)).toBe(line);
});

test('cuts off what is beyond 1024 bytes of a line, never inside a character', () => {
  const log = new PanicLog();
  log.append('info', 0, 'é'.repeat(2000));
  const text = newest(log);
  expect(text.endsWith('é\n')).toBe(true);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024);
});

test('keeps the newest lines that fit its memory, whatever was written', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 200, unit: 'grapheme' }), { maxLength: 120, size: 'max' }), (texts) => {
      const log = new PanicLog({ capacityBytes: 2048 });
      const all: string[] = [];
      for (const text of texts) {
        log.append('info', 0, text);
        for (const line of text.replace(/\n$/, '').split('\n')) all.push(`[    0.000000] ${line}\n`);
      }
      const kept = newest(log);
      expect(all.join('').endsWith(kept)).toBe(true);
      expect(log.lines).toBe(kept.split('\n').length - 1);
      const next = all[all.length - log.lines - 1];
      if (next !== undefined) {
        const full = Buffer.byteLength(kept) + Buffer.byteLength(next) > 2048;
        expect(full || log.lines === 128).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});
