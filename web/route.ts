/** Path routes: where the page is, and how it goes elsewhere without a reload. */
import { useSyncExternalStore } from 'react';

export type Route =
  | { readonly page: 'bench' }
  | { readonly page: 'device'; readonly device: string }
  /** The debugger of the micro-controller inside a device. */
  | { readonly page: 'micro'; readonly device: string }
  | { readonly page: 'traffic' | 'diff' | 'scenarios' | 'log' | 'drivers' | 'panic' }
  | { readonly page: 'unknown'; readonly path: string };

const PLAIN = new Set(['traffic', 'diff', 'scenarios', 'log', 'drivers', 'panic'] as const);

export const parsePath = (path: string): Route => {
  const [first = '', second, ...rest] = path.split('/').filter((part) => part !== '');
  if (first === '') return { page: 'bench' };
  const part = rest.length === 0 ? 'device' : rest.length === 1 && rest[0] === 'micro' ? 'micro' : undefined;
  if (first === 'devices' && second !== undefined && part !== undefined) {
    const device = decoded(second);
    if (device !== undefined) return { page: part, device };
  }
  for (const page of PLAIN) if (first === page && second === undefined) return { page };
  return { page: 'unknown', path };
};

export const devicePath = (device: string): string => `/devices/${encodeURIComponent(device)}`;

export const microPath = (device: string): string => `${devicePath(device)}/micro`;

/** Path and query as the address bar shows them now, e.g. `/traffic?filter=dev == phy0`. */
export const useLocation = (): string => useSyncExternalStore(watch, () => location.pathname + location.search);

export const useRoute = (): Route => {
  const { pathname } = new URL(useLocation(), location.origin);
  const panic = useSyncExternalStore(watch, () => isPanicFragment(location.hash));
  return parsePath(panic ? '/panic' : pathname);
};

/** A panic code may keep everything behind the #, the page too: `/#/panic?a=…&z=…`. */
export const isPanicFragment = (fragment: string): boolean => /^#\/panic(?:[?#]|$)/.test(fragment);

/** Goes to a path; `replace` keeps the back button where it was. */
export const go = (to: string, how: 'push' | 'replace' = 'push'): void => {
  if (to === location.pathname + location.search) return;
  history[how === 'push' ? 'pushState' : 'replaceState'](null, '', to);
  for (const listener of listeners) listener();
};

const listeners = new Set<() => void>();
const watch = (listener: () => void): (() => void) => {
  if (listeners.size === 0) addEventListener('popstate', announce);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) removeEventListener('popstate', announce);
  };
};
const announce = (): void => {
  for (const listener of listeners) listener();
};

const decoded = (part: string): string | undefined => {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
};
