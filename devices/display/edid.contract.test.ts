/** EDIDs judged by edid-decode, which nobody here wrote. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { DISPLAY } from '#datasheets/display.ts';
import { MONITOR_NAMES, MONITORS, TIMINGS } from '#datasheets/monitors.ts';
import { bench } from './bench.ts';

const present = spawnSync('edid-decode', ['--help']).error === undefined;

/** What the display's own registers tell, through the judge. */
const judged = (of: ReturnType<typeof bench>): { readonly passed: boolean; readonly text: string } => {
  const length = of.read(DISPLAY.CONNECTOR).EDID_BYTES;
  const bytes = Uint8Array.from({ length }, (_, at) => of.display.read(at, 1));
  const { status, stdout } = spawnSync('edid-decode', ['--check', '-'], { input: bytes, encoding: 'utf8' });
  return { passed: status === 0, text: stdout };
};

test.skipIf(!present).for(MONITOR_NAMES)('%s conforms, without a warning', (name) => {
  const { passed, text } = judged(bench({ monitor: name }));
  expect(text).toContain('EDID conformity: PASS');
  expect(text).not.toContain('Warnings');
  expect(passed).toBe(true);
  const { name: product, timings } = MONITORS[name];
  expect(text).toContain(`Display Product Name: '${product}'`);
  const { horizontal, vertical } = TIMINGS[timings[0]];
  expect(text).toMatch(new RegExp(`DTD 1: +${horizontal[0]}x${vertical[0]} `));
});

test.skipIf(!present).for(['edid-checksum', 'edid-garbage', 'edid-short'])('%s does not conform', (fault) => {
  const on = bench();
  on.display.fault(fault);
  expect(judged(on).passed).toBe(false);
});
