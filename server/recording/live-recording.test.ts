import { expect, test } from 'vitest';
import { VirtualClock } from '#bus/clock.ts';
import { Trace } from '#bus/trace.ts';
import { readRecording } from '#recording/decode.ts';
import { isEvent } from '#recording/format.ts';
import { Bench } from '../bench.ts';
import { KernelLog } from '../kernel-log.ts';
import { liveRecording } from './live-recording.ts';

/** A lab with a small ring, so that a reader is soon too slow. */
const lab = (capacity: number) => {
  const clock = new VirtualClock();
  const trace = new Trace(capacity);
  const bench = new Bench({ clock, trace, seed: 1, spec: { phy0: { device: 'qt2025' }, phy1: { device: 'qt2025' } } });
  const log = new KernelLog(clock);
  const view = () => ({ version: '1.0.0', startedAt: '2026-01-01T00:00:00.000Z', seed: 1 });
  const note = (device = 'phy0') =>
    trace.record({ device, requester: 'lab', op: 'note', outcome: 'ok', time: clock.now(), text: 'n' });
  const modules = { list: () => [] };
  // of a lab's many parts only these are looked at
  const host = { name: 'lab', clock, trace, bench, log, modules, view } as unknown as Parameters<
    typeof liveRecording
  >[0];
  return { host, trace, note, log };
};

const read = (pieces: readonly Uint8Array[]) => readRecording(Buffer.concat(pieces)).sections[0]!;
const take = async (stream: AsyncGenerator<Uint8Array>): Promise<Uint8Array> =>
  (await stream.next()).value as Uint8Array;

test('a reader that is too slow gets the exact number of what it missed, and everything after', async () => {
  const { host, note, trace } = lab(64);
  const before = trace.last;
  const stream = liveRecording(host);
  const pieces = [await take(stream)];
  for (let i = 0; i < 10; i++) note();
  pieces.push(await take(stream));
  for (let i = 0; i < 200; i++) note(); // 64 of them are kept
  pieces.push(await take(stream));
  for (let i = 0; i < 3; i++) note();
  pieces.push(await take(stream));
  await stream.return(undefined);
  const section = read(pieces);
  expect(section.missing).toBe(136);
  expect(section.count + section.missing).toBe(trace.last - before);
  const gap = section.events.find(({ event }) => isEvent(event, 'gap'));
  expect(gap?.after).toBe(10);
});

test('with a beginning given it has what the ring still keeps', async () => {
  const { host, note } = lab(64);
  for (let i = 0; i < 100; i++) note();
  const stream = liveRecording(host, { since: 0 });
  const section = read([await take(stream)]);
  await stream.return(undefined);
  expect(section.count).toBe(64);
  expect(section.missing).toBeGreaterThanOrEqual(36);
});

test('a reader learns when it has caught up, also where nothing of its devices happened', async () => {
  const { host, note, trace } = lab(64);
  for (let i = 0; i < 5; i++) note('phy0');
  const stream = liveRecording(host, { since: 0, devices: new Set(['phy1']) });
  const section = read([await take(stream)]);
  await stream.return(undefined);
  expect(section.events.map(({ event }) => event)).toContainEqual(
    expect.objectContaining({ event: 'mark', seq: trace.last }),
  );
});

test('a lab that stops ends the section with what there is', async () => {
  const { host, note } = lab(64);
  const stop = new AbortController();
  const stream = liveRecording(host, { signal: stop.signal });
  const pieces = [await take(stream)];
  note();
  stop.abort();
  for await (const piece of stream) pieces.push(piece);
  expect(read(pieces)).toMatchObject({ count: 1, complete: true });
});

test('some of the devices only, with the kernel log of all', async () => {
  const { host, note, log } = lab(64);
  const stream = liveRecording(host, { devices: new Set(['phy1']) });
  const pieces = [await take(stream)];
  note('phy0');
  note('phy1');
  log.add('info', 'lab', 'both');
  pieces.push(await take(stream));
  await stream.return(undefined);
  const section = read(pieces);
  expect(section.devices).toEqual([{ name: 'phy1', kind: 'qt2025', port: 'mdio' }]);
  expect(section.count).toBe(1);
  expect(section.events.map(({ event }) => event)).toContainEqual(
    expect.objectContaining({ event: 'log', text: 'both' }),
  );
});
