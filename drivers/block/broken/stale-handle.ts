/** Broken on purpose: keeps the request of its first timeout and ends it when it is unloaded. */

import { NullBlk } from '../null-blk.ts';
import type { StartedRequest } from '../request.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

class Broken extends NullBlk {
  #kept: StartedRequest | undefined;

  override async probe(): Promise<void> {
    this.kernel.onExit(() => void this.#kept?.end('IOERR')); // runs after the disk is gone
    await super.probe();
  }

  override timeout(rq: StartedRequest): 'done' | 'reset-timer' {
    this.#kept ??= rq;
    return 'reset-timer';
  }
}

export const driver = brokenNullBlk(
  'bad-stale-handle',
  'keeps the request of its first timeout and ends it when it is unloaded',
  Broken,
);
