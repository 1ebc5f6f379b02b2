/** Places in video memory: first fit, in pages; what is not on show may be moved out. */
import { LabError } from '#bus/errors.ts';

export interface Place {
  readonly offset: number;
  readonly length: number;
}

const PAGE_BYTES = 4096;

export class VideoMemory {
  readonly #size: number;
  /** By offset, without overlaps. */
  readonly #taken: Place[] = [];

  constructor(sizeBytes: number) {
    this.#size = sizeBytes;
  }

  /** Undefined when there is no gap of that size. */
  take(bytes: number): Place | undefined {
    const length = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
    let offset = 0;
    let i = 0;
    for (; i < this.#taken.length; i++) {
      const next = this.#taken[i]!;
      if (next.offset - offset >= length) break;
      offset = next.offset + next.length;
    }
    if (offset + length > this.#size) return undefined;
    const place = { offset, length };
    this.#taken.splice(i, 0, place);
    return place;
  }

  give(place: Place): void {
    const at = this.#taken.indexOf(place);
    if (at < 0) throw new LabError('EINVAL', `video memory at ${place.offset} was not taken`);
    this.#taken.splice(at, 1);
  }

  get freeBytes(): number {
    return this.#size - this.#taken.reduce((sum, { length }) => sum + length, 0);
  }
}
