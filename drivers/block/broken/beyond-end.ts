/** Broken on purpose: sends what starts at sector 0 to the end of the disk. */
import type { BlockCommand } from '#bus/block.ts';
import { NullBlk } from '../null-blk.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

class Broken extends NullBlk {
  protected override send(commands: readonly BlockCommand[]): void {
    const end = this.disk.capacitySectors;
    super.send(commands.map((command) => (command.sector === 0 ? { ...command, sector: end } : command)));
  }
}

export const driver = brokenNullBlk('bad-beyond-end', 'sends what starts at sector 0 to the end of the disk', Broken);
