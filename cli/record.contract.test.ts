import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { addressFrame, readFrame } from '#bus/mdio.ts';
import { inProcess } from '#drivers/kernel/in-process.ts';
import { qt2025 } from '#drivers/phy/qt2025.ts';
import { readRecording, recordAt } from '#recording/decode.ts';
import { isEvent } from '#recording/format.ts';
import type { Lab } from '#server/lab.ts';
import { lab, undo } from '#server/lab-under-test.ts';

const main = join(import.meta.dirname, 'main.ts');
const folder = mkdtempSync(join(tmpdir(), 'ferrolab-record-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);

/** Reads of phy0 without end, some thousands a second. */
const traffic = ({ host }: Lab): (() => void) => {
  const { bus } = host.bench.device('phy0');
  const frames = Uint32Array.from(Array.from({ length: 50 }, () => [addressFrame(1, 0x10002), readFrame(1, 1)]).flat());
  let on = true;
  const go = (): void => {
    if (!on) return;
    bus.execute(frames, 'traffic');
    setTimeout(go, 1);
  };
  go();
  const stop = (): void => {
    on = false;
  };
  undo.push(stop);
  return stop;
};

/** The command in a process of its own, and what it says line by line. */
const recorder = (url: string, ...words: string[]): { child: ChildProcess; lines: AsyncIterator<string> } => {
  const child = spawn(process.execPath, [main, 'record', ...words, '--url', url, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  undo.push(() => child.kill('SIGKILL'));
  return { child, lines: createInterface({ input: child.stdout! })[Symbol.asyncIterator]() };
};
const next = async (lines: AsyncIterator<string>): Promise<{ records: number; missing: number; bytes: number }> =>
  JSON.parse((await lines.next()).value);

test('a recorder that is killed loses nothing it has said is written', async () => {
  const running = await lab();
  traffic(running);
  const { child, lines } = recorder(running.url, file('killed.pcapng'), '--progress', '--device', 'phy0');
  let said = await next(lines);
  while (said.records < 3000) said = await next(lines);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const bytes = readFileSync(file('killed.pcapng'));
  const { sections } = readRecording(bytes);
  expect(bytes.length).toBeGreaterThanOrEqual(said.bytes);
  expect(sections[0]?.count).toBeGreaterThanOrEqual(said.records);
  expect(sections[0]).toMatchObject({ complete: false, missing: said.missing });
  // without a hole: numbers of phy0 are those of the lab, of which it is the only busy device
  const seqs = Array.from({ length: sections[0]!.count }, (_, i) => recordAt(sections[0]!, i).seq);
  expect(seqs.every((seq, i) => i === 0 || seq > seqs[i - 1]!)).toBe(true);
});

test('with --history and no time it has everything the lab kept until then', async () => {
  const running = await lab();
  const { bus } = running.host.bench.device('phy0');
  const frames = Uint32Array.from([addressFrame(1, 0x10002), readFrame(1, 1)]);
  for (let i = 0; i < 20_000; i++) bus.execute(frames, 'traffic');
  const { last } = running.host.trace;
  const { child } = recorder(running.url, file('before.pcapng'), '--history', '--for', '0');
  expect(await once(child, 'exit')).toEqual([0, null]);
  const [section] = readRecording(readFileSync(file('before.pcapng'))).sections;
  expect(recordAt(section!, 0).seq).toBe(1);
  expect(section?.count).toBeGreaterThanOrEqual(last);
});

test('a driver of a live lab is answered from its recording', async () => {
  const running = await lab();
  const { mdio } = running.host.bench.device('phy0').ports('qt2025');
  const kernel = inProcess(running.host.clock, mdio === undefined ? {} : { mdio });
  await expect(qt2025.load(kernel, { firmware: 'not-shipped.fw' })).rejects.toMatchObject({ code: 'ENOENT' });
  const { child } = recorder(running.url, file('probe.pcapng'), '--history', '--for', '0', '--device', 'phy0');
  expect(await once(child, 'exit')).toEqual([0, null]);
  const words = ['replay', file('probe.pcapng'), '--devices', '--param', 'firmware=not-shipped.fw', '--json'];
  const replay = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  replay.stdout.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  expect(await once(replay, 'close')).toEqual([0, null]);
  expect(JSON.parse(said)).toMatchObject([
    { device: 'phy0', drivers: ['qt2025'], matched: 22, recorded: 22, same: true },
  ]);
});

test('Ctrl-C ends a recording well', async () => {
  const running = await lab();
  traffic(running);
  const { child, lines } = recorder(running.url, file('ended.pcapng'), '--progress');
  for (let records = 0; records < 500; ) ({ records } = await next(lines));
  child.kill('SIGINT');
  let last = '';
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) last = line.value;
  if (child.exitCode === null) await once(child, 'exit');
  expect(child.exitCode).toBe(0);
  const [section] = readRecording(readFileSync(file('ended.pcapng'))).sections;
  expect(section).toMatchObject({ complete: true, missing: 0, header: { mode: 'live', lab: 'lab', scenario: null } });
  expect(JSON.parse(last)).toMatchObject({ records: section?.count, accesses: section?.count, missing: 0 });
});

test('a lab that stops ends its recordings itself, with everything up to then', async () => {
  const running = await lab();
  const stop = traffic(running);
  const { child, lines } = recorder(running.url, file('left.pcapng'), '--progress');
  while ((await next(lines)).records === 0) {}
  stop();
  await running.close();
  if (child.exitCode === null) await once(child, 'exit');
  expect(child.exitCode).toBe(0);
  const [section] = readRecording(readFileSync(file('left.pcapng'))).sections;
  const ends = section?.events.map(({ event }) => event).filter((event) => isEvent(event, 'end'));
  expect(ends).toMatchObject([{ reason: 'the lab stopped' }]);
  expect(section).toMatchObject({ complete: true, missing: 0 });
  const { trace } = running.host;
  expect(recordAt(section!, section!.count - 1).seq).toBe(trace.last);
});

test('a live run has its scenario before, its accesses, and its verdict behind', async () => {
  const running = await lab();
  const yaml = [
    'title: One look',
    'teaches: That a live run can be recorded.',
    'bench: { phy0: { device: qt2025, prtad: 1 } }',
    'steps:',
    '  - write: { phy0: { MICRO_BOOT: { FROM: sram } } }',
    '  - read: { phy0: PMA_DEVID1 }',
  ].join('\n');
  writeFileSync(file('look.yaml'), yaml);
  const args = ['run', file('look.yaml'), '--live', '--url', running.url, '--record', file('live.pcapng'), '--json'];
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  expect(await once(child, 'exit')).toEqual([0, null]);
  const [section] = readRecording(readFileSync(file('live.pcapng'))).sections;
  const events = section?.events.map(({ event }) => event) ?? [];
  expect(events.find((event) => isEvent(event, 'scenario'))).toMatchObject({ scenario: { name: 'look', yaml } });
  expect(events.find((event) => isEvent(event, 'run'))).toMatchObject({ run: { verdict: 'pass', mode: 'live' } });
  const ops = Array.from({ length: section?.count ?? 0 }, (_, i) => recordAt(section!, i)).map(({ op, at }) => [
    op,
    at,
  ]);
  expect(ops).toContainEqual(['write', 0x3e854]);
  expect(ops).toContainEqual(['read', 0x10002]);
});
