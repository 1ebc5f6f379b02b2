/** What the writeback registers ask for, when it can be done. */
import { DISPLAY } from '#datasheets/display.ts';
import { formatOf, type PixelFormat, rowBytes, WRITEBACK_FORMATS } from '#datasheets/display-formats.ts';
import type { RegisterFile } from '#regmap/file.ts';

export interface WritebackTarget {
  readonly format: PixelFormat;
  readonly base: number;
  readonly pitch: number;
}

/** Undefined when format, size, pitch or place do not fit a frame of this size. */
export const writebackOf = (
  regs: RegisterFile<typeof DISPLAY>,
  width: number,
  height: number,
  memoryBytes: number,
): WritebackTarget | undefined => {
  const format = formatOf(regs.level(DISPLAY.WB_FORMAT.at));
  const size = regs.peek('WB_SIZE');
  const base = regs.level(DISPLAY.WB_BASE.at);
  const pitch = regs.level(DISPLAY.WB_PITCH.at);
  if (format === undefined || !WRITEBACK_FORMATS.includes(format.name)) return undefined;
  if (width === 0 || size.WIDTH !== width || size.HEIGHT !== height) return undefined;
  const row = rowBytes(format, 0, width);
  return pitch >= row && base + (height - 1) * pitch + row <= memoryBytes ? { format, base, pitch } : undefined;
};
