/** Line icons on a 14 px grid, drawn in the colour of the text beside them. */
import type { ReactElement } from 'react';

const PATHS = {
  read: 'M11 7H3M6 4 3 7l3 3',
  write: 'M3 7h8M8 4l3 3-3 3',
  bolt: 'M8 1.5 3.5 8H7l-1 4.5L10.5 6H7z',
  triangle: 'M7 2 1.5 12h11zM7 5.5v3M7 10.2v.1',
  flag: 'M3 2v10M3 3h7l-1.5 2L10 7H3',
  locked: 'M3 6.5h8V12H3zM4.8 6.5V4.6a2.2 2.2 0 0 1 4.4 0v1.9',
  unlocked: 'M3 6.5h8V12H3zM4.8 6.5V4.2a2.2 2.2 0 0 1 4.2-.9',
  bang: 'M7 1.8v6.4M7 11v.4',
  check: 'm2.5 7.5 3 3 6-7',
  cross: 'm3 3 8 8M11 3l-8 8',
  play: 'M4 2.5v9l7-4.5z',
  pause: 'M4.5 3v8M9.5 3v8',
  stop: 'M3.5 3.5h7v7h-7z',
  sun: 'M7 4.4a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2M7 1v1.2M7 11.8V13M1 7h1.2M11.8 7H13M2.8 2.8l.8.8M10.4 10.4l.8.8M11.2 2.8l-.8.8M3.6 10.4l-.8.8',
  moon: 'M11.5 8.6A5 5 0 0 1 5.4 2.5a5 5 0 1 0 6.1 6.1z',
  right: 'm5 3 4 4-4 4',
  down: 'm3 5 4 4 4-4',
  plug: 'M5 1.5v3M9 1.5v3M3.5 4.5h7V7a3.5 3.5 0 0 1-7 0zM7 10.5v2',
  bench: 'M1.5 5.5h11M3 5.5v7M11 5.5v7M4.5 2.5h5v3h-5z',
  wave: 'M1 9V5h3v4h3V5h3v4h3',
  clock: 'M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2M7 4v3l2 1.5',
  beat: 'M1 7h3l1.5-3.5L8 10.5 9.5 7H13',
  sheet: 'M3 1.5h5.5L11 4v8.5H3zM5 5.5h4M5 7.5h4M5 9.5h2.5',
  dash: 'M3.5 7h7',
  dots: 'M3 7h.1M7 7h.1M11 7h.1',
  search: 'M6 2.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6M9 9l3 3',
  download: 'M7 2v7M4 6.5 7 9.5l3-3M2.5 12h9',
  link: 'M5.5 8.5l3-3M4 7.5 2.8 8.7a1.8 1.8 0 0 0 2.5 2.5L6.5 10M10 6.5l1.2-1.2a1.8 1.8 0 0 0-2.5-2.5L7.5 4',
  minus: 'M3 7h8',
  plus: 'M7 3v8M3 7h8',
} as const;
export type IconName = keyof typeof PATHS;

export const Icon = ({ name, className = '' }: { name: IconName; className?: string }): ReactElement => (
  <svg className={`icon ${className}`} viewBox="0 0 14 14" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
