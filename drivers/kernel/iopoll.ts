/** Waiting for a register to change its mind, as the kernel's `read_poll_timeout` does. */
import { LabError } from '#bus/errors.ts';
import type { Kernel } from './module.ts';

export interface PollOptions {
  /** For the error: `3.D7FDh left 00h and 10h`. */
  readonly until: string;
  readonly everyNs: number;
  readonly timeoutNs: number;
}

/** Reads until `done`; after the time is up it reads once more, then rejects with ETIMEDOUT and the last value. */
export const readPollTimeout = async <V>(
  { clock, sleep }: Pick<Kernel, 'clock' | 'sleep'>,
  read: () => Promise<V>,
  done: (value: V) => boolean,
  { until, everyNs, timeoutNs }: PollOptions,
): Promise<V> => {
  const deadline = clock.now() + timeoutNs;
  for (;;) {
    let value = await read();
    if (done(value)) return value;
    if (clock.now() > deadline) {
      value = await read();
      if (done(value)) return value;
      throw new LabError('ETIMEDOUT', `waited ${timeoutNs / 1e6} ms until ${until}; it reads ${printed(value)}`);
    }
    await sleep(everyNs);
  }
};

const printed = (value: unknown): string =>
  typeof value === 'number' ? `${value.toString(16).toUpperCase()}h` : JSON.stringify(value);
