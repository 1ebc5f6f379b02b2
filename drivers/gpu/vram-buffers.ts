/** Buffers of the machine copied into video memory: places for what is on show, and no more bytes than have changed. */
import { LabError } from '#bus/errors.ts';
import type { MmioPort, SpanRows } from '#bus/mmio.ts';
import { extentBytes } from '#bus/span-rows.ts';
import type { Buffer } from './buffer.ts';
import type { Framebuffer } from './framebuffer.ts';
import type { Plane } from './pipeline.ts';
import { intersect, type Rect, rectAt } from './rect.ts';
import { type Place, VideoMemory } from './vram.ts';

interface Placed {
  readonly place: Place;
  pins: number;
  usedAt: number;
}

/** What one plane has shown lately: a buffer that comes back needs what changed since. */
interface History {
  frame: number;
  readonly damage: (readonly Rect[])[];
  readonly uploaded: WeakMap<Framebuffer, { readonly frame: number; readonly places: readonly Place[] }>;
}

/** Frames of damage kept: more buffers than that nobody flips through. */
const FRAMES_KEPT = 4;

export class VramBuffers {
  readonly #port: MmioPort;
  readonly #span: string;
  readonly #memory: VideoMemory;
  readonly #placed = new Map<Buffer, Placed>();
  readonly #histories = new WeakMap<Plane, History>();
  #uses = 0;

  constructor(port: MmioPort, span: string, sizeBytes: number) {
    this.#port = port;
    this.#span = span;
    this.#memory = new VideoMemory(sizeBytes);
  }

  /** Makes sure of a place until `unpin`; what is not on show gives way. ENOMEM. */
  pin(fb: Framebuffer): void {
    const buffers = [...new Set(fb.planes.map(({ buffer }) => buffer))];
    const missing = buffers.filter((buffer) => !this.#placed.has(buffer));
    for (const buffer of buffers) {
      const placed = this.#placed.get(buffer);
      if (placed !== undefined) placed.pins++;
    }
    try {
      for (const buffer of missing)
        this.#placed.set(buffer, { place: this.#take(buffer.bytes.length), pins: 1, usedAt: 0 });
    } catch (thrown) {
      for (const buffer of buffers) {
        const placed = this.#placed.get(buffer);
        if (placed !== undefined) placed.pins--;
      }
      throw thrown;
    }
    for (const buffer of buffers) this.#of(buffer).usedAt = ++this.#uses;
  }

  unpin(fb: Framebuffer): void {
    for (const buffer of new Set(fb.planes.map(({ buffer }) => buffer))) {
      const placed = this.#placed.get(buffer);
      if (placed !== undefined) placed.pins--;
    }
  }

  free(buffer: Buffer): void {
    const placed = this.#placed.get(buffer);
    if (placed === undefined) return;
    this.#placed.delete(buffer);
    this.#memory.give(placed.place);
  }

  /** Where a memory plane of a pinned framebuffer begins; 0 for one it does not have. */
  address(fb: Framebuffer, index: number): number {
    const plane = fb.planes[index];
    return plane === undefined ? 0 : this.#of(plane.buffer).place.offset + plane.offsetBytes;
  }

  /** Brings video memory up to date for a frame of this plane. `source` is all that is shown, `damage` what changed. */
  async upload(plane: Plane, fb: Framebuffer, damage: readonly Rect[], source: Rect): Promise<void> {
    const history = this.#histories.get(plane) ?? { frame: 0, damage: [], uploaded: new WeakMap() };
    this.#histories.set(plane, history);
    history.frame++;
    history.damage.push(damage);
    if (history.damage.length > FRAMES_KEPT) history.damage.shift();
    const places = fb.planes.map(({ buffer }) => this.#of(buffer).place);
    const last = history.uploaded.get(fb);
    const behind = history.frame - (last?.frame ?? Number.NEGATIVE_INFINITY);
    const known = behind <= history.damage.length && places.every((place, i) => last?.places[i] === place);
    const stale = known ? merged(history.damage.slice(-behind).flat()) : [source];
    history.uploaded.set(fb, { frame: history.frame, places });
    await this.write(fb, stale);
  }

  /** Copies these parts of a pinned framebuffer, whatever was copied before. */
  async write(fb: Framebuffer, rects: readonly Rect[]): Promise<void> {
    const whole = rectAt(0, 0, fb.width, fb.height);
    const writes: Promise<void>[] = [];
    for (const rect of rects) {
      const part = intersect(rect, whole);
      if (part === undefined) continue;
      for (const { buffer, rows } of rowsOf(fb, part)) {
        const bytes = buffer.bytes.subarray(rows.offset, rows.offset + extentBytes(rows));
        const offset = this.#of(buffer).place.offset + rows.offset;
        writes.push(
          rows.rows === 1
            ? this.#port.writeSpan(this.#span, offset, bytes)
            : this.#port.writeRows(this.#span, { ...rows, offset }, bytes),
        );
      }
    }
    await Promise.all(writes);
  }

  /** Room for something that is no framebuffer's. */
  scratch(bytes: number): { readonly offset: number; give(): void } {
    const place = this.#take(bytes);
    return { offset: place.offset, give: () => this.#memory.give(place) };
  }

  #of(buffer: Buffer): Placed {
    const placed = this.#placed.get(buffer);
    if (placed === undefined) throw new LabError('EIO', 'a buffer is used that has no place in video memory');
    return placed;
  }

  #take(bytes: number): Place {
    for (;;) {
      const place = this.#memory.take(bytes);
      if (place !== undefined) return place;
      const [oldest] = [...this.#placed]
        .filter(([, { pins }]) => pins === 0)
        .sort(([, a], [, b]) => a.usedAt - b.usedAt);
      if (oldest === undefined)
        throw new LabError('ENOMEM', `${bytes} bytes of video memory; ${this.#memory.freeBytes} are free`);
      this.free(oldest[0]);
    }
  }
}

interface BufferRows {
  readonly buffer: Buffer;
  /** In the buffer. */
  readonly rows: SpanRows;
}

/** Rows that are as good as whole go in one run, with the little that lies between. */
const WHOLE = 15 / 16;

const rowsOf = (fb: Framebuffer, { x1, y1, x2, y2 }: Rect): readonly BufferRows[] =>
  fb.planes.map(({ buffer, pitchBytes, offsetBytes }, i) => {
    const { bitsPerSample, shiftX, shiftY } = fb.format.planes[i]!; // a framebuffer has the planes of its format
    const left = Math.floor(((x1 >> shiftX) * bitsPerSample) / 8);
    const right = Math.ceil((Math.ceil(x2 / 2 ** shiftX) * bitsPerSample) / 8);
    const [top, bottom] = [y1 >> shiftY, Math.ceil(y2 / 2 ** shiftY)];
    const offset = offsetBytes + top * pitchBytes + left;
    const rows = { offset, rowBytes: right - left, pitchBytes, rows: bottom - top };
    const run = { ...rows, rowBytes: extentBytes(rows), rows: 1 };
    return { buffer, rows: rows.rowBytes >= WHOLE * pitchBytes ? run : rows };
  });

/** Without what lies inside another. */
const merged = (rects: readonly Rect[]): readonly Rect[] =>
  rects.filter(
    (rect, i) =>
      !rects.some(
        (other, j) =>
          j !== i &&
          other.x1 <= rect.x1 &&
          other.y1 <= rect.y1 &&
          other.x2 >= rect.x2 &&
          other.y2 >= rect.y2 &&
          (j < i || other.x1 !== rect.x1 || other.y1 !== rect.y1 || other.x2 !== rect.x2 || other.y2 !== rect.y2),
      ),
  );
