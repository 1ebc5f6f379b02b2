/** The filter of the page: its text, what it means, the address that carries it. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { type Reading, readFilter } from '../filter/compile.ts';
import type { Lab } from '../filter/sheets.ts';
import { go, useLocation } from '../route.ts';
import type { TrafficView } from './view.ts';

/** Nobody reads what stands there between two keystrokes. */
const SETTLE_MS = 40;

/** A text that cannot be read leaves the last filter in force. */
export const useFilter = (
  view: TrafficView,
  lab: Lab,
): { readonly text: string; readonly reading: Reading; readonly setText: (text: string) => void } => {
  const location = useLocation();
  const [text, setText] = useState(() => filterOf(location));
  const written = useRef(text);
  const reading = useMemo(() => readFilter(text, lab), [text, lab]);

  // another address, by a link or the back button, brings its own filter
  useEffect(() => {
    const asked = filterOf(location);
    if (asked === written.current) return;
    written.current = asked;
    setText(asked);
  }, [location]);

  const inForce = useRef<string | null>(null);
  useEffect(() => {
    if (!reading.ok || inForce.current === text) return;
    const settle = setTimeout(
      () => {
        if (inForce.current !== null || text.trim() !== '') view.setTest(reading.test);
        inForce.current = text;
        written.current = text;
        go(addressOf(text), 'replace');
      },
      inForce.current === null ? 0 : SETTLE_MS,
    );
    return () => clearTimeout(settle);
  }, [text, reading, view]);
  return { text, reading, setText };
};

const filterOf = (location: string): string => new URLSearchParams(location.split('?')[1] ?? '').get('filter') ?? '';

const addressOf = (filter: string): string => {
  const query = new URLSearchParams(window.location.search);
  if (filter.trim() === '') query.delete('filter');
  else query.set('filter', filter);
  const text = query.toString();
  return text === '' ? window.location.pathname : `${window.location.pathname}?${text}`;
};
