/** Sparse memory: pages of 4096 bytes on demand, with a valid bit for each sector; what was never written reads as zero. */
import { SECTOR_BYTES } from '#bus/block.ts';
import { NULL_BLK } from '#datasheets/null-blk.ts';

const PAGE = NULL_BLK.pageBytes;
const SECTORS = PAGE / SECTOR_BYTES;
const ALL_VALID = (1 << SECTORS) - 1;
/** Pages of a slab: memory is taken from the engine 256 KiB at a time. */
const SLAB_PAGES = 64;
/** Pages one directory leaf covers. */
const LEAF_PAGES = 512;

interface Slab {
  readonly bytes: Uint8Array;
  readonly valid: Uint8Array;
  readonly free: number[];
  /** Pages from here on were never handed out. */
  fresh: number;
  used: number;
}

interface Leaf {
  /** Slot + 1 of each page; 0 where there is none. */
  readonly slots: Int32Array;
  used: number;
}

export class PageStore {
  /** Pages it may hold. */
  limit: number;
  readonly #leaves = new Map<number, Leaf>();
  readonly #slabs: (Slab | null)[] = [];
  /** Slabs that have room; may name some that no longer do. */
  #roomy: number[] = [];
  #pages = 0;
  /** Leaves in order; null when it must be made anew. */
  #order: readonly number[] | null = null;

  constructor(limitPages: number) {
    this.limit = limitPages;
  }

  get pages(): number {
    return this.#pages;
  }

