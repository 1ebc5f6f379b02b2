/** A display card as its users see it: what a DRM driver makes of its device, and offers to programs that draw. */

export interface CardMode {
  /** `1024x768`. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly refreshHz: number;
}

/** Memory to draw into, four bytes a pixel (XRGB8888), ready to be shown. */
export interface CardBuffer {
  readonly id: number;
  /** From row to row: as the driver needs it, which may be more than the pixels take. */
  readonly pitchBytes: number;
  readonly sizeBytes: number;
}

export interface CardRect {
  readonly x1: number;
  readonly y1: number;
  /** Outside. */
  readonly x2: number;
  readonly y2: number;
}

/** What is on the screen from the next vertical blank on: one buffer over all of it. */
export interface CardFrame {
  readonly buffer: number;
  /** What changed since the last frame; without it, everything. */
  readonly damage?: readonly CardRect[];
  /** Sets the mode again, as a program does whose link has gone bad. The first frame does it anyway. */
  readonly modeset?: boolean;
}

/** A frame has come on the screen. */
export interface CardFlip {
  /** Number of the vertical blank. */
  readonly count: number;
  readonly timeNs: number;
}

/** One program that has the screen. Every call rejects with the errno that the ioctl behind it would give. */
export interface CardProgram {
  readonly mode: CardMode;
  /** Of the monitor, best first. */
  readonly modes: readonly CardMode[];
  /** CREATE_DUMB and ADDFB2; the size of the screen at least. */
  buffer(width: number, height: number): Promise<CardBuffer>;
  /** Bytes into mapped memory. */
  write(buffer: number, offsetBytes: number, bytes: Uint8Array): Promise<void>;
  /** Resolves when the frame is taken, not when it is shown; EBUSY while the last one is not. */
  commit(frame: CardFrame): Promise<void>;
  /** The next flip that has not been told yet; waits for it. */
  flip(): Promise<CardFlip>;
  /** Its buffers are gone, the screen is dark. */
  close(): Promise<void>;
}

export interface OfferedCard {
  /** Of the driver: `ferro-drm`. */
  readonly name: string;
  /** Takes the screen, from the driver's own log too. ENODEV without a monitor, EBUSY while another program has it, EINVAL for a mode the monitor
   *  has not; `640x480@24` is a mode line of the program's own. */
  open(program: string, mode?: string): Promise<CardProgram>;
}
