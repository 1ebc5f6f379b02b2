/** The recordings of a lab that run now, and how they are told to end. */
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Trace } from '#bus/trace.ts';

export interface OpenRecordings {
  /** Aborted when the lab stops. */
  readonly end: AbortController;
  readonly streams: Set<Readable>;
}

/** What a reader is given to take the last of a recording, milliseconds. */
const LAST_MS = 1000;

const open = new WeakMap<Trace, OpenRecordings>();

export const openRecordings = ({ trace }: { readonly trace: Trace }): OpenRecordings => {
  const known = open.get(trace) ?? { end: new AbortController(), streams: new Set<Readable>() };
  open.set(trace, known);
  return known;
};

/** Ends every recording with what there is up to now: their connections would outlive the lab. */
export const endRecordings = async (lab: { readonly trace: Trace }): Promise<void> => {
  const { end, streams } = openRecordings(lab);
  end.abort();
  await Promise.all(
    [...streams].map(async (stream) => {
      const late = setTimeout(() => stream.destroy(), LAST_MS);
      await once(stream, 'close');
      clearTimeout(late);
    }),
  );
};
