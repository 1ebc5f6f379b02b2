/** Broken on purpose: writes into zones one block further than asked. */
import type { BlockCommand } from '#bus/block.ts';
import { NullBlk } from '../null-blk.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

class Broken extends NullBlk {
  protected override send(commands: readonly BlockCommand[]): void {
    super.send(commands.map((command) => (command.op === 'write' ? further(command) : command)));
  }
}

export const driver = brokenNullBlk('bad-zone-write', 'writes into zones one block further than asked', Broken);

const further = (command: BlockCommand): BlockCommand => ({ ...command, sector: command.sector + command.sectors });
