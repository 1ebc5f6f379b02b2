/** Where a person points in the picture, and what they look at beside it: one small store a page, so that pointing renders little. */
import { Store } from '../store/store.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Pointing {
  /** Pixel of the mode under the crosshair; null while nobody points. */
  readonly point: Point | null;
  /** Plane that is pointed at in the list. */
  readonly plane: string | null;
}

export type Pointer = Store<Pointing>;

export const makePointer = (): Pointer => new Store<Pointing>({ point: null, plane: null });

/** Kept inside a picture of that size. */
export const clampPoint = (
  { x, y }: Point,
  { width, height }: { readonly width: number; readonly height: number },
): Point => ({
  x: Math.max(0, Math.min(width - 1, Math.floor(x))),
  y: Math.max(0, Math.min(height - 1, Math.floor(y))),
});

/** Where a key moves the crosshair; undefined for a key that does not. */
export const stepOf = (key: string, far: boolean): Point | undefined => {
  const by = far ? 16 : 1;
  switch (key) {
    case 'ArrowLeft':
      return { x: -by, y: 0 };
    case 'ArrowRight':
      return { x: by, y: 0 };
    case 'ArrowUp':
      return { x: 0, y: -by };
    case 'ArrowDown':
      return { x: 0, y: by };
    default:
      return undefined;
  }
};

export type ZoomChoice = 'fit' | '1' | '2' | '4';

/** Page pixels a pixel of the mode takes. Enlarged, it is a whole number, so that pixels stay square and equal. */
export const zoomOf = (
  choice: ZoomChoice,
  room: { readonly width: number; readonly height: number },
  mode: { readonly width: number; readonly height: number },
): number => {
  if (choice !== 'fit') return Number(choice);
  if (mode.width === 0 || mode.height === 0 || room.width <= 0 || room.height <= 0) return 1;
  const fit = Math.min(room.width / mode.width, room.height / mode.height);
  return fit >= 2 ? Math.floor(fit) : fit;
};
