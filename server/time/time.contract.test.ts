/** The time of a whole lab, its drivers in processes of their own: one clock for everybody, whatever is done to it. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { DeviceView, LogLine, ModuleView, TimeView } from '#bus/api.ts';
import type { BlockPanel } from '#bus/block-panel.ts';
import { BusClient } from '#bus/client.ts';
import type { DisplayPanel } from '#bus/display-panel.ts';
import { parseTimeWord, type TimeWord } from '#bus/time-word.ts';
import { topics } from '#bus/topics.ts';
import { RECORD_BYTES, unpackRecord } from '#bus/trace.ts';
import { type Lab, startLab } from '../lab.ts';
import { ask, feed, get, root, undo, until } from '../lab-under-test.ts';

const POLL_MS = 50;
const COMPLETION_NS = 5_000_000;
const disk = { size: 16, memory_backed: 1, irqmode: 2, completion_nsec: COMPLETION_NS };

const DRIVERS = [
  { driver: 'qt2025', device: 'phy0', params: { poll_ms: POLL_MS } },
  { driver: 'null_blk', device: 'nullb0' },
  { driver: 'bochs', device: 'card0', params: { client: 'test-card' } },
];

/**
 * A lab takes seconds to start, its drivers in processes of their own: it is the same for all, and runs as the wall after
 * each. The drivers probe while it is led: however slow the machine, no chip is slower than its driver's patience.
 */
let one: Lab;
beforeAll(async () => {
  one = await startLab({
    httpPort: 0,
    mqttPort: 0,
    drivers: false,
    firmwareDirs: [join(root, 'firmware')],
    driverHost: { command: [process.execPath, join(root, 'drivers/host.ts')] },
    logLevel: 'silent',
    bench: {
      phy0: { device: 'qt2025', module: 'sr', light_dbm: -3 },
      nullb0: { device: 'nullb', attributes: disk },
      card0: { device: 'display', monitor: 'xga' },
    },
  });
  await time({ do: 'rate', rate: 'max' });
  const loaded = await Promise.all(DRIVERS.map((body) => ask<ModuleView>(one, 'POST', '/modules', body)));
  expect(loaded.map(({ status }) => status)).toEqual([201, 201, 201]);
  await until(async () => (await get<DeviceView>(one, '/devices/phy0')).owner?.link === 'up');
  await time({ do: 'rate', rate: 1 });
}, 60_000);
afterAll(() => one.close());
afterEach(async () => {
  await time({ do: 'rate', rate: 1 });
  await time({ do: 'resume' });
});

const time = async (wish: object): Promise<TimeView> => {
  const { status, body } = await ask<TimeView>(one, 'POST', '/time', wish);
  expect(status).toBe(200);
  return body;
};

/** Times of the driver's accesses after a record, one for each poll. */
const polls = (after: number): number[] => {
  const { trace } = one.host;
  const packed = trace.slice(after + 1);
  const times = new Set<number>();
  for (let at = 0; at < packed.length; at += RECORD_BYTES) {
    const record = unpackRecord(packed, at);
    if (trace.names.requesters[record.requester] === 'qt2025') times.add(record.time);
  }
  return [...times];
};

/** So much wall time goes by; what happens in it is what the test is about. */
const wall = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('paused, nothing happens however long the wall clock runs; a jump makes exactly the polls of its time, and the link stays up', async () => {
  const { trace, log } = one.host;
  const paused = await time({ do: 'pause' });
  expect(paused).toMatchObject({
    state: 'paused',
    rate: 1,
    drivers: [{ follows: true }, { follows: true }, { follows: true }],
  });
  const [rows, lines] = [trace.last, log.last];
  await wall(10 * POLL_MS);
  expect(await get<TimeView>(one, '/time')).toMatchObject({ state: 'paused', now: paused.now });
  expect([trace.last, log.last]).toEqual([rows, lines]);

  // like a debugger: it answers, at the time that stands
  const peeked = await ask(one, 'POST', '/devices/phy0/registers/PCS_STAT1/read', {});
  expect(peeked.status).toBe(200);
  expect(trace.at(trace.last)?.time).toBe(paused.now);

  const before = trace.last;
  const jumped = await time({ do: 'jump', byNs: 10e9 });
  expect(jumped).toMatchObject({ state: 'paused', now: paused.now + 10e9 });
  const times = polls(before);
  expect(times).toHaveLength(10_000 / POLL_MS);
  expect(new Set(times.slice(1).map((at, i) => at - (times[i] ?? 0)))).toEqual(new Set([POLL_MS * 1e6]));
  expect((await get<DeviceView>(one, '/devices/phy0')).owner?.link).toBe('up');

  const mark = trace.last;
  await time({ do: 'resume' });
  await until(() => polls(mark).length > 3);
  const said = (await get<LogLine[]>(one, '/log')).filter(({ seq }) => seq > lines);
  expect(said.every(({ facility, text }) => facility === 'lab' && text.startsWith('time '))).toBe(true);
});

test('steps end at the next event of any clock of the bench, the driver first where it is its turn', async () => {
  let view = await time({ do: 'pause' });
  const of = new Set<string>();
  while (!(of.has('lab') && of.has('phy0'))) {
    const before = view;
    of.add(before.next?.of ?? 'nobody');
    view = await time({ do: 'step' });
    expect(view).toMatchObject({ state: 'paused' });
    expect(view.now).toBeGreaterThanOrEqual(before.now);
  }
  expect(of).not.toContain('nobody');
  expect((await time({ do: 'step', events: 40 })).now).toBeGreaterThan(view.now);
  expect((await time({ do: 'resume' })).state).toBe('running');
});

