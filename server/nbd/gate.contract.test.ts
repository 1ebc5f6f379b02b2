import { spawn, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { afterAll, afterEach, expect, test } from 'vitest';
import { BlockBus } from '#bus/block-bus.ts';
import { RealClock } from '#bus/clock.ts';
import { Instruments } from '#bus/filters/instruments.ts';
import { COMMAND, NBD_ERROR } from '#bus/nbd-codec.ts';
import { Trace, type TraceRecord } from '#bus/trace.ts';
import { table } from '#regmap/declare.ts';
import { BlockHost } from './block-host.ts';
import { RawClient, request } from './nbd-rig.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const clock = new RealClock();
const host = new BlockHost({ clock });
const address = host.listen({ port: 0 });
afterAll(() => host.close());

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
};

const bench = async (attributes: Readonly<Record<string, string>> = {}) => {
  const trace = new Trace(1 << 14);
  const logged: string[] = [];
  const instruments = new Instruments({ clock, trace, seed: 1, log: (_, text) => logged.push(text) });
  undo.push(() => instruments.clear());
  const device = host.place('nullb0', { seed: 1, attributes: { size: '64', memory_backed: '1', ...attributes } });
  const slot = instruments.slot('nullb0', { port: 'block', registers: table('none', {}), spans: [] });
  const bus = new BlockBus(device, { clock, device: 'nullb0', trace, slot });
  const port = (await address).port ?? 0;
  await until(() => host.clients.length === 0); // numbers begin at 1 again
  const client = async (): Promise<RawClient> => {
    const one = new RawClient({ port });
    undo.push(() => {
      one.end();
      return one.closed;
    });
    await one.go('nullb0');
    return one;
  };
  const rows = (): TraceRecord[] =>
    Array.from({ length: trace.last }, (_, i) => trace.at(i + 1)).filter((row) => row !== undefined);
  const who = ({ requester }: TraceRecord): string => trace.names.requesters[requester] ?? '';
  const said = ({ aux }: TraceRecord): string => trace.names.texts[aux] ?? '';
  return { trace, instruments, device, bus, port, client, rows, who, said, logged };
};

const write = (sector: number, fill: number, cookie = 1) =>
  request({ type: COMMAND.write, cookie, offset: sector * 512, payload: new Uint8Array(512).fill(fill) });
const read = (sector: number, cookie = 1) => request({ type: COMMAND.read, cookie, offset: sector * 512, length: 512 });
/** Error and cookie of a simple reply. */
const reply = async (of: RawClient): Promise<readonly [error: number, cookie: number]> => {
  const head = await of.receive(16);
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  return [view.getUint32(4), view.getUint32(12)];
};
/** The first byte of the sector that a read answers with. */
const contents = async (of: RawClient, sector: number): Promise<number | undefined> => {
  of.send(read(sector));
  expect(await reply(of)).toEqual([0, 1]);
  return (await of.receive(512))[0];
};

/** A device answers on three paths; the gate stands before all of them. */
const PATHS = {
  plain: { memory_backed: '0' },
  direct: {},
  queued: { irqmode: '2', completion_nsec: '10000' },
} as const;

test.each(Object.entries(PATHS))('a bus fault fires for an NBD client, and is a row (%s)', async (_, attributes) => {
  const { instruments, client, rows, said, who, device } = await bench(attributes);
  const one = await client();
  one.send(write(1, 7));
  expect(await reply(one)).toEqual([0, 1]);
  instruments.addFault({ name: 'bad', effect: 'error', params: { status: 'NOSPC' }, when: 'write by == "nbd:1"' });
  one.send(write(2, 7));
  expect(await reply(one)).toEqual([NBD_ERROR.ENOSPC, 1]);
  await until(() => rows().some((row) => row.op === 'done' && row.outcome === 'failed'));
  expect(
    rows()
      .filter(({ op }) => op === 'fault')
      .map(said),
  ).toEqual([expect.stringMatching(/^bad /), 'bad error']);
  expect(rows().find((row) => row.outcome === 'failed' && who(row) === 'nbd:1')).toMatchObject({ op: 'done', at: 2 });
  expect(instruments.faults[0]).toMatchObject({ matches: 1, firings: 1 });
  instruments.removeFault('bad');
  one.send(write(2, 9));
  expect(await reply(one)).toEqual([0, 1]);
  expect(await contents(one, 2)).toBe(attributes === PATHS.plain ? 0 : 9);
  await until(() => device.inspect().ops.write.requests === 2); // the failed one never came to the device
});

test('a breakpoint holds one client and no other, until it is told to go on', async () => {
  const { instruments, client, rows, who } = await bench();
  const [one, other] = [await client(), await client()];
  one.send(write(5, 1));
  await reply(one);
  instruments.addBreakpoint({ when: 'write sector == 5 && by == "nbd:1"' });
  one.send(write(5, 2, 10), write(6, 2, 11));
  await until(() => instruments.held.length === 1);
  expect(instruments.held[0]).toMatchObject({ device: 'nullb0', requester: 'nbd:1', op: 'write', at: 5 });
  other.send(write(6, 3));
  expect(await reply(other)).toEqual([0, 1]);
  expect(await contents(other, 5)).toBe(1);
  instruments.continue('nullb0');
  expect(await reply(one)).toEqual([0, 10]);
  expect(await reply(one)).toEqual([0, 11]);
  expect([await contents(other, 5), await contents(other, 6)]).toEqual([2, 2]);
  await until(() => rows().filter(({ op }) => op === 'done').length >= 6);
  expect(
    new Set(
      rows()
        .filter(({ op }) => op === 'write')
        .map(who),
    ),
  ).toEqual(new Set(['nbd:1', 'nbd:2']));
});

