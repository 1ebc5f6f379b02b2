/** The snapshot of a virtual null block device: everything it keeps, plain JSON. */
import type { BlockCommand, BlockCompletion } from '#bus/block.ts';
import type { ActiveFault } from '#bus/device.ts';
import { LabError } from '#bus/errors.ts';
import { fromBase64, toBase64 } from '../base64.ts';
import type { Answer, Work } from './answers.ts';
import type { BadBlocks } from './bad-blocks.ts';
import type { Personality } from './config.ts';
import type { CountersSnapshot } from './counters.ts';
import type { InjectorsSnapshot } from './injectors.ts';
import type { MediumSnapshot } from './medium.ts';
import type { Queues } from './queues.ts';
import type { StrikesSnapshot } from './strikes.ts';
import type { Zones } from './zones.ts';

/** A snapshot is JSON: more stored data than this do not belong there. */
export const SNAPSHOT_LIMIT_BYTES = 64 * 2 ** 20;

type Packed<T extends { readonly data?: Uint8Array }> = Omit<T, 'data'> & { readonly data?: string };

interface PendingWork {
  readonly command: Packed<BlockCommand>;
  /** Nanoseconds ago. */
  readonly age: number;
}
interface PendingSnapshot {
  readonly due: readonly (PendingWork & {
    readonly kind: 'answer' | 'again';
    readonly completion: Packed<BlockCompletion>;
    /** Nanoseconds from now. */
    readonly in: number;
  })[];
  readonly polled: readonly (PendingWork & { readonly in: number })[];
}

export interface NullbSnapshot {
  readonly device: 'nullb';
  readonly personality: Personality;
  readonly attributes: Readonly<Record<string, string>>;
  /** Null: powered off. */
  readonly powered: {
    readonly throttle: readonly number[];
    readonly zones: ReturnType<Zones['snapshot']> | null;
    readonly pending: PendingSnapshot;
  } | null;
  readonly medium: MediumSnapshot;
  readonly badBlocks: ReturnType<BadBlocks['snapshot']>;
  readonly counters: CountersSnapshot;
  readonly injectors: InjectorsSnapshot;
  readonly strikes: StrikesSnapshot;
  readonly random: number;
  /** `since` in nanoseconds before now. */
  readonly faults: readonly ActiveFault[];
}

const PARTS: readonly (keyof NullbSnapshot)[] = [
  'attributes',
  'powered',
  'medium',
  'badBlocks',
  'counters',
  'injectors',
  'strikes',
  'random',
  'faults',
];

/** Takes a snapshot of this device, or says why it is none. */
export const parseNullbSnapshot = (snapshot: unknown, personality: Personality): NullbSnapshot => {
  const given = (typeof snapshot === 'object' && snapshot !== null ? snapshot : {}) as Partial<NullbSnapshot>;
  if (given.device !== 'nullb')
    throw new LabError('EINVAL', `this is a snapshot of '${String(given.device)}', a 'nullb' is needed`);
  if (given.personality !== personality)
    throw new LabError('EINVAL', `this is a snapshot of ${String(given.personality)}, the device is a ${personality}`);
  const missing = PARTS.filter((part) => given[part] === undefined);
  if (missing.length > 0) throw new LabError('EINVAL', `the snapshot lacks ${missing.join(', ')}`);
  return given as NullbSnapshot; // what a device of this kind wrote
};

/** What came over the bus and is on its way; requests of clients in this process are not kept. */
export const pendingOf = (queues: Queues, now: number): PendingSnapshot => {
  const { due, polled } = queues.pending;
  const work = ({ command, since }: Work): PendingWork => ({ command: packed(command), age: now - since });
  return {
    due: due.flatMap(({ item, at }) =>
      item.work.tagged
        ? [{ kind: item.kind, ...work(item.work), completion: packed(item.completion), in: at - now }]
        : [],
    ),
    polled: polled
      .filter(({ work: { tagged } }) => tagged)
      .map((entry) => ({ ...work(entry.work), in: entry.readyAt - now })),
  };
};

/** Puts it back on its way. */
export const resumePending = (
  queues: Queues,
  { due, polled }: PendingSnapshot,
  now: number,
  answer: (completion: BlockCompletion) => void,
): void => {
  const work = ({ command, age }: PendingWork): Work => ({
    command: unpacked<BlockCommand>(command),
    since: now - age,
    answer,
    tagged: true,
  });
  queues.resume(
    due.map((entry) => ({
      item: {
        kind: entry.kind,
        work: work(entry),
        completion: unpacked<BlockCompletion>(entry.completion),
      } satisfies Answer,
      at: now + entry.in,
    })),
    polled.map((entry) => ({ work: work(entry), readyAt: now + entry.in })),
  );
};

const packed = <T extends { readonly data?: Uint8Array }>({ data, ...rest }: T): Packed<T> =>
  data === undefined ? rest : { ...rest, data: toBase64(data) };

const unpacked = <T extends { readonly data?: Uint8Array }>({ data, ...rest }: Packed<T>): T =>
  ({ ...rest, ...(data === undefined ? {} : { data: fromBase64(data) }) }) as unknown as T; // the way back of packed
