/** Broken on purpose: ends each write with a status of its own. */
import type { BlockStatus } from '#bus/block.ts';
import { NullBlk } from '../null-blk.ts';
import type { StartedRequest } from '../request.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

// What JavaScript would let through.
const OWN_STATUS = 'ALL_FINE' as BlockStatus;

class Broken extends NullBlk {
  override complete(rq: StartedRequest, status: BlockStatus): void {
    rq.end(rq.op === 'write' ? OWN_STATUS : status);
  }
}

export const driver = brokenNullBlk('bad-odd-status', 'ends each write with a status of its own', Broken);
