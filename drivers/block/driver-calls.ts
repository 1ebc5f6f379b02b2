/** A driver's callbacks as the layer calls them: one that throws is the driver's fault and does not take the layer with it. */
import type { BlockStatus } from '#bus/block.ts';
import { asLabError } from '#bus/errors.ts';
import type { Printk } from '../kernel/printk.ts';
import type { Hctx, Operations } from './operations.ts';
import type { IdleRequest, StartedRequest } from './request.ts';

export class DriverCalls<H> {
  readonly #operations: Operations<H>;
  readonly #pr: Pick<Printk, 'err'>;

  constructor(operations: Operations<H>, pr: Pick<Printk, 'err'>) {
    this.#operations = operations;
    this.#pr = pr;
  }

  /** What it keeps for a hardware queue; throws what the driver throws. */
  initHctx(index: number, kind: Hctx['kind']): H {
    return this.#operations.initHctx?.(index, kind) as H; // without `initHctx` H is undefined
  }

  queueRq(hctx: Hctx<H>, rq: IdleRequest, isLast: boolean): BlockStatus {
    return this.#call('queueRq', () => this.#operations.queueRq(hctx, rq, isLast), 'IOERR');
  }

  commitRqs(hctx: Hctx<H>): void {
    this.#call('commitRqs', () => this.#operations.commitRqs?.(hctx), undefined);
  }

  /** Without the callback the request ends with the status. */
  complete(rq: StartedRequest, status: BlockStatus): void {
    const operations = this.#operations;
    const end = () => void (operations.complete ? operations.complete(rq, status) : rq.end(status));
    this.#call('complete', end, undefined);
  }

  async poll(hctx: Hctx<H>): Promise<number> {
    return (await this.#operations.poll?.(hctx)) ?? 0;
  }

  get hasTimeout(): boolean {
    return this.#operations.timeout !== undefined;
  }

  timeout(rq: StartedRequest): 'done' | 'reset-timer' {
    return this.#call('timeout', () => this.#operations.timeout?.(rq) ?? 'done', 'done');
  }

  #call<V>(name: string, call: () => V, otherwise: V): V {
    try {
      return call();
    } catch (thrown) {
      this.#pr.err(`${name} failed: ${asLabError(thrown).message}`);
      return otherwise;
    }
  }
}
