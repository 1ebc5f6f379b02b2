/** What is painted, by us and by the peer alike: where it changes, and the pixel that numbers a frame. */

export const [WIDTH, HEIGHT] = [1920, 1080] as const;
export const FRAME_HZ = 60;

export const SCENES = ['full', 'tenth', 'cursor'] as const;
export type Scene = (typeof SCENES)[number];

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const AREAS: Readonly<Record<Scene, Area>> = {
  full: { x: 0, y: 0, width: WIDTH, height: HEIGHT },
  /** A tenth of the pixels. */
  tenth: { x: 640, y: 384, width: 607, height: 341 },
  cursor: { x: 0, y: 0, width: 64, height: 64 },
};

/** What frame `n` changes; a cursor also uncovers where it was. */
export const areaOf = (scene: Scene, n: number): Area => {
  if (scene !== 'cursor') return AREAS[scene];
  const { width, height } = AREAS.cursor;
  return { x: (n * 16) % (WIDTH - width), y: 500 + ((n * 4) % 200), width, height };
};

/** The last pixel of an area carries the number of the frame in its 24 bits of colour. */
export const stampOf = ({ x, y, width, height }: Area): { readonly x: number; readonly y: number } => ({
  x: x + width - 1,
  y: y + height - 1,
});

/** Fills 32-bit pixels with frame `n`: all different from frame to frame, and the stamp. */
export const paint = (scene: Scene, n: number, pixels: Uint32Array, stride: number, { width, height }: Area): void => {
  const colour = Math.imul(n + 1, 0x01_23_45) & 0xffffff;
  for (let y = 0; y < height; y++) pixels.fill((colour + y) & 0xffffff, y * stride, y * stride + width);
  if (scene !== 'cursor') pixels[(height - 1) * stride + width - 1] = n & 0xffffff;
};

export const isScene = (name: string): name is Scene => (SCENES as readonly string[]).includes(name);
