/** Where in video memory a pixel of a plane lies, from the plane's registers. */
import { DISPLAY } from '#datasheets/display.ts';
import { formatOf } from '#datasheets/display-formats.ts';
import { PLANE_BLOCKS, type PlaneName } from '#datasheets/display-planes.ts';
import type { PanelPlane } from './panel.ts';
import type { Point } from './pointer.ts';

/** Offset of the byte the pixel begins in; null for formats in several memory planes. */
export const memoryPlace = (plane: PanelPlane, from: Point, level: (at: number) => number): number | null => {
  const [x, y] = [Math.floor(from.x), Math.floor(from.y)];
  if (plane.plane === 'DISPI') {
    const bits = level(DISPLAY.DISPI_BPP.at);
    const bytes = bits === 15 ? 2 : bits / 8;
    const pitch = Math.max(level(DISPLAY.DISPI_VIRT_WIDTH.at), level(DISPLAY.DISPI_XRES.at)) * bytes;
    return (level(DISPLAY.DISPI_Y_OFFSET.at) + y) * pitch + (level(DISPLAY.DISPI_X_OFFSET.at) + x) * bytes;
  }
  if (!isPlane(plane.plane)) return null;
  const block = PLANE_BLOCKS[plane.plane];
  const format = formatOf(level(block.FORMAT.at));
  if (format === undefined || format.planeBits.length !== 1) return null;
  return level(block.BASE0.at) + y * level(block.PITCH0.at) + Math.floor((x * (format.planeBits[0] ?? 0)) / 8);
};

const isPlane = (name: string): name is PlaneName => Object.hasOwn(PLANE_BLOCKS, name);
