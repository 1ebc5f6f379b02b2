/** The ferro-drm driver on the virtual display: monitor, uploads, hotplug, memory, panic. */
import { expect, test } from 'vitest';
import { ms, type VirtualClock } from '#bus/clock.ts';
import { DISPLAY } from '#datasheets/display.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { driver as testPattern } from '../examples/test-pattern.ts';
import { openCard } from './card.ts';
import { DisplayRig } from './display-rig.ts';
import type { DrmFile } from './drm-file.ts';
import { ferroDrm, probeFerro } from './ferro-drm.ts';
import { benchOn, litOn } from './ferro-rig.ts';

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
const litBench = litOn(silicon);
const ferroBench = benchOn(silicon);

test('finds the monitor by its EDID, and the modes it offers', async () => {
  const { rig, device } = await ferroBench({ monitor: 'fhd60' });
  const file = device.open();
  const [id = 0] = file.resources().connectors;
  const { status, modes } = await rig.until(file.connector(id));
  expect(status).toBe('connected');
  expect(modes[0]).toMatchObject({ name: '1920x1080', vrefreshHz: 60 });
  expect(rig.kernel.status.link).toBe('up');
});

test('shows what was drawn, and only what has changed goes over the bus', async () => {
  const { rig, card, picture, pixel } = await litBench();
  expect(pixel(0, 0)).toBe('203040');
  expect(pixel(639, 479)).toBe('203040');
  const since = rig.trace.last;
  picture.fill(100, 50, 10, 10, 0xff8040);
  await rig.until(card.commit({ primary: { picture, damage: [{ x1: 100, y1: 50, x2: 110, y2: 60 }] } }));
  expect(pixel(100, 50)).toBe('ff8040');
  expect(pixel(99, 50)).toBe('203040');
  expect(rig.uploaded(since)).toBe(10 * 10 * 4);
});

test.each([
  ['narrow', 10, 300],
  ['wide', 500, 300],
  ['as wide as the picture', 640, 300],
])('damage that is %s goes over the bus as one access, and its bytes alone', async (_, width, height) => {
  const { rig, card, picture, pixel } = await litBench();
  const since = rig.trace.last;
  picture.fill(0, 50, width, height, 0xff8040);
  await rig.until(card.commit({ primary: { picture, damage: [{ x1: 0, y1: 50, x2: width, y2: 50 + height }] } }));
  expect([pixel(0, 50), pixel(width - 1, 49 + height), pixel(0, 50 + height)]).toEqual(['ff8040', 'ff8040', '203040']);
  const spans = Array.from({ length: rig.trace.last - since }, (__, i) => rig.trace.at(since + 1 + i)).filter(
    (record) => record?.op === 'span_write',
  );
  expect(spans.map((record) => record?.value)).toEqual([width * height * 4]);
});

test('two buffers in turn: each is brought up to date by the damage of both frames', async () => {
  const { rig, card, picture, pixel } = await litBench();
  const second = card.picture();
  second.bytes.set(picture.bytes);
  await rig.until(card.commit({ primary: { picture: second } }));
  const buffers = [picture, second] as const;
  for (let frame = 0; frame < 6; frame++) {
    const colour = 0x101010 * (frame + 1);
    const since = rig.trace.last;
    const drawn = buffers[frame % 2 === 0 ? 0 : 1];
    // A program that keeps both buffers whole draws each change twice.
    for (const one of buffers) one.fill(8 * frame, 0, 8, 8, colour);
    const damage = [{ x1: 8 * frame, y1: 0, x2: 8 * frame + 8, y2: 8 }];
    await rig.until(card.commit({ primary: { picture: drawn, damage } }));
    for (let past = 0; past <= frame; past++) expect(pixel(8 * past, 0)).toBe(`${past + 1}0`.repeat(3));
    if (frame >= 2) expect(rig.uploaded(since)).toBe(2 * 8 * 8 * 4);
  }
});

test('hotplug: out and in are each told once, the CRTC keeps running, a flip is still done', async () => {
  const { rig, device, card, picture, crtc } = await litBench();
  const events: unknown[] = [];
  device.onUevent((event) => events.push(event));
  rig.display.control('unplug');
  await rig.pass(1e6);
  expect(events).toEqual([{ connectorId: device.connectors[0]?.id }]);
  expect(rig.kernel.status.link).toBe('down');
  expect(crtc.state.active).toBe(true);
  await rig.until(card.commit({ primary: { picture } }));
  rig.display.control('plug');
  await rig.pass(1e6);
  expect(events.length).toBe(2);
  expect(rig.kernel.status.link).toBe('up');
});

test('a driver that comes right after another waits for its last flip, and not for ever', async () => {
  const { rig, display } = await litBench();
  const port = rig.bus.port('dying');
  const flip = () => port.transfer([{ op: 'write', at: DISPLAY.FLIP.at, value: 1 }]);
  await flip();
  expect(display.peek(DISPLAY.FLIP_STATUS.at)).toBe(1);
  const before = rig.clock.now();
  await rig.probe((kernel) => probeFerro(kernel));
  expect(display.peek(DISPLAY.FLIP_STATUS.at)).toBe(0);
  expect(rig.clock.now() - before).toBeLessThanOrEqual(ms(18));
  await flip();
  display.fault('vblank-stuck');
  await rig.probe((kernel) => probeFerro(kernel));
  expect(rig.kernel.lines.filter((line) => line.includes('still pending')).length).toBe(1);
});

