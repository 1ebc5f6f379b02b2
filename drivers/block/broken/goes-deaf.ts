/** Broken on purpose: stops listening to the device after its first answer. */
import type { BlockCompletion } from '#bus/block.ts';
import { NullBlk } from '../null-blk.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

class Broken extends NullBlk {
  #heard = false;

  protected override interrupt(completion: BlockCompletion): void {
    super.interrupt(completion);
    if (!this.#heard) this.freeIrq();
    this.#heard = true;
  }
}

export const driver = brokenNullBlk('bad-goes-deaf', 'stops listening to the device after its first answer', Broken);
