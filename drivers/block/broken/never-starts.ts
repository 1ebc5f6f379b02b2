/** Broken on purpose: takes each write from the queue and does nothing with it. */
import type { BlockStatus } from '#bus/block.ts';
import type { Batch } from '../null-blk.ts';
import { NullBlk } from '../null-blk.ts';
import type { Hctx } from '../operations.ts';
import type { IdleRequest } from '../request.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

class Broken extends NullBlk {
  override queueRq(hctx: Hctx<Batch>, idle: IdleRequest, isLast: boolean): BlockStatus {
    return idle.op === 'write' ? 'OK' : super.queueRq(hctx, idle, isLast);
  }
}

export const driver = brokenNullBlk(
  'bad-never-starts',
  'takes each write from the queue and does nothing with it',
  Broken,
);
