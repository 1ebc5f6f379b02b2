/** Broken on purpose: uses twice as many tags as the device has. */
import type { BlockIdentity } from '#bus/block.ts';
import { NullBlk } from '../null-blk.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

class Broken extends NullBlk {
  protected override depth(identity: BlockIdentity): number {
    return 2 * identity.queueDepth;
  }
}

export const driver = brokenNullBlk('bad-deep-queue', 'uses twice as many tags as the device has', Broken);
