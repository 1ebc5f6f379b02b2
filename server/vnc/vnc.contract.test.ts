/** The VNC server on a socket: what viewers see, viewers that are wrong or hostile, and Debian's own clients. */
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { VirtualClock } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import { Trace } from '#bus/trace.ts';
import { bench, SMALL } from '#devices/display/bench.ts';
import type { Display } from '#devices/display/display.ts';
import { Bench } from '../bench.ts';
import { paint, setMode } from '../display/display-under-test.ts';
import { lab } from '../lab-under-test.ts';
import { vncUri } from './address.ts';
import { openLabVnc } from './lab-vnc.ts';
import { SERVER_FORMAT } from './pixel-format.ts';
import { readPng } from './png-rig.ts';
import { ENCODING } from './rfb.ts';
import { offScreen, type VncScreen } from './screen.ts';
import { startVnc, type VncOptions } from './server.ts';
import { Viewer } from './vnc-rig.ts';

const OFF = offScreen();
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A display of 200x150 that shows noise, behind a VNC server. */
const rig = async (options: Partial<VncOptions> = {}) => {
  const on = bench({ vramMib: 4 });
  on.mode(timing(200, 150));
  on.store(
    0,
    Uint8Array.from({ length: 800 * 150 }, (_, i) => (Math.imul(i, 2_654_435_761) >>> 13) & 0xff),
  );
  on.plane('PRIMARY', { pitch: 800, source: [0, 0, 200, 150] });
  on.now();
  const said: string[] = [];
  const log = (line: string): void => void said.push(line);
  const server = await startVnc({ port: 0, name: 'card0', screen: () => on.display, log, ...options });
  undo.push(() => server.close());
  const view = async (more: Partial<Parameters<typeof Viewer.open>[0]> = {}): Promise<Viewer> => {
    const viewer = await Viewer.open({ port: server.address.port, ...more });
    undo.push(() => viewer.socket.destroy());
    return viewer;
  };
  return { on, said, server, view, port: server.address.port };
};

const timing = (width: number, height: number): typeof SMALL => ({
  ...SMALL,
  clockKhz: 10_000,
  horizontal: [width, width + 4, width + 8, width + 20],
  vertical: [height, height + 2, height + 4, height + 8],
});

/** What the display shows, as numbers of XRGB8888. */
const shown = (screen: VncScreen): number[] => {
  const { rgba } = screen.frame();
  return Array.from(
    { length: rgba.length / 4 },
    (_, i) => rgba[4 * i]! * 65_536 + rgba[4 * i + 1]! * 256 + rgba[4 * i + 2]!,
  );
};
const expectShown = (viewer: Viewer, screen: VncScreen): void => {
  const want = shown(screen);
  expect(viewer.pixels.length).toBe(want.length);
  expect(want.findIndex((pixel, i) => pixel !== colour(viewer, i))).toBe(-1);
};
/** The fourth byte of a pixel of 24 bits means nothing. */
const colour = (viewer: Viewer, i: number): number => viewer.pixels[i]! & 0xffffff;

test.each(['RFB 003.003\n', 'RFB 003.007\n', 'RFB 003.008\n', 'RFB 003.889\n'])(
  'shows the picture to %j',
  async (version) => {
    const { on, view } = await rig();
    const viewer = await view({ version });
    expect([viewer.width, viewer.height, viewer.name]).toEqual([200, 150, 'card0']);
    await viewer.whole();
    expectShown(viewer, on.display);
  },
);

test.each(['raw', 'zrle'] as const)('sends by %s what changed, and only that', async (encoding) => {
  const { on, view } = await rig();
  const viewer = await view({ encodings: [7, ENCODING[encoding], ENCODING.raw] });
  await viewer.whole();
  for (const [x, y] of [
    [3, 3],
    [130, 70],
    [199, 149],
  ] as const) {
    viewer.request(true);
    on.words(y * 800 + x * 4, [0x123456]);
    const { rects } = await viewer.update();
    expect(rects).toHaveLength(1);
    expect(rects[0]).toMatchObject({ x: x - (x % 64), y: y - (y % 64), encoding: ENCODING[encoding] });
    expectShown(viewer, on.display);
  }
});

