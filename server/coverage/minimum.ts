/** What coverage must be at least: `--coverage-min 40`, `--coverage-min registers=60,faults=100`. */
import { LabError, unknownName } from '#bus/errors.ts';
import type { Coverage } from './coverage.ts';
import { CATEGORIES, type Category } from './sheet.ts';

export interface Minimum {
  /** Null: of everything together. */
  readonly category: Category | null;
  readonly percent: number;
}

/** EINVAL for what is no such list. */
export const parseMinimum = (option: string, text: string): readonly Minimum[] =>
  text.split(',').map((word) => {
    const [, name, number] = /^(?:([a-z]+)=)?(\d{1,3}(?:\.\d{1,2})?)%?$/.exec(word.trim()) ?? [];
    const percent = Number(number);
    if (number === undefined || percent > 100)
      throw new LabError(
        'EINVAL',
        `${option} is '${text.slice(0, 60)}'; it takes a percentage as 40, or registers=60,faults=100`,
      );
    const category = CATEGORIES.find((known) => known === name) ?? null;
    if (name !== undefined && category === null)
      throw new LabError('EINVAL', `${option}: ${unknownName('category', name, CATEGORIES).message}`);
    return { category, percent };
  });

/** One line for each part that has less, with what is missing; none when all is well. */
export const shortfalls = (coverage: Coverage, minimum: readonly Minimum[], most = 12): readonly string[] =>
  minimum.flatMap(({ category, percent }) =>
    Object.entries(coverage.devices).flatMap(([kind, of]) => {
      const part = category === null ? of : of.categories[category];
      if (part === undefined || part.percent >= percent) return [];
      const never = (category === null ? Object.values(of.categories) : [of.categories[category]]).flatMap(
        (one) => one?.never ?? [],
      );
      const shown = never.slice(0, most).join(', ');
      const more = never.length > most ? ` and ${never.length - most} more` : '';
      const what = category === null ? 'of everything' : `of the ${category}`;
      return [`${kind}: ${part.percent} % ${what} was touched, ${percent} % is asked for; never ${shown}${more}`];
    }),
  );
