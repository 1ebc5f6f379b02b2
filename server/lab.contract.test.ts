import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DeviceView, LogLine, ModuleView } from '#bus/api.ts';
import { startMosquitto } from '#bus/mosquitto.ts';
import { FIRMWARE_REQUESTER, RECORD_BYTES, unpackRecord } from '#bus/trace.ts';
import type { Lab } from './lab.ts';
import { ask, feed, get, hello, insmod, lab, owner, root, undo, until } from './lab-under-test.ts';

test('probes over MQTT from a driver process, each access once in the trace under its name', async () => {
  const one = await lab();
  const loaded = await insmod(one);
  expect(loaded).toMatchObject({ status: 201, body: { module: 'qt2025', device: 'phy0', state: 'live' } });
  expect(loaded.body.pid).not.toBe(process.pid);
  await until(async () => (await get<DeviceView>(one, '/devices/phy0')).owner?.link === 'up');
  const { trace } = one.host;
  const packed = trace.slice(1);
  let writes = 0;
  for (let at = 0; at < packed.length; at += RECORD_BYTES) {
    const record = unpackRecord(packed, at);
    if (record.op !== 'read' && record.op !== 'write') continue;
    if (trace.names.requesters[record.requester] === FIRMWARE_REQUESTER) continue;
    expect(trace.names.requesters[record.requester]).toBe('qt2025');
    const uploads = (record.at >= 0x38000 && record.at < 0x3c000) || (record.at >= 0x48000 && record.at < 0x4a000);
    if (record.op === 'write' && uploads) writes++;
  }
  expect(writes).toBeGreaterThan(16_384);
  expect(writes).toBeLessThanOrEqual(24_576);
  const lines = await get<LogLine[]>(one, '/log');
  expect(lines.map(({ text }) => text)).toContainEqual(expect.stringMatching(/link is up/i));
  expect(await get<DeviceView>(one, '/devices/phy0')).toMatchObject({ lamp: 'ok', link: 'up' });
});

test('refuses a second driver for a taken device, and lets it in after rmmod', async () => {
  const one = await lab();
  await insmod(one);
  const second = await ask<{ code: string; detail: string }>(one, 'POST', '/modules', {
    driver: 'qt202x',
    device: 'phy0',
  });
  expect(second).toMatchObject({ status: 409, body: { code: 'EBUSY' } });
  expect(second.body.detail).toMatch(/qt2025/);
  expect((await ask(one, 'DELETE', '/modules/phy0')).status).toBe(200);
  await until(async () => (await owner(one)) === null);
  expect(await get(one, '/modules')).toEqual([]);
  expect((await insmod(one)).status).toBe(201);
});

test('tells the errno of a failed probe and leaves the device free', async () => {
  const one = await lab({ bench: { phy0: { device: 'qt2025', revision: 0xa1 } } });
  const failed = await ask<{ code: string }>(one, 'POST', '/modules', { driver: 'qt2025', device: 'phy0' });
  expect(failed).toMatchObject({ status: 409, body: { code: 'ENODEV' } });
  await until(async () => (await owner(one)) === null);
  expect(await get(one, '/modules')).toMatchObject([{ state: 'failed', error: { code: 'ENODEV' } }]);
});

test.each([
  [{ driver: 'qt2024', device: 'phy0' }, 404, 'ENOENT', /did you mean 'qt2025'|there are/],
  [{ driver: 'qt2025', device: 'phy7' }, 404, 'ENOENT', /phy7/],
  [{ driver: 'qt2025', device: 'phy0', params: { poll: 1 } }, 400, 'EINVAL', /poll/],
  [{ driver: './no-such-driver.ts', device: 'phy0' }, 404, 'ENOENT', /no-such-driver/],
] as const)('insmod %j is answered %i %s', async (body, status, code, detail) => {
  const one = await lab();
  const answer = await ask<{ code: string; detail: string }>(one, 'POST', '/modules', body);
  expect(answer).toMatchObject({ status, body: { code } });
  expect(answer.body.detail).toMatch(detail);
});

test('frees the device within three seconds of a killed driver, and a new one recovers it', async () => {
  const one = await lab();
  const { body } = await insmod(one);
  process.kill(body.pid ?? 0, 'SIGKILL');
  const killed = performance.now();
  await until(async () => (await owner(one)) === null);
  await until(async () => (await get<ModuleView[]>(one, '/modules'))[0]?.state === 'gone');
  expect(performance.now() - killed).toBeLessThan(3000);
  expect((await insmod(one)).body.state).toBe('live');
  expect(await get(one, '/modules')).toMatchObject([{ state: 'live' }]);
});

