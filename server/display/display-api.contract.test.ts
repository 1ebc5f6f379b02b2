import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ModuleView } from '#bus/api.ts';
import type { EdidView } from '#bus/edid-view.ts';
import { MONITORS } from '#datasheets/monitors.ts';
import { edidOf } from '#devices/display/edid.ts';
import type { BenchSpec } from '../bench-spec.ts';
import type { Lab } from '../lab.ts';
import { ask, get, lab, undo, until } from '../lab-under-test.ts';
import { displayOf } from './display-of.ts';
import { paint, setMode } from './display-under-test.ts';
import { readPng } from './png-under-test.ts';

const BENCH: BenchSpec = {
  card0: { device: 'display', monitor: 'fhd60' },
  phy0: { device: 'qt2025', prtad: 1 },
};
interface Problem {
  readonly code: string;
  readonly detail: string;
}

const at = (one: Lab, path: string): string => `${one.url}/api/v1${path}`;
const shot = async (one: Lab) =>
  readPng(new Uint8Array(await (await fetch(at(one, '/devices/card0/frame.png'))).arrayBuffer()));
const put = async (one: Lab, body: Uint8Array | string, type = 'application/octet-stream') => {
  const answer = await fetch(at(one, '/devices/card0/edid'), {
    method: 'PUT',
    body: Buffer.from(body),
    headers: type === '' ? {} : { 'content-type': type },
  });
  return { status: answer.status, body: (await answer.json()) as EdidView & Problem };
};

test('gives what is on show as a PNG file, pixel for pixel, to many at once', async () => {
  const one = await lab({ bench: BENCH });
  const nothing = await ask<Problem>(one, 'GET', '/devices/card0/frame.png');
  expect(nothing).toMatchObject({
    status: 409,
    body: { code: 'ENODEV', detail: expect.stringMatching(/nothing is on show/) },
  });
  const display = displayOf(one.host.bench, 'card0');
  setMode(display, 333, 77);
  for (let y = 0; y < 77; y++) paint(display, y, y * 0x031507, 300, 333, y % 30);
  const answer = await fetch(at(one, '/devices/card0/frame.png'));
  expect(answer.headers.get('content-type')).toBe('image/png');
  const { width, height, rgba } = display.frame();
  expect(readPng(new Uint8Array(await answer.arrayBuffer()))).toEqual({ width, height, rgba });
  paint(display, 0, 0xffffff, 333, 333);
  const shots = await Promise.all(Array.from({ length: 12 }, () => shot(one)));
  for (const taken of shots) expect(Buffer.compare(taken.rgba, display.frame().rgba)).toBe(0);
  const phy = await ask<Problem>(one, 'GET', '/devices/phy0/frame.png');
  expect(phy).toMatchObject({ status: 405, body: { code: 'EOPNOTSUPP' } });
});

test('gives the EDID as bytes and in words, and takes another, right or wrong, as a hotplug', async () => {
  const one = await lab({ bench: BENCH });
  const read = async () => new Uint8Array(await (await fetch(at(one, '/devices/card0/edid'))).arrayBuffer());
  expect(await read()).toEqual(edidOf(MONITORS.fhd60));
  expect(await get<EdidView>(one, '/devices/card0/edid?decoded')).toMatchObject({ name: 'FERRO FHD60', problems: [] });
  const other = edidOf(MONITORS.uhd60);
  expect(await put(one, other)).toMatchObject({ status: 200, body: { name: 'FERRO UHD60', bytes: 256, problems: [] } });
  expect(await read()).toEqual(other);
  expect(displayOf(one.host.bench, 'card0').inspect().interrupt.status).toContain('HOTPLUG');
  const wrong = await put(one, other.with(100, 1));
  expect(wrong).toMatchObject({ status: 200, body: { problems: [expect.stringMatching(/block 0: wrong checksum/)] } });
  const noise = randomBytes(1024);
  expect(await put(one, noise)).toMatchObject({ status: 200, body: { hex: noise.toString('hex') } });
  for (const [body, type, status, code] of [
    [new Uint8Array(0), 'application/octet-stream', 400, 'EINVAL'],
    [new Uint8Array(1025), 'application/octet-stream', 400, 'EINVAL'],
    [new Uint8Array(100_000), 'application/octet-stream', 413, 'EMSGSIZE'],
    ['{}', 'application/json', 400, 'EINVAL'],
    ['x', 'text/html', 415, 'EPROTO'],
  ] as const)
    expect(await put(one, body, type)).toMatchObject({ status, body: { code } });
  expect(await read()).toEqual(new Uint8Array(noise));
  await ask(one, 'POST', '/devices/card0/controls/unplug', {});
  expect(await ask<Problem>(one, 'GET', '/devices/card0/edid')).toMatchObject({
    status: 409,
    body: { code: 'ENODEV' },
  });
  expect(await get<EdidView>(one, '/devices/card0/edid?decoded')).toMatchObject({
    bytes: 0,
    problems: ['nothing is told'],
  });
  expect((await ask(one, 'GET', '/devices/card0/edid?decoded=maybe')).status).toBe(400);
  expect((await ask(one, 'GET', '/devices/..%2Fcard0/edid')).status).toBe(400);
});