test('as fast as possible it is faster than the wall and misses no poll, and a driver that comes meanwhile joins', async () => {
  await time({ do: 'pause' });
  const { trace, clock } = one.host;
  const [mark, from] = [trace.last, clock.now()];
  await time({ do: 'rate', rate: 'max' });
  await time({ do: 'resume' });
  await until(() => polls(mark).length > 100);
  const { now, rate } = await time({ do: 'pause' });
  expect(rate).toBe('max');
  const times = polls(mark);
  expect(times.length).toBe(Math.floor((now - (times[0] ?? 0)) / (POLL_MS * 1e6)) + 1);
  expect((times[0] ?? 0) - from).toBeLessThanOrEqual(POLL_MS * 1e6);

  const far = time({ do: 'jump', byNs: 86_400e9 });
  await until(async () => (await get<TimeView>(one, '/time')).state === 'jumping');
  expect((await ask(one, 'POST', '/time', { do: 'jump', byNs: 1 })).body).toMatchObject({ code: 'EBUSY' });
  expect((await time({ do: 'pause' })).state).toBe('paused'); // which ends it
  expect((await far).now).toBeLessThan(86_400e9);

  expect((await ask(one, 'DELETE', '/modules/phy0')).status).toBe(200);
  const loading = ask<ModuleView>(one, 'POST', '/modules', { driver: 'qt2025', device: 'phy0' });
  await until(async () =>
    (await get<ModuleView[]>(one, '/modules')).some(({ device, state }) => device === 'phy0' && state === 'probing'),
  ); // it waits in its probe
  await time({ do: 'resume' });
  expect((await loading).body.state).toBe('live');
});

test('requests in a disk wait while it is paused, and are answered at their own time', async () => {
  await time({ do: 'pause' });
  const answers: unknown[] = [];
  const asked = Array.from({ length: 8 }, (_, i) =>
    ask<{ status: string }>(one, 'POST', '/devices/nullb0/io', { op: 'write', sector: 8 * i, sectors: 8 }).then(
      ({ body }) => answers.push(body.status),
    ),
  );
  const inFlight = async () =>
    ((await get<DeviceView>(one, '/devices/nullb0')).panel as BlockPanel | null)?.ops.write.inFlight === 8;
  await until(inFlight);
  await time({ do: 'jump', byNs: 4_900_000 });
  expect(answers).toEqual([]);
  expect(await inFlight()).toBe(true);
  await time({ do: 'jump', byNs: 100_000 });
  await Promise.all(asked);
  expect(answers).toEqual(Array(8).fill('OK'));
  const { records } = await get<{ records: { op: string; time: number }[] }>(one, '/trace?device=nullb0');
  const times = (op: string) => new Set(records.filter((row) => row.op === op).map((row) => row.time));
  expect(times('done')).toEqual(new Set([...times('write')].map((at) => at + 5e6)));
});

test('blanks are counted by the lab at any rate, and its word on the bus and on the page says which', async () => {
  const words: TimeWord[] = [];
  const watcher = await BusClient.connect({ url: one.brokerUrl, lab: 'lab', client: 'watcher', role: 'watcher' });
  undo.push(() => watcher.close());
  await watcher.link.subscribe(topics('lab').time(), (_, payload) => {
    const word = parseTimeWord(payload);
    if (word !== undefined) words.push(word);
  });
  await until(() => words.length === 1); // retained
  const views: TimeView[] = [];
  feed(one).socket.on('time', (view) => views.push(view));
  await until(() => views.length === 1);

  const panel = async () => (await get<DeviceView>(one, '/devices/card0')).panel as DisplayPanel;
  await until(async () => (await panel()).vblank.running);
  const frames = async () => {
    const { vblank, mode } = await panel();
    return { count: vblank.count, atNs: vblank.atNs, frameNs: mode?.frameNs ?? Number.NaN };
  };
  const first = await frames();
  for (const rate of [10, 0.1, 100]) {
    expect((await time({ do: 'rate', rate })).rate).toBe(rate);
    const from = await frames();
    await until(async () => (await frames()).count > from.count + 2 * rate);
    const to = await frames();
    // as many blanks as the lab's time has room for, to the nanosecond
    expect(to.atNs - first.atNs).toBe((to.count - first.count) * first.frameNs);
  }
  await until(() => words.at(-1)?.rate === 100 && views.at(-1)?.rate === 100);
  expect(new Set(words.map(({ session }) => session)).size).toBe(1);
});

test('time never goes back; what cannot be is refused with the reason', async () => {
  const refused = async (wish: object) =>
    (await ask<{ code: string; detail: string }>(one, 'POST', '/time', wish)).body;
  expect(await refused({ do: 'jump', toNs: 0 })).toMatchObject({
    code: 'EINVAL',
    detail: expect.stringMatching(/forward only/),
  });
  expect(await refused({ do: 'jump', byNs: -5 })).toMatchObject({ code: 'EINVAL' });
  expect(await refused({ do: 'jump' })).toMatchObject({
    code: 'EINVAL',
    detail: expect.stringMatching(/byNs or toNs/),
  });
  expect(await refused({ do: 'rate', rate: 101 })).toMatchObject({ code: 'EINVAL' });
  expect(await refused({ do: 'rate', rate: 0 })).toMatchObject({ code: 'EINVAL' });
  expect(await refused({ do: 'step', events: 0 })).toMatchObject({ code: 'EINVAL' });
  expect(await refused({ do: 'halt' })).toMatchObject({ code: 'EINVAL' });
});
