/** Parts of animated codes, kept in this browser until all have been opened: each is opened in a page of its own. */
import { findAddresses } from './address.ts';

const PREFIX = 'ferrolab-panic-part-';
/** Parts kept at most, of whatever panics; the oldest go first. */
const MAX_PARTS = 64;

/** The given address, and behind it the kept ones of the same panic; keeps the given one. */
export const withKeptParts = (address: string, storage: Storage = localStorage): string => {
  const part = findAddresses(address)[0]?.part;
  if (part === undefined) return address;
  try {
    storage.setItem(`${PREFIX}${part.stream}-${part.number}`, address);
    const kept = keysOf(storage);
    for (const key of kept.slice(0, Math.max(0, kept.length - MAX_PARTS)))
      if (!key.includes(part.stream)) storage.removeItem(key);
    const others = kept
      .filter((key) => key.startsWith(`${PREFIX}${part.stream}-`))
      .map((key) => storage.getItem(key) ?? '');
    return [address, ...others].join('\n');
  } catch {
    return address; // storage is full or forbidden: the part stands alone
  }
};

const keysOf = (storage: Storage): readonly string[] =>
  Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? '').filter((key) => key.startsWith(PREFIX));
