import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { afterEach, expect, test } from 'vitest';
import type { LabView } from '#bus/api.ts';
import { VirtualClock } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import { Instruments } from '#bus/filters/instruments.ts';
import { Trace, unpackRecord } from '#bus/trace.ts';
import { Bench } from './bench.ts';
import type { BenchSpec } from './bench-spec.ts';
import type { LabContext } from './context.ts';
import { DeviceViews } from './device-views.ts';
import { firmwareFiles } from './firmware-files.ts';
import { buildHttp } from './http.ts';
import { KernelLog } from './kernel-log.ts';
import { labMetrics } from './metrics.ts';
import { ModuleLoader } from './module-loader.ts';
import { Presences } from './presences.ts';
import { RunBook } from './runs.ts';

const apps: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

/** A lab without a bus: everything else is the real thing. */
const lab = async ({
  token,
  connected = true,
  spec = { phy0: { device: 'qt2025', prtad: 1, mdc_hz: 0 } },
}: {
  token?: string;
  connected?: boolean;
  spec?: BenchSpec;
} = {}) => {
  const clock = new VirtualClock();
  const trace = new Trace(4096);
  const log = new KernelLog(clock);
  const bench = new Bench({ clock, trace, seed: 1, spec });
  const presences = new Presences('lab', log);
  const modules = new ModuleLoader({
    lab: 'lab',
    bench,
    presences,
    brokerUrl: 'mqtt://127.0.0.1:1',
    token: undefined,
    firmwareDirs: [],
    command: [process.execPath, 'drivers/host.ts'],
    owner: () => null,
    evict: () => {},
  });
  const host = {
    ...{ name: 'lab', clock, trace, bench, log, modules },
    instruments: new Instruments({ clock, trace, seed: 1 }),
    place: async () => {},
    remove: async () => {},
    io: async () => ({ status: 'OK' as const }),
    openCard: () => Promise.reject(new LabError('ENODEV', 'no driver')),
  };
  const runs = new RunBook({
    host,
    scenariosDir: undefined,
    loadDrivers: undefined,
    firmware: () => new Uint8Array(),
    drivers: async () => [],
  });
  const view = (): LabView => ({
    ...{ name: 'lab', version: '0', session: 's', clock: 'virtual', now: clock.now(), startedAt: '', seed: 1 },
    broker: { url: '', embedded: true, connected },
    http: '',
    capture: { captured: trace.last, kept: trace.last, first: trace.first },
  });
  const views = new DeviceViews({ lab: 'lab', clock, bench, presences, served: () => undefined });
  const guard = { host: '127.0.0.1', token };
  const context: LabContext = { ...host, view, views, runs, guard, webRoot: undefined, firmware: firmwareFiles([]) };
  const metrics = labMetrics(context, () => ({ clients: 2, dropped: 3 }));
  const app = await buildHttp({ lab: context, metrics, logger: pino({ level: 'silent' }) });
  apps.push(app);
  const ask = async (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    headers = {},
  ) => {
    const answer = await app.inject({
      method,
      url: path,
      headers: { host: '127.0.0.1:8025', ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    const json = /json/.test(String(answer.headers['content-type']));
    return { status: answer.statusCode, body: json ? answer.json() : answer.body, headers: answer.headers };
  };
  return { app, ask, bench, trace, log };
};

const BLOCK: BenchSpec = {
  nullb0: { device: 'nullb', attributes: { memory_backed: true, size: 4, irqmode: 0 } },
  phy0: { device: 'qt2025' },
};

test('shows a register by name and by address, with its level and what the next read returns', async () => {
  const { ask } = await lab();
  const byName = await ask('GET', '/api/v1/devices/phy0/registers/HW_REV');
  expect(byName.body).toMatchObject({ name: 'HW_REV', address: '1.D001h', at: 0x1d001 });
  expect((byName.body.level >>> 8) & 0xff).toBe(0xb3);
  expect((await ask('GET', '/api/v1/devices/phy0/registers/1.D001h')).body).toEqual(byName.body);
  const all = await ask('GET', '/api/v1/devices/phy0/registers');
  expect(all.body).toContainEqual(byName.body);
});

test('a lab whose clock somebody else leads tells the time, and refuses to steer it with the reason', async () => {
  const { ask } = await lab();
  expect((await ask('GET', '/api/v1/time')).body).toMatchObject({ state: 'running', now: 0, drivers: [] });
  for (const wish of [{ do: 'pause' }, { do: 'step' }, { do: 'jump', byNs: 1 }, { do: 'rate', rate: 10 }]) {
    const { status, body } = await ask('POST', '/api/v1/time', wish);
    expect([status, body.code]).toEqual([405, 'EOPNOTSUPP']);
    expect(body.detail).toMatch(/virtual clock that is led by whoever runs it/);
  }
});

test('answers an unknown register with 404 and what was probably meant', async () => {
  const { ask } = await lab();
  const answer = await ask('GET', '/api/v1/devices/phy0/registers/PCS_STAT9');
  expect(answer.status).toBe(404);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({ type: 'about:blank', status: 404, code: 'ENOENT', title: 'Not Found' });
  expect(answer.body.detail).toMatch(/PCS_STAT9.*did you mean/);
});

test('pokes a value or fields, as a note in the trace', async () => {
  const { ask, trace, bench } = await lab();
  const answer = await ask('PUT', '/api/v1/devices/phy0/registers/HW_REV', { fields: { REV: 0xa1 } });
  expect(answer.status).toBe(200);
  expect(bench.device('phy0').device.peek(0x1d001) >>> 8).toBe(0xa1);
  const record = unpackRecord(trace.slice(trace.last));
  expect(record).toMatchObject({ op: 'note', at: 0x1d001 });
  expect(trace.names.requesters[record.requester]).toBe('dashboard');
  await ask('PUT', '/api/v1/devices/phy0/registers/1.D001h', { value: 0xb300 });
  expect(bench.device('phy0').device.peek(0x1d001)).toBe(0xb300);
});

test('reads on the bus as the dashboard', async () => {
  const { ask, trace } = await lab();
  const before = trace.last;
  const answer = await ask('POST', '/api/v1/devices/phy0/registers/PMA_DEVID1/read', {});
  expect(answer.body).toMatchObject({ value: 0x0043, driven: true });
  expect(trace.last).toBe(before + 1);
  expect(unpackRecord(trace.slice(trace.last))).toMatchObject({ op: 'read', at: 0x10002, value: 0x0043 });
});

test('switches a fault on and off, told in the trace and in the list', async () => {
  const { ask, trace } = await lab();
  const on = await ask('POST', '/api/v1/devices/phy0/faults', { name: 'weak-light', params: { rx_dbm: -13 } });
  expect(on.body).toMatchObject([{ name: 'weak-light', params: { rx_dbm: -13 } }]);
  const record = unpackRecord(trace.slice(trace.last));
  expect(record).toMatchObject({ op: 'fault', outcome: 'on' });
  expect(trace.names.texts[record.aux]).toBe('weak-light rx_dbm=-13');
  expect((await ask('GET', '/api/v1/devices/phy0')).body.lamp).toBe('fault');
  expect((await ask('DELETE', '/api/v1/devices/phy0/faults/weak-light')).body).toEqual([]);
  expect(unpackRecord(trace.slice(trace.last))).toMatchObject({ op: 'fault', outcome: 'off' });
});

test('turns a control without a body', async () => {
  const { ask } = await lab();
  const answer = await ask('POST', '/api/v1/devices/phy0/controls/remove');
  expect(answer.status).toBe(200);
  expect(answer.body.panel.cage.module).toBe(null);
});

test('reads memory by the silicon’s side', async () => {
  const { ask, trace } = await lab();
  const before = trace.last;
  const { body } = await ask('GET', '/api/v1/devices/phy0/memory?at=3.8000h&length=16');
  expect(body).toEqual({ at: 0x38000, values: Array(16).fill(0) });
  expect(trace.last).toBe(before);
});

test.each([
  ['GET', '/api/v1/devices/phy9', undefined, 404, 'ENOENT', /phy9/],
  ['GET', '/api/v1/devices/p%2F..%2Fx', undefined, 400, 'EINVAL', /params\.device/],
  ['PUT', '/api/v1/devices/phy0/registers/HW_REV', { value: 70000 }, 400, 'EINVAL', /value/],
  ['PUT', '/api/v1/devices/phy0/registers/HW_REV', { value: '5' }, 400, 'EINVAL', /value/],
  ['PUT', '/api/v1/devices/phy0/registers/HW_REV', { fields: { REVV: 1 } }, 400, 'EINVAL', /did you mean 'REV'/],
  ['PUT', '/api/v1/devices/phy0/registers/HW_REV', { fields: { REV: 256 } }, 400, 'EINVAL', /0 to 255/],
  ['PUT', '/api/v1/devices/phy0/registers/5.1', { value: 1 }, 404, 'ENOENT', /not modelled/],
  ['POST', '/api/v1/devices/phy0/faults', { name: 'rx-los' }, 404, 'ENOENT', /did you mean 'rx-loss'/],
  ['POST', '/api/v1/devices/phy0/faults', { name: 'toString' }, 404, 'ENOENT', /toString/],
  ['POST', '/api/v1/devices/phy0/faults', { name: 'weak-light', params: { rx_dbm: 5 } }, 400, 'EINVAL', /-20 to -9/],
  ['POST', '/api/v1/devices/phy0/faults', {}, 400, 'EINVAL', /name/],
  ['POST', '/api/v1/devices/phy0/controls/insret', {}, 404, 'ENOENT', /did you mean 'insert'/],
  ['GET', '/api/v1/devices/phy0/memory?at=nowhere', undefined, 400, 'EINVAL', /nowhere/],
  ['GET', '/api/v1/devices/phy0/memory?at=3.8000h&length=1e9', undefined, 400, 'EINVAL', /length/],
  ['GET', '/api/v1/log?since=-1', undefined, 400, 'EINVAL', /since/],
  ['POST', '/api/v1/runs', { mode: 'virtual' }, 400, 'EINVAL', /either/],
  ['POST', '/api/v1/runs', { mode: 'virtual', yaml: ': [' }, 400, 'EINVAL', /given\.yaml/],
  ['POST', '/api/v1/runs', { mode: 'sideways', scenario: 'x' }, 400, 'EINVAL', /mode/],
  ['GET', '/api/v1/runs/7', undefined, 404, 'ENOENT', /no run 7/],
  ['DELETE', '/api/v1/modules/phy0', undefined, 404, 'ENOENT', /no driver/],
  ['GET', '/api/v1/nothing', undefined, 404, 'ENOENT', /api\/docs/],
] as const)('%s %s %j is answered %i %s', async (method, path, body, status, code, detail) => {
  const { ask } = await lab();
  const answer = await ask(method, path, body);
  expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
  expect(answer.body.detail).toMatch(detail);
});

test('answers broken JSON, a strange type and an oversize body as problems, and goes on', async () => {
  const { app, ask } = await lab();
  const post = async (payload: string, type = 'application/json') => {
    const answer = await app.inject({
      method: 'POST',
      url: '/api/v1/devices/phy0/faults',
      headers: { host: 'localhost:8025', 'content-type': type },
      payload,
    });
    return [answer.statusCode, answer.json().code];
  };
  expect(await post('{"name":')).toEqual([400, 'EINVAL']);
  expect(await post('{"__proto__":{"x":1}}')).toEqual([400, 'EINVAL']);
  expect(await post('name=rx-loss', 'application/x-www-form-urlencoded')).toEqual([415, 'EPROTO']);
  expect(await post(JSON.stringify({ name: 'x'.repeat(100_000) }))).toEqual([413, 'EMSGSIZE']);
  expect((await ask('GET', '/api/v1/devices/phy0/faults')).body).toEqual([]);
});

test('refuses a page of another origin for reading and for writing', async () => {
  const { ask } = await lab();
  const evil = { origin: 'https://evil.example' };
  expect((await ask('GET', '/api/v1/devices', undefined, evil)).status).toBe(403);
  const answer = await ask('POST', '/api/v1/devices/phy0/faults', { name: 'rx-loss' }, evil);
  expect(answer.status).toBe(403);
  expect(answer.body.code).toBe('EACCES');
  expect((await ask('GET', '/api/v1/devices/phy0/faults')).body).toEqual([]);
});

test('asks for its token, takes it once from the address, then as a cookie', async () => {
  const { ask } = await lab({ token: 'open sesame' });
  expect((await ask('GET', '/api/v1/lab')).status).toBe(401);
  expect((await ask('GET', '/metrics')).status).toBe(401);
  expect((await ask('GET', '/healthz')).status).toBe(200);
  expect((await ask('GET', '/api/v1/lab', undefined, { authorization: 'Bearer open sesame' })).status).toBe(200);
  const opened = await ask('GET', '/traffic?token=open%20sesame&filter=x');
  expect(opened.status).toBe(303);
  expect(opened.headers.location).toBe('/traffic?filter=x');
  const cookie = String(opened.headers['set-cookie']);
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
  expect((await ask('GET', '/api/v1/lab', undefined, { cookie: cookie.split(';', 1)[0] })).status).toBe(200);
});

test('pages through the trace without a hole', async () => {
  const { ask } = await lab();
  for (let i = 0; i < 5; i++) await ask('POST', '/api/v1/devices/phy0/registers/PMA_DEVID1/read', {});
  const seen: number[] = [];
  let since = 0;
  for (let page = 0; page < 3; page++) {
    const { body } = await ask('GET', `/api/v1/trace?since=${since}&limit=2&device=phy0`);
    seen.push(...body.records.map((record: { seq: number }) => record.seq));
    since = body.next;
  }
  expect(seen).toEqual([1, 2, 3, 4, 5]);
  const { body } = await ask('GET', '/api/v1/trace?since=4');
  expect(body.records).toMatchObject([
    { seq: 5, device: 'phy0', requester: 'dashboard', op: 'read', register: 'PMA_DEVID1', address: '1.0002h' },
  ]);
});

test('counts what happened for Prometheus', async () => {
  const { ask } = await lab();
  await ask('POST', '/api/v1/devices/phy0/registers/PMA_DEVID1/read', {});
  await ask('POST', '/api/v1/devices/phy0/faults', { name: 'rx-loss' });
  const { body } = await ask('GET', '/metrics');
  expect(body).toMatch(/ferrolab_trace_records_total\{device="phy0",op="read",outcome="ok"\} 1/);
  expect(body).toMatch(/ferrolab_trace_records_total\{device="phy0",op="fault",outcome="on"\} 1/);
  expect(body).toMatch(/ferrolab_feed_clients 2/);
  expect(body).toMatch(/ferrolab_nodejs_eventloop_lag_seconds/);
});

test('describes every route as OpenAPI 3.1, and lets no script in from elsewhere', async () => {
  const { ask } = await lab();
  const { body } = await ask('GET', '/api/docs/json');
  expect(body.openapi).toBe('3.1.0');
  expect(Object.keys(body.paths)).toEqual(
    expect.arrayContaining([
      '/api/v1/lab',
      '/api/v1/devices/{device}/registers/{register}',
      '/api/v1/runs/{run}/trace',
    ]),
  );
  const operations = Object.entries<Record<string, Operation>>(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );
  for (const { path, summary, responses, parameters = [] } of operations) {
    expect({ path, summary }).toEqual({ path, summary: expect.any(String) });
    expect(Object.keys(responses)).toEqual([expect.stringMatching(/^20[01]$/), '4XX', '5XX']);
    expect(Object.keys(responses['4XX']?.content ?? {})).toEqual(['application/problem+json']);
    for (const { name, required, schema } of parameters)
      expect({ path, name, required: required === true && schema.default !== undefined }).toMatchObject({
        required: false,
      });
  }
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  const page = await ask('GET', '/api/docs/');
  expect(page.status).toBe(200);
  expect(page.headers['content-security-policy']).toMatch(/script-src 'self';/);
  expect(page.headers['strict-transport-security']).toBe(undefined);
});

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: TSchema }>> }>>;
  readonly parameters?: readonly { name: string; required?: boolean; schema: { default?: unknown } }[];
}

