/** Filters kept by name in this browser, after the few that everybody gets. */
export interface SavedFilter {
  readonly name: string;
  readonly filter: string;
  /** Given with the dashboard: cannot be removed. */
  readonly given: boolean;
}

export const GIVEN_FILTERS: readonly SavedFilter[] = [
  { name: 'upload only', filter: 'reg == SRAM', given: true },
  {
    name: 'link changes',
    filter: '(PMA_STAT1 || PCS_STAT1 || PHYXS_STAT1) && changed || op in {irq, fault}',
    given: true,
  },
  { name: 'findings', filter: 'outcome in {undriven, kept, ignored, unmodelled, refused, failed}', given: true },
];

const KEY = 'ferrolab.filters';
const MOST = 12;

export const savedFilters = (storage: Pick<Storage, 'getItem'>): readonly SavedFilter[] => {
  const own = read(storage.getItem(KEY));
  return [...GIVEN_FILTERS, ...own];
};

/** Replaces one of the same name; the oldest goes when there are too many. */
export const saveFilter = (storage: Pick<Storage, 'getItem' | 'setItem'>, name: string, filter: string): void => {
  const others = read(storage.getItem(KEY)).filter((saved) => saved.name !== name);
  write(storage, [...others, { name, filter, given: false }].slice(-MOST));
};

export const removeFilter = (storage: Pick<Storage, 'getItem' | 'setItem'>, name: string): void =>
  write(
    storage,
    read(storage.getItem(KEY)).filter((saved) => saved.name !== name),
  );

const write = (storage: Pick<Storage, 'setItem'>, filters: readonly SavedFilter[]): void =>
  storage.setItem(KEY, JSON.stringify(filters.map(({ name, filter }) => ({ name, filter }))));

/** What another version or another hand left there is dropped, not trusted. */
const read = (stored: string | null): readonly SavedFilter[] => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(stored ?? '[]');
  } catch {
    return [];
  }
  if (!Array.isArray(parsed)) return [];
  return parsed.flatMap((entry: unknown): SavedFilter[] => {
    const { name, filter } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
    return typeof name === 'string' && typeof filter === 'string'
      ? [{ name: name.slice(0, 40), filter, given: false }]
      : [];
  });
};
