/** Two marks on the time axis: A, then B, then anew. */
export interface Mark {
  readonly position: number;
  readonly seq: number;
  readonly time: number;
}
export interface Marks {
  readonly a: Mark | null;
  readonly b: Mark | null;
}

export const NO_MARKS: Marks = { a: null, b: null };

/** The first press sets A, the second B, a third begins again; the same place twice takes the mark away. */
export const marked = ({ a, b }: Marks, mark: Mark): Marks => {
  if (a?.position === mark.position) return { a: b, b: null };
  if (b?.position === mark.position) return { a, b: null };
  if (a === null) return { a: mark, b: null };
  return b === null ? { a, b: mark } : { a: mark, b: null };
};

/** Nanoseconds from A to B and the records between them; null until both are set. */
export const span = ({ a, b }: Marks): { readonly ns: number; readonly records: number } | null =>
  a === null || b === null ? null : { ns: b.time - a.time, records: Math.abs(b.position - a.position) };