test.each([
  [
    '16 bits',
    {
      ...SERVER_FORMAT,
      bits: 16,
      depth: 16,
      red: { most: 31, shift: 11 },
      green: { most: 63, shift: 5 },
      blue: { most: 31, shift: 0 },
    },
  ],
  [
    'big-endian RGBX',
    {
      ...SERVER_FORMAT,
      bigEndian: true,
      red: { most: 255, shift: 24 },
      green: { most: 255, shift: 16 },
      blue: { most: 255, shift: 8 },
    },
  ],
  [
    '8 bits of true colour',
    {
      ...SERVER_FORMAT,
      bits: 8,
      depth: 8,
      red: { most: 7, shift: 0 },
      green: { most: 7, shift: 3 },
      blue: { most: 3, shift: 6 },
    },
  ],
] as const)('takes pixels of %s', async (_, format) => {
  const { on, view } = await rig();
  const viewer = await view({ format, encodings: [ENCODING.zrle] });
  await viewer.whole();
  viewer.setEncodings([ENCODING.raw]);
  const zrle = viewer.pixels.slice();
  await viewer.whole();
  const part = (byte: number, { most, shift }: { most: number; shift: number }): number =>
    Math.round((byte * most) / 255) * 2 ** shift;
  const want = shown(on.display).map(
    (pixel) =>
      part(pixel >>> 16, format.red) + part((pixel >>> 8) & 0xff, format.green) + part(pixel & 0xff, format.blue),
  );
  expect([...viewer.pixels]).toEqual(want);
  expect([...zrle]).toEqual(want);
});

test('a client with a colour map is given 256 colours', async () => {
  const { on, view } = await rig();
  const viewer = await view({ format: { ...SERVER_FORMAT, bits: 8, depth: 8, trueColour: false } });
  await viewer.whole();
  const colour = (i: number): readonly number[] =>
    [0, 2, 4].map((at) => viewer.colourMap?.readUInt16BE(i * 6 + at) ?? -1);
  expect([colour(0), colour(255), colour(7 << 5)]).toEqual([
    [0, 0, 0],
    [0xffff, 0xffff, 0xffff],
    [0xffff, 0, 0],
  ]);
  const far = shown(on.display).filter(
    (pixel, i) => Math.abs((pixel >>> 16) * 257 - colour(viewer.pixels[i]!)[0]!) > 0x1400,
  );
  expect(far).toEqual([]);
});

test('tells another size to who understands it, and shows the others the corner that fits', async () => {
  const { on, view } = await rig();
  const told = await view({ encodings: [ENCODING.raw, ENCODING.desktopSize] });
  const extended = await view({ encodings: [ENCODING.zrle, ENCODING.extendedDesktopSize] });
  const deaf = await view({ encodings: [ENCODING.raw] });
  for (const viewer of [told, extended, deaf]) await viewer.whole();
  for (const viewer of [told, extended, deaf]) viewer.request(true);
  on.mode(timing(300, 100));
  on.plane('PRIMARY', { pitch: 1200, source: [0, 0, 300, 100] });
  on.now();
  for (const viewer of [told, extended]) {
    expect((await viewer.update()).rects).toHaveLength(1);
    expect([viewer.width, viewer.height]).toEqual([300, 100]);
    await viewer.whole();
    expectShown(viewer, on.display);
  }
  await deaf.update();
  const want = shown(on.display);
  const wrong = [...deaf.pixels].filter(
    (pixel, i) => (pixel & 0xffffff) !== (i < 200 * 100 ? want[Math.floor(i / 200) * 300 + (i % 200)] : 0),
  );
  expect(wrong).toEqual([]);
});

test('a client that asks for another size is refused, and sees on', async () => {
  const { view } = await rig();
  const viewer = await view({ encodings: [ENCODING.raw, ENCODING.extendedDesktopSize] });
  await viewer.whole();
  viewer.socket.write(Buffer.concat([Buffer.of(251, 0, 0, 9, 0, 9, 1, 0), Buffer.alloc(16)]));
  viewer.request(true);
  expect((await viewer.update()).rects).toMatchObject([{ x: 1, y: 1, width: 200, height: 150, encoding: -308 }]);
  await viewer.whole();
});

test('keys, pointers and clipboards are heard and change nothing', async () => {
  const { on, view } = await rig();
  const viewer = await view();
  viewer.socket.write(Buffer.of(4, 1, 0, 0, 0, 0, 0, 65, 5, 1, 0, 9, 0, 9, 6, 0, 0, 0, 0, 0, 0, 3, 65, 66, 67));
  await viewer.whole();
  expectShown(viewer, on.display);
});