test('answers as the OpenAPI document says', async () => {
  const { ask } = await lab({
    spec: { ...BLOCK, phy0: { device: 'qt2025', prtad: 1, mdc_hz: 0 }, card0: { device: 'display' } },
  });
  await ask('POST', '/api/v1/devices/phy0/faults', { name: 'weak-light', params: { rx_dbm: -12 } });
  await ask('POST', '/api/v1/devices/phy0/registers/PMA_DEVID1/read', {});
  const { paths } = (await ask('GET', '/api/docs/json')).body;
  const wrong: unknown[] = [];
  for (const [path, { get }] of Object.entries<{ get?: Operation }>(paths)) {
    const device = /requests$|attributes$/.test(path) ? 'nullb0' : /edid$/.test(path) ? 'card0' : 'phy0';
    const url = path.replace('{device}', device).replace('{register}', 'HW_REV').replace(/edid$/, 'edid?decoded');
    const schema = get?.responses['200']?.content?.['application/json']?.schema;
    if (schema === undefined || url.includes('{')) continue;
    const { status, body } = await ask('GET', url.endsWith('/phy0/memory') ? `${url}?at=3.8000h` : url);
    if (status !== 200 || !Value.Check(schema, body)) wrong.push([url, status, Value.Errors(schema, body)[0]]);
  }
  expect(wrong).toEqual([]);
  const read = await ask('POST', '/api/v1/devices/phy0/registers/PMA_DEVID1/read', {});
  const { post } = paths['/api/v1/devices/{device}/registers/{register}/read'];
  expect(Value.Check(post.responses['200'].content['application/json'].schema, read.body)).toBe(true);
});

