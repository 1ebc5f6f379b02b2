/** Requests that take too long: the driver is asked what to do, and a driver that has its answer already is told apart. */
import type { BlockStatus } from '#bus/block.ts';
import type { Clock } from '#bus/clock.ts';
import type { Printk } from '../kernel/printk.ts';
import type { DiskStats } from './disk-stats.ts';
import type { Rq } from './hardware-queue.ts';
import { type MisuseReports, printRequest } from './misuse.ts';

export interface OverdueParts {
  readonly clock: Clock;
  readonly pr: Printk;
  readonly stats: DiskStats;
  readonly misuses: MisuseReports;
  readonly timeoutNs: number;
  /** The driver's timeout callback; undefined when it has none. */
  readonly ask: ((rq: Rq) => 'done' | 'reset-timer') | undefined;
  /** Ends a request in the driver's place. */
  readonly end: (rq: Rq, status: BlockStatus) => void;
}

export class Overdue {
  readonly #parts: OverdueParts;

  constructor(parts: OverdueParts) {
    this.#parts = parts;
  }

  expired(rq: Rq): void {
    const { clock, pr, stats, timeoutNs, ask, end, misuses } = this.#parts;
    rq.expiries++;
    rq.deadlineNs = clock.now() + timeoutNs;
    const leaked = holdsForNothing(rq);
    if (leaked) this.leaked(rq, `within ${timeoutNs / 1e6} ms`);
    if (rq.phase === 'completing') return;
    if (rq.expiries === 1) stats.timeouts++;
    if (rq.phase === 'idle' || ask === undefined || (leaked && rq.expiries > 1)) {
      // Linux would wait on for ever; a lab has to end it.
      pr.err(`${printRequest(rq)}: timed out`);
      end(rq, 'TIMEOUT');
      return;
    }
    const { turn } = rq;
    if (ask(rq) !== 'done' || rq.turn !== turn || rq.expiries === 1) return;
    misuses.report('leaked tag', `${printRequest(rq)}: its timeout was called done twice, and it never ended`);
    end(rq, 'TIMEOUT');
  }

  /** Reports it, once a request. */
  leaked(rq: Rq, when: string): void {
    if (rq.leakReported) return;
    rq.leakReported = true;
    const { answer } = rq.seen;
    const what = answer === undefined ? 'never started' : `answered ${answer.status} by the device but never ended`;
    this.#parts.misuses.report('leaked tag', `${printRequest(rq)}: ${what} ${when}`);
  }
}

/** Nothing is to be waited for: the device has answered, or was never asked. */
export const holdsForNothing = (rq: Rq): boolean => rq.phase === 'idle' || rq.seen.answer !== undefined;
