/** The sheet behind `?`: every key that means something on this page. */
import { type ReactElement, useEffect, useRef, useSyncExternalStore } from 'react';
import { go } from '../route.ts';
import { Button, Key } from '../ui/button.tsx';
import { type KeyMeaning, keysInForce, useKeys } from '../ui/keys.ts';
import { toggleTheme } from '../ui/theme.ts';

let open = false;
const listeners = new Set<() => void>();
const show = (next: boolean): void => {
  open = next;
  for (const listener of listeners) listener();
};

export const toggleKeysSheet = (): void => show(!open);

const FRAME_KEYS: readonly KeyMeaning[] = [
  { key: '?', label: '?', meaning: 'All keys', press: () => show(!open) },
  { key: 't', label: 'T', meaning: 'Dark or light', press: toggleTheme },
  { key: '1', label: '1', meaning: 'Bench', press: () => go('/') },
  { key: '2', label: '2', meaning: 'Traffic', press: () => go('/traffic') },
  { key: '3', label: '3', meaning: 'Scenarios', press: () => go('/scenarios') },
  { key: '4', label: '4', meaning: 'Kernel log', press: () => go('/log') },
  { key: '5', label: '5', meaning: 'Drivers', press: () => go('/drivers') },
];

export const KeysSheet = (): ReactElement => {
  useKeys(FRAME_KEYS);
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => open,
  );
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (shown) dialog.current?.showModal();
    else dialog.current?.close();
  }, [shown]);
  return (
    <dialog ref={dialog} className="sheet" aria-labelledby="keys-title" onClose={() => show(false)}>
      <header className="head">
        <h2 id="keys-title">Keys</h2>
        <Button look="quiet" className="at-end" onClick={() => show(false)}>
          Close <Key>Esc</Key>
        </Button>
      </header>
      <dl className="keys">
        {shown &&
          keysInForce().map(({ key, label, meaning }) => (
            <div key={key}>
              <dt>
                <Key>{label}</Key>
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
      </dl>
      <p className="dim sheet-foot">Keys rest while you type in a field.</p>
    </dialog>
  );
};