test('a screen that goes shows the picture of an absent one, and the next one is seen', async () => {
  let screen: VncScreen = OFF;
  const { on, view } = await rig({ screen: () => screen });
  const viewer = await view({ encodings: [ENCODING.raw, ENCODING.desktopSize] });
  await viewer.whole();
  expectShown(viewer, OFF);
  viewer.request(true);
  screen = on.display;
  await viewer.update();
  await viewer.whole();
  expectShown(viewer, on.display);
});

test('a screen that cannot be seen costs a viewer, not the server', async () => {
  const { on, said, view } = await rig({
    screen: () => {
      if (broken) throw new LabError('ENODEV', 'the display is between two places');
      return on.display;
    },
  });
  let broken = false;
  const viewer = await view();
  await viewer.whole();
  viewer.request(true);
  broken = true;
  await viewer.closed();
  const why = /error of ours: the display is between two places/;
  await vi.waitFor(() => expect(said).toEqual([expect.stringMatching(why)]));
  broken = false;
  await (await view()).whole();
});

test('asked many times at once, it answers with one update', async () => {
  const { server, view } = await rig();
  const viewer = await view();
  for (let i = 0; i < 500; i++) viewer.request(false);
  await viewer.update();
  viewer.request(true);
  await vi.waitFor(() => expect(server.viewers()[0]?.updates).toBeGreaterThan(0));
  expect(server.viewers()[0]?.updates).toBeLessThan(10);
});

const raw = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  undo.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
};
const HELLO = Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.of(1, 1)]);

test.each([
  ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), /first words/],
  ['nothing at all', Buffer.alloc(0), /end of the handshake/],
  ['half a handshake', Buffer.from('RFB 003.0'), /end of the handshake/],
  ['a message nobody knows', Buffer.concat([HELLO, Buffer.of(77)]), /message type 77/],
  ['a pixel format that is none', Buffer.concat([HELLO, Buffer.alloc(20)]), /pixels of 0 bits/],
  ['half a list of encodings', Buffer.concat([HELLO, Buffer.of(2, 0, 0xff, 0xff, 0, 0)]), /middle of a message/],
  [
    'half a clipboard',
    Buffer.concat([HELLO, Buffer.of(6, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 65)]),
    /middle of a message/,
  ],
])('lets go of a client that says %s', async (_, bytes, why) => {
  const { on, said, server, view, port } = await rig({ handshakeMs: 150, stallMs: 150 });
  const socket = await raw(port);
  socket.resume();
  socket.write(bytes);
  await once(socket, 'close');
  await vi.waitFor(() => expect(said).toEqual([expect.stringMatching(why)]));
  expect(server.viewers()).toEqual([]);
  const viewer = await view();
  await viewer.whole();
  expectShown(viewer, on.display);
});

test('a client that never reads is let go, holds little memory, and delays nobody', async () => {
  // more than sockets take in
  const { on, said, server, view, port } = await rig({ stallMs: 400 });
  on.mode(timing(4000, 2000));
  on.plane('PRIMARY', { pitch: 256, source: [0, 0, 64, 32], target: [0, 0, 4000, 2000] });
  on.now();
  const socket = await raw(port);
  socket.pause();
  const ask = Buffer.of(3, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff);
  socket.write(Buffer.concat([HELLO, ask, ask]));
  const viewer = await view();
  viewer.request(false, { x: 0, y: 0, width: 64, height: 64 });
  await viewer.update();
  const most = Math.max(...server.viewers().map(({ queuedBytes }) => queuedBytes));
  expect(most).toBeLessThan(2 * 2 ** 20);
  await vi.waitFor(() => expect(said).toEqual([expect.stringMatching(/middle of a message, or of an update/)]), 10_000);
  expect(server.viewers()).toHaveLength(1);
});

test('a flood of wishes for a colour map is answered once, before the next pixels', async () => {
  const { server, view } = await rig();
  const viewer = await view();
  const format = Buffer.from([0, 0, 0, 0, 8, 8, 0, 0, 0, 7, 0, 7, 0, 3, 0, 3, 6, 0, 0, 0]);
  viewer.socket.write(Buffer.concat(Array.from({ length: 3000 }, () => format)));
  viewer.request(false, { x: 0, y: 0, width: 1, height: 1 });
  expect((await viewer.read(4)).toString('hex')).toBe('01000000');
  expect((await viewer.read(2 + 256 * 6)).readUInt16BE(0)).toBe(256);
  // type, padding, one rectangle; its place, size and encoding; one pixel of a byte
  expect((await viewer.read(17)).toString('hex', 0, 16)).toBe('00000001000000000001000100000000');
  expect(server.viewers()[0]?.queuedBytes).toBe(0);
});

