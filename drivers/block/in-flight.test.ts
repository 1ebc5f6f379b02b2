/** What the layer makes of answers that no request waits for. */
import { expect, test } from 'vitest';
import { VirtualClock } from '#bus/clock.ts';
import { printk } from '../kernel/printk.ts';
import { DiskStats } from './disk-stats.ts';
import { InFlight } from './in-flight.ts';
import { MisuseReports } from './misuse.ts';
import { TagHistory } from './tag-history.ts';

test('a tag that only the device has come up with may be looked up; others that were never used may not', () => {
  const clock = new VirtualClock();
  const stats = new DiskStats(clock);
  const lines: string[] = [];
  const pr = printk((level, text) => void lines.push(`${level}: ${text}`));
  const inFlight = new InFlight({ clock, pr, stats, misuses: new MisuseReports(() => {}), depth: 8 });
  for (const tag of [5, 500, -1, Number.NaN]) {
    expect(inFlight.known(0, tag)).toBe(false);
    inFlight.answered({ hctx: 0, tag, generation: 1, status: 'OK' });
    expect(inFlight.known(0, tag)).toBe(true);
    expect(inFlight.get(0, tag)).toBeUndefined();
  }
  expect(inFlight.known(0, 4)).toBe(false);
  expect(stats.view().ignored.unknown).toBe(4);
  expect(lines).toHaveLength(1);
});

test('answers are late, repeated or unknown by the uses of their tag, across the end of 32 bits', () => {
  for (const first of [0, 7 * 2 ** 16, 2 ** 32 - 2]) {
    const history = new TagHistory(first);
    const generations = [0, 1, 2, 3].map(() => history.begin(1).generation);
    const [lost = 0, answered = 0, again = 0, now = 0] = generations;
    history.settle(1, answered);
    history.settle(1, again);
    expect(history.stray(1, lost)).toBe('late');
    expect(history.stray(1, lost)).toBe('duplicate');
    expect(history.stray(1, answered)).toBe('duplicate');
    expect(history.stray(1, (now + 1) >>> 0)).toBe('unknown');
    expect(history.stray(1, first >>> 0)).toBe('unknown');
    expect(history.stray(2, now)).toBe('unknown');
    expect(history.begin(1).reclaims).toBe(true);
  }
});
