/** Broken on purpose: ends a request with RESOURCE where it should try again. */
import type { BlockCompletion } from '#bus/block.ts';
import { NullBlk } from '../null-blk.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

class Broken extends NullBlk {
  protected override interrupt(completion: BlockCompletion): void {
    const { hctx, tag, generation, status } = completion;
    if (status === 'RESOURCE' || status === 'DEV_RESOURCE') this.disk.tagToRq(hctx, tag, generation)?.end(status);
    else super.interrupt(completion);
  }
}

export const driver = brokenNullBlk(
  'bad-passes-resource',
  'ends a request with RESOURCE where it should try again',
  Broken,
);
