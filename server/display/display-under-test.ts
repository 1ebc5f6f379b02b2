/** Displays for tests: pictures by the compatible registers, and viewers that put together what they are sent. */
import { decodeFrame, type Frame } from '#bus/frame-wire.ts';
import { DISPLAY, VRAM_SPAN } from '#datasheets/display.ts';
import type { Display } from '#devices/display/display.ts';

const ENABLED = 1;

/** Shows video memory from its start as 32-bit pixels. */
export const setMode = (display: Display, width: number, height: number): void => {
  display.write(DISPLAY.DISPI_ENABLE.at, 0, 2);
  for (const [register, value] of [
    [DISPLAY.DISPI_XRES, width],
    [DISPLAY.DISPI_YRES, height],
    [DISPLAY.DISPI_VIRT_WIDTH, width],
    [DISPLAY.DISPI_BPP, 32],
    [DISPLAY.DISPI_ENABLE, ENABLED],
  ] as const)
    display.write(register.at, value, 2);
};

/** One row of one colour, as a driver writes it. */
export const paint = (display: Display, y: number, colour: number, pixels: number, width: number, x = 0): void => {
  const offset = (y * width + x) * 4;
  const memory = display.span(VRAM_SPAN);
  if (memory === undefined) throw new Error('a display without video memory');
  new Uint32Array(memory.buffer, memory.byteOffset + offset, pixels).fill(colour);
  display.wroteSpan(VRAM_SPAN, offset, pixels * 4);
};

/** What a viewer has on its screen. */
export class Screen {
  readonly frames: Omit<Frame, 'tiles'>[] = [];
  rgba = new Uint8Array(0);
  width = 0;
  height = 0;
  /** Pixels the last message brought. */
  brought = 0;

  take(message: Uint8Array | ArrayBuffer): Frame {
    const frame = decodeFrame(message);
    const { tiles, ...head } = frame;
    this.frames.push(head);
    if (frame.full) {
      this.width = frame.width;
      this.height = frame.height;
      this.rgba = new Uint8Array(frame.width * frame.height * 4);
    }
    this.brought = 0;
    for (const { x, y, width, height, rgba } of tiles) {
      this.brought += width * height;
      for (let row = 0; row < height; row++)
        this.rgba.set(rgba.subarray(row * width * 4, (row + 1) * width * 4), ((y + row) * this.width + x) * 4);
    }
    return frame;
  }

  get last(): Omit<Frame, 'tiles'> | undefined {
    return this.frames.at(-1);
  }

  /** It is the picture of the display, to the last byte. */
  shows(display: Display): boolean {
    const { width, height, rgba } = display.frame();
    return width === this.width && height === this.height && Buffer.compare(rgba, this.rgba) === 0;
  }
}
