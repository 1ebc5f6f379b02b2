import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FeedAuth } from '#bus/api.ts';
import { RECORD_BYTES } from '#bus/trace.ts';
import { DRIVERS } from '#drivers/registry.ts';
import { readRecording, recordAt } from '#recording/decode.ts';
import { RECORD_BLOCK_BYTES } from '#recording/encode.ts';
import { ask, feed, hello, insmod, lab, root, until } from './lab-under-test.ts';

test('resumes the feed by sequence number without a hole', async () => {
  const one = await lab();
  const first = feed(one);
  const said = await hello(first.socket);
  expect(said).toMatchObject({
    lab: { name: 'lab' },
    devices: [{ name: 'phy0' }, { name: 'nullb0' }, { name: 'card0' }],
    gap: 0,
  });
  await insmod(one);
  await until(() => first.seqs.length > 1000);
  first.socket.disconnect();
  const had = first.seqs.at(-1) ?? 0;
  await ask(one, 'POST', '/devices/phy0/registers/PMA_DEVID1/read', {});
  const second = feed(one, { since: { trace: had, log: 1 } });
  expect((await hello(second.socket)).gap).toBe(0);
  await until(() => (second.seqs.at(-1) ?? 0) >= one.host.trace.last);
  const all = [...first.seqs, ...second.seqs];
  expect(all.length).toBeGreaterThan(20_000);
  expect(all.every((seq, i) => seq === i + 1)).toBe(true);
  expect(first.dropped() + second.dropped()).toBe(0);
});

test('feeds levels and what the next read returns for registers that changed', async () => {
  const one = await lab();
  const { socket } = feed(one, { devices: ['phy0'] });
  await hello(socket);
  const changed = new Promise<readonly [number, number]>((resolve) => {
    socket.on('state', ({ registers }) => {
      const cell = registers.phy0?.[String(0x1d001)];
      if (cell?.[0] === 0xa100) resolve(cell);
    });
  });
  await ask(one, 'PUT', '/devices/phy0/registers/HW_REV', { value: 0xa100 });
  expect(await changed).toEqual([0xa100, 0xa100]);
});

test('lets no page of another origin use the feed or the API', async () => {
  const one = await lab();
  const evil = { origin: 'https://evil.example' };
  await expect(hello(feed(one, {}, evil).socket)).rejects.toThrow();
  expect((await ask(one, 'GET', '/devices', undefined, evil)).status).toBe(403);
  await expect(hello(feed(one, { devices: 'all' } as unknown as FeedAuth).socket)).rejects.toThrow(/EINVAL/);
  expect((await hello(feed(one, {}, { origin: one.url }).socket)).lab.name).toBe('lab');
});

test('runs a scenario in virtual time and on the bench, told on the feed', async () => {
  const one = await lab({ scenariosDir: join(root, 'scenarios'), loadDrivers: async () => (name) => DRIVERS[name] });
  const { socket } = feed(one);
  await hello(socket);
  const ended = (mode: string) =>
    new Promise<{ verdict: string | null; reason: string | null }>((resolve) => {
      socket.on('run', (run) => {
        if (run.mode === mode && run.state === 'done') resolve({ verdict: run.verdict, reason: run.reason });
      });
    });
  for (const mode of ['virtual', 'live']) {
    const done = ended(mode);
    const started = await ask(one, 'POST', '/runs', { scenario: 'bring-up', mode });
    expect(started).toMatchObject({ status: 201, body: { scenario: 'bring-up', state: 'running' } });
    expect(await done).toMatchObject({ verdict: 'pass' });
  }
  const raw = await fetch(`${one.url}/api/v1/runs/1/trace`);
  expect((await raw.arrayBuffer()).byteLength % RECORD_BYTES).toBe(0);
});

test('counts for a slow browser what it misses, and queues nothing for it', async () => {
  const one = await lab();
  const slow = feed(one);
  await hello(slow.socket);
  const wire = slow.socket.io.engine.transport as unknown as { ws: { pause(): void; resume(): void } };
  wire.ws.pause();
  const { trace, clock } = one.host;
  const before = process.memoryUsage().arrayBuffers;
  for (let burst = 0; burst < 60; burst++) {
    for (let i = 0; i < 20_000; i++)
      trace.record({
        device: 'phy0',
        requester: 'load',
        op: 'read',
        outcome: 'ok',
        time: clock.now(),
        at: 1,
        value: i,
      });
    await fetch(`${one.url}/healthz`); // the lab's timers have their turn
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(24 * 1024 * 1024); // 1.2 M records are 38 MB
  wire.ws.resume();
  await until(() => slow.seqs.at(-1) === trace.last);
  expect(slow.dropped()).toBeGreaterThan(0);
  expect(slow.seqs.length + slow.dropped()).toBe(trace.last);
  const { dropped } = Object.fromEntries(
    (await (await fetch(`${one.url}/metrics`)).text()).split('\n').flatMap((line) => {
      const [name, value] = line.split(' ');
      return name === 'ferrolab_feed_dropped' ? [['dropped', Number(value)]] : [];
    }),
  );
  expect(dropped).toBe(slow.dropped());
});

test('while a browser misses records, each of them counted, a recording made meanwhile has every one', async () => {
  const one = await lab();
  const slow = feed(one);
  await hello(slow.socket);
  const wire = slow.socket.io.engine.transport as unknown as { ws: { pause(): void; resume(): void } };
  wire.ws.pause();
  const { trace, clock } = one.host;
  const begun = trace.last;
  const hangUp = new AbortController();
  const stream = await fetch(`${one.url}/api/v1/recording`, { signal: hangUp.signal });
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  const read = (async () => {
    for await (const piece of stream.body ?? []) {
      pieces.push(piece);
      bytes += piece.length;
    }
  })().catch((error: unknown) => {
    if (!hangUp.signal.aborted) throw error;
  });
  await until(() => bytes > 0); // the section is open: what comes now is in it
  const BURST = 20_000;
  for (let burst = 0; burst < 40; burst++) {
    for (let i = 0; i < BURST; i++)
      trace.record({
        device: 'phy0',
        requester: 'load',
        op: 'read',
        outcome: 'ok',
        time: clock.now(),
        at: 1,
        value: i,
      });
    // its reader is quick enough: the ring keeps what it has not taken
    await until(() => bytes > (trace.last - begun - 4 * BURST) * RECORD_BLOCK_BYTES);
  }
  await until(() => bytes > (trace.last - begun) * RECORD_BLOCK_BYTES);
  hangUp.abort();
  await read;
  const [section] = readRecording(Buffer.concat(pieces)).sections;
  expect(section).toMatchObject({ count: trace.last - begun, missing: 0 });
  const seqs = new Set(Array.from({ length: section?.count ?? 0 }, (_, i) => recordAt(section!, i).seq));
  expect(seqs.size).toBe(trace.last - begun);

  wire.ws.resume();
  await until(() => slow.seqs.at(-1) === trace.last);
  expect(slow.dropped()).toBeGreaterThan(0);
  // captured = delivered + dropped
  expect(slow.seqs.length + slow.dropped()).toBe(trace.last);
  expect(new Set(slow.seqs).size).toBe(slow.seqs.length);
});
