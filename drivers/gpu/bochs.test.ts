/** The bochs driver on the compatible half of the virtual display. */
import { expect, test } from 'vitest';
import { DISPLAY } from '#datasheets/display.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { defineModule } from '../kernel/module.ts';
import { panic, uncaughtWords } from '../kernel/panic-chain.ts';
import { bindDisplay } from './bind-display.ts';
import { bochs, probeBochs } from './bochs.ts';
import { openCard } from './card.ts';
import { DisplayRig } from './display-rig.ts';
import { codeOf, MODE } from './drm-bench.ts';
import { panicSettings } from './panic/panic-options.ts';

const bench = async (options: Partial<DisplayOptions> = {}) => {
  const rig = new DisplayRig((clock) => new Display({ clock, seed: 1, ...options }));
  const { device, exit } = await rig.probe((kernel) => probeBochs(kernel));
  const pixel = (x: number, y: number): string => {
    const { width, rgba } = rig.display.frame();
    const at = 4 * (y * width + x);
    return Buffer.from(rgba.subarray(at, at + 3)).toString('hex');
  };
  return { rig, device, exit, pixel };
};

test('reads the EDID byte by byte and lights the preferred mode through the DISPI registers', async () => {
  const { rig, device, exit, pixel } = await bench({ monitor: 'fhd60' });
  const card = await rig.until(openCard(device));
  expect(card.mode.name).toBe('1920x1080');
  const picture = card.picture();
  picture.fill(0, 0, 1920, 1080, 0x102030);
  await rig.until(card.commit({ primary: { picture } }));
  expect(rig.display.frame()).toMatchObject({ width: 1920, height: 1080 });
  expect(pixel(1919, 1079)).toBe('102030');
  await exit();
  expect(rig.display.peek(DISPLAY.DISPI_ENABLE.at)).toBe(0);
});

test('flips by panning: another row of memory, at the next vblank of its timer', async () => {
  const { rig, device, pixel } = await bench();
  const card = await rig.until(openCard(device, { mode: (modes) => modes.find(({ name }) => name === '640x480') }));
  const pictures = [card.picture(), card.picture()] as const;
  for (const [i, picture] of pictures.entries()) picture.fill(0, 0, 640, 480, i === 0 ? 0xff0000 : 0x00ff00);
  await rig.until(card.commit({ primary: { picture: pictures[0] } }));
  const first = rig.display.peek(DISPLAY.DISPI_Y_OFFSET.at);
  const one = await rig.until(card.commit({ primary: { picture: pictures[1] } }));
  expect(rig.display.peek(DISPLAY.DISPI_Y_OFFSET.at)).not.toBe(first);
  expect(pixel(0, 0)).toBe('00ff00');
  const two = await rig.until(card.commit({ primary: { picture: pictures[0] } }));
  expect(pixel(0, 0)).toBe('ff0000');
  expect([two.count - one.count, two.timeNs - one.timeNs]).toEqual([1, 16_683_217]);
});

test('a big-endian framebuffer turns the byte order over', async () => {
  const { rig, device, pixel } = await bench();
  const card = await rig.until(openCard(device, { mode: (modes) => modes.find(({ name }) => name === '640x480') }));
  await rig.until(card.commit({ primary: { picture: card.picture() } }));
  const { handle, pitchBytes } = card.file.createDumb({ width: 640, height: 480, bpp: 32 });
  card.file.map(handle).set([0x00, 0xff, 0x80, 0x40]); // X R G B, as they lie in memory
  const fb = card.file.addFb2({
    width: 640,
    height: 480,
    fourcc: codeOf('BGRX8888'),
    handles: [handle],
    pitches: [pitchBytes],
  });
  const plane = device.planes[0]!;
  const property = card.file.properties(plane.id).get('FB_ID')?.id ?? 0;
  await rig.until(card.file.atomic({ objects: [{ id: plane.id, properties: [[property, fb]] }] }));
  expect(rig.display.peek(DISPLAY.QEXT_BYTE_ORDER.at)).toBe(0xbebebebe);
  expect(pixel(0, 0)).toBe('ff8040');
  expect(() =>
    card.file.addFb2({ width: 640, height: 480, fourcc: codeOf('RGB565'), handles: [handle], pitches: [pitchBytes] }),
  ).toThrow(/no plane of this device takes RGB565/);
});

test('without an EDID it offers the generic list, its parameters first; modes beyond memory are not offered', async () => {
  const { rig, device } = await bench({ vramMib: 4 });
  rig.display.fault('edid-absent');
  const file = device.open();
  const { modes } = await rig.until(file.connector(device.connectors[0]?.id ?? 0));
  expect(modes[0]?.name).toBe('1024x768');
  expect(modes.map(({ name }) => name)).not.toContain('1600x1200');
});

