/** The block drivers that are wrong on purpose, by name. */
import type { DriverModule } from '#bus/kernel-port.ts';
import { driver as beyondEnd } from './beyond-end.ts';
import { driver as completesTwice } from './completes-twice.ts';
import { driver as deepQueue } from './deep-queue.ts';
import { driver as dropsFua } from './drops-fua.ts';
import { driver as earlyFlush } from './early-flush.ts';
import { driver as goesDeaf } from './goes-deaf.ts';
import { driver as guessesTag } from './guesses-tag.ts';
import { driver as keepsBuffer } from './keeps-buffer.ts';
import { driver as lateAnswer } from './late-answer.ts';
import { driver as leaksTag } from './leaks-tag.ts';
import { driver as neverStarts } from './never-starts.ts';
import { driver as oddStatus } from './odd-status.ts';
import { driver as passesResource } from './passes-resource.ts';
import { driver as shortRead } from './short-read.ts';
import { driver as staleHandle } from './stale-handle.ts';
import { driver as zoneWrite } from './zone-write.ts';

export const BROKEN_BLOCK_DRIVERS: Readonly<Record<string, DriverModule>> = Object.fromEntries(
  [
    beyondEnd,
    completesTwice,
    deepQueue,
    dropsFua,
    earlyFlush,
    goesDeaf,
    guessesTag,
    keepsBuffer,
    lateAnswer,
    leaksTag,
    neverStarts,
    oddStatus,
    passesResource,
    shortRead,
    staleHandle,
    zoneWrite,
  ].map((driver) => [driver.info.name, driver]),
);
