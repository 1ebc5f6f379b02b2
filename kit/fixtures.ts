/** Labs as fixtures: the same function serves `test.extend` of Vitest and of Playwright, and this package needs neither. */
import { createLab, type LabOptions } from './create-lab.ts';
import type { TestLab } from './lab.ts';
import { type LiveLab, type LiveLabOptions, startLab } from './live-lab.ts';

/** Both runners read the fixture's source: its first parameter must be taken apart where it is declared. */
export type Fixture<T> = (fixtures: object, use: (value: T) => Promise<void>) => Promise<void>;

/** `test.extend({ lab: labFixture({ bench }) })`: a lab in virtual time for each test that takes one. */
export const labFixture =
  (options: LabOptions = {}): Fixture<TestLab> =>
  // biome-ignore lint/correctness/noEmptyPattern: what both runners ask for.
  async ({}, use) => {
    await using lab = await createLab(options);
    await use(lab);
  };

/** `test.extend({ lab: liveLabFixture() })`: a running lab with its dashboard, on free ports, for each test that takes one. */
export const liveLabFixture =
  (options: LiveLabOptions = {}): Fixture<LiveLab> =>
  // biome-ignore lint/correctness/noEmptyPattern: what both runners ask for.
  async ({}, use) => {
    await using lab = await startLab(options);
    await use(lab);
  };