test('turns away one viewer too many, and takes it when there is room', async () => {
  const { said, view, port } = await rig({ viewers: 1 });
  const first = await view();
  const second = await raw(port);
  second.resume();
  await once(second, 'close');
  expect(said).toEqual([expect.stringMatching(/turned away/)]);
  first.socket.destroy();
  await vi.waitFor(async () => (await view()).whole());
});

test.each(['0.0.0.0', '192.168.1.5', '::'])('does not start on %s', async (host) => {
  await expect(startVnc({ host, port: 0, name: 'card0', screen: () => OFF })).rejects.toMatchObject({
    code: 'EACCES',
    message: expect.stringMatching(/no password; only 127.0.0.1/),
  });
});

test('a lab gives each display a port, in the order of the bench; one that is taken is said', async () => {
  const said: string[] = [];
  const log = (_: string, text: string): void => void said.push(text);
  const spec = { card0: { device: 'display' }, phy0: { device: 'qt2025' }, card1: { device: 'display' } } as const;
  const lab = new Bench({ clock: new VirtualClock(), trace: new Trace(), seed: 1, spec });
  undo.push(() => lab.close());
  const open = await openLabVnc({ vnc: { port: 0 }, bench: lab, log });
  undo.push(() => open.close());
  expect(open.addresses.map(({ device }) => device)).toEqual(['card0', 'card1']);
  const [card0, card1] = open.addresses;
  expect(said).toEqual([`card0: VNC at ${vncUri(card0!)}`, `card1: VNC at ${vncUri(card1!)}`]);
  const viewer = await Viewer.open({ port: card1!.port });
  undo.push(() => viewer.socket.destroy());
  expect(viewer.name).toBe('card1');
  await viewer.whole();
  expectShown(viewer, OFF);
  const taken = openLabVnc({ vnc: { port: card0!.port }, bench: lab, log });
  await expect(taken).rejects.toThrow(LabError);
  await expect(taken).rejects.toMatchObject({ code: 'EADDRINUSE', message: expect.stringMatching(/--vnc/) });
});

test('a lab says where its displays are seen, and what the bus writes there is', async () => {
  const one = await lab({ bench: { card0: { device: 'display' } }, vnc: { port: 0 } });
  const { vnc } = (await (await fetch(`${one.url}/api/v1/lab`)).json()) as { vnc: typeof one.vnc };
  expect(vnc).toEqual([{ device: 'card0', host: '127.0.0.1', port: expect.any(Number) }]);
  expect(one.vnc).toEqual(vnc);
  const viewer = await Viewer.open({ port: vnc[0]!.port, encodings: [ENCODING.raw, ENCODING.desktopSize] });
  undo.push(() => viewer.socket.destroy());
  await viewer.whole();
  expectShown(viewer, OFF);
  const { device } = one.host.bench.device('card0');
  const display = device as Display;
  setMode(display, 320, 200);
  paint(display, 7, 0xabcdef, 320, 320);
  await viewer.whole();
  expectShown(viewer, display);
  await one.host.remove('card0');
  await viewer.whole();
  expectShown(viewer, OFF);
});

const has = (program: string): boolean => spawnSync(program, ['--help']).error === undefined;
/** Display numbers of VNC clients count from port 5900. */
const picture = async (program: string, args: readonly string[], port: number, file: string): Promise<Buffer> => {
  const folder = mkdtempSync(join(tmpdir(), 'ferrolab-vnc-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, file);
  await promisify(execFile)(program, [...args, `127.0.0.1:${port - 5900}`, path], { timeout: 20_000 });
  return readFileSync(path);
};

test.skipIf(!has('gvnccapture'))("Debian's gvnccapture takes the picture, pixel for pixel", async () => {
  const { on, port } = await rig();
  const { width, height, rgb } = readPng(await picture('gvnccapture', ['-q'], port, 'frame.png'));
  expect([width, height]).toEqual([200, 150]);
  const want = Buffer.from(shown(on.display).flatMap((pixel) => [pixel >>> 16, (pixel >>> 8) & 0xff, pixel & 0xff]));
  expect(want.equals(rgb)).toBe(true);
});

test.skipIf(!has('vncsnapshot'))("Debian's vncsnapshot, of RFB 3.3, takes a picture of that size", async () => {
  const { port } = await rig();
  const jpeg = await picture('vncsnapshot', ['-quiet', '-allowblank'], port, 'frame.jpg');
  const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0));
  expect([jpeg.readUInt16BE(frame + 7), jpeg.readUInt16BE(frame + 5)]).toEqual([200, 150]);
});
