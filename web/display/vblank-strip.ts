/** The last vertical blanks, one cell each: counted, served by the driver, missed, with the flip it took over. */
import type { Flip, Listening, Served } from './vblank-watch.ts';

export type BlankMark =
  /** Nobody had the interrupt let through. */
  | 'counted'
  | 'served'
  /** Served, but only when the next had begun. */
  | 'late'
  /** The driver listened and never saw it. */
  | 'missed';

export interface BlankCell {
  readonly count: number;
  /** Lab nanoseconds. */
  readonly atNs: number;
  readonly mark: BlankMark;
  /** How long it took the driver to see it; null when it did not. */
  readonly servedAfterNs: number | null;
  /** A flip came on the screen: in time, or so many vertical blanks after the one it could have had. */
  readonly flip: { readonly late: number; readonly torn: boolean } | null;
}

export interface StripGiven {
  /** A vertical blank and its time. */
  readonly anchor: { readonly count: number; readonly stampNs: number };
  readonly periodNs: number;
  /** The newest vertical blank. */
  readonly last: number;
  readonly served: readonly Served[];
  readonly flips: readonly Flip[];
  readonly listening: readonly Listening[];
}

export const STRIP_CELLS = 60;
/** A driver that has not served an interrupt for so many periods will not. */
const PATIENCE = 2;

export const stripCells = (given: StripGiven, cells = STRIP_CELLS): readonly BlankCell[] => {
  const { anchor, periodNs, last, served, flips, listening } = given;
  const first = Math.max(1, last - cells + 1);
  const timeOf = (count: number): number => anchor.stampNs + (count - anchor.count) * periodNs;
  const newestNs = timeOf(last);
  const byCount = new Map(served.map((one) => [one.count, one]));
  const flipAt = new Map<number, Flip>();
  for (const flip of flips) if (flip.done !== null) flipAt.set(flip.done.count, flip);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i): BlankCell => {
    const count = first + i;
    const one = byCount.get(count);
    const atNs = one?.stampNs ?? timeOf(count);
    const flip = flipAt.get(count);
    const heard = listening.some(({ fromNs, toNs }) => atNs > fromNs && (toNs === null || atNs < toNs));
    const delayNs = one === undefined ? null : Math.max(0, one.seenNs - one.stampNs);
    const overdue = newestNs - atNs > PATIENCE * periodNs;
    return {
      count,
      atNs,
      mark: delayNs !== null ? (delayNs > periodNs ? 'late' : 'served') : heard && overdue ? 'missed' : 'counted',
      servedAfterNs: delayNs,
      flip: flip === undefined ? null : { late: latenessOf(flip, timeOf, periodNs), torn: flip.torn },
    };
  });
};

/** Vertical blanks between the first the flip could have had and the one it came with. */
const latenessOf = ({ askedNs, done, torn }: Flip, timeOf: (count: number) => number, periodNs: number): number => {
  if (askedNs === null || done === null || torn) return 0;
  const waited = (timeOf(done.count) - askedNs) / periodNs;
  return Math.max(0, Math.ceil(waited) - 1);
};

/** `in the last 60: 3 missed, 1 late`, in words for whoever does not see the strip. */
export const stripSentence = (cells: readonly BlankCell[]): string => {
  const many = (mark: BlankMark): number => cells.filter((cell) => cell.mark === mark).length;
  const flips = cells.filter(({ flip }) => flip !== null);
  const lateFlips = flips.filter(({ flip }) => (flip?.late ?? 0) > 0).length;
  const parts = [
    `${flips.length} ${flips.length === 1 ? 'flip' : 'flips'}`,
    ...(lateFlips > 0 ? [`${lateFlips} of them late`] : []),
    ...(many('missed') > 0 ? [`${many('missed')} missed by the driver`] : []),
    ...(many('late') > 0 ? [`${many('late')} served late`] : []),
  ];
  return `The last ${cells.length} vertical blanks: ${parts.join(', ')}`;
};
