/** The table of bad blocks: ranges of sectors, marked and healed by configfs' strings. Source: Linux block/badblocks.c. */
import { LabError } from '#bus/errors.ts';
import { NULL_BLK } from '#datasheets/null-blk.ts';

export interface BadRange {
  readonly start: number;
  readonly length: number;
}

export class BadBlocks {
  /** In order, apart, none longer than an entry holds. */
  #entries: readonly BadRange[] = [];
  /** Checking begins with the first write, as in Linux. */
  #enabled = false;

  get entries(): readonly BadRange[] {
    return this.#entries;
  }

  /** Nothing can be hit. */
  get idle(): boolean {
    return this.#entries.length === 0;
  }

  /** As the attribute reads: a line a range, start and length. */
  get text(): string {
    return this.#enabled ? this.#entries.map(({ start, length }) => `${start} ${length}`).join('\n') : '';
  }

  /** `+8192-8199` marks, `-8192-8199` heals, both inclusive. */
  apply(written: string): void {
    const { bad, start, end } = parseBadBlocks(written);
    this.#enabled = true;
    this.set(start, end - start + 1, bad);
  }

  set(start: number, length: number, bad: boolean): void {
    const end = start + length;
    const kept = this.#entries.flatMap((entry) => outside(entry, start, end));
    const runs = joined(bad ? [...kept, { start, length }] : kept);
    const needed = runs.reduce((sum, run) => sum + Math.ceil(run.length / NULL_BLK.badEntrySectors), 0);
    if (needed > NULL_BLK.badEntries)
      throw new LabError(
        'EINVAL',
        `badblocks: the table is full: ${needed} entries of up to ${NULL_BLK.badEntrySectors} sectors would be needed, it has ${NULL_BLK.badEntries}`,
      );
    this.#entries = runs.flatMap(inEntries);
  }

  clear(): void {
    this.#entries = [];
  }

  /** The first entry that a request touches. */
  hit(sector: number, sectors: number): BadRange | undefined {
    if (this.#entries.length === 0) return undefined;
    return this.#entries.find(({ start, length }) => start < sector + sectors && start + length > sector);
  }

  snapshot(): { readonly entries: readonly BadRange[]; readonly enabled: boolean } {
    return { entries: this.#entries, enabled: this.#enabled };
  }

  restore({ entries, enabled }: ReturnType<BadBlocks['snapshot']>): void {
    this.#entries = entries;
    this.#enabled = enabled;
  }
}

export const parseBadBlocks = (written: string): { bad: boolean; start: number; end: number } => {
  const refuse = (why: string): LabError =>
    new LabError(
      'EINVAL',
      `badblocks is written ${JSON.stringify(written.slice(0, 60))}: ${why}; +8192-8199 marks, -8192-8199 heals`,
    );
  const text = written.replace(/\n$/, '');
  const sign = text[0];
  if (sign !== '+' && sign !== '-') throw refuse('it needs a sign');
  const dash = text.indexOf('-', 1);
  if (dash < 0) throw refuse('it needs a last sector');
  const [start, end] = [text.slice(1, dash), text.slice(dash + 1)].map((digits) =>
    /^(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.test(digits)
      ? Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
      : Number.NaN,
  ) as [number, number];
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end)) throw refuse('a sector is a whole number');
  if (start > end) throw refuse('the first sector is past the last');
  return { bad: sign === '+', start, end };
};

const outside = ({ start, length }: BadRange, from: number, upTo: number): BadRange[] => {
  const end = start + length;
  return [
    { start, length: Math.min(end, from) - start },
    { start: Math.max(start, upTo), length: end - Math.max(start, upTo) },
  ].filter((range) => range.length > 0);
};

/** In order, one range where several touch. */
const joined = (ranges: readonly BadRange[]): BadRange[] => {
  const runs: BadRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = runs.at(-1);
    if (last !== undefined && last.start + last.length === range.start)
      runs[runs.length - 1] = { start: last.start, length: last.length + range.length };
    else runs.push(range);
  }
  return runs;
};

/** Cut to what an entry holds. */
const inEntries = ({ start, length }: BadRange): BadRange[] =>
  Array.from({ length: Math.ceil(length / NULL_BLK.badEntrySectors) }, (_, i) => {
    const from = start + i * NULL_BLK.badEntrySectors;
    return { start: from, length: Math.min(NULL_BLK.badEntrySectors, start + length - from) };
  });