  /** Copies any span of bytes out. */
  read(offset: number, length: number, target: Uint8Array, at: number): void {
    this.#each(offset, length, (slot, from, inPage, bytes) => {
      if (slot < 0) target.fill(0, at + from, at + from + bytes);
      else this.#readPage(slot, inPage, bytes, target, at + from, true);
    });
  }

  /** Copies only what is valid, over what `target` holds. */
  overlay(offset: number, length: number, target: Uint8Array, at: number): void {
    if (this.#pages === 0) return;
    this.#each(offset, length, (slot, from, inPage, bytes) => {
      if (slot >= 0) this.#readPage(slot, inPage, bytes, target, at + from, false);
    });
  }

  /** Takes whole sectors in; returns the bytes it had room for. */
  write(offset: number, length: number, source: Uint8Array, at: number): number {
    let done = 0;
    while (done < length) {
      const inPage = (offset + done) % PAGE;
      const bytes = Math.min(length - done, PAGE - inPage);
      const slot = this.#slotFor((offset + done - inPage) / PAGE);
      if (slot < 0) return done;
      const slab = this.#slabOf(slot);
      const page = slot % SLAB_PAGES;
      slab.bytes.set(source.subarray(at + done, at + done + bytes), page * PAGE + inPage);
      slab.valid[page] = slab.valid[page]! | maskOf(inPage, bytes);
      done += bytes;
    }
    return done;
  }

  /** Forgets whole sectors. */
  free(offset: number, length: number): void {
    const end = offset + length;
    let page = this.nextPage(Math.floor(offset / PAGE));
    while (page >= 0 && page * PAGE < end) {
      const from = Math.max(offset - page * PAGE, 0);
      const upTo = Math.min(end - page * PAGE, PAGE);
      const slot = this.#slot(page);
      const slab = this.#slabOf(slot);
      const left = slab.valid[slot % SLAB_PAGES]! & ~maskOf(from, upTo - from);
      slab.valid[slot % SLAB_PAGES] = left;
      if (left === 0) this.#release(page);
      page = this.nextPage(page + 1);
    }
  }

  clear(): void {
    this.#leaves.clear();
    this.#slabs.length = 0;
    this.#roomy = [];
    this.#pages = 0;
    this.#order = null;
  }

  /** The first page from here on that holds anything; -1 when there is none. */
  nextPage(from: number): number {
    if (this.#pages === 0) return -1;
    this.#order ??= [...this.#leaves.keys()].sort((a, b) => a - b);
    for (let i = firstFrom(this.#order, Math.floor(from / LEAF_PAGES)); i < this.#order.length; i++) {
      const index = this.#order[i]!;
      const { slots } = this.#leaves.get(index)!;
      for (let j = Math.max(0, from - index * LEAF_PAGES); j < LEAF_PAGES; j++)
        if (slots[j] !== 0) return index * LEAF_PAGES + j;
    }
    return -1;
  }

  /** Valid bits of a page, a bit a sector. */
  validOf(page: number): number {
    const slot = this.#slot(page);
    return slot < 0 ? 0 : this.#slabOf(slot).valid[slot % SLAB_PAGES]!;
  }

  /** The page's own memory; empty where there is none. */
  bytesOf(page: number): Uint8Array {
    const slot = this.#slot(page);
    const start = (slot % SLAB_PAGES) * PAGE;
    return slot < 0 ? new Uint8Array(0) : this.#slabOf(slot).bytes.subarray(start, start + PAGE);
  }

  /** Drops a page whole. */
  drop(page: number): void {
    if (this.#slot(page) >= 0) this.#release(page);
  }

  #each(
    offset: number,
    length: number,
    span: (slot: number, from: number, inPage: number, bytes: number) => void,
  ): void {
    for (let done = 0; done < length; ) {
      const inPage = (offset + done) % PAGE;
      const bytes = Math.min(length - done, PAGE - inPage);
      span(this.#slot((offset + done - inPage) / PAGE), done, inPage, bytes);
      done += bytes;
    }
  }

  #readPage(slot: number, inPage: number, bytes: number, target: Uint8Array, at: number, zeroes: boolean): void {
    const slab = this.#slabOf(slot);
    const page = slot % SLAB_PAGES;
    const valid = slab.valid[page]!;
    const start = page * PAGE + inPage;
    if (valid === ALL_VALID) {
      target.set(slab.bytes.subarray(start, start + bytes), at);
      return;
    }
    for (let done = 0; done < bytes; ) {
      const inSector = (inPage + done) % SECTOR_BYTES;
      const piece = Math.min(bytes - done, SECTOR_BYTES - inSector);
      const bit = 1 << Math.floor((inPage + done) / SECTOR_BYTES);
      if ((valid & bit) !== 0) target.set(slab.bytes.subarray(start + done, start + done + piece), at + done);
      else if (zeroes) target.fill(0, at + done, at + done + piece);
      done += piece;
    }
  }

  #slot(page: number): number {
    const leaf = this.#leaves.get(Math.floor(page / LEAF_PAGES));
    return leaf === undefined ? -1 : leaf.slots[page % LEAF_PAGES]! - 1;
  }

  /** The page's slot, taken if need be; -1 when memory is full. */
  #slotFor(page: number): number {
    const known = this.#slot(page);
    if (known >= 0) return known;
    if (this.#pages >= this.limit) return -1;
    const index = Math.floor(page / LEAF_PAGES);
    let leaf = this.#leaves.get(index);
    if (leaf === undefined) {
      leaf = { slots: new Int32Array(LEAF_PAGES), used: 0 };
      this.#leaves.set(index, leaf);
      this.#order = null;
    }
    const slot = this.#take();
    leaf.slots[page % LEAF_PAGES] = slot + 1;
    leaf.used++;
    this.#pages++;
    return slot;
  }

  #take(): number {
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

  #newSlab(): number {
    const vacant = this.#slabs.indexOf(null);
    const number = vacant < 0 ? this.#slabs.length : vacant;
    const bytes = new Uint8Array(SLAB_PAGES * PAGE);
    this.#slabs[number] = { bytes, valid: new Uint8Array(SLAB_PAGES), free: [], fresh: 0, used: 0 };
    this.#roomy.push(number);
    return number;
  }

  #release(page: number): void {
    const index = Math.floor(page / LEAF_PAGES);
    const leaf = this.#leaves.get(index)!;
    const slot = leaf.slots[page % LEAF_PAGES]! - 1;
    leaf.slots[page % LEAF_PAGES] = 0;
    this.#pages--;
    if (--leaf.used === 0) {
      this.#leaves.delete(index);
      this.#order = null;
    }
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

  #slabOf(slot: number): Slab {
    return this.#slabs[Math.floor(slot / SLAB_PAGES)]!; // a slot in a leaf lies in a slab
  }
}

const maskOf = (inPage: number, bytes: number): number => {
  const first = Math.floor(inPage / SECTOR_BYTES);
  const count = Math.ceil(bytes / SECTOR_BYTES);
  return ((1 << count) - 1) << first;
};

/** Index of the first number in order that is not below `from`. */
const firstFrom = (order: readonly number[], from: number): number => {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
};