test('a client that goes takes its held request along', async () => {
  const { instruments, client } = await bench();
  const [one, other] = [await client(), await client()];
  instruments.addBreakpoint({ when: 'write by == "nbd:1"' });
  one.send(write(5, 2));
  await until(() => instruments.held.length === 1);
  one.end();
  await until(() => instruments.held.length === 0);
  expect(await contents(other, 5)).toBe(0);
});

test('a step goes from one request to the next', async () => {
  const { instruments, client } = await bench();
  const one = await client();
  instruments.addBreakpoint({ when: 'write sector == 1' });
  one.send(write(1, 1, 1), write(2, 2, 2), write(3, 3, 3));
  await until(() => instruments.held.length === 1);
  instruments.step('nullb0');
  await until(() => instruments.held[0]?.at === 2);
  expect(instruments.held[0]?.breakpoint).toBeNull();
  instruments.continue();
  for (const cookie of [1, 2, 3]) expect(await reply(one)).toEqual([0, cookie]);
});

test('a disconnection hangs up on the client; while it lasts on whoever comes', async () => {
  const { instruments, client } = await bench();
  const one = await client();
  instruments.addFault({ name: 'pulled', effect: 'disconnect', when: 'write sector == 3' });
  one.send(write(2, 1));
  expect(await reply(one)).toEqual([0, 1]);
  one.send(write(3, 1));
  await one.closed;
  const again = await client();
  again.send(read(0));
  await again.closed;
  instruments.switchFault('pulled', false);
  expect(await contents(await client(), 2)).toBe(1);
  expect(await contents(await client(), 3)).toBe(0);
});

test('data is changed on its way, in and out; what is dropped is never answered', async () => {
  const { instruments, client } = await bench();
  const one = await client();
  instruments.addFault({ name: 'in', effect: 'all-ones', when: 'write sector == 1' });
  one.send(write(1, 5));
  await reply(one);
  instruments.addFault({ name: 'out', effect: 'wrong-value', params: { value: 0x2a }, when: 'read sector == 2' });
  expect([await contents(one, 1), await contents(one, 2)]).toEqual([255, 0x2a]);
  instruments.removeFault('out');
  expect(await contents(one, 2)).toBe(0);
  instruments.addFault({ effect: 'drop', when: 'write sector == 4' });
  one.send(write(4, 1, 8), write(5, 1, 9));
  expect(await reply(one)).toEqual([0, 9]);
});

test('a fault that never fires changes nothing: what was written is read back, whatever the order', async () => {
  const { instruments, client } = await bench();
  const one = await client();
  instruments.addFault({ effect: 'error', when: 'write sector == 100000' });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ sector: fc.nat(7), fill: fc.integer({ min: 1, max: 255 }) }), {
        minLength: 1,
        maxLength: 30,
      }),
      async (writes) => {
        one.send(...writes.map(({ sector, fill }, i) => write(sector, fill, i)));
        const cookies = new Set<number>();
        for (const _ of writes) {
          const [error, cookie] = await reply(one);
          expect(error).toBe(0);
          cookies.add(cookie);
        }
        expect(cookies.size).toBe(writes.length);
        const last = new Map(writes.map(({ sector, fill }) => [sector, fill]));
        for (const [sector, fill] of last) expect(await contents(one, sector)).toBe(fill);
      },
    ),
    { numRuns: 15 },
  );
});

test('a device that is replaced keeps what stands before its name', async () => {
  const { instruments, device, trace, client } = await bench();
  instruments.addFault({ effect: 'error', when: 'write' });
  const next = host.place('nullb0', { seed: 2, attributes: { size: '64', memory_backed: '1' } });
  const slot = instruments.slot('nullb0', { port: 'block', registers: table('none', {}), spans: [] });
  new BlockBus(next, { clock, device: 'nullb0', trace, slot });
  const one = await client();
  one.send(write(1, 1));
  expect((await reply(one))[0]).toBe(NBD_ERROR.EIO);
  expect(device).not.toBe(next);
});

const missing = spawnSync('qemu-io', ['--version']).error !== undefined;
const named = 'qemu-io says the errno of a bus fault, and waits while it is held';
(missing ? test.skip : test)(missing ? `${named} (skipped: no qemu-io on this machine)` : named, async () => {
  const { instruments, port } = await bench();
  const io = (...commands: string[]): Promise<string> =>
    new Promise((resolve) => {
      const args = commands.flatMap((command) => ['-c', command]);
      const child = spawn('qemu-io', ['-f', 'raw', ...args, `nbd://127.0.0.1:${port}/nullb0`], {
        env: { ...process.env, LC_ALL: 'C' },
      });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
      child.once('close', () => resolve(said));
    });
  instruments.addFault({ effect: 'error', params: { status: 'NOSPC' }, when: 'write', times: 1 });
  expect(await io('write -P 7 4k 4k')).toContain('No space left on device');
  instruments.addBreakpoint({ when: 'write sector == 8' });
  const held = io('write -P 7 4k 4k', 'read -P 7 4k 4k');
  await until(() => instruments.held.length === 1);
  instruments.continue();
  expect(await held).toMatch(/wrote 4096[\s\S]*read 4096/);
});
