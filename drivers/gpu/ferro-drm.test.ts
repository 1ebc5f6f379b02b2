/** The ferro-drm driver on the virtual display: pictures as they come out, after IGT kms_plane, kms_flip, kms_writeback, kms_rmfb. */
import { expect, test } from 'vitest';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { driver as testPattern } from '../examples/test-pattern.ts';
import { openCard } from './card.ts';
import { DisplayRig } from './display-rig.ts';
import type { DrmFile } from './drm-file.ts';
import { ferroDrm, probeFerro } from './ferro-drm.ts';
import { formatNamed } from './fourcc.ts';
import { cvtReduced } from './mode-list.ts';
import { frameDurationNs, type Mode } from './modes.ts';
import type { UserValue } from './property.ts';

const small = (modes: readonly Mode[]) => modes.find(({ name }) => name === '640x480');

const bench = async (options: Partial<DisplayOptions> = {}) => {
  const rig = new DisplayRig((clock) => new Display({ clock, seed: 1, ...options }));
  const { device, exit } = await rig.probe(probeFerro);
  const pixel = (x: number, y: number): string => {
    const { width, rgba } = rig.display.frame();
    const at = 4 * (y * width + x);
    return Buffer.from(rgba.subarray(at, at + 3)).toString('hex');
  };
  return { rig, device, exit, display: rig.display, pixel };
};

const lit = async (
  options: Partial<DisplayOptions> = {},
  pick: (modes: readonly Mode[]) => Mode | undefined = small,
) => {
  const made = await bench(options);
  const { rig, device } = made;
  const card = await rig.until(openCard(device, { mode: pick }));
  const picture = card.picture();
  picture.fill(0, 0, 640, 480, 0x203040);
  await rig.until(card.commit({ primary: { picture } }));
  const { file } = card;
  const plane = (type: string) => device.planes.find(({ is }) => is.type === type)!;
  const set = (id: number, values: Readonly<Record<string, UserValue>>, flags = 0) => {
    const known = file.properties(id);
    const properties = Object.entries(values).map(([name, value]) => [known.get(name)?.id ?? 0, value] as const);
    return rig.until(file.atomic({ objects: [{ id, properties }], flags }));
  };
  return { ...made, card, picture, file, plane, set, crtc: device.crtcs[0]! };
};

test('finds the monitor by its EDID, and the modes it offers', async () => {
  const { rig, device } = await bench({ monitor: 'fhd60' });
  const file = device.open();
  const [id = 0] = file.resources().connectors;
  const { status, modes } = await rig.until(file.connector(id));
  expect(status).toBe('connected');
  expect(modes[0]).toMatchObject({ name: '1920x1080', vrefreshHz: 60 });
  expect(rig.kernel.status.link).toBe('up');
});

test('shows what was drawn, and only what has changed goes over the bus', async () => {
  const { rig, card, picture, pixel } = await lit();
  expect(pixel(0, 0)).toBe('203040');
  expect(pixel(639, 479)).toBe('203040');
  const since = rig.trace.last;
  picture.fill(100, 50, 10, 10, 0xff8040);
  await rig.until(card.commit({ primary: { picture, damage: [{ x1: 100, y1: 50, x2: 110, y2: 60 }] } }));
  expect(pixel(100, 50)).toBe('ff8040');
  expect(pixel(99, 50)).toBe('203040');
  expect(rig.uploaded(since)).toBe(10 * 10 * 4);
});

