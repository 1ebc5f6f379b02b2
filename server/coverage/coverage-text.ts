/** Coverage in a few lines: how much of each part, and what was never touched. */
import type { Coverage } from './coverage.ts';

/** Names of one category that are shown. */
const SHOWN = 8;

export const coverageText = (coverage: Coverage): string =>
  Object.entries(coverage.devices)
    .flatMap(([kind, of]) => [
      `coverage of ${kind}: ${of.percent} %, ${of.touched} of ${of.total}`,
      ...Object.entries(of.categories).map(([category, { touched, total, percent, never }]) => {
        const some = never.slice(0, SHOWN).join(', ');
        const more = never.length > SHOWN ? ` and ${never.length - SHOWN} more` : '';
        const share = `${touched}/${total}`.padStart(9);
        return `  ${category.padEnd(11)} ${share} ${percent.toFixed(1).padStart(6)} %${never.length === 0 ? '' : `  never ${some}${more}`}`;
      }),
    ])
    .join('\n');
