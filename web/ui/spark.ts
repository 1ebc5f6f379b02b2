/** The path of a sparkline: points on a fixed box, holes left open. */

const WIDTH = 100;
const TOP = 2;
const BOTTOM = 21;
/** Points across the whole line: a minute at two a second. */
export const SPARK_POINTS = 120;

/** Newest point at the right edge; `floor` is the least span of values the height stands for. */
export const sparkPath = (
  points: readonly number[],
  floor: number,
): { readonly line: string; readonly area: string } => {
  const shown = points.slice(-SPARK_POINTS);
  const real = shown.filter(Number.isFinite);
  if (real.length === 0) return { line: '', area: '' };
  const low = Math.min(...real);
  const high = Math.max(...real);
  const span = Math.max(floor, high - low);
  const base = high - low >= floor || low === 0 ? low : (low + high - span) / 2;
  const from = SPARK_POINTS - shown.length;
  const x = (i: number): string => (((from + i) / (SPARK_POINTS - 1)) * WIDTH).toFixed(1);
  const y = (value: number): string => (BOTTOM - ((value - base) / span) * (BOTTOM - TOP)).toFixed(1);
  const strokes: string[][] = [];
  let open: string[] | undefined;
  shown.forEach((value, i) => {
    if (!Number.isFinite(value)) open = undefined;
    else {
      if (open === undefined) {
        open = [];
        strokes.push(open);
      }
      open.push(`${x(i)} ${y(value)}`);
    }
  });
  const lines = strokes.map((stroke) => `M${stroke.join('L')}`);
  const areas = strokes.map((stroke) => {
    const first = stroke[0]?.split(' ')[0] ?? '0';
    const last = stroke.at(-1)?.split(' ')[0] ?? '0';
    return `M${stroke.join('L')}L${last} 22L${first} 22z`;
  });
  return { line: lines.join(''), area: areas.join('') };
};
