/** The fixed patterns of a QR code: finders, timing, alignment, format and version (ISO/IEC 18004, 6.3). */
import { QR_FORMAT_L_MASK0, qrAlignmentAt, qrAlignmentCount, qrSize, qrVersionWord } from './qr-tables.ts';
import { quotient } from './quotient.ts';

/** Clears the canvas and draws what the data flows around; a module is 0 when free, else 2 with the dark bit. */
export const drawPatterns = (modules: Uint8Array, version: number): void => {
  const size = qrSize(version);
  modules.fill(0, 0, size * size);
  drawFinder(modules, size, 3, 3);
  drawFinder(modules, size, size - 4, 3);
  drawFinder(modules, size, 3, size - 4);
  for (let i = 8; i < size - 8; i++) {
    set(modules, size, i, 6, (i & 1) === 0);
    set(modules, size, 6, i, (i & 1) === 0);
  }
  const centres = qrAlignmentCount(version);
  for (let row = 0; row < centres; row++)
    for (let column = 0; column < centres; column++) {
      const far = centres - 1;
      const inFinder = (row === 0 && (column === 0 || column === far)) || (row === far && column === 0);
      if (!inFinder) drawAlignment(modules, size, qrAlignmentAt(version, column), qrAlignmentAt(version, row));
    }
  drawFormat(modules, size);
  if (version >= 7) drawVersion(modules, size, qrVersionWord(version));
};

/** Rings of a finder and the light border around it, where that lies within the code. */
const drawFinder = (modules: Uint8Array, size: number, centreX: number, centreY: number): void => {
  for (let dy = -4; dy <= 4; dy++)
    for (let dx = -4; dx <= 4; dx++) {
      const x = centreX + dx;
      const y = centreY + dy;
      if (x < 0 || y < 0 || x >= size || y >= size) continue;
      const ring = distance(dx, dy);
      set(modules, size, x, y, ring !== 2 && ring !== 4);
    }
};

const drawAlignment = (modules: Uint8Array, size: number, centreX: number, centreY: number): void => {
  for (let dy = -2; dy <= 2; dy++)
    for (let dx = -2; dx <= 2; dx++) set(modules, size, centreX + dx, centreY + dy, distance(dx, dy) !== 1);
};

const drawFormat = (modules: Uint8Array, size: number): void => {
  for (let bit = 0; bit < 15; bit++) {
    const dark = ((QR_FORMAT_L_MASK0 >> bit) & 1) === 1;
    if (bit < 8) {
      set(modules, size, 8, bit < 6 ? bit : bit + 1, dark);
      set(modules, size, size - 1 - bit, 8, dark);
    } else {
      set(modules, size, bit === 8 ? 7 : 14 - bit, 8, dark);
      set(modules, size, 8, size - 15 + bit, dark);
    }
  }
  set(modules, size, 8, size - 8, true);
};

const drawVersion = (modules: Uint8Array, size: number, word: number): void => {
  for (let bit = 0; bit < 18; bit++) {
    const along = size - 11 + (bit % 3);
    const across = quotient(bit, 3);
    const dark = ((word >> bit) & 1) === 1;
    set(modules, size, along, across, dark);
    set(modules, size, across, along, dark);
  }
};

const set = (modules: Uint8Array, size: number, x: number, y: number, dark: boolean): void => {
  modules[y * size + x] = dark ? 3 : 2;
};

/** How many rings out from the centre. */
const distance = (dx: number, dy: number): number => {
  const x = dx < 0 ? -dx : dx;
  const y = dy < 0 ? -dy : dy;
  return x > y ? x : y;
};