test('an EDID with a wrong checksum is refused with a line in the log; the generic modes work', async () => {
  const { rig, device, exit } = await ferroBench();
  rig.display.fault('edid-checksum');
  await rig.pass(1e6);
  const card = await rig.until(openCard(device));
  expect(rig.kernel.lines.join('\n')).toMatch(/EDID is refused: EDID block 0 has a wrong checksum/);
  expect(card.mode.name).toBe('1024x768');
  await exit();
  expect(rig.display.peek(0x1014)).toBe(0);
});

test('video memory that is full is ENOMEM, and nothing changes; what is not on show gives way', async () => {
  const { rig, card, picture, pixel } = await litBench({ vramMib: 3 });
  for (let i = 0; i < 5; i++) {
    const next = card.picture();
    next.fill(0, 0, 640, 480, 0x111111 * (i + 1));
    await rig.until(card.commit({ primary: { picture: next } }));
    expect(pixel(1, 1)).toBe(`${i + 1}`.repeat(6));
  }
  const large = card.picture(1000, 1000);
  await expect(rig.until(card.commit({ primary: { picture }, overlay: { picture: large } }))).rejects.toMatchObject({
    code: 'ENOMEM',
  });
  expect(pixel(1, 1)).toBe('555555');
  await rig.until(card.commit({ primary: { picture } }));
  expect(pixel(1, 1)).toBe('203040');
});

test('the panic button draws the panic on whatever is on show, and nothing after it', async () => {
  const rig = new DisplayRig((clock) => new Display({ clock, seed: 1, monitor: 'xga' }));
  await rig.insmod(ferroDrm, { panic_screen: 'user' });
  await rig.pass(200e6);
  const lightPixels = () => {
    const { rgba } = rig.display.frame();
    let light = 0;
    for (let at = 0; at < rgba.length; at += 4) if (rgba[at] === 255) light++;
    return light;
  };
  expect(rig.display.frame()).toMatchObject({ width: 1024, height: 768 });
  rig.display.control('panic-button');
  await rig.pass(100e6);
  expect(rig.kernel.lines.join('\n')).toMatch(/emerg: Kernel panic - not syncing: Panic button pressed/);
  expect(rig.kernel.status).toMatchObject({
    state: 'failed',
    error: { message: 'Kernel panic: Panic button pressed' },
  });
  const drawn = lightPixels();
  expect(drawn).toBeGreaterThan(500);
  rig.display.control('unplug');
  await rig.pass(1e9);
  expect(lightPixels()).toBe(drawn);
});

test('the example moves its box over the bars by damage alone', async () => {
  const rig = new DisplayRig((clock) => new Display({ clock, seed: 1, monitor: 'xga' }));
  const loaded = await rig.insmod(testPattern, { step: 10 });
  await rig.pass(100e6);
  const white = () => {
    const { width, height, rgba } = rig.display.frame();
    const row = rgba.subarray(4 * width * (height >> 1), 4 * width * ((height >> 1) + 1));
    return Array.from({ length: width }, (_, x) => x).filter((x) => row[4 * x] === 255 && row[4 * x + 2] === 255);
  };
  const before = white();
  expect(before.length).toBe(64);
  const since = rig.trace.last;
  await rig.pass(100e6);
  expect(white().length).toBe(64);
  expect(white()[0]).toBeGreaterThan(before[0] ?? 0);
  expect(rig.uploaded(since)).toBeLessThan(8 * 4 * 64 * 64 * 4);
  await rig.until(loaded.exit());
  expect(rig.kernel.lines.filter((line) => /err|emerg/.test(line))).toEqual([]);
});

test('closing the program turns the display off and lets go of its memory', async () => {
  const { rig, device, card } = await litBench();
  const before = device.objects.size;
  const other: DrmFile = device.open('watcher');
  await rig.until(card.close());
  expect(device.crtcs[0]?.state.active).toBe(false);
  expect(device.objects.size).toBeLessThan(before);
  other.setMaster();
  expect(() => card.file.createDumb({ width: 1, height: 1, bpp: 32 })).toThrow(/closed/);
});

test('planes and writeback can be left out, as vkms has it', async () => {
  const kinds = async (params: object) => {
    const rig = new DisplayRig((clock) => new Display({ clock, seed: 1 }));
    const { device } = await rig.probe((kernel) => probeFerro(kernel, { ...ALL, ...params }));
    return [...device.planes.map(({ is }) => is.type), ...device.connectors.map(({ is }) => is.name)].join(' ');
  };
  expect(await kinds({})).toBe('Primary Overlay Cursor Virtual-1 Writeback-1');
  expect(await kinds({ enable_cursor: false, enable_overlay: false })).toBe('Primary Virtual-1 Writeback-1');
  expect(await kinds({ enable_writeback: false })).toBe('Primary Overlay Cursor Virtual-1');
});

const ALL = { enable_cursor: true, enable_overlay: true, enable_writeback: true };

test('what was typed beside the panic button is the panic: its first line on the screen, the others in the log', async () => {
  const rig = new DisplayRig((clock) => new Display({ clock, seed: 1, monitor: 'xga' }));
  await rig.insmod(ferroDrm, { panic_screen: 'kmsg' });
  await rig.pass(200e6);
  const text = 'qt2025 on phy0: TypeError: x is undefined\n    at probe (drivers/phy/qt2025.ts:44:9)';
  rig.display.control('panic-button', { text });
  await rig.pass(100e6);
  const at = rig.kernel.lines.findIndex((line) => line.startsWith('emerg'));
  expect(rig.kernel.lines.slice(at, at + 2)).toEqual([
    'emerg: Kernel panic - not syncing: qt2025 on phy0: TypeError: x is undefined',
    'crit:     at probe (drivers/phy/qt2025.ts:44:9)',
  ]);
  expect(rig.kernel.status.error?.message).toBe('Kernel panic: qt2025 on phy0: TypeError: x is undefined');
});
