/** Text in a bitmap font on a panic surface, clipped to it. */
import { glyphRow, type PanicFont } from './fonts.ts';
import { FOREGROUND, type PanicSurface } from './surface.ts';

/** Draws the first `length` characters, centred in a width when one is given. */
export const drawText = (
  surface: PanicSurface,
  font: PanicFont,
  text: string,
  length: number,
  x: number,
  y: number,
  centredIn = 0,
): void => {
  const indent = centredIn > 0 ? (centredIn - length * font.width) >> 1 : 0;
  for (let i = 0; i < length; i++) drawGlyph(surface, font, text.charCodeAt(i), x + indent + i * font.width, y);
};

/** Draws only the pixels that are set: the ground is there already. */
export const drawGlyph = (surface: PanicSurface, font: PanicFont, code: number, x: number, y: number): void => {
  for (let row = 0; row < font.height; row++) {
    const bits = glyphRow(font, code, row);
    for (let column = 0; column < font.width; column++) {
      if ((bits & (0x80 >> column)) === 0) continue;
      const from = column;
      while (column + 1 < font.width && (bits & (0x80 >> (column + 1))) !== 0) column++;
      surface.fill(x + from, y + row, column - from + 1, 1, FOREGROUND);
    }
  }
};
