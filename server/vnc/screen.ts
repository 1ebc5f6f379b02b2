/** What a VNC server shows: a picture that knows where it changed, as a virtual display has it. */

export interface ScreenRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface ScreenFrame {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, 255; begins at a multiple of 4. Good until this turn of the event loop ends. */
  readonly rgba: Uint8Array;
  readonly version: number;
}

export interface VncScreen {
  /** Looking composes what changed. */
  frame(): ScreenFrame;
  damageSince(version: number): { readonly version: number; readonly rects: readonly ScreenRect[] };
}

export const intersection = (a: ScreenRect, b: ScreenRect): ScreenRect => {
  const [x, y] = [Math.max(a.x, b.x), Math.max(a.y, b.y)];
  return {
    x,
    y,
    width: Math.max(0, Math.min(a.x + a.width, b.x + b.width) - x),
    height: Math.max(0, Math.min(a.y + a.height, b.y + b.height) - y),
  };
};

export const union = (a: ScreenRect, b: ScreenRect): ScreenRect => {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
};

/** The picture in the upper left corner of another size. */
export const framed = (frame: ScreenFrame, { width, height }: { width: number; height: number }): ScreenFrame => {
  const rgba = new Uint8Array(width * height * 4);
  for (let i = 3; i < rgba.length; i += 4) rgba[i] = 255;
  const both = intersection({ x: 0, y: 0, width, height }, { x: 0, y: 0, width: frame.width, height: frame.height });
  for (let y = 0; y < both.height; y++)
    rgba.set(frame.rgba.subarray(y * frame.width * 4, (y * frame.width + both.width) * 4), y * width * 4);
  return { width, height, rgba, version: frame.version };
};

/** 640x480 in dark grey: what is seen of a display that is off, or gone. */
export const offScreen = (): VncScreen => {
  off ??= grey(640, 480);
  return off;
};
let off: VncScreen | undefined;

const grey = (width: number, height: number): VncScreen => {
  const rgba = new Uint8Array(width * height * 4).map((_, i) => (i % 4 === 3 ? 255 : 0x20));
  return { frame: () => ({ width, height, rgba, version: 1 }), damageSince: () => ({ version: 1, rects: [] }) };
};
