/** One viewer of one display: what it has been shown, and the next message for it. */
import {
  encodeFrame,
  type FrameHead,
  type FramePixels,
  type FrameRect,
  type FrameScale,
  frameBytes,
} from '#bus/frame-wire.ts';
import { DISPLAY } from '#datasheets/display.ts';
import type { Display } from '#devices/display/display.ts';
import { Thumbnail } from './thumbnail.ts';

/** A larger picture goes in several messages, so that the lab does other things in between. */
const MESSAGE_BYTES = 4 * 2 ** 20;
/** How often is looked while nothing is on show. */
const OFF_HZ = 10;
const THUMBNAIL_HZ = 10;

export interface ViewerOptions {
  readonly scale: FrameScale;
  readonly maxHz: number | undefined;
  /** What is on the bench now; throws when it is no display any more. */
  readonly display: () => Display;
  readonly labTime: () => number;
  readonly send: (message: Uint8Array, shown: () => void) => void;
}

export class Viewer {
  readonly #options: ViewerOptions;
  #seen: Display | undefined;
  #size = '';
  /** The picture it has, parts that are still to come aside. */
  #version = -1;
  #pending: FrameRect[] = [];
  #thumbnail: Thumbnail | undefined;
  /** One message at a time is under way: its bytes are written over only when it was shown. */
  #room = new Uint8Array(0);
  #underWay = false;
  #seq = 0;
  #dueMs = 0;

  constructor(options: ViewerOptions) {
    this.#options = options;
  }

  /** When it may be given something; undefined while it still has to show what it was sent. */
  get dueMs(): number | undefined {
    return this.#underWay ? undefined : this.#dueMs;
  }

  /** Sends what changed since the last time, if anything did. Calls `shown` when the viewer is ready for more. */
  turn(nowMs: number, shown: () => void): void {
    const display = this.#options.display();
    const full = this.#look(display);
    const { width } = display.scene;
    if (full || this.#pending.length > 0) this.#send(display, full, shown);
    const more = this.#pending.length > 0;
    if (!more) this.#dueMs = Math.max(this.#dueMs + 1000 / this.#hz(display, width), nowMs);
  }

  /** Finds what is to be sent; true when it is all new. */
  #look(display: Display): boolean {
    const { width, height } = display.scene;
    const size = `${width}x${height}`;
    const anew = display !== this.#seen || size !== this.#size;
    if (!anew && this.#pending.length > 0) return false;
    if (anew) this.#version = -1;
    const { version, rects } = display.damageSince(this.#version);
    this.#seen = display;
    this.#size = size;
    this.#version = version;
    this.#pending = [...rects];
    return anew;
  }

  #send(display: Display, full: boolean, shown: () => void): void {
    const { scale, labTime, send } = this.#options;
    const { width, height, rgba } = display.frame();
    const { vblank, flip } = display.inspect();
    const whole = { width, height, rgba };
    if (scale === 1) this.#thumbnail = undefined;
    else if (full) this.#thumbnail = new Thumbnail(whole, scale);
    const { pixels, rects } = this.#next(whole);
    const head: FrameHead = {
      seq: ++this.#seq,
      timeNs: labTime(),
      width: pixels.width,
      height: this.#thumbnail?.height ?? height,
      modeWidth: width,
      modeHeight: height,
      scale,
      full,
      more: this.#pending.length > 0,
      vblanks: vblank.count,
      flippedAt: flip.done,
      version: this.#version,
    };
    const bytes = frameBytes(rects);
    if (bytes > this.#room.length) this.#room = new Uint8Array(bytes);
    this.#underWay = true;
    send(encodeFrame(this.#room, head, rects, pixels), () => {
      this.#underWay = false;
      shown();
    });
  }

  /** Takes as many parts as one message carries, and draws them small where that is asked for. */
  #next(whole: FramePixels & { readonly height: number }): { pixels: FramePixels; rects: FrameRect[] } {
    const thumbnail = this.#thumbnail;
    let bytes = 0;
    let count = 0;
    for (const { width, height } of this.#pending) {
      bytes += width * height * 4; // before it is made small: that is work too
      if (count > 0 && bytes > MESSAGE_BYTES) break;
      count++;
    }
    const parts = this.#pending.splice(0, count);
    if (thumbnail === undefined) return { pixels: whole, rects: parts };
    const rects = parts.map((part) => thumbnail.place(part));
    for (const rect of rects) thumbnail.draw(whole, rect);
    return { pixels: thumbnail, rects };
  }

  #hz(display: Display, width: number): number {
    const { scale, maxHz = scale === 1 ? Number.POSITIVE_INFINITY : THUMBNAIL_HZ } = this.#options;
    const frameNs = display.peek(DISPLAY.FRAME_NS.at);
    return Math.min(maxHz, width === 0 || frameNs === 0 ? OFF_HZ : 1e9 / frameNs);
  }
}
