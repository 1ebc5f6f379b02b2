/** Broken on purpose: ends each request twice. */
import type { BlockStatus } from '#bus/block.ts';
import { NullBlk } from '../null-blk.ts';
import type { StartedRequest } from '../request.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

class Broken extends NullBlk {
  override complete(rq: StartedRequest, status: BlockStatus): void {
    rq.end(status);
    rq.end(status);
  }
}

export const driver = brokenNullBlk('bad-completes-twice', 'ends each request twice', Broken);
