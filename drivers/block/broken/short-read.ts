/** Broken on purpose: copies half of what it reads. */
import type { BlockCompletion } from '#bus/block.ts';
import { NullBlk } from '../null-blk.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

class Broken extends NullBlk {
  protected override interrupt(completion: BlockCompletion): void {
    const { data } = completion;
    super.interrupt(data === undefined ? completion : { ...completion, data: data.subarray(0, data.length / 2) });
  }
}

export const driver = brokenNullBlk('bad-short-read', 'copies half of what it reads', Broken);
