/** Broken on purpose: looks requests up by tag alone, so that an answer after its timeout ends the next request. */
import type { BlockCompletion } from '#bus/block.ts';
import { NullBlk } from '../null-blk.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

class Broken extends NullBlk {
  protected override interrupt({ hctx, tag, status, data }: BlockCompletion): void {
    const rq = this.disk.tagToRq(hctx, tag);
    if (data !== undefined) rq?.buffer.copyIn(data);
    rq?.end(status);
  }
}

export const driver = brokenNullBlk(
  'bad-late-answer',
  'looks requests up by tag alone, so that an answer after its timeout ends the next request',
  Broken,
);
