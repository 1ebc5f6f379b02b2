import { spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DRIVERS } from '#drivers/registry.ts';
import { type RecordedSection, readRecording, recordAt } from '#recording/decode.ts';
import { iologOf } from '#recording/iolog.ts';
import { isOnWires } from '#recording/mdio-wires.ts';
import { BLOCK, BlockReader } from '#recording/pcapng.ts';
import { vcdOf } from '#recording/vcd.ts';
import { parseScenario } from '#server/scenario/parse.ts';
import { SCENARIOS } from './paths.ts';
import { runVirtual } from './virtual-run.ts';

/** Programs nobody here wrote, as judges of what we write. */
const lua = join(import.meta.dirname, '../docs/ferrolab.lua');
const folder = mkdtempSync(join(tmpdir(), 'ferrolab-exports-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);

const here = (program: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((place) => {
    try {
      accessSync(join(place, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
/** A test that needs a program; where it is missing it is skipped, and its name says so. */
const testWith = (program: string, name: string, run: () => Promise<void>): void => {
  if (here(program)) test(name, run, 120_000);
  else test.skip(`${name} (skipped: no ${program} on this machine)`, run);
};

/** Standard output of a program that ends well. */
const said = (program: string, ...args: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: folder, env: { ...process.env, LC_ALL: 'C', HOME: folder } });
    let [out, error] = ['', ''];
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (error += text));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`${program}: ${code}: ${error}`))));
  });

const record = async (path: string, name: string, yaml: string): Promise<Buffer> => {
  const scenario = parseScenario(yaml, name, { drivers: Object.keys(DRIVERS) });
  const pieces: Uint8Array[] = [];
  const { view } = await runVirtual({
    scenario,
    file: name,
    seed: 1,
    append: (bytes) => void pieces.push(bytes.slice()),
  });
  expect(view.reason).toMatch(/steps held/);
  const bytes = Buffer.concat(pieces);
  writeFileSync(path, bytes);
  return bytes;
};

/** A disk, for what is no register. */
const DISK = [
  'title: Some requests',
  'teaches: What an iolog holds.',
  'bench: { nullb0: { device: nullb, attributes: { size: 16, memory_backed: true } } }',
  'steps:',
  '  - insmod: { driver: null_blk, device: nullb0 }',
  '  - expect: { driver: nullb0, state: live, within: 1s }',
  '  - io: { nullb0: { op: write, sector: 64, sectors: 8, pattern: sector, count: 5 } }',
  '  - io: { nullb0: { op: read, sector: 64, sectors: 8, count: 3 } }',
].join('\n');

let probe: RecordedSection;
let disk: RecordedSection;
beforeAll(async () => {
  const yaml = readFileSync(join(SCENARIOS, 'bring-up.yaml'), 'utf8');
  const one = await record(file('probe.pcapng'), 'bring-up.yaml', yaml);
  const other = await record(file('disk.pcapng'), 'disk.yaml', DISK);
  writeFileSync(file('both.pcapng'), Buffer.concat([one, other]));
  probe = readRecording(one).sections[0]!;
  disk = readRecording(other).sections[0]!;
  let vcd = '';
  for (const piece of vcdOf(probe)) vcd += piece;
  writeFileSync(file('probe.vcd'), vcd);
});

const packets = (bytes: Uint8Array): number => {
  const blocks = new BlockReader(bytes);
  let count = 0;
  for (let block = blocks.next(); block !== undefined; block = blocks.next()) if (block.type === BLOCK.packet) count++;
  return count;
};

testWith('tshark', 'tshark counts the same blocks: all of a file, and those of a device', async () => {
  const all = await said('tshark', '-r', file('both.pcapng'), '-T', 'fields', '-e', 'frame.number');
  expect(all.trim().split('\n')).toHaveLength(packets(readFileSync(file('both.pcapng'))));
  const names = await said('tshark', '-r', file('probe.pcapng'), '-T', 'fields', '-e', 'frame.interface_name');
  expect(names.split('\n').filter((name) => name === 'phy0')).toHaveLength(probe.count);
});

testWith('tshark', 'with our dissector tshark lists the fields of every record', async () => {
  const names = ['seq', 'device', 'requester', 'op', 'outcome', 'at', 'value', 'old'];
  const out = await said(
    'tshark',
    '-X',
    `lua_script:${lua}`,
    '-r',
    file('both.pcapng'),
    '-Y',
    'ferrolab.seq',
    '-T',
    'fields',
    ...names.flatMap((name) => ['-e', `ferrolab.${name}`]),
  );
  const rows = [probe, disk].flatMap((section) =>
    Array.from({ length: section.count }, (_, i) => {
      const { seq, device, requester, op, outcome, at, value, old } = recordAt(section, i);
      const { devices, requesters } = section.names;
      const hex = (n: number): string => `0x${n.toString(16).padStart(8, '0')}`;
      return [seq, devices[device], requesters[requester], op, outcome, hex(at), hex(value), hex(old)].join('\t');
    }),
  );
  expect(out.trim().split('\n')).toEqual(rows);
});

testWith('sigrok-cli', 'sigrok reads every access of a full probe off the wires, and no other', async () => {
  const wires = 'mdio:mdc=phy0_mdc:mdio=phy0_mdio';
  const out = await said('sigrok-cli', '-i', file('probe.vcd'), '-I', 'vcd', '-P', wires, '-A', 'mdio=decode');
  const heard = out
    .trim()
    .split('\n')
    .map((line) => line.replace(/^mdio-1: /, '').replace(/\s+/g, ' '));
  const hex = (n: number): string => n.toString(16).toUpperCase().padStart(4, '0');
  const two = (n: number): string => String(n).padStart(2, '0');
  const sent = Array.from({ length: probe.count }, (_, i) => recordAt(probe, i))
    .filter((access) => isOnWires(access, probe.names.requesters))
    .map(
      ({ op, at, value, outcome }) =>
        `ADDR: ${hex(at & 0xffff)} ${op.toUpperCase()}: ${hex(value)} PRTAD: 01 DEVAD: ${two(at >>> 16)}` +
        // nobody drove the turnaround, and the decoder sees that
        (outcome === 'undriven' && op === 'read' ? ' ERROR' : ''),
    );
  expect(sent.length).toBeGreaterThan(20_000);
  expect(heard).toEqual(sent);
});

testWith('vcd2fst', 'GTKWave takes the VCD', async () => {
  await said('vcd2fst', file('probe.vcd'), file('probe.fst'));
  expect(statSync(file('probe.fst')).size).toBeGreaterThan(10_000);
});

testWith('fio', 'fio replays the iolog of a disk', async () => {
  const { text, requests } = iologOf(disk, undefined);
  writeFileSync(file('disk.iolog'), text);
  writeFileSync(file('disk.img'), '');
  truncateSync(file('disk.img'), 16 * 2 ** 20);
  const args = [`--read_iolog=${file('disk.iolog')}`, `--replay_redirect=${file('disk.img')}`, '--ioengine=sync'];
  const { jobs } = JSON.parse(await said('fio', '--name=replay', ...args, '--output-format=json'));
  expect(jobs[0]).toMatchObject({ error: 0, read: { total_ios: 3 }, write: { total_ios: 5 } });
  expect(requests).toBe(8);
});
