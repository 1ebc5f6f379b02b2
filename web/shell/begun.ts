/** Where the page was opened: `ferrolab open` names its recordings there. */
const BEGUN = location.pathname + location.search;

/** The address of that page as it was opened, else without anything in it. */
export const begunAt = (path: '/traffic' | '/diff'): string => (BEGUN.startsWith(`${path}?`) ? BEGUN : path);
