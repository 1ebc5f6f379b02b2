/** The pure parts of the display page: words, geometry, timings, and what the log says of a panic. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LogLine, ModuleView } from '#bus/api.ts';
import type { DisplayPanel } from '#bus/display-panel.ts';
import { DISPLAY } from '#datasheets/display.ts';
import { fourcc } from '#datasheets/display-formats.ts';
import { PLANE_BLOCKS } from '#datasheets/display-planes.ts';
import { TIMINGS } from '#datasheets/monitors.ts';
import { FrameMeter, thumbnailScale } from './live-picture.ts';
import { memoryPlace } from './memory-place.ts';
import {
  displayPanel,
  modeText,
  type PanelPlane,
  panicOf,
  planesAt,
  scaleText,
  showsOf,
  sourcePoint,
  turnText,
} from './panel.ts';
import { decoderPath } from './panic-card.tsx';
import { panicIn } from './panic-log.ts';
import { clampPoint, stepOf, zoomOf } from './pointer.ts';
import { askedRows, groupOf } from './register-card.tsx';
import { porches, timingOf } from './timing.ts';

const plane = (of: Partial<PanelPlane> = {}): PanelPlane => ({
  plane: 'PRIMARY',
  format: 'XRGB8888',
  source: { x: 0, y: 0, width: 100, height: 50 },
  target: { x: 0, y: 0, width: 100, height: 50 },
  zpos: 0,
  alpha: 0xffff,
  blend: 'none',
  rotation: 0,
  reflectX: false,
  reflectY: false,
  ...of,
});
const panel = (of: Partial<DisplayPanel> = {}): DisplayPanel => ({
  at: 0,
  mode: { width: 1920, height: 1080, frameNs: 16_666_666 },
  half: 'ferro',
  planes: [],
  vblank: { count: 0, atNs: 0, running: true },
  flip: { pending: false, done: 0 },
  connector: { connected: true, linkBad: false, monitor: 'fhd60', edid: '' },
  crc: null,
  interrupt: { asserted: false, status: [], enabled: [] },
  findings: [],
  gamma: false,
  vrr: false,
  vramBytes: 16 * 2 ** 20,
  ...of,
});

test('only a display has a display panel', () => {
  expect(displayPanel({ kind: 'display', panel: panel() })).not.toBeNull();
  expect(displayPanel({ kind: 'qt2025', panel: { kind: 'qt2025' } })).toBeNull();
  expect(displayPanel({ kind: 'display', panel: null })).toBeNull();
});

test('says the mode, and why the screen is dark', () => {
  expect([modeText(panel()), modeText(panel({ mode: null }))]).toEqual(['1920×1080@60', 'no mode']);
  const connector = panel().connector;
  expect(showsOf(panel())).toBe('picture');
  expect(showsOf(panel({ mode: null }))).toBe('off');
  expect(showsOf(panel({ connector: { ...connector, connected: false } }))).toBe('unplugged');
  expect(showsOf(panel({ connector: { ...connector, linkBad: true } }))).toBe('link-bad');
});

test('the planes under a pixel are named nearest first, and the background is none of them', () => {
  const planes = [plane(), plane({ plane: 'CURSOR', target: { x: 10, y: 10, width: 4, height: 4 } })];
  expect(planesAt(planes, 11, 13).map((one) => one.plane)).toEqual(['CURSOR', 'PRIMARY']);
  expect(planesAt(planes, 14, 10).map((one) => one.plane)).toEqual(['PRIMARY']);
  expect(planesAt(planes, 100, 0)).toEqual([]);
});

test('a pixel is found back in the buffer of a plane that is moved, scaled, turned or mirrored', () => {
  const source = { x: 8, y: 4, width: 100, height: 50 };
  expect(sourcePoint(plane({ source }), 3, 5)).toEqual({ x: 11.5, y: 9.5 });
  expect(sourcePoint(plane({ target: { x: 20, y: 10, width: 200, height: 100 } }), 20, 10)).toEqual({
    x: 0.25,
    y: 0.25,
  });
  // a quarter counter-clockwise: the upper right corner of the buffer comes to the upper left of the screen
  const turned = plane({ rotation: 90, target: { x: 0, y: 0, width: 50, height: 100 } });
  expect(sourcePoint(turned, 0, 0)).toEqual({ x: 99.5, y: 0.5 });
  expect(sourcePoint(plane({ rotation: 180 }), 0, 0)).toEqual({ x: 99.5, y: 49.5 });
  expect(sourcePoint(plane({ reflectX: true }), 0, 0)).toEqual({ x: 99.5, y: 0.5 });
  expect([scaleText(turned), turnText(turned)]).toEqual(['', '90°']);
  expect(scaleText(plane({ target: { x: 0, y: 0, width: 200, height: 25 } }))).toBe('2.00 × 0.50');
});

test('no pixel of a target comes from outside the source', () => {
  const side = fc.integer({ min: 1, max: 300 });
  const rect = fc.record({
    x: fc.integer({ min: 0, max: 50 }),
    y: fc.integer({ min: 0, max: 50 }),
    width: side,
    height: side,
  });
  fc.assert(
    fc.property(
      rect,
      rect,
      fc.constantFrom(0, 90, 180, 270),
      fc.boolean(),
      fc.boolean(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (source, target, rotation, reflectX, reflectY, u, v) => {
        const x = target.x + Math.min(target.width - 1, Math.floor(u * target.width));
        const y = target.y + Math.min(target.height - 1, Math.floor(v * target.height));
        const from = sourcePoint(plane({ source, target, rotation, reflectX, reflectY }), x, y);
        expect(from.x).toBeGreaterThan(source.x - 1e-6);
        expect(from.x).toBeLessThan(source.x + source.width + 1e-6);
        expect(from.y).toBeGreaterThan(source.y - 1e-6);
        expect(from.y).toBeLessThan(source.y + source.height + 1e-6);
      },
    ),
  );
});

test('where a pixel lies in memory follows the registers of its plane', () => {
  const block = PLANE_BLOCKS.OVERLAY;
  const registers = new Map<number, number>([
    [block.FORMAT.at, fourcc('XR24')],
    [block.BASE0.at, 0x1000],
    [block.PITCH0.at, 512],
    [DISPLAY.DISPI_BPP.at, 16],
    [DISPLAY.DISPI_XRES.at, 640],
    [DISPLAY.DISPI_Y_OFFSET.at, 480],
  ]);
  const level = (at: number): number => registers.get(at) ?? 0;
  expect(memoryPlace(plane({ plane: 'OVERLAY' }), { x: 3.5, y: 2.5 }, level)).toBe(0x1000 + 2 * 512 + 3 * 4);
  expect(memoryPlace(plane({ plane: 'DISPI' }), { x: 3.5, y: 2.5 }, level)).toBe(482 * 1280 + 6);
  registers.set(block.FORMAT.at, fourcc('NV12'));
  expect(memoryPlace(plane({ plane: 'OVERLAY' }), { x: 0, y: 0 }, level)).toBeNull();
});

test('a picture fits its room, and is never enlarged by a broken number', () => {
  expect(zoomOf('fit', { width: 960, height: 900 }, { width: 1920, height: 1080 })).toBe(0.5);
  expect(zoomOf('fit', { width: 2000, height: 2000 }, { width: 640, height: 480 })).toBe(3);
  expect(zoomOf('4', { width: 1, height: 1 }, { width: 640, height: 480 })).toBe(4);
  expect(zoomOf('fit', { width: 0, height: 0 }, { width: 640, height: 480 })).toBe(1);
  const length = fc.integer({ min: 1, max: 8192 });
  const size = fc.record({ width: length, height: length });
  fc.assert(
    fc.property(size, size, (room, mode) => {
      const zoom = zoomOf('fit', room, mode);
      expect(mode.width * zoom).toBeLessThanOrEqual(room.width + 1e-6);
      expect(mode.height * zoom).toBeLessThanOrEqual(room.height + 1e-6);
      expect(zoom < 2 || Number.isInteger(zoom)).toBe(true);
    }),
  );
});

test('the crosshair moves by keys and stays inside', () => {
  expect([stepOf('ArrowLeft', false), stepOf('ArrowDown', true), stepOf('a', false)]).toEqual([
    { x: -1, y: 0 },
    { x: 0, y: 16 },
    undefined,
  ]);
  expect(clampPoint({ x: -3, y: 700.7 }, { width: 640, height: 480 })).toEqual({ x: 0, y: 479 });
});

test('a thumbnail is small whatever the mode', () => {
  expect([0, 640, 1920, 2560, 3840, 8192].map(thumbnailScale)).toEqual([1, 1, 2, 4, 4, 16]);
});

test('counts the pictures of the last two seconds', () => {
  const meter = new FrameMeter();
  for (let i = 0; i < 120; i++) meter.mark(i * 100);
  expect([meter.perSecond(11_900), meter.perSecond(13_000), meter.perSecond(99_000)]).toEqual([10.5, 5, 0]);
});

const levelsOf = ({ clockKhz, horizontal: h, vertical: v }: (typeof TIMINGS)[keyof typeof TIMINGS]) => {
  const registers = new Map<number, number>([
    [DISPLAY.CLOCK_KHZ.at, clockKhz],
    ...[DISPLAY.H_DISPLAY, DISPLAY.H_SYNC_START, DISPLAY.H_SYNC_END, DISPLAY.H_TOTAL].map(
      ({ at }, i) => [at, h[i] ?? 0] as const,
    ),
    ...[DISPLAY.V_DISPLAY, DISPLAY.V_SYNC_START, DISPLAY.V_SYNC_END, DISPLAY.V_TOTAL].map(
      ({ at }, i) => [at, v[i] ?? 0] as const,
    ),
  ]);
  return (at: number): number => registers.get(at) ?? 0;
};

test('every timing of the datasheet is recognised, and its parts add up', () => {
  for (const timing of Object.values(TIMINGS)) {
    const read = timingOf(levelsOf(timing));
    expect([timing.name, read?.source]).toEqual([timing.name, timing.source]);
    for (const axis of read === null ? [] : [read.horizontal, read.vertical])
      expect(porches(axis).reduce((sum, n) => sum + n, axis.display)).toBe(axis.total);
    expect(Math.round(read?.hz ?? 0)).toBe(Number(timing.name.split('@')[1]));
  }
  expect(timingOf(() => 0)).toBeNull();
});

const line = (seq: number, facility: string, text: string): LogLine => ({
  seq,
  time: seq * 1e9,
  level: 'emerg',
  facility,
  text,
});

test('a panic is known by its module and by the log, with what was drawn', () => {
  const dead = { device: 'card0', state: 'failed', error: { code: 'EIO', message: 'Kernel panic: no more\nink' } };
  const modules = [dead] as unknown as readonly ModuleView[];
  expect([panicOf(modules, 'card0'), panicOf(modules, 'card1')]).toEqual(['no more\nink', null]);
  const failed = [{ ...dead, error: { code: 'ENODEV', message: 'no display' } }] as unknown as readonly ModuleView[];
  expect(panicOf(failed, 'card0')).toBeNull();

  const log = [
    line(1, 'ferro_drm', 'Kernel panic - not syncing: first'),
    line(2, 'ferro_drm', 'Kernel panic - not syncing: no more ink'),
    line(3, 'other', 'panic screen kmsg'),
    line(4, 'ferro_drm', 'panic screen qr_code; version 8'),
  ];
  expect(panicIn(log, new Set(['ferro_drm']))).toEqual({
    atNs: 2e9,
    description: 'no more ink',
    report: 'panic screen qr_code; version 8',
  });
  expect(panicIn(log, new Set(['bochs']))).toBeNull();
});

test('the decoder of this page opens with the fields of any code', () => {
  expect(decoderPath(['http://elsewhere/panic#?a=x&z=12'])).toBe('/panic#?a=x&z=12');
});

test('registers are found by name, address, field and words, each in its block', () => {
  const rows = Object.entries(DISPLAY).map(([name, register]) => ({
    name,
    register,
    address: `${register.at.toString(16).toUpperCase()}h`,
    access: '',
    known: 0,
  }));
  const names = (asked: string): readonly string[] => askedRows(rows, asked).map(({ name }) => name);
  expect(names('1010')).toEqual(['INT_STATUS']);
  expect(names('0x1010h')).toEqual(['INT_STATUS']);
  expect(names('flip_done')).toEqual(['INT_STATUS', 'INT_ENABLE']);
  expect(names('cursor zpos')).toEqual(['CURSOR_ZPOS_ALPHA']);
  expect([groupOf(DISPLAY.FLIP.at), groupOf(DISPLAY.DISPI_ID.at)]).toEqual([
    'CRTC',
    'DISPI, as bochs-display has them',
  ]);
});
