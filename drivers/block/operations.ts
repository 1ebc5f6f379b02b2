/** What a driver does for blk-mq: its callbacks, and the hardware queue they are called for. */
import type { BlockStatus } from '#bus/block.ts';
import type { IdleRequest, StartedRequest } from './request.ts';

/** A hardware queue as its driver sees it. */
export interface Hctx<H = undefined> {
  readonly index: number;
  /** Which kind of work it is mapped for. */
  readonly kind: 'default' | 'read' | 'poll';
  /** What `initHctx` returned for it. */
  readonly own: H;
  /** Requests the driver has now. */
  readonly inflight: number;
}

/** The kernel's blk_mq_ops. Callbacks are synchronous and must not throw; what waits for a bus is done later. */
export interface Operations<H = undefined> {
  /** Makes what the driver keeps for a hardware queue; throwing means the disk is not added. */
  initHctx?(index: number, kind: Hctx['kind']): H;
  /**
   * Takes a request. OK: it is started or will end; RESOURCE and DEV_RESOURCE: give it again later (also when started);
   * anything else ends it. When `isLast` is false more follows, or `commitRqs` is called.
   */
  queueRq(hctx: Hctx<H>, rq: IdleRequest, isLast: boolean): BlockStatus;
  /** Sends what `queueRq` has put off. */
  commitRqs?(hctx: Hctx<H>): void;
  /** Ends a request that `StartedRequest.complete` was called for; without it the request ends with that status. */
  complete?(rq: StartedRequest, status: BlockStatus): void;
  /** Collects what a poll queue has finished; how many it was. */
  poll?(hctx: Hctx<H>): Promise<number> | number;
  /**
   * The request has taken too long. `done`: the driver has ended it, or will very soon; `reset-timer`: wait as long again.
   * Without this callback the layer ends it with TIMEOUT.
   */
  timeout?(rq: StartedRequest): 'done' | 'reset-timer';
}
