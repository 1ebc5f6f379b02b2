/** Broken on purpose: takes each answer for the one with the next higher tag. */
import type { BlockCompletion } from '#bus/block.ts';
import { NullBlk } from '../null-blk.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

class Broken extends NullBlk {
  protected override interrupt(completion: BlockCompletion): void {
    super.interrupt({ ...completion, tag: completion.tag + 1 });
  }
}

export const driver = brokenNullBlk(
  'bad-guesses-tag',
  'takes each answer for the one with the next higher tag',
  Broken,
);
