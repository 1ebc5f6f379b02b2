/** The recording this page has opened from a file, if any: kept while the page lives, whatever is shown meanwhile. */
import { useSyncExternalStore } from 'react';
import { sentenceOf } from '../api.ts';
import { shelveServed } from '../recordings/served.ts';
import { type Opening, shelve, takeOffShelf } from '../recordings/shelf.ts';
import { recordingSource } from './recording-source.ts';
import type { Source } from './source.ts';

interface Opened {
  readonly source: Source | null;
  /** Why the last one could not be opened. */
  readonly refused: string | null;
}

let opened: Opened = { source: null, refused: null };
const listeners = new Set<() => void>();
const now = (next: Opened): void => {
  opened = next;
  for (const listener of listeners) listener();
};

export const useOpened = (): Opened =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => opened,
  );

/** Opens a file of the person's own; nothing of it leaves the browser. */
export const openRecording = async (file: Opening): Promise<void> => {
  try {
    const { name, recording } = await shelve(file);
    now({ source: recordingSource(name, recording, 0), refused: null });
  } catch (thrown) {
    now({ ...opened, refused: sentenceOf(thrown) });
  }
};

/** The file that `ferrolab open` serves: the one the address names; the first where there is no lab. */
export const openServed = async (alone: boolean): Promise<void> => {
  const wanted = new URLSearchParams(location.search).get('opened');
  if (asked || (wanted === null && !alone)) return;
  asked = true;
  try {
    const served = await shelveServed();
    const found = wanted === null ? served[0] : served.find(({ name }) => name === wanted);
    if (found !== undefined) now({ source: recordingSource(found.name, found.recording, 0), refused: null });
    else if (wanted !== null) now({ ...opened, refused: `${wanted} is not served here; drop the file on this page` });
  } catch (thrown) {
    now({ ...opened, refused: sentenceOf(thrown) });
  }
};
let asked = false;

/** Another section of the same file. */
export const showSection = (nth: number): void => {
  const was = opened.source?.opened;
  if (was !== undefined) now({ source: recordingSource(was.file, was.recording, nth), refused: null });
};

export const closeRecording = (): void => {
  const file = opened.source?.opened?.file;
  if (file !== undefined) takeOffShelf(file);
  now({ source: null, refused: null });
};
