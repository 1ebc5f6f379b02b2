/** Memory in pages of 4096 bytes, taken and given back one by one, with a valid bit for each sector. */
import { SECTOR_BYTES } from '#bus/block.ts';
import { NULL_BLK } from '#datasheets/null-blk.ts';

export const PAGE = NULL_BLK.pageBytes;
const SECTORS = PAGE / SECTOR_BYTES;
const ALL_VALID = (1 << SECTORS) - 1;
/** Pages of a slab: memory is taken from the engine 256 KiB at a time. */
const SLAB_PAGES = 64;

interface Slab {
  readonly bytes: Uint8Array;
  readonly valid: Uint8Array;
  readonly free: number[];
  /** Pages from here on were never handed out. */
  fresh: number;
  used: number;
}

/** A page is known by its slot, a whole number from 0 on. */
export class PageMemory {
  readonly #slabs: (Slab | null)[] = [];
  /** Slabs that have room; may name some that no longer do. */
  #roomy: number[] = [];

  /** A page with nothing valid. */
  take(): number {
    for (;;) {
      const number = this.#roomy.at(-1) ?? this.#newSlab();
      const slab = this.#slabs[number];
      const page = slab?.free.pop() ?? (slab && slab.fresh < SLAB_PAGES ? slab.fresh++ : undefined);
      if (slab == null || page === undefined) {
        this.#roomy.pop();
        continue;
      }
      slab.used++;
      slab.valid[page] = 0;
      return number * SLAB_PAGES + page;
    }
  }

  give(slot: number): void {
    const number = Math.floor(slot / SLAB_PAGES);
    const slab = this.#slabOf(slot);
    if (--slab.used === 0) {
      this.#slabs[number] = null;
      this.#roomy = this.#roomy.filter((roomy) => roomy !== number);
      return;
    }
    if (slab.free.length === 0 && slab.fresh === SLAB_PAGES && !this.#roomy.includes(number)) this.#roomy.push(number);
    slab.free.push(slot % SLAB_PAGES);
  }

  clear(): void {
    this.#slabs.length = 0;
    this.#roomy = [];
  }

  /** A bit a sector. */
  validOf(slot: number): number {
    return this.#slabOf(slot).valid[slot % SLAB_PAGES]!;
  }
  whole(slot: number): boolean {
    return this.validOf(slot) === ALL_VALID;
  }
  /** Whole sectors of a page hold something from now on. */
  mark(slot: number, inPage: number, bytes: number): void {
    const { valid } = this.#slabOf(slot);
    valid[slot % SLAB_PAGES] = valid[slot % SLAB_PAGES]! | maskOf(inPage, bytes);
  }
  /** Whole sectors of a page hold nothing any more; returns what is still valid. */
  unmark(slot: number, inPage: number, bytes: number): number {
    const { valid } = this.#slabOf(slot);
    const left = valid[slot % SLAB_PAGES]! & ~maskOf(inPage, bytes);
    valid[slot % SLAB_PAGES] = left;
    return left;
  }

  /** The page so many slots after this one lies beside it: one copy serves both. */
  beside(slot: number, next: number): boolean {
    return (slot % SLAB_PAGES) + next < SLAB_PAGES;
  }

  /** The memory itself, of a page or of pages side by side. */
  bytes(slot: number, inPage: number, bytes: number): Uint8Array {
    const start = (slot % SLAB_PAGES) * PAGE + inPage;
    return this.#slabOf(slot).bytes.subarray(start, start + bytes);
  }

  /** Copies the valid sectors of a span of one page; the others become zero, or stay. */
  copyValid(slot: number, inPage: number, bytes: number, target: Uint8Array, at: number, zeroes: boolean): void {
    const slab = this.#slabOf(slot);
    const page = slot % SLAB_PAGES;
    const valid = slab.valid[page]!;
    const start = page * PAGE + inPage;
    for (let done = 0; done < bytes; ) {
      const inSector = (inPage + done) % SECTOR_BYTES;
      const piece = Math.min(bytes - done, SECTOR_BYTES - inSector);
      const bit = 1 << Math.floor((inPage + done) / SECTOR_BYTES);
      if ((valid & bit) !== 0) target.set(slab.bytes.subarray(start + done, start + done + piece), at + done);
      else if (zeroes) target.fill(0, at + done, at + done + piece);
      done += piece;
    }
  }

  #newSlab(): number {
    const vacant = this.#slabs.indexOf(null);
    const number = vacant < 0 ? this.#slabs.length : vacant;
    const bytes = new Uint8Array(SLAB_PAGES * PAGE);
    this.#slabs[number] = { bytes, valid: new Uint8Array(SLAB_PAGES), free: [], fresh: 0, used: 0 };
    this.#roomy.push(number);
    return number;
  }

  #slabOf(slot: number): Slab {
    return this.#slabs[Math.floor(slot / SLAB_PAGES)]!; // a slot that was taken lies in a slab
  }
}

const maskOf = (inPage: number, bytes: number): number => {
  const first = Math.floor(inPage / SECTOR_BYTES);
  const count = Math.ceil(bytes / SECTOR_BYTES);
  return ((1 << count) - 1) << first;
};