test('shows a block device with its port, panel and no registers', async () => {
  const { ask } = await lab({ spec: BLOCK });
  const { body } = await ask('GET', '/api/v1/devices/nullb0');
  expect(body).toMatchObject({ kind: 'nullb', ports: ['block'], link: null, faults: [], lamp: 'off' });
  expect(body).toMatchObject({ datasheet: expect.stringMatching(/^[0-9a-f]{12}$/), panel: { memoryBacked: true } });
  expect((await ask('GET', '/api/v1/devices/nullb0/registers')).body).toEqual([]);
  expect((await ask('POST', '/api/v1/devices/nullb0/registers/HW_REV/read', {})).status).toBe(404);
});

test('shows attributes, writes them in order, and answers a refusal with the kernel’s errno, noted in the trace', async () => {
  const { ask, trace } = await lab({ spec: BLOCK });
  const url = '/api/v1/devices/nullb0/attributes';
  const all = (await ask('GET', url)).body as { name: string; value: string }[];
  const value = (name: string) => all.find((one) => one.name === name)?.value;
  expect([value('memory_backed'), value('size'), value('power')]).toEqual(['1', '4', '1']);

  const refused = await ask('PATCH', url, { size: 8 });
  expect(refused).toMatchObject({ status: 409, body: { code: 'EBUSY', detail: expect.stringMatching(/powered/) } });
  const note = unpackRecord(trace.slice(trace.last));
  expect(note).toMatchObject({ op: 'note', outcome: 'refused' });
  expect(trace.names.texts[note.aux]).toMatch(/^size=8: /);

  const written = await ask('PATCH', url, { power: false, size: '0x10' });
  expect(written.status).toBe(200);
  const after = written.body as typeof all;
  expect(after.filter(({ name }) => name === 'power' || name === 'size').map((one) => one.value)).toEqual(['0', '16']);
  expect(trace.names.texts[unpackRecord(trace.slice(trace.last)).aux]).toBe('size=0x10');

  const half = await ask('PATCH', url, { size: 32, blocksize: 'x' });
  expect(half).toMatchObject({ status: 400, body: { code: 'EINVAL' } });
  expect(((await ask('GET', url)).body as typeof all).find(({ name }) => name === 'size')?.value).toBe('32');
  expect(await ask('PATCH', url, { sise: 1 })).toMatchObject({
    status: 404,
    body: { detail: expect.stringMatching(/did you mean 'size'/) },
  });
});

