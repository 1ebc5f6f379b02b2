/** Real time as the lab keeps it: late at most, never early. */
import { expect, test } from 'vitest';
import { RealClock, us } from './clock.ts';

test('a deadline of the real clock never fires early', async () => {
  const clock = new RealClock();
  const early = await Promise.all(
    Array.from(
      { length: 300 },
      (_, i) =>
        new Promise<number>((resolve) => {
          const due = clock.now() + us(i * 173);
          clock.after(us(i * 173), () => resolve(Math.max(0, due - clock.now())));
        }),
    ),
  );
  expect(Math.max(...early)).toBe(0);
});

test('a deadline of the real clock further away than a timer counts does not fire at once', async () => {
  const clock = new RealClock();
  let fired = false;
  const far = clock.after(3e9 * 1e6, () => {
    fired = true;
  });
  await clock.sleep(us(20_000));
  far.cancel();
  expect(fired).toBe(false);
});

test('a cancelled deadline does not fire', async () => {
  const clock = new RealClock();
  let fired = 0;
  for (let i = 0; i < 50; i++)
    clock
      .after(us(i * 100), () => {
        fired++;
      })
      .cancel();
  await clock.sleep(us(10_000));
  expect(fired).toBe(0);
});
