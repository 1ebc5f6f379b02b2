/** Broken on purpose: ends a read first and copies the data afterwards. */
import type { BlockCompletion } from '#bus/block.ts';
import { NullBlk } from '../null-blk.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

class Broken extends NullBlk {
  protected override interrupt(completion: BlockCompletion): void {
    const { hctx, tag, generation, status, data } = completion;
    const rq = this.disk.tagToRq(hctx, tag, generation);
    if (rq === undefined) return;
    const { buffer } = rq;
    rq.end(status);
    if (data !== undefined) buffer.copyIn(data);
  }
}

export const driver = brokenNullBlk('bad-keeps-buffer', 'ends a read first and copies the data afterwards', Broken);
