/** Where the code and the message beneath it go on a screen, and how many pixels a module gets. */
import { qrSize } from './qr-tables.ts';
import { quotient } from './quotient.ts';

/** Light modules all round (ISO/IEC 18004, 6.3.8). */
export const QUIET_MODULES = 4;

export class QrLayout {
  /** Pixels of one module; below the least asked for, the other fields mean nothing. */
  scale = 0;
  canvasX = 0;
  canvasY = 0;
  /** Code and quiet zone together. */
  canvasSize = 0;
  messageY = 0;

  /** Places a code; false when its modules would be smaller than `minScale` or the message finds no room. */
  place(width: number, height: number, version: number, messageHeight: number, minScale: number): boolean {
    const modules = qrSize(version) + 2 * QUIET_MODULES;
    const across = (3 * width) >> 2;
    const down = (3 * height) >> 2;
    this.scale = quotient(across < down ? across : down, modules);
    if (this.scale < minScale) return false;
    this.canvasSize = this.scale * modules;
    const spare = height - this.canvasSize - messageHeight;
    if (spare < 0) return false;
    const margin = quotient(spare, 5);
    this.canvasX = (width - this.canvasSize) >> 1;
    this.canvasY = 2 * margin;
    this.messageY = 3 * margin + this.canvasSize;
    return true;
  }
}
