/** Rectangles: right and bottom edges lie outside. */

export interface Rect {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export const rectAt = (x: number, y: number, width: number, height: number): Rect => ({
  x1: x,
  y1: y,
  x2: x + width,
  y2: y + height,
});

export const intersect = (a: Rect, b: Rect): Rect | undefined => {
  const cut = {
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
    x2: Math.min(a.x2, b.x2),
    y2: Math.min(a.y2, b.y2),
  };
  return cut.x1 < cut.x2 && cut.y1 < cut.y2 ? cut : undefined;
};

export const sameRect = (a: Rect, b: Rect): boolean => a.x1 === b.x1 && a.y1 === b.y1 && a.x2 === b.x2 && a.y2 === b.y2;

export const bounding = (rects: readonly Rect[]): Rect | undefined =>
  rects.length === 0
    ? undefined
    : {
        x1: Math.min(...rects.map(({ x1 }) => x1)),
        y1: Math.min(...rects.map(({ y1 }) => y1)),
        x2: Math.max(...rects.map(({ x2 }) => x2)),
        y2: Math.max(...rects.map(({ y2 }) => y2)),
      };

/** 16.16 fixed point to whole pixels, outward. */
export const pixelsOf = ({ x1, y1, x2, y2 }: Rect): Rect => ({
  x1: Math.floor(x1 / 65536),
  y1: Math.floor(y1 / 65536),
  x2: Math.ceil(x2 / 65536),
  y2: Math.ceil(y2 / 65536),
});