test('a device without attributes has none to show, and refuses to have them written', async () => {
  const { ask } = await lab();
  expect((await ask('GET', '/api/v1/devices/phy0/attributes')).body).toEqual([]);
  expect(await ask('PATCH', '/api/v1/devices/phy0/attributes', { size: 1 })).toMatchObject({
    status: 405,
    body: { code: 'EOPNOTSUPP' },
  });
});

test('faults and controls of a block device work as everybody’s do', async () => {
  const { ask } = await lab({ spec: BLOCK });
  const on = await ask('POST', '/api/v1/devices/nullb0/faults', {
    name: 'error',
    params: { status: 'MEDIUM', nth: 3 },
  });
  expect(on.body).toMatchObject([{ name: 'error', params: { status: 'MEDIUM', nth: 3 } }]);
  expect((await ask('GET', '/api/v1/devices/nullb0')).body).toMatchObject({ lamp: 'fault' });
  expect((await ask('DELETE', '/api/v1/devices/nullb0/faults')).body).toEqual([]);
  const cut = await ask('POST', '/api/v1/devices/nullb0/controls/power-cut', {});
  expect(cut.body).toMatchObject({ panel: { power: false } });
  expect((await ask('GET', '/api/v1/devices/nullb0/catalogue')).body.faults).toHaveProperty('torn-write');
});

