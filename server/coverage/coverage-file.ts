/** Coverage as a file: JSON or a page by its name, and the JSON read back. */
import { LabError } from '#bus/errors.ts';
import { COVERAGE_FORMAT, type Coverage } from './coverage.ts';
import { coverageHtml } from './coverage-html.ts';
import { CATEGORIES } from './sheet.ts';

/** Text of a `.json` or `.html` file; EINVAL for another name. */
export const coverageFile = (option: string, file: string, coverage: Coverage): string => {
  if (file.endsWith('.html')) return coverageHtml(coverage);
  if (file.endsWith('.json')) return `${JSON.stringify(coverage, null, 2)}\n`;
  throw new LabError('EINVAL', `${option} is '${file}'; it takes a name that ends in .json or .html`);
};

/** Bytes of a coverage file. */
export const COVERAGE_FILE_BYTES = 16 * 2 ** 20;

/** One LabError for whatever is no coverage. */
export const parseCoverage = (text: string, name: string): Coverage => {
  const refuse = (why: string): LabError => new LabError('EINVAL', `${name} ${why}`);
  if (text.length > COVERAGE_FILE_BYTES)
    throw refuse(`has ${text.length} characters; ${COVERAGE_FILE_BYTES} are allowed`);
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw refuse('is no JSON');
  }
  if (!isObject(given) || given.ferrolab !== 'coverage') throw refuse('is no coverage of a run');
  if (given.format !== COVERAGE_FORMAT)
    throw refuse(`has format ${String(given.format)}; this Ferrolab reads ${COVERAGE_FORMAT}`);
  const { scenarios, devices } = given;
  const whole =
    Array.isArray(scenarios) &&
    scenarios.every((one) => typeof one === 'string') &&
    isObject(devices) &&
    countsIn(devices);
  if (!whole) throw refuse('is damaged: it does not say what was touched how often');
  return given as unknown as Coverage; // its names and counts were checked; the sums are made anew
};

const countsIn = (devices: Readonly<Record<string, unknown>>): boolean =>
  Object.values(devices).every((of) => {
    if (!isObject(of) || !isObject(of.categories)) return false;
    const { categories } = of;
    return CATEGORIES.every((category) => {
      const one = categories[category];
      if (one === undefined) return true;
      if (!isObject(one) || !isObject(one.times)) return false;
      return Object.values(one.times).every((count) => Number.isSafeInteger(count) && Number(count) > 0);
    });
  });

const isObject = (given: unknown): given is Readonly<Record<string, unknown>> =>
  typeof given === 'object' && given !== null && !Array.isArray(given);
