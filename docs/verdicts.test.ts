/** Holds verdicts.md against what it describes. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CATEGORIES } from '#server/coverage/sheet.ts';
import { parseScenario } from '#server/scenario/parse.ts';
import { STRICT_CLASSES } from '#server/scenario/strict-classes.ts';

const page = readFileSync(new URL('verdicts.md', import.meta.url), 'utf8');

test('every kind of strict mode and every category of coverage is on the page', () => {
  expect([...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map((row) => row[1])).toEqual([...STRICT_CLASSES]);
  for (const category of CATEGORIES) expect(page).toContain(category);
});

test('the sequence on the page is one', () => {
  const step = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const head = 'title: T\nteaches: F\nbench: { phy0: { device: qt2025 } }\nstrict: true\nsteps:\n';
  const { steps, strict } = parseScenario(head + step, 'page.yaml');
  expect(strict).toEqual([...STRICT_CLASSES]);
  expect(steps[0]?.deeds[0]).toMatchObject({ that: { kind: 'sequence', besides: [[0x10000, 0x10000]] } });
});
