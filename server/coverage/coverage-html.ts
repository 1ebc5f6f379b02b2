/** Coverage as one page that stands alone. */
import { escaped, page } from '#server/report/page.ts';
import type { CategoryCoverage, Coverage, KindCoverage } from './coverage.ts';

export const coverageHtml = (coverage: Coverage): string => {
  const { scenarios, percent, touched, total, devices } = coverage;
  return page(
    'Datasheet coverage',
    [
      '<h1>Datasheet coverage</h1>',
      `<p>${percent} % of the datasheets was touched, ${touched} of ${total} names, by ${scenarios.length} ${scenarios.length === 1 ? 'scenario' : 'scenarios'}.</p>`,
      `<p class="dim">${escaped(scenarios.join(', '))}</p>`,
      ...Object.entries(devices).map(([kind, of]) => part(kind, of)),
    ].join('\n'),
  );
};

const part = (kind: string, { percent, touched, total, categories }: KindCoverage): string =>
  [
    `<section class="plate"><header><h2>${escaped(kind)}</h2>${bar(percent)}<span class="mid">${percent} %, ${touched} of ${total}</span></header>`,
    '<table><thead><tr><th>what</th><th></th><th class="n">touched</th><th class="n">of</th><th class="n">share</th></tr></thead><tbody>',
    ...Object.entries(categories).map(
      ([category, of]) =>
        `<tr><td>${escaped(category)}</td><td>${bar(of.percent)}</td><td class="n">${of.touched}</td><td class="n">${of.total}</td><td class="n">${of.percent.toFixed(1)} %</td></tr>`,
    ),
    '</tbody></table>',
    ...Object.entries(categories).flatMap(([category, of]) => [never(category, of), times(category, of)]),
    '</section>',
  ].join('\n');

const bar = (percent: number): string =>
  `<span class="bar" role="img" aria-label="${percent} %"><i style="width:${percent}%"></i></span>`;

const never = (category: string, of: CategoryCoverage): string =>
  of.never.length === 0
    ? ''
    : `<details><summary><h3>${escaped(category)} never touched</h3><span class="dim">${of.never.length}</span></summary><ul class="names mono">${of.never
        .map((name) => `<li>${escaped(name)}</li>`)
        .join('')}</ul></details>`;

const times = (category: string, of: CategoryCoverage): string =>
  of.touched === 0
    ? ''
    : `<details><summary><h3>${escaped(category)} touched</h3><span class="dim">${of.touched}</span></summary><ul class="names mono">${Object.entries(
        of.times,
      )
        .map(([name, count]) => `<li>${escaped(name)} <span class="dim">${count.toLocaleString('en-US')}</span></li>`)
        .join('')}</ul></details>`;
