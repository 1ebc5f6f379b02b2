/** What was asked of the lab once and is kept: catalogues, drivers, memory. */
import { useCallback, useEffect, useSyncExternalStore } from 'react';
import type { CatalogueView, DriverInfo } from '#bus/api.ts';
import { api, sentenceOf } from '../api.ts';
import { useLab } from '../store/lab-state.ts';

interface Asked<T> {
  readonly value: T | undefined;
  readonly refused: string | undefined;
}

/** The answer to `ask`, asked again whenever `key` changes; null asks nothing. */
export const useAsked = <T>(key: string | null, ask: () => Promise<T>): Asked<T> => {
  const entry = useSyncExternalStore(watch, () => (key === null ? undefined : kept.get(key)));
  const missing = entry === undefined;
  useEffect(() => {
    if (key === null || !missing || kept.has(key)) return;
    remember(key, NOTHING);
    ask().then(
      (value) => remember(key, { value, refused: undefined }),
      (thrown: unknown) => {
        remember(key, { value: undefined, refused: sentenceOf(thrown) });
        setTimeout(() => forget(key), 3000); // a lab that was away may be back
      },
    );
  }, [key, ask, missing]);
  return (entry ?? NOTHING) as Asked<T>; // one key, one type: callers name their keys by what they ask
};

/** Faults and controls of a device. */
export const useCatalogue = (device: string): CatalogueView => {
  const session = useLab((state) => state.lab?.session);
  const ask = useCallback(() => api.catalogue(device), [device]);
  const { value } = useAsked(session === undefined ? null : `catalogue ${session} ${device}`, ask);
  return value ?? NO_CATALOGUE;
};

/** Drivers that could be loaded. */
export const useDrivers = (): Asked<readonly DriverInfo[]> => {
  const session = useLab((state) => state.lab?.session);
  return useAsked(session === undefined ? null : `drivers ${session}`, api.drivers);
};

const kept = new Map<string, Asked<unknown>>();
const listeners = new Set<() => void>();
const NOTHING: Asked<never> = { value: undefined, refused: undefined };
const NO_CATALOGUE: CatalogueView = { faults: {}, controls: {} };

const remember = (key: string, asked: Asked<unknown>): void => {
  kept.set(key, asked);
  if (kept.size > 100) kept.delete(kept.keys().next().value ?? '');
  for (const listener of listeners) listener();
};
const forget = (key: string): void => {
  kept.delete(key);
  for (const listener of listeners) listener();
};
const watch = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};
