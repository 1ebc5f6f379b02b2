import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { asLabError } from '#bus/errors.ts';
import { readRecording, recordAt } from '#recording/decode.ts';
import { access, bytesOf, HEADER, madeEncoder } from '#recording/made-section.ts';
import { encodeSections } from '#recording/sections.ts';
import { pictureFile } from '#server/recording/picture-file.ts';
import { exitCodeOf } from './exit.ts';
import { addExport } from './export.ts';
import { addReplay } from './replay.ts';
import { addRun } from './run.ts';

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'ferrolab-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);

/** The command line as `main.ts` runs it, in this process. */
const ferrolab = async (...words: string[]): Promise<{ code: unknown; out: string; error: string }> => {
  const program = new Command('ferrolab').exitOverride();
  for (const add of [addRun, addExport, addReplay]) add(program);
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

const [phy, screen] = [file('phy.pcapng'), file('screen.pcapng')];
beforeAll(async () => {
  const scenario = (name: string): string => join(root, 'scenarios', name);
  expect((await ferrolab('run', scenario('firmware-missing.yaml'), '--record', phy)).code).toBe(0);
  expect((await ferrolab('run', scenario('display-first-frame.yaml'), '--record', screen)).code).toBe(0);
});

test('what the drivers did has the same answers: exit code 0', async () => {
  const { code, out } = await ferrolab('replay', phy, '--drivers');
  expect({ code, out }).toEqual({
    code: 0,
    out: '✓ firmware-missing: 22 accesses done again, 0 differences, 22 rows equal\n',
  });
});

test('a model that answers otherwise is shown beside the recording, decoded: exit code 1', async () => {
  const [section] = readRecording(readFileSync(phy)).sections;
  const index = Array.from({ length: section!.count }, (_, i) => i).find((i) => recordAt(section!, i).at === 0x1d001);
  section!.records[index! * 32 + 21] = 0xa1; // HW_REV A100h
  writeFileSync(file('old-model.pcapng'), encodeSections([section!]));
  const { code, out } = await ferrolab('replay', file('old-model.pcapng'), '--drivers', '--context', '1');
  expect(code).toBe(1);
  expect(out).toMatch(/1 difference, 21 rows equal/);
  expect(out).toMatch(/… 9 equal …\n {2}\[.*\n~ \[.*HW_REV +A100h REV A1h \| B300h REV B3h\n/);
  const { out: json } = await ferrolab('replay', file('old-model.pcapng'), '--drivers', '--json');
  expect(JSON.parse(json)).toMatchObject([
    {
      differences: 1,
      rows: [{ kind: 'changed', recorded: { value: 0xa100 }, model: { value: 0xb300, register: 'HW_REV' } }],
    },
  ]);
});

test("a driver of one's own runs against the recorded device, and the row where it turns off is named", async () => {
  const own = (change: string): string => `
    import { qt2025 } from '${root}/drivers/phy/qt2025.ts';
    export const driver = {
      info: qt2025.info,
      load(kernel, params) {
        const { mdio } = kernel.ports;
        return qt2025.load({ ...kernel, ports: { mdio: { transfer: (frames) => mdio.transfer(frames.map(${change})) } } }, params);
      },
    };`;
  writeFileSync(file('same.mjs'), own('(frame) => frame'));
  writeFileSync(
    file('other.mjs'),
    own('(frame) => (frame === 0x10860038 >>> 0 ? frame : (frame & 0xffff) === 0x0e00 ? frame ^ 1 : frame)'),
  );
  const same = await ferrolab('replay', phy, '--devices', '--driver', file('same.mjs'));
  expect(same).toMatchObject({ code: 0, out: expect.stringContaining('22 of 22 accesses as recorded') });
  const other = await ferrolab('replay', phy, '--devices', '--driver', file('other.mjs'));
  expect(other.code).toBe(1);
  expect(other.out).toMatch(/15 of 22 accesses as recorded\n {2}at row 16, /);
  expect(other.out).toMatch(
    /expected write 3\.0026h CFG_WORD0 0E00h WORD.*\n {4}actual {3}write 3\.0026h CFG_WORD0 0E01h/,
  );
});

const END = { event: 'end', time: 1, reason: 'made' } as const;

const one = async (...words: string[]): Promise<string> => {
  const { code, out, error } = await ferrolab(...words);
  expect({ code, out, lines: error.trimEnd().split('\n').length }).toEqual({ code: 2, out: '', lines: 1 });
  return error;
};

test('what cannot be replayed is one line, exit code 2, and nothing is started', async () => {
  writeFileSync(file('text.pcapng'), 'no recording');
  writeFileSync(file('cut.pcapng'), readFileSync(phy).subarray(0, 40));
  writeFileSync(
    file('newer.pcapng'),
    Buffer.from(readFileSync(phy).toString('latin1').replace('"format":1', '"format":7'), 'latin1'),
  );
  for (const side of ['--devices', '--drivers']) {
    expect(await one('replay', file('text.pcapng'), side)).toMatch(/no pcapng file/);
    expect(await one('replay', file('cut.pcapng'), side)).toMatch(/cut off/);
    expect(await one('replay', file('newer.pcapng'), side)).toMatch(/newer Ferrolab/);
    expect(await one('replay', phy, side, '--device', 'phy7')).toMatch(/phy7/);
    expect(await one('replay', phy, side, '--section', '4')).toMatch(/--section is '4'/);
  }
  expect(await one('replay', phy, '--devices', '--driver', 'null_blk')).toMatch(
    /null_blk drives nullb; phy0 .* is a qt2025/,
  );
  expect(await one('replay', phy, '--devices', '--driver', 'qt2052')).toMatch(/did you mean 'qt2025'/);
  expect(await one('replay', phy, '--devices', '--driver', './nowhere.ts')).toMatch(/no driver file/);
  expect(await one('replay', phy, '--devices', '--param', 'colour=red')).toMatch(/qt2025: no parameter 'colour'/);
  expect(await one('replay', phy, '--drivers', '--driver', 'qt2025')).toMatch(/--driver is for replay --devices/);
  expect(await one('replay', phy, '--devices', '--record', file('x.pcapng'))).toMatch(/no model to record/);
  expect(await one('replay', phy, '--tolerate-reads')).toMatch(/--tolerate-reads is for replay --devices/);
  writeFileSync(
    file('nobody.pcapng'),
    bytesOf([access('read', 0x10001, 7, 0, { requester: 'lab' })], [END], { scenario: null }),
  );
  expect(await one('replay', file('nobody.pcapng'), '--devices')).toMatch(/no access of a driver/);
  const bench = { phy0: { device: 'toaster' } };
  writeFileSync(file('toaster.pcapng'), bytesOf([access('read', 0x10001, 7, 0)], [END], { bench }));
  expect(await one('replay', file('toaster.pcapng'), '--drivers')).toMatch(/cannot be replayed/);
});

test('frames of a display come out as PNG files whose pixels have the recorded CRC', async () => {
  const { code, out } = await ferrolab('export', screen, '--frames', file('frames'), '--json');
  expect(code).toBe(0);
  const frames = JSON.parse(out) as { file: string | null; verified: boolean | null; width: number; crc: string }[];
  const pictures = frames.filter((frame) => frame.file !== null);
  expect(pictures.length).toBeGreaterThan(1);
  expect(pictures.every(({ verified }) => verified === true)).toBe(true);
  // bars at 640x480, as the scenario's own arithmetic has it
  expect(pictures[0]).toMatchObject({ width: 640, height: 480 });
  expect(new Set(pictures.map(({ crc }) => crc)).size).toBe(readdirSync(file('frames')).length);
  for (const name of readdirSync(file('frames')))
    expect(readFileSync(join(file('frames'), name)).toString('latin1', 1, 4)).toBe('PNG');
});

test('a picture that is not its frame is said to be another; no frames at all is bad input', async () => {
  const encoder = madeEncoder();
  encoder.begin(HEADER);
  encoder.picture('card0', 0, 5, pictureFile({ width: 2, height: 1, rgba: Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 255) }));
  encoder.event({ event: 'frame', time: 5, device: 'card0', width: 2, height: 1, crc: 1, picture: 0 });
  encoder.event({ event: 'frame', time: 6, device: '../../card', width: 2, height: 1, crc: 2, picture: null });
  writeFileSync(file('wrong.pcapng'), encoder.take());
  const { code, out, error } = await ferrolab('export', file('wrong.pcapng'), '--frames', file('wrong'));
  expect(code).toBe(0);
  expect(out).toMatch(/✗ .*00000001h card0-0000\.png the picture has CRC/);
  expect(out).toMatch(/00000002h +only its CRC was recorded/);
  expect(error).toMatch(/1 frames have a picture with another CRC/);
  expect(readdirSync(file('wrong'))).toEqual(['card0-0000.png']);
  expect(await one('export', phy, '--frames', file('none'))).toMatch(/holds no frames/);
  expect(await one('export', screen, '--frames', file('none'), '--format', 'vcd')).toMatch(/--frames writes PNG files/);
  expect(await one('export', screen)).toMatch(/--format is ''/);
});
