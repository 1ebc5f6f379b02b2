/** The recording this page has opened from a file, if any: kept while the page lives, whatever is shown meanwhile. */
import { useSyncExternalStore } from 'react';
import { API } from '#bus/api.ts';
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
    now({ ...opened, refused: thrown instanceof Error ? thrown.message : String(thrown) });
  }
};

/** The file that `ferrolab open` serves, where the address names it. */
export const openServed = async (): Promise<void> => {
  const name = new URLSearchParams(location.search).get('opened');
  if (name === null || served) return;
  served = true;
  const answer = await fetch(`${API}/opened`).catch(() => undefined);
  if (answer?.ok !== true) return now({ ...opened, refused: `${name} is not served here; drop the file on this page` });
  const bytes = await answer.arrayBuffer();
  await openRecording({ name, size: bytes.byteLength, arrayBuffer: async () => bytes });
};
let served = false;

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
