/** The separate driver process brings the PHY up over MQTT: which accesses it makes, in which order. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, type RunningLab, startLab } from './lab.ts';

interface Row {
  readonly seq: number;
  readonly requester: string;
  readonly op: string;
  readonly address: string;
  readonly value: number;
  readonly outcome: string;
}

let lab: RunningLab;
/** What the driver did, and what the firmware in the PHY did to the same registers. */
let rows: Row[];
let firmware: Row[];

beforeAll(async () => {
  lab = await startLab();
  await eventually(
    () => lab.get<readonly { owner: { link: string | null } | null }[]>('/devices'),
    ([phy0]) => phy0?.owner?.link === 'up',
  );
  const all: Row[] = [];
  for (let since = 0; ; ) {
    const page = await lab.get<{ records: Row[]; next: number }>(`/trace?device=phy0&since=${since}&limit=10000`);
    all.push(...page.records);
    if (page.next === since) break;
    since = page.next;
  }
  rows = all.filter(({ requester }) => requester !== 'micro');
  firmware = all.filter(({ requester }) => requester === 'micro');
});
afterAll(() => lab.stop());

const words = (row: Row): string =>
  `${row.op === 'read' ? 'R' : 'W'} ${row.address}${row.op === 'read' ? '' : ` ${row.value.toString(16).toUpperCase().padStart(4, '0')}`}`;
const firmwareWrite = (row: Row): boolean => row.op === 'write' && /^(?:3\.[89AB]|4\.[89])...h$/.test(row.address);

test('every access carries the requester and every sequence number stands once', () => {
  const accesses = rows.filter((row) => row.op === 'read' || row.op === 'write');
  expect(new Set(accesses.map((row) => row.requester))).toEqual(new Set(['qt2025']));
  expect(new Set(rows.map((row) => row.seq)).size).toBe(rows.length);
});

test('the firmware shows beside the driver: it finds its configuration and sets the path up', () => {
  const seen = firmware.map(words);
  const steps = ['R 3.0028h', 'W 1.C319h 0039', 'W 1.D101h 2025', 'W 3.C000h 0038'].map((step) => seen.indexOf(step));
  expect(steps.every((at) => at >= 0)).toBe(true);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
});

test('discovery reads the package of the PMA, then the identifiers of each MMD in it', () => {
  expect(rows.slice(0, 10).map(words)).toEqual([
    'R 1.0006h',
    'R 1.0005h',
    'R 1.0002h',
    'R 1.0003h',
    'R 2.0002h',
    'R 2.0003h',
    'R 3.0002h',
    'R 3.0003h',
    'R 4.0002h',
    'R 4.0003h',
  ]);
});

test('the probe makes exactly the steps of the Linux driver, in order', () => {
  const from = rows.findIndex((row) => row.address === '1.D001h');
  const upTo = rows.findIndex((row) => words(row) === 'W 3.E854h 0040');
  const steps = rows.slice(from, upTo + 1).filter((row) => !firmwareWrite(row));
  expect(steps.map(words)).toEqual([
    'R 1.D001h',
    'W 1.C300h 0000',
    'W 1.C302h 0004',
    'W 1.C319h 0038',
    'W 1.C31Ah 0098',
    'W 3.0026h 0E00',
    'W 3.0027h 0893',
    'W 3.0028h A528',
    'W 3.0029h 0003',
    'W 1.A30Ah 06E1',
    'W 1.C300h 0002',
    'W 3.E854h 00C0',
    'W 3.E854h 0040',
  ]);
  expect(rows.slice(upTo + 1).find((row) => row.op !== 'irq')?.address).toBe('3.D7FDh');
});

test('the firmware goes up byte by byte through both windows, each byte once', () => {
  const writes = rows.filter(firmwareWrite);
  expect(writes.length).toBeGreaterThan(0x4000);
  expect(writes.length).toBeLessThanOrEqual(24_576);
  const expected = writes.map((_, i) =>
    i < 0x4000
      ? `3.${(0x8000 + i).toString(16).toUpperCase()}h`
      : `4.${(0x8000 + i - 0x4000).toString(16).toUpperCase()}h`,
  );
  expect(writes.map((row) => row.address)).toEqual(expected);
});