test.each([
  [{ op: 'flush', pattern: '5a' }, /carries no data/],
  [{ op: 'write', sectors: 5000 }, /at most 2040/],
  [{ op: 'read', sectors: 8, pattern: 'zz' }, /pattern 'zz'/],
  [{ op: 'format' }, /op/],
  [{ op: 'read', sector: -1, sectors: 1 }, /sector/],
])('refuses the request %j to a disk', async (body, message) => {
  const { ask } = await lab({ spec: BLOCK });
  const answer = await ask('POST', '/api/v1/devices/nullb0/io', body);
  expect(answer).toMatchObject({ status: 400, body: { code: 'EINVAL', detail: expect.stringMatching(message) } });
});

test('decodes block requests of the trace', async () => {
  const { ask, bench } = await lab({ spec: BLOCK });
  const port = bench.device('nullb0').ports('drv').block;
  await port?.submit([
    { op: 'write', hctx: 0, tag: 2, generation: 1, sector: 8, sectors: 1, data: new Uint8Array(512) },
  ]);
  const { records } = (await ask('GET', '/api/v1/trace?device=nullb0')).body;
  expect(records).toMatchObject([
    { op: 'write', requester: 'drv', decoded: '1 sectors at 8, queue 0 tag 2' },
    { op: 'done', outcome: 'ok', decoded: expect.stringMatching(/^OK, 1 sectors at 8, queue 0 tag 2, /), latencyNs: 0 },
  ]);
});

