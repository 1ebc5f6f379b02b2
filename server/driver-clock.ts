/** The clock as a driver gets it: what throws in its timers is the driver's. */
import type { Clock } from '#bus/clock.ts';

export const driverClock = (clock: Clock, crashed: (thrown: unknown) => void): Clock => ({
  kind: clock.kind,
  now: () => clock.now(),
  sleep: (ns) => clock.sleep(ns),
  after: (ns, due) =>
    clock.after(ns, () => {
      try {
        due();
      } catch (thrown) {
        crashed(thrown);
      }
    }),
});
