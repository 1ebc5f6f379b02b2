/** What a memory-backed device keeps: the stored pages, and a volatile cache in front of them. */
import { SECTOR_BYTES } from '#bus/block.ts';
import { NULL_BLK } from '#datasheets/null-blk.ts';
import { fromBase64, toBase64 } from '../base64.ts';
import { PageStore } from './page-store.ts';

const PAGE = NULL_BLK.pageBytes;

type PageSnapshot = readonly (readonly [page: number, valid: number, bytes: string])[];
export interface MediumSnapshot {
  readonly store: PageSnapshot;
  readonly cache: PageSnapshot;
  readonly cursor: number;
}

/** Offsets and lengths are whole sectors, but reads may begin and end anywhere. */
export class Medium {
  readonly #store: PageStore;
  readonly #cache = new PageStore(0);
  /** Where the next eviction goes on. */
  #cursor = 0;

  constructor(limitBytes: number) {
    this.#store = new PageStore(Math.floor(limitBytes / PAGE));
  }

  get storedBytes(): number {
    return this.#store.pages * PAGE;
  }
  get cachedBytes(): number {
    return this.#cache.pages * PAGE;
  }
  get cached(): boolean {
    return this.#cache.limit > 0;
  }

  /** Sized at power on, empty. */
  sizeCache(bytes: number): void {
    this.#cache.clear();
    this.#cache.limit = Math.floor(bytes / PAGE);
  }

  read(offset: number, length: number, target: Uint8Array, at: number): void {
    this.#store.read(offset, length, target, at);
    this.#cache.overlay(offset, length, target, at);
  }

  /** False when memory is full; a part may have been stored. */
  write(offset: number, length: number, source: Uint8Array, at: number, fua: boolean): boolean {
    if (!this.cached) return this.#store.write(offset, length, source, at) === length;
    if (fua) {
      this.#cache.free(offset, length);
      return this.#store.write(offset, length, source, at) === length;
    }
    for (let done = 0; done < length; ) {
      const bytes = Math.min(length - done, PAGE - ((offset + done) % PAGE));
      while (this.#cache.write(offset + done, bytes, source, at + done) < bytes) if (!this.#evict()) return false;
      done += bytes;
    }
    return true;
  }

  discard(offset: number, length: number): void {
    this.#cache.free(offset, length);
    this.#store.free(offset, length);
  }

  /** False when memory is full: what did not fit stays cached. */
  flush(): boolean {
    for (let page = this.#cache.nextPage(0); page >= 0; page = this.#cache.nextPage(page + 1))
      if (!this.#writeBack(page)) return false;
    return true;
  }

  /** Power is away. Each cached sector had reached the medium or not; never half of one. */
  lose(survives: () => boolean): void {
    for (let page = this.#cache.nextPage(0); page >= 0; page = this.#cache.nextPage(page + 1)) {
      const valid = this.#cache.validOf(page);
      for (let sector = 0; sector < PAGE / SECTOR_BYTES; sector++)
        if ((valid & (1 << sector)) !== 0 && survives()) this.#storeSectors(page, sector, 1);
    }
    this.#cache.clear();
  }

  clear(): void {
    this.#store.clear();
    this.#cache.clear();
  }

  /** How much from `offset` on is all stored or all empty, and which; stops at `end`. */
  extent(offset: number, end: number): { readonly bytes: number; readonly stored: boolean } {
    const stored = this.#has(offset);
    let at = offset;
    while (at < end && this.#has(at) === stored) at = stored ? nextSector(at) : this.#nextHeld(at, end);
    return { bytes: Math.min(at, end) - offset, stored };
  }

  snapshot(): MediumSnapshot {
    return { store: pagesOf(this.#store), cache: pagesOf(this.#cache), cursor: this.#cursor };
  }

  restore({ store, cache, cursor }: MediumSnapshot): void {
    for (const [to, from] of [
      [this.#store, store],
      [this.#cache, cache],
    ] as const) {
      to.clear();
      for (const [page, valid, text] of from) {
        const bytes = fromBase64(text);
        for (let sector = 0; sector < PAGE / SECTOR_BYTES; sector++)
          if ((valid & (1 << sector)) !== 0)
            to.write(page * PAGE + sector * SECTOR_BYTES, SECTOR_BYTES, bytes, sector * SECTOR_BYTES);
      }
    }
    this.#cursor = cursor;
  }

  /** Makes room in the cache: one round, in order of address, from where the last one ended. */
  #evict(): boolean {
    let evicted = 0;
    while (evicted < NULL_BLK.evictionPages && this.#cache.pages > 0) {
      const next = this.#cache.nextPage(this.#cursor);
      const page = next < 0 ? this.#cache.nextPage(0) : next;
      if (!this.#writeBack(page)) return evicted > 0;
      this.#cursor = page + 1;
      evicted++;
    }
    return evicted > 0;
  }

  #writeBack(page: number): boolean {
    const valid = this.#cache.validOf(page);
    for (let sector = 0; sector < PAGE / SECTOR_BYTES; sector++)
      if ((valid & (1 << sector)) !== 0 && !this.#storeSectors(page, sector, 1)) return false;
    this.#cache.drop(page);
    return true;
  }

  #storeSectors(page: number, sector: number, sectors: number): boolean {
    const bytes = sectors * SECTOR_BYTES;
    const inPage = sector * SECTOR_BYTES;
    return this.#store.write(page * PAGE + inPage, bytes, this.#cache.bytesOf(page), inPage) === bytes;
  }

  #has(offset: number): boolean {
    const bit = 1 << Math.floor((offset % PAGE) / SECTOR_BYTES);
    const page = Math.floor(offset / PAGE);
    return ((this.#store.validOf(page) | this.#cache.validOf(page)) & bit) !== 0;
  }

  /** From an empty sector: the next one, or the next page that holds anything. */
  #nextHeld(offset: number, end: number): number {
    const page = Math.floor(offset / PAGE);
    if (this.#store.validOf(page) !== 0 || this.#cache.validOf(page) !== 0) return nextSector(offset);
    const next = [this.#store.nextPage(page), this.#cache.nextPage(page)].filter((found) => found >= 0);
    return next.length === 0 ? end : Math.min(...next) * PAGE;
  }
}

const nextSector = (offset: number): number => (Math.floor(offset / SECTOR_BYTES) + 1) * SECTOR_BYTES;

const pagesOf = (store: PageStore): PageSnapshot => {
  const pages: [number, number, string][] = [];
  for (let page = store.nextPage(0); page >= 0; page = store.nextPage(page + 1))
    pages.push([page, store.validOf(page), toBase64(store.bytesOf(page))]);
  return pages;
};