test('asks the driver to panic with a text, once, and answers when the screen is drawn', async () => {
  const one = await lab({ bench: BENCH });
  const panic = (body: object = {}, device = 'card0') =>
    ask<Problem & { log: readonly string[] }>(one, 'POST', `/devices/${device}/panic`, body);
  expect(await panic()).toMatchObject({ status: 409, body: { code: 'ENODEV' } });
  expect(await panic({}, 'phy0')).toMatchObject({ status: 405, body: { code: 'EOPNOTSUPP' } });
  await ask(one, 'POST', '/modules', { driver: 'bochs', device: 'card0' });
  expect(await panic()).toMatchObject({
    status: 405,
    body: { detail: expect.stringMatching(/bochs does not listen/) },
  });
  await ask(one, 'DELETE', '/modules/card0');
  await ask(one, 'POST', '/modules', { driver: 'ferro_drm', device: 'card0', params: { panic_screen: 'user' } });
  const display = displayOf(one.host.bench, 'card0');
  await until(() => display.inspect().mode?.width === 1920);
  for (const body of [{ text: 'x'.repeat(241) }, { text: 7 }, { words: 'x' }])
    expect(await panic(body)).toMatchObject({ status: 400, body: { code: 'EINVAL' } });
  const before = await shot(one);
  const answer = await panic({ text: 'Größe\x07\nof the flux capacitor' });
  expect(answer).toMatchObject({
    status: 200,
    body: {
      log: ['Kernel panic - not syncing: Gr??e?', 'of the flux capacitor', expect.stringMatching(/^panic screen user/)],
    },
  });
  expect(Buffer.compare((await shot(one)).rgba, before.rgba)).not.toBe(0);
  const [module] = await get<readonly ModuleView[]>(one, '/modules');
  expect(module).toMatchObject({ state: 'failed', error: { message: expect.stringMatching(/Gr\?\?e/) } });
  expect(await panic()).toMatchObject({ status: 409, body: { code: 'EBUSY' } });
});

test.skipIf(spawnSync('zbarimg', ['--version']).error !== undefined)(
  'the code of a panic is read off the screenshot by a scanner, with the address it was given',
  async () => {
    const panic_qr_url = 'http://127.0.0.1:8025/panic#';
    const card0 = { device: 'display', monitor: 'xga', driver: 'ferro_drm', params: { panic_qr_url } } as const;
    const one = await lab({ bench: { card0 }, drivers: true });
    const display = displayOf(one.host.bench, 'card0');
    await until(() => display.inspect().mode !== null);
    const { status } = await ask(one, 'POST', '/devices/card0/panic', { text: 'scan me' });
    expect(status).toBe(200);
    const folder = mkdtempSync(join(tmpdir(), 'ferrolab-shot-'));
    undo.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'panic.png');
    writeFileSync(file, Buffer.from(await (await fetch(at(one, '/devices/card0/frame.png'))).arrayBuffer()));
    const { stdout } = spawnSync('zbarimg', ['-q', '--raw', '--nodbus', file], { encoding: 'utf8' });
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:8025\/panic#\?a=\S+&z=\d+$/m);
  },
);
