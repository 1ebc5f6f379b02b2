/** A null block device in a whole lab: its own thread, its driver a process of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DeviceView, LogLine, ModuleView, RunView } from '#bus/api.ts';
import type { Lab } from './lab.ts';
import { ask, get, lab, root, until } from './lab-under-test.ts';

interface Answer {
  readonly status: string;
  readonly data?: string;
  readonly differsAt?: number;
  readonly code?: string;
}

const withDisk = async (attributes = {}, driver = 'null_blk'): Promise<Lab> => {
  const one = await lab({
    bench: { nullb0: { device: 'nullb', attributes: { size: 16, memory_backed: 1, ...attributes } } },
  });
  const loaded = await ask<ModuleView>(one, 'POST', '/modules', { driver, device: 'nullb0' });
  expect(loaded).toMatchObject({ status: 201, body: { module: driver, state: 'live' } });
  return one;
};
const io = async (one: Lab, body: object) => (await ask<Answer>(one, 'POST', '/devices/nullb0/io', body)).body;

test('what is written through the driver reads back, and both are in the trace under its name', async () => {
  const one = await withDisk();
  expect(await io(one, { op: 'write', sector: 8, sectors: 2040, pattern: 'sector:3' })).toMatchObject({ status: 'OK' });
  const read = await io(one, { op: 'read', sector: 8, sectors: 2040, pattern: 'sector:3' });
  expect(read).toMatchObject({ status: 'OK', differsAt: -1 });
  expect(Buffer.from(read.data ?? '', 'base64')).toHaveLength(2040 * 512);
  expect(await io(one, { op: 'read', sector: 9, sectors: 1, pattern: 'sector:4' })).toMatchObject({ differsAt: 4 });
  const { records } = await get<{ records: { op: string; requester: string }[] }>(one, '/trace?device=nullb0');
  expect(records.some(({ op, requester }) => op === 'write' && requester === 'null_blk')).toBe(true);
  expect(await get<DeviceView>(one, '/devices/nullb0')).toMatchObject({
    kind: 'nullb',
    ports: ['block'],
    owner: { module: 'null_blk' },
    lamp: 'ok',
  });
});

test('an attribute of the running device is written, its size too when it is off; the driver follows', async () => {
  const one = await withDisk();
  const patch = (body: object) => ask<{ code?: string }>(one, 'PATCH', '/devices/nullb0/attributes', body);
  expect(await patch({ size: 8 })).toMatchObject({ status: 409, body: { code: 'EBUSY' } });
  expect((await patch({ power: 0, size: 8, power_on: 1 })).status).toBe(404);
  expect((await patch({ power: 1 })).status).toBe(200);
  expect(await until(async () => (await io(one, { op: 'read', sector: 16_383, sectors: 1 })).status === 'OK')).toBe(
    true,
  );
  expect((await io(one, { op: 'read', sector: 16_384, sectors: 1 })).status).toBe('IOERR');
});

test('a driver that is killed leaves its requests answered with ENODEV, and a new one goes on', async () => {
  const one = await withDisk();
  await ask(one, 'POST', '/devices/nullb0/faults', { name: 'drop-completion' });
  const asked = io(one, { op: 'write', sector: 0, sectors: 8 });
  await until(async () => {
    const { records } = await get<{ records: { op: string }[] }>(one, '/trace?device=nullb0');
    return records.some(({ op }) => op === 'write');
  });
  const [module] = await get<ModuleView[]>(one, '/modules');
  process.kill(module?.pid ?? 0, 'SIGKILL');
  expect(await asked).toMatchObject({ code: 'ENODEV' });
  await ask(one, 'DELETE', '/devices/nullb0/faults');
  await until(async () => (await get<DeviceView>(one, '/devices/nullb0')).owner === null);
  expect((await ask(one, 'POST', '/modules', { driver: 'null_blk', device: 'nullb0' })).status).toBe(201);
  expect((await io(one, { op: 'write', sector: 0, sectors: 8 })).status).toBe('OK');
});

test('without a driver there is no disk', async () => {
  const one = await lab({ bench: { nullb0: { device: 'nullb' } } });
  expect(await ask(one, 'POST', '/devices/nullb0/io', { op: 'flush' })).toMatchObject({
    status: 409,
    body: { code: 'ENODEV', detail: expect.stringMatching(/no driver/) },
  });
});

test('a broken driver is caught over the bus: in the kernel log, and in the findings of the live run', async () => {
  const one = await lab();
  const yaml = readFileSync(join(root, 'scenarios/block-completes-twice.yaml'), 'utf8').replaceAll(
    'within: 1s', // a process takes longer to start on a busy machine
    'within: 20s',
  );
  const { body } = await ask<RunView>(one, 'POST', '/runs', { yaml, mode: 'live' });
  const done = await until(async () => {
    const view = await get<RunView>(one, `/runs/${body.run}`);
    return view.state === 'done' && view;
  });
  expect(done).toMatchObject({ verdict: 'pass', mode: 'live' });
  expect(done.findings).toContainEqual(expect.stringMatching(/double completion/));
  const log = await get<LogLine[]>(one, '/log');
  expect(log.map(({ text }) => text)).toContainEqual(expect.stringMatching(/finding: double completion/));
  expect((await get<DeviceView[]>(one, '/devices')).map(({ name }) => name)).toEqual(['phy0', 'nullb0', 'card0']);
});