test('what is no DISPI device is ENODEV', async () => {
  const rig = new DisplayRig((clock) => new Display({ clock, seed: 1 }));
  rig.bus.filters.add((touch, next) => ({ ...next(touch), value: 0xffff }));
  await expect(rig.insmod(bochs)).rejects.toMatchObject({ code: 'ENODEV' });
  expect(rig.kernel.status.state).toBe('failed');
});

test('a mistake in the address of the panic code is found when the module is loaded', async () => {
  const rig = new DisplayRig((clock) => new Display({ clock, seed: 1 }));
  await expect(rig.insmod(bochs, { panic_qr_url: 'x'.repeat(161) })).rejects.toMatchObject({ code: 'EINVAL' });
});

test('an error that the work of a module does not catch is a panic, on the part of the picture that is shown', async () => {
  const rig = new DisplayRig((clock) => new Display({ clock, seed: 1 }));
  const loaded = await rig.insmod(
    defineModule({
      name: 'program',
      description: '',
      author: '',
      license: '',
      drives: ['display'],
      async init(given) {
        const settings = panicSettings({ panic_screen: 'user' });
        const { kernel, device } = await bindDisplay(given, (kernel) => probeBochs(kernel), settings);
        const file = device.open();
        const { handle, pitchBytes } = file.createDumb({ width: 1000, height: 1000, bpp: 32 });
        file.map(handle).fill(0x40);
        const fourcc = codeOf('XRGB8888');
        const fbId = file.addFb2({ width: 1000, height: 1000, fourcc, handles: [handle], pitches: [pitchBytes] });
        const [crtcId = 0] = file.resources().crtcs;
        await file.setCrtc({ crtcId, fbId, x: 300, y: 400, mode: MODE, connectors: file.resources().connectors });
        const work = kernel.delayedWork(async () => {
          throw new TypeError('x is undefined');
        });
        work.schedule(1e6);
      },
    }),
  );
  const light = (fromY: number, toY: number) => {
    const { width, rgba } = rig.display.frame();
    let count = 0;
    for (let at = 4 * width * fromY; at < 4 * width * toY; at += 4) if (rgba[at] === 255) count++;
    return count;
  };
  expect(light(0, 480)).toBe(0);
  await rig.pass(2e6);
  expect(light(200, 280)).toBeGreaterThan(200); // the message, in the middle of what is shown
  expect(rig.kernel.lines.join('\n')).toMatch(/emerg: Kernel panic - not syncing: Uncaught TypeError: x is undefined/);
  expect(rig.kernel.status.state).toBe('failed');
  expect(await panic('again')).toBe(false);
  await rig.until(loaded.exit());
  expect(await panic('nobody is left')).toBe(false);
});

test('whoever hosts a driver makes its displays panic', async () => {
  const rig = new DisplayRig((clock) => new Display({ clock, seed: 1 }));
  await rig.insmod(bochs, { panic_screen: 'user' });
  await rig.pass(100e6);
  const before = rig.display.frameCrc();
  expect(await panic(uncaughtWords(new RangeError('too far')))).toBe(true);
  expect(rig.display.frameCrc()).not.toBe(before);
  expect(rig.kernel.lines.join('\n')).toMatch(/Uncaught RangeError: too far/);
});

test('has no interrupt for a monitor: it looks every ten seconds, and tells of another one once', async () => {
  const { rig, device } = await bench({ monitor: 'xga' });
  const events: unknown[] = [];
  device.onUevent((event) => events.push(event));
  const since = rig.trace.last;
  await rig.pass(35e9);
  expect(events).toEqual([]);
  expect(rig.trace.last - since).toBeLessThanOrEqual(3 * 20); // a glance, not the whole EDID
  rig.display.control('monitor', { model: 'qhd60' });
  await rig.pass(10e9);
  const connectorId = device.connectors[0]?.id ?? 0;
  expect(events).toEqual([{ connectorId }]);
  const { modes } = await rig.until(device.open().connector(connectorId, false));
  expect(modes[0]?.name).toBe('2560x1440');
  await rig.pass(30e9);
  expect(events.length).toBe(1);
});

test('a picture that begins left of the screen and above it is cut there', async () => {
  const { rig, device, pixel } = await bench();
  const card = await rig.until(openCard(device, { mode: (modes) => modes.find(({ name }) => name === '640x480') }));
  const picture = card.picture(700, 500);
  picture.fill(0, 0, 60, 20, 0xff0000);
  picture.fill(60, 20, 640, 480, 0x00ff00);
  await rig.until(card.commit({ primary: { picture, x: -60, y: -20 } }));
  expect([pixel(0, 0), pixel(639, 479)]).toEqual(['00ff00', '00ff00']);
});
