/** Dark or light: what was chosen here before, else what the system prefers. */
import { useSyncExternalStore } from 'react';

export type Theme = 'dark' | 'light';
const KEY = 'ferrolab.theme';

/** Sets the theme of the page before the first paint. */
export const beginTheme = (): void => {
  document.documentElement.dataset.theme = chosen() ?? preferred();
  matchMedia('(prefers-color-scheme: light)').addEventListener('change', () => {
    if (chosen() === null) show(preferred());
  });
};

export const toggleTheme = (): void => {
  const next: Theme = current() === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // storage is off: the choice lasts as long as the page
  }
  show(next);
};

export const useTheme = (): Theme => useSyncExternalStore(watch, current);

const listeners = new Set<() => void>();
const watch = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};
const current = (): Theme => (document.documentElement.dataset.theme === 'light' ? 'light' : 'dark');
const show = (theme: Theme): void => {
  document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
};
const preferred = (): Theme => (matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark');
const chosen = (): Theme | null => {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : null;
  } catch {
    return null;
  }
};