test('asks for the token on HTTP, feed and bus alike', async () => {
  const one = await lab({ token: 'open sesame' });
  expect((await ask(one, 'GET', '/lab')).status).toBe(401);
  await expect(hello(feed(one).socket)).rejects.toThrow(/EACCES/);
  expect((await hello(feed(one, { token: 'open sesame' }).socket)).devices[0]).toMatchObject({ name: 'phy0' });
  const authorized = { authorization: 'Bearer open sesame' };
  const loaded = await ask<ModuleView>(one, 'POST', '/modules', { driver: 'qt2025', device: 'phy0' }, authorized);
  expect(loaded).toMatchObject({ status: 201, body: { state: 'live' } });
});

test('survives malformed MQTT, a hostile client id and broken HTTP', async () => {
  const one = await lab();
  const { hostname, port } = new URL(one.brokerUrl);
  const web = new URL(one.url);
  const id = Buffer.from('lab/+/#\u0000evil');
  const hostile = [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0x10, 12 + id.length, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 60, 0, id.length, ...id]),
    Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff]),
  ];
  const closed = (host: string, at: string, bytes: Uint8Array) =>
    new Promise<void>((resolve) => {
      const socket = connect(Number(at), host, () => socket.write(bytes));
      socket.on('error', () => {});
      socket.on('close', () => resolve());
      socket.resume();
    });
  await Promise.all(hostile.map((bytes) => closed(hostname, port, bytes)));
  await closed(web.hostname, web.port, Buffer.from('\u0000\u0001 nonsense\r\n\r\n'));
  expect((await insmod(one)).status).toBe(201);
});

test('shows the devices of two labs on one broker from either, as remote', async () => {
  const mosquitto = await startMosquitto();
  undo.push(() => mosquitto.close());
  const broker = mosquitto.url;
  const one = await lab({ name: 'left', bench: { phy0: { device: 'qt2025' } }, broker });
  const two = await lab({ name: 'right', bench: { phy1: { device: 'qt2025', module: 'lr' } }, broker });
  const seen = await until(async () => {
    const devices = await get<DeviceView[]>(two, '/devices');
    return devices.length === 2 && devices;
  });
  expect(seen.map(({ lab, name, remote }) => ({ lab, name, remote }))).toEqual([
    { lab: 'right', name: 'phy1', remote: false },
    { lab: 'left', name: 'phy0', remote: true },
  ]);
  expect((await insmod(one)).status).toBe(201);
  expect((await ask(two, 'POST', '/modules', { driver: 'qt2025', device: 'phy1' })).status).toBe(201);
  await until(async () => (await get<DeviceView[]>(two, '/devices'))[1]?.owner?.module === 'qt2025');
  expect(await get<ModuleView[]>(two, '/modules')).toHaveLength(1);
});

test('ends its drivers when it is closed', async () => {
  const one = await lab();
  const { body } = await insmod(one);
  await one.close();
  expect(() => process.kill(body.pid ?? 0, 0)).toThrow(/ESRCH/);
});

test('says which port is taken and what to do', async () => {
  const one = await lab();
  const httpPort = Number(new URL(one.url).port);
  const mqttPort = Number(new URL(one.brokerUrl).port);
  await expect(lab({ httpPort })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    message: expect.stringContaining(`${httpPort}`),
  });
  await expect(lab({ mqttPort })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    message: expect.stringContaining(`${mqttPort}`),
  });
  await expect(lab({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'EACCES' });
});

test('drivers of a killed lab attach to the next one by themselves, and end with it', async () => {
  const mosquitto = await startMosquitto();
  undo.push(() => mosquitto.close());
  const options = {
    ...{ httpPort: 0, broker: mosquitto.url, firmwareDirs: [join(root, 'firmware')], logLevel: 'silent' },
    driverHost: { command: [process.execPath, join(root, 'drivers/host.ts')] },
  };
  const script = `import { startLab } from '#server/lab.ts';
    console.log((await startLab(${JSON.stringify(options)})).url);`;
  const killed = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: root });
  undo.push(() => killed.kill('SIGKILL'));
  const [url] = (await once(killed.stdout, 'data')) as [Buffer];
  const first = { url: String(url).trim() } as Lab;
  const live = (of: Lab) =>
    until(async () => {
      const modules = await get<ModuleView[]>(of, '/modules');
      return modules.length === 3 && modules.every(({ state }) => state === 'live') && modules;
    });
  const pids = (modules: readonly ModuleView[]) => modules.map(({ pid }) => pid ?? 0).sort();
  const before = pids(await live(first));
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  const second = await lab({ broker: mosquitto.url, drivers: true });
  expect(pids(await live(second))).toEqual(before);
  expect((await owner(second))?.module).toBe('qt2025');
  await second.close();
  for (const pid of before) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
});
