/** Keys of the page, in one table, and never while somebody types. */
import { useEffect } from 'react';

export interface KeyMeaning {
  /** `event.key`, e.g. `/`, ` `, `g`, `Escape`. */
  readonly key: string;
  readonly label: string;
  readonly meaning: string;
  readonly press: (event: KeyboardEvent) => void;
}

/** Keys in force now, in the order they were added: what `?` lists. */
export const keysInForce = (): readonly KeyMeaning[] => [...inForce].flat();

/** Puts keys in force while the component is on the page. Give a memoised list, or one that is stable. */
export const useKeys = (keys: readonly KeyMeaning[]): void => {
  useEffect(() => {
    inForce.add(keys);
    if (inForce.size === 1) addEventListener('keydown', pressed);
    return () => {
      inForce.delete(keys);
      if (inForce.size === 0) removeEventListener('keydown', pressed);
    };
  }, [keys]);
};

/** True when a key press belongs to a field, not to the page. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

const inForce = new Set<readonly KeyMeaning[]>();

const pressed = (event: KeyboardEvent): void => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === ' ' && event.target instanceof HTMLButtonElement) return; // Space presses the button
  for (const keys of [...inForce].reverse()) {
    const meaning = keys.find(({ key }) => key === event.key);
    if (meaning === undefined) continue;
    event.preventDefault();
    meaning.press(event);
    return;
  }
};
