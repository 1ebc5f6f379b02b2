/** The live picture of one display: a connection of its own, painted by parts as they come, never faster than the page is drawn. */
import { io, type Socket } from 'socket.io-client';
import {
  decodeFrame,
  FRAME_SCALES,
  FRAMES_NAMESPACE,
  type Frame,
  type FrameHead,
  type FrameRect,
  type FrameScale,
  type FramesAuth,
  type FramesEvents,
} from '#bus/frame-wire.ts';
import { LAB_TOKEN } from '../store/feed.ts';
import { FrameQueue } from './frame-queue.ts';

export type PictureStatus = 'connecting' | 'live' | 'lost' | 'refused';

/** A part of the picture that changed, and the page's own time when it was painted. */
export interface Damaged extends FrameRect {
  readonly atMs: number;
}

const DAMAGE_KEPT = 256;
const RATE_MS = 2000;
const RETRY_MS = 2000;

/** Frames painted over the last while: how many a second. */
export class FrameMeter {
  readonly #marks: number[] = [];

  mark(atMs: number): void {
    this.#marks.push(atMs);
    if (this.#marks.length > 1000) this.#marks.splice(0, 500);
  }

  perSecond(nowMs: number): number {
    const from = nowMs - RATE_MS;
    while (this.#marks.length > 0 && this.#marks[0]! < from) this.#marks.shift();
    return (this.#marks.length * 1000) / RATE_MS;
  }
}

/** The thumbnail of a display: small enough for a panel, large enough to be looked at twice. */
export const thumbnailScale = (modeWidth: number): FrameScale =>
  FRAME_SCALES.find((scale) => modeWidth / scale <= THUMBNAIL_PIXELS) ?? 16;
const THUMBNAIL_PIXELS = 1000;

export class LivePicture {
  readonly #socket: Socket<FramesEvents>;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #listeners = new Set<() => void>();
  readonly #meter = new FrameMeter();
  readonly canvas: HTMLCanvasElement;
  #status: PictureStatus = 'connecting';
  #reason = '';
  #head: FrameHead | null = null;
  #damage: Damaged[] = [];
  #due = 0;
  readonly #queue = new FrameQueue({
    whenDrawn: (draw) => {
      this.#due = requestAnimationFrame(draw);
    },
    paint: (frames) => {
      for (const frame of frames) this.#paint(frame);
      this.#tell('live', '');
    },
  });
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** Begins at once; the canvas takes the size of the picture. */
  constructor(canvas: HTMLCanvasElement, of: Omit<FramesAuth, 'token'>) {
    this.canvas = canvas;
    this.#context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    const token = sessionStorage.getItem(LAB_TOKEN);
    this.#socket = io(`${location.origin}${FRAMES_NAMESPACE}`, {
      transports: ['websocket'],
      forceNew: true, // pictures must not stand in the way of the feed
      reconnectionDelay: 300,
      reconnectionDelayMax: 2000,
      auth: { ...of, ...(token === null ? {} : { token }) } satisfies FramesAuth,
    });
    this.#socket.on('frame', (message, shown) => this.#take(message, shown));
    this.#socket.on('gone', (reason) => this.#tell('refused', reason));
    this.#socket.on('connect_error', (error) => {
      if (this.#socket.active) this.#tell('lost', '');
      else this.#again(error.message);
    });
    this.#socket.on('disconnect', (reason) => {
      this.#queue.clear(); // who comes back is sent all of it
      cancelAnimationFrame(this.#due);
      if (reason === 'io server disconnect') this.#again(this.#reason);
      else this.#tell('lost', '');
    });
  }

  get status(): PictureStatus {
    return this.#status;
  }
  /** Why it was refused, in the lab's words. */
  get reason(): string {
    return this.#reason;
  }
  /** Of the newest picture; null before the first. */
  get head(): FrameHead | null {
    return this.#head;
  }
  /** What changed lately, oldest first. */
  get damage(): readonly Damaged[] {
    return this.#damage;
  }

  /** Pictures painted here each second, over the last two. */
  get shownHz(): number {
    return this.#meter.perSecond(performance.now());
  }

  /** Pixels as they stand: four bytes each. Null outside the picture. */
  pixels(x: number, y: number, width: number, height: number): ImageData | null {
    const { canvas } = this;
    if (this.#head === null || this.#head.width === 0 || x + width <= 0 || y + height <= 0) return null;
    if (x >= canvas.width || y >= canvas.height || width < 1 || height < 1) return null;
    return this.#context?.getImageData(x, y, width, height) ?? null;
  }

  /** Calls `listener` after each paint and each change of status. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    cancelAnimationFrame(this.#due);
    clearTimeout(this.#retry);
    this.#listeners.clear();
    this.#socket.disconnect();
  }

  /** Painted when the page is drawn next: a hidden page soon asks for nothing. */
  #take(message: Uint8Array | ArrayBuffer, shown: () => void): void {
    let frame: Frame;
    try {
      frame = decodeFrame(message);
    } catch (thrown) {
      this.#tell('refused', thrown instanceof Error ? thrown.message : String(thrown));
      shown();
      return;
    }
    this.#queue.take(frame, shown);
  }

  #paint(frame: Frame): void {
    const { canvas } = this;
    const { tiles, ...head } = frame;
    if (frame.full && !(canvas.width === frame.width && canvas.height === frame.height)) {
      canvas.width = Math.max(1, frame.width);
      canvas.height = Math.max(1, frame.height);
      this.#damage = [];
    }
    const atMs = performance.now();
    for (const { x, y, width, height, rgba } of tiles) {
      this.#context?.putImageData(new ImageData(rgba, width, height), x, y);
      this.#damage.push({ x, y, width, height, atMs });
    }
    if (this.#damage.length > DAMAGE_KEPT) this.#damage = this.#damage.slice(-DAMAGE_KEPT);
    if (!frame.more) this.#meter.mark(atMs);
    this.#head = head;
  }

  #again(reason: string): void {
    this.#tell('refused', reason);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#socket.connect(), RETRY_MS);
  }

  #tell(status: PictureStatus, reason: string): void {
    this.#status = status;
    this.#reason = reason;
    for (const listener of this.#listeners) listener();
  }
}
