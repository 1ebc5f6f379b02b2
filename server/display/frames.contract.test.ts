import { io, type Socket } from 'socket.io-client';
import { expect, test } from 'vitest';
import type { FramesAuth, FramesEvents } from '#bus/frame-wire.ts';
import type { BenchSpec } from '../bench-spec.ts';
import type { Lab } from '../lab.ts';
import { lab, undo, until } from '../lab-under-test.ts';
import { displayOf } from './display-of.ts';
import { paint, Screen, setMode } from './display-under-test.ts';

const BENCH: BenchSpec = {
  card0: { device: 'display', monitor: 'fhd60' },
  phy0: { device: 'qt2025', prtad: 1 },
};

/** A browser's end: it acknowledges at once, or keeps the acknowledgement in `held`. */
const watch = (
  lab: Lab,
  auth: FramesAuth,
  { headers = {}, holds = false }: { headers?: Record<string, string>; holds?: boolean } = {},
) => {
  const socket: Socket<FramesEvents> = io(`${lab.url}/frames`, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    auth,
    extraHeaders: headers,
  });
  undo.push(() => socket.disconnect());
  const screen = new Screen();
  const held: (() => void)[] = [];
  socket.on('frame', (message, shown) => {
    screen.take(message);
    if (holds) held.push(shown);
    else shown();
  });
  return { socket, screen, held };
};
const refusal = ({ socket }: ReturnType<typeof watch>): Promise<string> =>
  new Promise((resolve, reject) => {
    socket.once('connect_error', ({ message }) => resolve(message));
    socket.once('connect', () => reject(new Error('was let in')));
  });

test('follows what is drawn, through changes of mode, and begins anew after a lost connection', async () => {
  const one = await lab({ bench: BENCH });
  const display = displayOf(one.host.bench, 'card0');
  const first = watch(one, { device: 'card0' });
  await until(() => first.screen.last?.width === 0);
  setMode(display, 1920, 1080);
  await until(() => first.screen.shows(display));
  for (let y = 0; y < 1080; y += 60) {
    paint(display, y, 0xff00 + y, 1920, 1920);
    await fetch(`${one.url}/healthz`);
  }
  await until(() => first.screen.shows(display));
  setMode(display, 800, 600);
  await until(() => first.screen.shows(display));
  const pictures = first.screen.frames.length;
  first.socket.io.engine.close();
  paint(display, 300, 0xabcdef, 800, 800);
  first.socket.connect();
  await until(() => first.screen.shows(display));
  expect(first.screen.frames.slice(pictures)).toMatchObject([{ seq: 1, full: true, width: 800, height: 600 }]);
  const small = watch(one, { device: 'card0', scale: 4 });
  await until(() => small.screen.last?.full);
  expect(small.screen.last).toMatchObject({ width: 200, height: 150, modeWidth: 800, modeHeight: 600, scale: 4 });
});

test('a viewer that never acknowledges has one message, costs no memory and keeps nobody from the newest picture', async () => {
  const one = await lab({ bench: BENCH });
  const display = displayOf(one.host.bench, 'card0');
  setMode(display, 1024, 768);
  const stuck = watch(one, { device: 'card0' }, { holds: true });
  await until(() => stuck.held.length === 1);
  const quick = watch(one, { device: 'card0' });
  await until(() => quick.screen.shows(display));
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 25; round++) {
    for (let y = 0; y < 768; y++) paint(display, y, (round * 768 + y) * 77, 1024, 1024);
    await until(() => quick.screen.shows(display)); // 3 MB each
  }
  expect(stuck.screen.frames).toHaveLength(1);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 2 ** 20);
  stuck.held.shift()?.();
  await until(() => stuck.screen.frames.length === 2);
  expect(stuck.screen.shows(display)).toBe(true);
});

test('one message is under way, and what was drawn meanwhile comes in the next', async () => {
  const one = await lab({ bench: BENCH });
  const display = displayOf(one.host.bench, 'card0');
  setMode(display, 640, 480);
  const slow = watch(one, { device: 'card0' }, { holds: true });
  await until(() => slow.held.length === 1);
  for (let y = 0; y < 480; y += 60) {
    paint(display, y, 0x123456 * (y + 1), 640, 640);
    await fetch(`${one.url}/healthz`);
  }
  slow.held.shift()?.();
  await until(() => slow.held.length === 1);
  expect(slow.screen.frames.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(slow.screen.shows(display)).toBe(true);
});

test('tells who watches a display that is taken away, and shows one that takes its place', async () => {
  const one = await lab({ bench: BENCH });
  const viewer = watch(one, { device: 'card0' });
  await until(() => viewer.screen.frames.length === 1);
  await one.host.place('card0', { device: 'display', monitor: 'xga' });
  const second = displayOf(one.host.bench, 'card0');
  setMode(second, 320, 200);
  await until(() => viewer.screen.shows(second));
  const gone = new Promise<string>((resolve) => viewer.socket.once('gone', resolve));
  await one.host.remove('card0');
  expect(await gone).toMatch(/no device 'card0'/);
  await until(() => !viewer.socket.connected);
});

test('refuses strangers, other devices and words that are none, each with its reason', async () => {
  const one = await lab({ bench: BENCH, token: 'secret' });
  const auth = { token: 'secret', device: 'card0' };
  expect(await refusal(watch(one, { device: 'card0' }))).toBe('EACCES: this lab asks for its token');
  expect(await refusal(watch(one, auth, { headers: { origin: 'https://evil.example' } }))).toMatch(/websocket error/);
  expect(await refusal(watch(one, { ...auth, device: 'phy0' }))).toMatch(/EOPNOTSUPP: phy0 is a qt2025.*no picture/);
  expect(await refusal(watch(one, { ...auth, device: 'card1' }))).toMatch(/ENOENT: no device 'card1'.*card0/);
  for (const device of ['__proto__', '../card0', '', 'constructor', 'card0\0'])
    expect(await refusal(watch(one, { ...auth, device }))).toMatch(/^ENOENT/);
  const wrong = [
    { token: 'secret' },
    { ...auth, device: 'x'.repeat(5000) },
    { ...auth, device: ['card0'] },
    { ...auth, scale: 3 },
    { ...auth, scale: '2' },
    { ...auth, maxHz: 0 },
    { ...auth, maxHz: 1e9 },
  ] as unknown as FramesAuth[];
  for (const given of wrong) expect(await refusal(watch(one, given))).toMatch(/^EINVAL: auth takes/);
  const let_in = watch(one, auth, { headers: { origin: one.url } });
  await until(() => let_in.screen.frames.length === 1);
  // what a viewer says is not listened to
  let_in.socket.emit('frame' as never, ...([{ mode: 'off' }] as never));
  const others = Array.from({ length: 15 }, () => watch(one, auth));
  await until(() => others.every(({ screen }) => screen.frames.length === 1));
  expect(await refusal(watch(one, auth))).toBe('EBUSY: 16 viewers watch already');
  others[0]?.socket.disconnect();
  const again = await until(async () => {
    const viewer = watch(one, auth);
    return (await refusal(viewer).catch(() => 'in')) === 'in' && viewer;
  });
  await until(() => again.screen.frames.length === 1);
});
