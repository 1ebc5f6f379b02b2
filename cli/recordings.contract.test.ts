import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { asLabError } from '#bus/errors.ts';
import { readRecording, recordAt } from '#recording/decode.ts';
import { isEvent } from '#recording/format.ts';
import { BLOCK, BlockReader } from '#recording/pcapng.ts';
import { addDiff } from './diff.ts';
import { exitCodeOf } from './exit.ts';
import { addExport } from './export.ts';
import { addReplay } from './replay.ts';
import { addRun } from './run.ts';

const bringUp = join(import.meta.dirname, '../scenarios/bring-up.yaml');
const folder = mkdtempSync(join(tmpdir(), 'ferrolab-recordings-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);

/** The command line as `main.ts` runs it, in this process. */
const ferrolab = async (...words: string[]): Promise<{ code: unknown; out: string; error: string }> => {
  const program = new Command('ferrolab').exitOverride();
  for (const add of [addRun, addExport, addDiff, addReplay]) add(program);
  const said = { out: '', error: '' };
  const hear = (what: keyof typeof said) => (text: string | Uint8Array) => {
    said[what] += typeof text === 'string' ? text : Buffer.from(text).toString();
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(hear('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(hear('error')),
  ];
  const before = process.exitCode;
  process.exitCode = 0;
  let code: unknown;
  try {
    await program.parseAsync(words, { from: 'user' });
    code = process.exitCode;
  } catch (thrown) {
    said.error += `${asLabError(thrown).message}\n`;
    code = exitCodeOf(asLabError(thrown));
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = before;
  }
  return { code, ...said };
};

/** A probe by the book, and one that fails: the fibre is dark. */
const [good, bad] = [file('good.pcapng'), file('bad.pcapng')];
beforeAll(async () => {
  const dark = [
    'title: A dark fibre cannot carry a link',
    'teaches: What a failing expectation looks like.',
    'bench: { phy0: { device: qt2025, module: sr, light_dbm: -40 } }',
    'steps:',
    '  - insmod: { driver: qt2025, device: phy0 }',
    '  - expect: { driver: phy0, link: up, within: 3s }',
  ];
  writeFileSync(file('dark.yaml'), dark.join('\n'));
  const one = await ferrolab('run', bringUp, '--record', good, '--json');
  const other = await ferrolab('run', file('dark.yaml'), '--seed', '42', '--record', bad, '--json');
  expect([one.code, other.code]).toEqual([0, 1]);
});

test('a recorded run has its accesses, its log, its steps, its driver and its verdict; its hash is that of what is in it', () => {
  const { sections, cutBytes } = readRecording(readFileSync(good));
  const [section] = sections;
  expect({ sections: sections.length, cutBytes, complete: section?.complete }).toEqual({
    sections: 1,
    cutBytes: 0,
    complete: true,
  });
  const events = section?.events.map(({ event }) => event) ?? [];
  const run = events.find((event) => isEvent(event, 'run'));
  const of = run !== undefined && isEvent(run, 'run') ? run.run : undefined;
  const hash = createHash('sha256').update(section!.records).update(JSON.stringify(section!.names)).digest('hex');
  expect(of).toMatchObject({ verdict: 'pass', traceHash: hash });
  expect(section?.count).toBeGreaterThan(20_000);
  for (const event of ['log', 'step', 'firmware']) expect(events.map((one) => one.event)).toContain(event);
  expect(events).toContainEqual(expect.objectContaining({ event: 'driver', device: 'phy0', link: 'up' }));
  // in order of time, as they happened
  const times = events.map(({ time }) => time);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test('the recording of a failed scenario replays to the same verdict and the same trace', async () => {
  const { code, out } = await ferrolab('replay', bad, '--json');
  expect(code).toBe(0);
  const [replayed] = JSON.parse(out);
  expect(replayed).toMatchObject({ scenario: 'dark', seed: 42, same: true, first: null });
  expect(replayed.verdict).toEqual({ recorded: 'driver-bug', replayed: 'driver-bug' });
  expect(replayed.traceHash.replayed).toBe(replayed.traceHash.recorded);
});

/** A copy in which the nth write has another value. */
const withOneWriteChanged = (from: string, to: string): number => {
  const bytes = readFileSync(from);
  const blocks = new BlockReader(bytes);
  let writes = 0;
  for (let block = blocks.next(); block !== undefined; block = blocks.next()) {
    if (block.type !== BLOCK.packet) continue;
    const { nth, from: at } = blocks.packet(block);
    if (nth === 0 || bytes[at + 6] !== 1 || ++writes < 5000) continue;
    bytes[at + 20] = (bytes[at + 20] ?? 0) ^ 0x80;
    writeFileSync(to, bytes);
    return bytes.readUInt32LE(at);
  }
  throw new Error('fewer than 5000 writes');
};

test('two recordings that differ in one write: diff shows one changed row and ends with 1, replay names it', async () => {
  const seq = withOneWriteChanged(good, file('changed.pcapng'));
  const { code, out } = await ferrolab('diff', good, file('changed.pcapng'), '--json');
  expect(code).toBe(1);
  const [diff] = JSON.parse(out);
  expect(diff).toMatchObject({ changed: 1, removed: 0, added: 0 });
  expect(diff.rows).toHaveLength(1);
  expect(diff.rows[0]).toMatchObject({ kind: 'changed', device: 'phy0', a: { seq }, b: { seq } });
  const same = await ferrolab('diff', good, good);
  const replayed = await ferrolab('replay', file('changed.pcapng'), '--json');
  expect(same).toMatchObject({ code: 0, out: expect.stringMatching(/ equal, 0 changed, 0 removed, 0 added\n$/) });
  expect(replayed.code).toBe(1);
  expect(JSON.parse(replayed.out)).toMatchObject([{ same: false, first: { recorded: { seq }, replayed: { seq } } }]);
});

test('people see the changed row with what is around it, the rest folded', async () => {
  withOneWriteChanged(good, file('shown.pcapng'));
  const { out } = await ferrolab('diff', good, file('shown.pcapng'), '--context', '1');
  const lines = out.trim().split('\n');
  expect(lines).toHaveLength(7);
  expect(lines[4]).toMatch(/^~ .* write 3\.[0-9A-F]{4}h .*, was 00[0-9A-F]{2}h$/);
  expect([lines[2], lines[6]]).toEqual([expect.stringMatching(/ equal …$/), expect.stringMatching(/ equal …$/)]);
});

test('a recording that was cut off says so, opens up to there, and replays as far as it goes', async () => {
  writeFileSync(file('cut.pcapng'), readFileSync(good).subarray(0, 400_001));
  const { code, out, error } = await ferrolab('export', file('cut.pcapng'), '--format', 'csv');
  expect(code).toBe(0);
  expect(error).toMatch(/was cut off: [\d,]+ records/);
  const rows = out.trim().split('\n').length - 1;
  expect(rows).toBe(readRecording(readFileSync(file('cut.pcapng'))).sections[0]?.count);
  expect(rows).toBeGreaterThan(5000);
  const replayed = await ferrolab('replay', file('cut.pcapng'), '--json');
  expect(replayed.code).toBe(0);
  expect(JSON.parse(replayed.out)).toMatchObject([{ same: true, verdict: { recorded: null, replayed: 'pass' } }]);
});

test('several runs are several sections, of which one is chosen', async () => {
  const two = file('two.pcapng');
  writeFileSync(two, Buffer.concat([readFileSync(good), readFileSync(bad)]));
  const refused = await ferrolab('export', two, '--format', 'csv');
  expect(refused).toMatchObject({ code: 2, out: '' });
  expect(refused.error).toMatch(/has 2 sections; choose one with --section: 1 bring-up, 2 dark/);
  const { code, out } = await ferrolab(
    'export',
    two,
    '--format',
    'pcapng',
    '--section',
    '2',
    '--out',
    file('one.pcapng'),
    '--json',
  );
  expect(code).toBe(0);
  const [section] = readRecording(readFileSync(bad)).sections;
  expect(JSON.parse(out)).toMatchObject({ format: 'pcapng', records: section?.count });
  expect(readRecording(readFileSync(file('one.pcapng'))).sections).toEqual([section]);
  expect(recordAt(section!, 0).seq).toBe(1);
});

test.each(['export', 'diff', 'replay'] as const)(
  '%s refuses a bad file in one line, and starts nothing',
  async (verb) => {
    writeFileSync(file('text.pcapng'), 'title: not a recording\n');
    copyFileSync(good, file('newer.pcapng'));
    const newer = readFileSync(good).toString('latin1').replace('"format":1', '"format":7');
    writeFileSync(file('newer.pcapng'), Buffer.from(newer, 'latin1'));
    const args = (path: string): string[] => {
      if (verb === 'export') return [verb, path, '--format', 'csv', '--out', file('never.csv')];
      return verb === 'diff' ? [verb, good, path] : [verb, path, '--record', file('never.pcapng')];
    };
    const cases = [
      [file('missing.pcapng'), /recording .*missing\.pcapng cannot be read/],
      [file('text.pcapng'), /text\.pcapng is no pcapng file/],
      [file('newer.pcapng'), /newer\.pcapng was written by a newer Ferrolab .*format 7/],
    ] as const;
    for (const [path, line] of cases) {
      const { code, out, error } = await ferrolab(...args(path));
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(error).toMatch(line);
      expect(error.trim().split('\n')).toHaveLength(1);
    }
    expect(() => readFileSync(file('never.csv'))).toThrow();
    expect(() => readFileSync(file('never.pcapng'))).toThrow();
  },
);
