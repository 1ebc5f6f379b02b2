/** Puts the calling thread behind the lab's own when processors are short: a register access goes before a megabyte of NBD. */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Steps of `nice`: a thread at 5 gets a third of what one at 0 gets, when both want the same processor. */
const NICE = 5;

/** Linux gives each thread a priority of its own; elsewhere nothing happens. */
export const yieldToLab = (): void => {
  if (process.platform !== 'linux') return;
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1)); // PID/task/TID
    if (thread !== process.pid) setPriority(thread, NICE);
  } catch {
    // no /proc, or not allowed: then all are equal
  }
};
