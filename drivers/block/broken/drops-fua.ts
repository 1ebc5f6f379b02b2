/** Broken on purpose: sends FUA writes as plain ones. */
import type { BlockCommand } from '#bus/block.ts';
import { NullBlk } from '../null-blk.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

class Broken extends NullBlk {
  protected override send(commands: readonly BlockCommand[]): void {
    super.send(commands.map(({ fua: _, ...command }) => command));
  }
}

export const driver = brokenNullBlk('bad-drops-fua', 'sends FUA writes as plain ones', Broken);
