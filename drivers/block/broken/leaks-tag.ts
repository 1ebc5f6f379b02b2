/** Broken on purpose: forgets every fourth request after the device has answered it. */
import type { BlockStatus } from '#bus/block.ts';
import { NullBlk } from '../null-blk.ts';
import type { StartedRequest } from '../request.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

class Broken extends NullBlk {
  #answers = 0;

  override complete(rq: StartedRequest, status: BlockStatus): void {
    if (++this.#answers % 4 !== 0) rq.end(status);
  }
}

export const driver = brokenNullBlk(
  'bad-leaks-tag',
  'forgets every fourth request after the device has answered it',
  Broken,
);
