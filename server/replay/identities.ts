/** What a block device told its driver of itself in a recording, and when that was another. */
import type { BlockIdentity } from '#bus/block.ts';
import type { RecordedSection } from '#recording/decode.ts';
import { isEvent } from '#recording/format.ts';

export interface Identity {
  readonly timeNs: number;
  /** Null while the device was off. */
  readonly identity: BlockIdentity | null;
}

export const identitiesOf = ({ events }: RecordedSection, device: string): readonly Identity[] =>
  events.flatMap(({ event }) =>
    isEvent(event, 'identity') && event.device === device ? [{ timeNs: event.time, identity: event.identity }] : [],
  );

/** The one in force; the first counts from the beginning. */
export const identityAt = (identities: readonly Identity[], timeNs: number): BlockIdentity | null =>
  identities.findLast((one, nth) => nth === 0 || one.timeNs <= timeNs)?.identity ?? null;
