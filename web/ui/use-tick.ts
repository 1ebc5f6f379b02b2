/** A turn four times a second, for clocks and ages: never faster than people read. */
import { useSyncExternalStore } from 'react';

const TICK_MS = 250;
let tick = 0;
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

const watch = (listener: () => void): (() => void) => {
  listeners.add(listener);
  timer ??= setInterval(() => {
    if (document.hidden) return;
    tick++;
    for (const known of listeners) known();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
};

/** Renders again at each turn; returns the number of turns so far. */
export const useTick = (): number => useSyncExternalStore(watch, () => tick);