test('two buffers in turn: each is brought up to date by the damage of both frames', async () => {
  const { rig, card, picture, pixel } = await lit();
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

test('a frame every vblank for 600 frames, none missed, stamps exact', async () => {
  const { rig, card, picture } = await lit();
  const second = card.picture();
  const damage = [{ x1: 0, y1: 0, x2: 1, y2: 1 }];
  const first = await rig.until(card.commit({ primary: { picture: second, damage } }));
  for (let i = 1; i <= 600; i++) {
    const flip = await rig.until(card.commit({ primary: { picture: i % 2 === 0 ? second : picture, damage } }));
    expect(flip.count).toBe(first.count + i);
    expect(flip.timeNs).toBe(first.timeNs + i * frameDurationNs(card.mode));
  }
  expect(rig.kernel.lines.filter((line) => !line.startsWith('info'))).toEqual([]);
});

test('overlay and cursor lie over the primary, in the order of zpos, with their alpha', async () => {
  const { rig, card, picture, pixel, plane, set } = await lit();
  const overlay = card.picture(100, 100);
  overlay.fill(0, 0, 100, 100, 0xff0000);
  const cursor = card.picture(64, 64, 'ARGB8888');
  cursor.fill(0, 0, 64, 64, 0xff00ff00);
  cursor.fill(0, 0, 8, 8, 0);
  await rig.until(
    card.commit({
      primary: { picture },
      overlay: { picture: overlay, x: 50, y: 50 },
      cursor: { picture: cursor, x: 100, y: 100 },
    }),
  );
  expect([pixel(50, 50), pixel(149, 149), pixel(100, 100), pixel(160, 160)]).toEqual([
    'ff0000',
    '00ff00',
    'ff0000',
    '00ff00',
  ]);
  await set(plane('Overlay').id, { zpos: 5 });
  expect(pixel(149, 149)).toBe('ff0000');
  await set(plane('Overlay').id, { zpos: 1, alpha: 0 });
  expect(pixel(60, 60)).toBe('203040');
  await rig.until(card.commit({ primary: { picture }, overlay: null, cursor: null }));
  expect(pixel(120, 120)).toBe('203040');
  expect(plane('Overlay').state.fb).toBeNull();
});

test('the same picture has the same CRC in every format that can hold it (kms_plane, pixel-format)', async () => {
  const { rig, card, file, plane, set, display } = await lit({}, () => cvtReduced(160, 120, 60));
  const of = (name: string, bytesPerPixel: number, value: bigint) => {
    const { handle, pitchBytes } = file.createDumb({ width: 160, height: 120, bpp: 8 * bytesPerPixel });
    const bytes = file.map(handle);
    const one = Buffer.alloc(8);
    one.writeBigUInt64LE(value);
    bytes.set(one.subarray(0, bytesPerPixel));
    for (let done = bytesPerPixel; done < bytes.length; done *= 2) bytes.copyWithin(done, 0, done);
    const fourcc = formatNamed(name)?.code ?? 0;
    return file.addFb2({ width: 160, height: 120, fourcc, handles: [handle], pitches: [pitchBytes] });
  };
  expect(card.mode.name).toBe('160x120');
  // Pure green: all ones in its channel, whatever the width.
  const fbs: readonly (readonly [string, number, bigint])[] = [
    ['XRGB8888', 4, 0xff00n],
    ['ABGR8888', 4, 0xff00ff00n],
    ['RGBX8888', 4, 0xff0000n],
    ['BGRX8888', 4, 0xff0000n],
    ['RGB565', 2, 0x07e0n],
    ['XRGB1555', 2, 0x03e0n],
    ['XRGB2101010', 4, 0x3ffn << 10n],
    ['XRGB16161616', 8, 0xffffn << 16n],
  ];
  const crcs = new Set<number>();
  for (const [name, bytes, value] of fbs) {
    await set(plane('Primary').id, { FB_ID: of(name, bytes, value) });
    crcs.add(display.frameCrc());
  }
  expect(crcs.size).toBe(1);
  expect(rig.display.frame().rgba.subarray(0, 4).join()).toBe('0,255,0,255');
});

test('rotation, reflection and scaling reach the screen (kms_rotation_crc, kms_plane_scaling)', async () => {
  const { rig, card, picture, pixel, plane, set } = await lit();
  const box = card.picture(64, 64);
  box.fill(0, 0, 64, 64, 0x0000ff);
  box.fill(0, 0, 32, 32, 0xff0000); // top left
  await rig.until(card.commit({ primary: { picture }, overlay: { picture: box } }));
  const corners = () =>
    [pixel(8, 8), pixel(56, 8), pixel(8, 56), pixel(56, 56)].map((rgb) => (rgb === 'ff0000' ? 1 : 0));
  const overlay = plane('Overlay').id;
  expect(corners()).toEqual([1, 0, 0, 0]);
  await set(overlay, { rotation: 4 });
  expect(corners()).toEqual([0, 0, 0, 1]);
  await set(overlay, { rotation: 1 | 16 });
  expect(corners()).toEqual([0, 1, 0, 0]);
  await set(overlay, { rotation: 2 });
  expect(corners()).toEqual([0, 0, 1, 0]); // counter-clockwise
  await set(overlay, { rotation: 1, CRTC_W: 128, CRTC_H: 128, SCALING_FILTER: 1 });
  expect([pixel(60, 60), pixel(70, 70), pixel(127, 127), pixel(128, 128)]).toEqual([
    'ff0000',
    '0000ff',
    '0000ff',
    '203040',
  ]);
  await expect(set(overlay, { CRTC_W: 64 * 17 })).rejects.toMatchObject({ code: 'ERANGE' });
});

test('gamma and background colour (kms_color)', async () => {
  const { rig, file, crtc, plane, pixel, set } = await lit();
  const lut = new DataView(new ArrayBuffer(256 * 8));
  for (let i = 0; i < 256; i++)
    for (let channel = 0; channel < 3; channel++) lut.setUint16(8 * i + 2 * channel, 0xffff - 257 * i, true);
  await set(crtc.id, { GAMMA_LUT: file.createBlob(new Uint8Array(lut.buffer)) });
  expect(pixel(5, 5)).toBe('dfcfbf');
  await set(crtc.id, { GAMMA_LUT: 0 });
  expect(pixel(5, 5)).toBe('203040');
  await set(crtc.id, { BACKGROUND_COLOR: 0xffff_8080_0000 });
  await set(plane('Primary').id, { FB_ID: 0, CRTC_ID: 0 });
  expect(pixel(5, 5)).toBe('ff8000');
  expect(rig.kernel.lines.join()).not.toMatch(/err:/);
});

test('writeback puts the composed picture into a framebuffer (kms_writeback, check-output)', async () => {
  const { rig, device, file, crtc, card } = await lit();
  file.setClientCap('writeback_connectors', 1);
  const writeback = device.connectors[1]!;
  const into = card.picture();
  const cell = file.fences.cell();
  const known = file.properties(writeback.id);
  const properties = Object.entries({
    CRTC_ID: crtc.id,
    WRITEBACK_FB_ID: into.fbId,
    WRITEBACK_OUT_FENCE_PTR: cell.address,
  }).map(([name, value]) => [known.get(name)?.id ?? 0, value] as const);
  const ask = () => rig.until(file.atomic({ objects: [{ id: writeback.id, properties }], flags: 0x400 }));
  await ask();
  expect([...into.bytes.subarray(0, 3)]).toEqual([0x40, 0x30, 0x20]);
  expect([...into.bytes.subarray(4 * 640 * 479, 4 * 640 * 479 + 3)]).toEqual([0x40, 0x30, 0x20]);
  expect(file.fences.find(cell.value)?.signalled).toBe(true);
  rig.display.fault('writeback-fails');
  await ask();
  expect(rig.kernel.lines.join()).toMatch(/err: commit failed: EIO: the writeback wrote nothing/);
});

test('hotplug: out and in are each told once, the CRTC keeps running, a flip is still done', async () => {
  const { rig, device, card, picture, crtc } = await lit();
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

test('a link gone bad asks for a modeset, and a modeset trains it again', async () => {
  const { rig, device, set, crtc } = await lit();
  const connector = device.connectors[0]!;
  rig.display.control('degrade-link');
  await rig.pass(1e6);
  expect(connector.state.linkStatus).toBe(1);
  expect(rig.kernel.status.link).toBe('down');
  await set(connector.id, { 'link-status': 0 }, 0x400);
  await rig.pass(1e6);
  expect(connector.state.linkStatus).toBe(0);
  expect(rig.kernel.status.link).toBe('up');
  expect(crtc.state.active).toBe(true);
});

test('a variable rate: frames come when they are asked for, within what the monitor takes (kms_vrr)', async () => {
  const { rig, card, picture, crtc, device, file, set } = await lit({ monitor: 'vrr144' });
  const connector = device.connectors[0]!;
  expect(file.properties(connector.id).get('vrr_capable')?.value).toBe(1);
  await set(crtc.id, { VRR_ENABLED: 1 }, 0x400);
  const frames: number[] = [];
  for (const pauseNs of [0, 0, 18e6, 0]) {
    await rig.pass(pauseNs);
    frames.push((await rig.until(card.commit({ primary: { picture } }))).timeNs);
  }
  const { min, max } = connector.edid?.refreshHz ?? { min: 0, max: 0 };
  expect([min, max]).toEqual([48, 144]);
  const gaps = frames.slice(1).map((at, i) => at - (frames[i] ?? 0));
  for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(1e9 / max - 1);
  expect(Math.max(...gaps)).toBeGreaterThan(frameDurationNs(card.mode));
});

test('an EDID with a wrong checksum is refused with a line in the log; the generic modes work', async () => {
  const { rig, device, exit } = await bench();
  rig.display.fault('edid-checksum');
  await rig.pass(1e6);
  const card = await rig.until(openCard(device));
  expect(rig.kernel.lines.join('\n')).toMatch(/EDID is refused: EDID block 0 has a wrong checksum/);
  expect(card.mode.name).toBe('1024x768');
  await exit();
  expect(rig.display.peek(0x1014)).toBe(0);
});

test('a flip that never ends: EBUSY for the next, ten seconds, then the log says so', async () => {
  const { rig, file, plane, card, crtc } = await lit();
  rig.display.fault('flip-never');
  const began = rig.clock.now();
  const waiting = file.pageFlip({ crtcId: crtc.id, fbId: card.picture().fbId });
  await rig.until(waiting);
  await expect(file.pageFlip({ crtcId: crtc.id, fbId: card.picture().fbId })).rejects.toMatchObject({ code: 'EBUSY' });
  await rig.until(plane('Primary').commit?.flipDone ?? Promise.resolve());
  expect(rig.clock.now() - began).toBeGreaterThanOrEqual(10e9);
  expect(rig.kernel.lines.join()).toMatch(/flip_done timed out/);
});

test('video memory that is full is ENOMEM, and nothing changes; what is not on show gives way', async () => {
  const { rig, card, picture, pixel } = await lit({ vramMib: 3 });
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

test('vblanks are counted by the hardware: none is missed while nobody listens, and no timer runs then', async () => {
  const { rig, file, card } = await lit();
  const first = await rig.until(file.waitVblank({ type: 'relative', sequence: 1 }));
  await rig.pass(1000 * frameDurationNs(card.mode));
  expect(rig.clock.nextAt()).toBe(Number.POSITIVE_INFINITY);
  const later = await rig.until(file.waitVblank({ type: 'relative', sequence: 0 }));
  expect(later.count - first.count).toBe(1000);
  expect(later.timeNs - first.timeNs).toBe(1000 * frameDurationNs(card.mode));
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
  const { rig, device, card } = await lit();
  const before = device.objects.size;
  const other: DrmFile = device.open('watcher');
  await rig.until(card.close());
  expect(device.crtcs[0]?.state.active).toBe(false);
  expect(device.objects.size).toBeLessThan(before);
  other.setMaster();
  expect(() => card.file.createDumb({ width: 1, height: 1, bpp: 32 })).toThrow(/closed/);
});
