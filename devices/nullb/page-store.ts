/** Sparse memory: pages on demand, by their number; what was never written reads as zero. */
import { PAGE, PageMemory } from './page-memory.ts';

/** Pages one directory leaf covers. */
const LEAF_PAGES = 512;

interface Leaf {
  /** Slot + 1 of each page; 0 where there is none. */
  readonly slots: Int32Array;
  used: number;
}

export class PageStore {
  /** Pages it may hold. */
  limit: number;
  readonly #memory = new PageMemory();
  readonly #leaves = new Map<number, Leaf>();
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
    for (let done = 0; done < length; ) {
      const inPage = (offset + done) % PAGE;
      const page = (offset + done - inPage) / PAGE;
      const slot = this.#slot(page);
      const left = length - done;
      let bytes = Math.min(left, PAGE - inPage);
      if (slot < 0) target.fill(0, at + done, at + done + bytes);
      else if (this.#memory.whole(slot)) {
        for (let next = 1; bytes < left && this.#goesOn(page, slot, next); next++) bytes = Math.min(left, bytes + PAGE);
        target.set(this.#memory.bytes(slot, inPage, bytes), at + done);
      } else this.#memory.copyValid(slot, inPage, bytes, target, at + done, true);
      done += bytes;
    }
  }

  /** Copies only what is valid, over what `target` holds. */
  overlay(offset: number, length: number, target: Uint8Array, at: number): void {
    if (this.#pages === 0) return;
    for (let done = 0; done < length; ) {
      const inPage = (offset + done) % PAGE;
      const bytes = Math.min(length - done, PAGE - inPage);
      const slot = this.#slot((offset + done - inPage) / PAGE);
      if (slot >= 0) this.#memory.copyValid(slot, inPage, bytes, target, at + done, false);
      done += bytes;
    }
  }

  /** Takes whole sectors in; returns the bytes it had room for. */
  write(offset: number, length: number, source: Uint8Array, at: number): number {
    const memory = this.#memory;
    let done = 0;
    while (done < length) {
      const inPage = (offset + done) % PAGE;
      const page = (offset + done - inPage) / PAGE;
      const slot = this.#slotFor(page);
      if (slot < 0) return done;
      const left = length - done;
      let bytes = Math.min(left, PAGE - inPage);
      memory.mark(slot, inPage, bytes);
      for (let next = 1; bytes < left && memory.beside(slot, next); next++) {
        if (this.#slotFor(page + next) !== slot + next) break;
        const more = Math.min(left - bytes, PAGE);
        memory.mark(slot + next, 0, more);
        bytes += more;
      }
      memory.bytes(slot, inPage, bytes).set(source.subarray(at + done, at + done + bytes));
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
      if (this.#memory.unmark(this.#slot(page), from, upTo - from) === 0) this.#release(page);
      page = this.nextPage(page + 1);
    }
  }

  clear(): void {
    this.#leaves.clear();
    this.#memory.clear();
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
    return slot < 0 ? 0 : this.#memory.validOf(slot);
  }

  /** The page's own memory; empty where there is none. */
  bytesOf(page: number): Uint8Array {
    const slot = this.#slot(page);
    return slot < 0 ? new Uint8Array(0) : this.#memory.bytes(slot, 0, PAGE);
  }

  /** Drops a page whole. */
  drop(page: number): void {
    if (this.#slot(page) >= 0) this.#release(page);
  }

  #slot(page: number): number {
    const leaf = this.#leaves.get(Math.floor(page / LEAF_PAGES));
    return leaf === undefined ? -1 : leaf.slots[page % LEAF_PAGES]! - 1;
  }

  /** The page so many after this one is whole, and its memory lies beside. */
  #goesOn(page: number, slot: number, next: number): boolean {
    const memory = this.#memory;
    return memory.beside(slot, next) && this.#slot(page + next) === slot + next && memory.whole(slot + next);
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
    const slot = this.#memory.take();
    leaf.slots[page % LEAF_PAGES] = slot + 1;
    leaf.used++;
    this.#pages++;
    return slot;
  }

  #release(page: number): void {
    const index = Math.floor(page / LEAF_PAGES);
    const leaf = this.#leaves.get(index)!;
    this.#memory.give(leaf.slots[page % LEAF_PAGES]! - 1);
    leaf.slots[page % LEAF_PAGES] = 0;
    this.#pages--;
    if (--leaf.used === 0) {
      this.#leaves.delete(index);
      this.#order = null;
    }
  }
}

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
