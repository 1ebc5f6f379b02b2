/** Recordings that were opened from files: kept while the page lives, the last few of them, whatever is shown meanwhile. */
import { useSyncExternalStore } from 'react';
import type { Recording } from '#recording/decode.ts';
import { readInWorker } from './jobs.ts';

/** More than this a page does not hold. */
const MOST_BYTES = 256 * 1024 * 1024;
const MOST_FILES = 4;

export interface Shelved {
  /** The file's name; with a number where another file of that name is on the shelf. */
  readonly name: string;
  readonly recording: Recording;
  /** The file it came from, to know it again. */
  readonly file: string;
}

/** By name, oldest first. */
export type Shelf = ReadonlyMap<string, Shelved>;

/** What is needed of a `File`. */
export type Opening = Pick<File, 'name' | 'size' | 'arrayBuffer'> & { readonly lastModified?: number };

let shelf: Shelf = new Map();
const listeners = new Set<() => void>();

export const useShelf = (): Shelf =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => shelf,
  );

/** Reads a file and puts it on the shelf; rejects with a sentence that begins with its name. Nothing of it leaves the browser. */
export const shelve = async (opening: Opening): Promise<Shelved> => {
  try {
    if (opening.size > MOST_BYTES)
      throw new RangeError(
        `has ${opening.size.toLocaleString('en-US')} bytes; this page opens up to ${MOST_BYTES / 2 ** 20} MiB`,
      );
    const recording = await readInWorker(new Uint8Array(await opening.arrayBuffer()));
    const file = `${opening.name} ${opening.size} ${opening.lastModified ?? 0}`;
    const shelved = { name: nameFor(opening.name, file), recording, file };
    const others = [...shelf.values()].filter(({ name }) => name !== shelved.name).slice(1 - MOST_FILES);
    now(new Map([...others, shelved].map((one) => [one.name, one])));
    return shelved;
  } catch (thrown) {
    throw new Error(`${opening.name} ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
};

const nameFor = (name: string, file: string): string => {
  for (let nth = 1; ; nth++) {
    const wanted = nth === 1 ? name : `${name} (${nth})`;
    const there = shelf.get(wanted);
    if (there === undefined || there.file === file) return wanted;
  }
};

export const takeOffShelf = (name: string): void => now(new Map([...shelf].filter(([other]) => other !== name)));

const now = (next: Shelf): void => {
  shelf = next;
  for (const listener of listeners) listener();
};
