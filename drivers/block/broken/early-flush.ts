/** Broken on purpose: says that a flush is done as soon as it has sent it. */
import type { BlockStatus } from '#bus/block.ts';
import type { Batch } from '../null-blk.ts';
import { NullBlk } from '../null-blk.ts';
import type { Hctx } from '../operations.ts';
import type { IdleRequest } from '../request.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

class Broken extends NullBlk {
  override queueRq(hctx: Hctx<Batch>, idle: IdleRequest, isLast: boolean): BlockStatus {
    if (idle.op !== 'flush') return super.queueRq(hctx, idle, isLast);
    const rq = idle.start();
    hctx.own.commands.push(rq.command());
    if (isLast) this.commitRqs(hctx);
    rq.endOk();
    return 'OK';
  }
}

export const driver = brokenNullBlk('bad-early-flush', 'says that a flush is done as soon as it has sent it', Broken);
