/** Waiting for the first drivers to attach: the broker is in this process, and while it reads code nobody is answered. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Trace } from '#bus/trace.ts';

export interface FirstDriversOptions {
  readonly devices: readonly string[];
  readonly isDriven: (device: string) => boolean;
  readonly trace: Pick<Trace, 'last'>;
  /** Settles when all of them are loaded, or have failed. */
  readonly loaded: Promise<unknown>;
}

const LOOK_MS = 20;
const LONGEST_MS = 1000;
/** Accesses between two looks: above it an upload is under way, below it somebody polls. */
const BUSY = 50;
/** A driver looks around for a while before it uploads. */
const QUIET_LOOKS = 5;

/** Resolves when all are bound and nothing large is under way: their devices work now. In a second at most. */
export const firstDriversBound = async ({ devices, isDriven, trace, loaded }: FirstDriversOptions): Promise<void> => {
  if (devices.length === 0) return;
  let over = false;
  const end = (): void => {
    over = true;
  };
  void loaded.then(end, end);
  let before = 0;
  let quiet = 0;
  for (let waitedMs = 0; waitedMs < LONGEST_MS && quiet < QUIET_LOOKS && !over; waitedMs += LOOK_MS) {
    await pause(LOOK_MS);
    quiet = devices.every(isDriven) && trace.last > 0 && trace.last - before < BUSY ? quiet + 1 : 0;
    before = trace.last;
  }
};
