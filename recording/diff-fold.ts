/** Rows of a comparison folded: what is equal becomes a count, but for a few rows around each difference. */

/** Rows `from` up to `to`, exclusive. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  /** All of it is equal and nobody has to see it. */
  readonly folded: boolean;
}

/** A row alone takes no less room folded. */
const LEAST_FOLD = 2;

/** Stretches in order, without a hole; `kinds` are indexes of DIFF_KINDS, of which 0 is equal. */
export const stretchesOf = (kinds: Uint8Array, context: number): readonly Stretch[] => {
  const stretches: Stretch[] = [];
  let shown = 0; // where the open stretch of shown rows begins
  for (let row = 0; row < kinds.length; ) {
    if (kinds[row] !== 0) {
      row++;
      continue;
    }
    const begun = row;
    while (row < kinds.length && kinds[row] === 0) row++;
    const from = begun + (begun === 0 ? 0 : context);
    const to = row - (row === kinds.length ? 0 : context);
    if (to - from < LEAST_FOLD) continue;
    if (from > shown) stretches.push({ from: shown, to: from, folded: false });
    stretches.push({ from, to, folded: true });
    shown = to;
  }
  if (shown < kinds.length) stretches.push({ from: shown, to: kinds.length, folded: false });
  return stretches;
};

/** The first row of each unbroken run of rows that differ. */
export const differencesIn = (kinds: Uint8Array): Int32Array => {
  let count = 0;
  for (let row = 0; row < kinds.length; row++) if (kinds[row] !== 0 && (row === 0 || kinds[row - 1] === 0)) count++;
  const found = new Int32Array(count);
  count = 0;
  for (let row = 0; row < kinds.length; row++)
    if (kinds[row] !== 0 && (row === 0 || kinds[row - 1] === 0)) found[count++] = row;
  return found;
};