test('counts block requests exactly while it records one in so many, which the trace says', async () => {
  const { ask, bench, trace } = await lab({ spec: BLOCK });
  const url = '/api/v1/devices/nullb0/requests';
  expect((await ask('PATCH', url, { traceEvery: 5 })).body).toMatchObject({ traceEvery: 5, recorded: 0 });
  expect(trace.names.texts[unpackRecord(trace.slice(trace.last)).aux]).toBe('one request in 5 is recorded');
  const port = bench.device('nullb0').ports('drv').block;
  for (let i = 0; i < 20; i++)
    await port?.submit([{ op: 'flush', hctx: 0, tag: 0, generation: i, sector: 0, sectors: 0 }]);
  expect((await ask('GET', url)).body).toMatchObject({
    submitted: { flush: 20 },
    completed: 20,
    recorded: 4,
    inFlight: 0,
  });
  expect((await ask('PATCH', url, { traceEvery: 0 })).status).toBe(400);
  expect((await ask('GET', '/api/v1/devices/phy0/requests')).status).toBe(405);
});

test('says that the broker is lost, as a problem', async () => {
  const { ask } = await lab({ connected: false });
  expect(await ask('GET', '/healthz')).toMatchObject({ status: 503, body: { code: 'ENODEV', status: 503 } });
});

test('answers an address and bytes that are none as problems', async () => {
  const { app, ask } = await lab();
  const answer = await ask('GET', '/api/v1/%zz');
  expect(answer).toMatchObject({ status: 400, body: { code: 'EINVAL', detail: expect.stringContaining('%zz') } });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.end('FOO / HTTP/1.1\r\n\r\n');
  const said = await text(socket);
  expect(said).toMatch(/^HTTP\/1.1 400 Bad Request\r\ncontent-type: application\/problem\+json\r\n/);
  expect(said).toMatch(/"code":"EPROTO"/);
});

test('gives the packed trace whole, in part, and after what is no longer kept', async () => {
  const { app, trace } = await lab(); // keeps 4096
  for (let i = 0; i < 5000; i++)
    trace.record({ device: 'phy0', requester: 'x', op: 'read', outcome: 'ok', time: i, value: i });
  const raw = async (query: string): Promise<[number, number, number]> => {
    const { rawPayload } = await app.inject({ url: `/api/v1/trace/raw?${query}`, headers: { host: 'localhost' } });
    const count = rawPayload.length / 32;
    return [count, unpackRecord(rawPayload, 0).seq, unpackRecord(rawPayload, (count - 1) * 32).seq];
  };
  expect(await raw('')).toEqual([4096, 905, 5000]);
  expect(await raw('since=1000&limit=10')).toEqual([10, 1001, 1010]);
  expect(await raw('since=4999')).toEqual([1, 5000, 5000]);
  expect(
    (await app.inject({ url: '/api/v1/trace/raw?since=5000', headers: { host: 'localhost' } })).rawPayload.length,
  ).toBe(0);
});

test('says how to build the dashboard where there is none', async () => {
  const { ask } = await lab();
  const answer = await ask('GET', '/phy0');
  expect(answer.status).toBe(404);
  expect(answer.body).toMatch(/npm run build/);
});
