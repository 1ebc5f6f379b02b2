/** The virtual display by its registers: the compatible half, connector, writeback, faults, snapshots, and any input at all. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabError } from '#bus/errors.ts';
import type { MmioWidth } from '#bus/mmio.ts';
import { BYTE_ORDER, DISPI_ID, DISPLAY, FERRO_ID } from '#datasheets/display.ts';
import { DISPLAY_FAULTS } from '#datasheets/display-catalogue.ts';
import { fourcc } from '#datasheets/display-formats.ts';
import { MONITOR_NAMES, MONITORS } from '#datasheets/monitors.ts';
import { bench } from './bench.ts';
import { edidOf } from './edid.ts';

type Bench = ReturnType<typeof bench>;

const dispi = (on: Bench, width = 64, height = 32): void => {
  on.value(DISPLAY.DISPI_ENABLE, 0);
  on.value(DISPLAY.DISPI_BPP, 32);
  on.value(DISPLAY.DISPI_XRES, width);
  on.value(DISPLAY.DISPI_YRES, height);
  on.value(DISPLAY.DISPI_VIRT_WIDTH, width);
  on.set(DISPLAY.DISPI_ENABLE, { ENABLED: true, LFB: true });
};

test('says what it is', () => {
  const on = bench();
  expect(on.read(DISPLAY.DISPI_ID).VALUE).toBe(DISPI_ID);
  expect(on.read(DISPLAY.FERRO_ID).VALUE).toBe(FERRO_ID);
  expect(on.read(DISPLAY.DISPI_MEM_64K).VALUE).toBe(16);
  expect(on.read(DISPLAY.VRAM_BYTES).VALUE).toBe(2 ** 20);
  expect(on.display.read(0x500, 4)).toBe(DISPI_ID); // two 16-bit registers at once
});

test('scans out as bochs does: clears, pans, and turns the byte order over', () => {
  const on = bench();
  on.words(0, [0xff0000]);
  dispi(on);
  expect(on.display.frame()).toMatchObject({ width: 64, height: 32 });
  expect(on.at(0, 0)).toBe('000000');
  on.words(0, [0x112233]);
  on.words(8192, [0x445566]);
  expect(on.at(0, 0)).toBe('112233');
  on.value(DISPLAY.DISPI_Y_OFFSET, 32);
  expect(on.at(0, 0)).toBe('445566');
  on.value(DISPLAY.QEXT_BYTE_ORDER, BYTE_ORDER.big);
  expect(on.at(0, 0)).toBe('554400');
  on.value(DISPLAY.QEXT_BYTE_ORDER, 0x12345678);
  expect(on.read(DISPLAY.QEXT_BYTE_ORDER).VALUE).toBe(BYTE_ORDER.big);
  on.value(DISPLAY.DISPI_Y_OFFSET, 0xffff);
  expect(on.at(8, 0)).toBe('ff00ff');
  expect(on.read(DISPLAY.FINDING).BASE_BEYOND_VRAM).toBe(true);
});

test('the largest mode is read through GETCAPS, and the one on show stays', () => {
  const on = bench();
  on.set(DISPLAY.DISPI_ENABLE, { GETCAPS: true });
  expect([on.read(DISPLAY.DISPI_XRES).VALUE, on.read(DISPLAY.DISPI_YRES).VALUE]).toEqual([8192, 8192]);
  dispi(on);
  on.set(DISPLAY.DISPI_ENABLE, { ENABLED: true, LFB: true, GETCAPS: true, NOCLEARMEM: true });
  expect(on.display.frame()).toMatchObject({ width: 64, height: 32 });
  expect(on.read(DISPLAY.DISPI_XRES).VALUE).toBe(8192);
  on.set(DISPLAY.DISPI_ENABLE, { ENABLED: true, LFB: true, NOCLEARMEM: true });
  expect(on.read(DISPLAY.DISPI_XRES).VALUE).toBe(64);
});

test('the extension, when on, goes before the compatible half', () => {
  const on = bench();
  dispi(on, 100, 50);
  on.mode();
  expect(on.display.inspect()).toMatchObject({ half: 'ferro', mode: { width: 64, height: 32 } });
  on.set(DISPLAY.CRTC_CTRL, {});
  expect(on.display.inspect()).toMatchObject({ half: 'dispi', mode: { width: 100, height: 50 } });
});

const edidBytes = (on: Bench, length: number): number[] => Array.from({ length }, (_, at) => on.display.read(at, 1));
const sum = (bytes: readonly number[]): number => bytes.reduce((all, byte) => (all + byte) & 0xff, 0);

test.each(MONITOR_NAMES)('%s tells an EDID whose blocks sum to 0, byte by byte', (name) => {
  const on = bench({ monitor: name });
  const bytes = edidBytes(on, on.read(DISPLAY.CONNECTOR).EDID_BYTES);
  expect(bytes).toEqual([...edidOf(MONITORS[name])]);
  for (let at = 0; at < bytes.length; at += 128) expect(sum(bytes.slice(at, at + 128))).toBe(0);
  expect(on.display.read(1, 1)).toBe(0xff);
  expect(on.display.read(bytes.length, 4)).toBe(0);
});

test('another EDID at run time is a hotplug, right or wrong', () => {
  const on = bench();
  on.set(DISPLAY.INT_ENABLE, { HOTPLUG: true });
  on.display.control('load-edid', { hex: '00 ff 12:34' });
  expect([edidBytes(on, 5), on.lines]).toEqual([[0, 0xff, 0x12, 0x34, 0], [true]]);
  for (const hex of ['', '0', 'xy', 'ff'.repeat(1025)])
    expect(() => on.display.control('load-edid', { hex })).toThrow(LabError);
  on.display.control('monitor', { model: 'vrr144' });
  expect(on.display.inspect().connector.monitor).toBe('vrr144');
});

test('pulling the cable takes EDID and link away, and the picture goes on (hot-unplug)', () => {
  const on = bench();
  on.mode();
  on.display.fault('unplugged');
  expect(on.read(DISPLAY.CONNECTOR)).toEqual({ CONNECTED: false, LINK_BAD: false, EDID_BYTES: 0 });
  expect(edidBytes(on, 4)).toEqual([0, 0, 0, 0]);
  expect(on.display.frame().width).toBe(64);
  on.display.clear('unplugged');
  expect(on.read(DISPLAY.CONNECTOR).CONNECTED).toBe(true);
});

test.each([
  ['edid-checksum', {}],
  ['edid-short', { bytes: 64 }],
  ['edid-garbage', {}],
] as const)('%s spoils the base block', (fault, params) => {
  const on = bench();
  on.display.fault(fault, params);
  expect(sum(edidBytes(on, 128))).not.toBe(0);
  on.display.clear(fault);
  expect(sum(edidBytes(on, 128))).toBe(0);
});

test('a bad link is trained by a mode set, unless the fault is on', () => {
  const on = bench();
  on.display.control('degrade-link');
  expect(on.read(DISPLAY.CONNECTOR).LINK_BAD).toBe(true);
  on.mode();
  expect(on.read(DISPLAY.CONNECTOR).LINK_BAD).toBe(false);
  on.display.fault('link-bad');
  on.set(DISPLAY.LINK_TRAIN, { GO: true });
  expect(on.read(DISPLAY.CONNECTOR).LINK_BAD).toBe(true);
});

test('the panic button interrupts', () => {
  const on = bench();
  on.set(DISPLAY.INT_ENABLE, { PANIC_BUTTON: true });
  on.display.control('panic-button');
  expect(on.lines).toEqual([true]);
});

const writeBack = (on: Bench, format: string, base: number, pitch: number, size = { WIDTH: 64, HEIGHT: 32 }): void => {
  on.value(DISPLAY.WB_FORMAT, fourcc(format));
  on.value(DISPLAY.WB_BASE, base);
  on.value(DISPLAY.WB_PITCH, pitch);
  on.set(DISPLAY.WB_SIZE, size);
  on.set(DISPLAY.WB_CTRL, { GO: true });
  on.clock.advance(20_000_000);
};

test('a frame written back and scanned out again has the same CRC (kms_writeback check-output)', () => {
  const on = bench();
  on.mode();
  on.words(
    0,
    Array.from({ length: 2048 }, (_, i) => (i * 40_503) & 0xffffff),
  );
  on.plane('PRIMARY');
  on.now();
  const crc = on.display.frameCrc();
  for (const format of ['XR24', 'AR24', 'XB24', 'AB24', 'XR48', 'AR48']) {
    on.plane('PRIMARY');
    on.now();
    writeBack(on, format, 65_536, 512);
    expect(on.read(DISPLAY.WB_STATUS)).toEqual({ BUSY: false, FAILED: false });
    on.plane('PRIMARY', { format, base: 65_536, pitch: 512 });
    on.now();
    expect([format, on.display.frameCrc()]).toEqual([format, crc]);
  }
});

test.each([
  ['YU12', 0, 512, {}],
  ['XR24', 0, 255, {}],
  ['XR24', 2 ** 20 - 100, 256, {}],
  ['XR24', 0, 256, { WIDTH: 63 }],
  ['XR24', 0, 256, { HEIGHT: 33 }],
])(
  'refuses to write back as %s at %i with pitch %i and %o (kms_writeback invalid-parameters)',
  (format, base, pitch, size) => {
    const on = bench();
    on.mode();
    writeBack(on, format, base, pitch, { WIDTH: 64, HEIGHT: 32, ...size });
    expect(on.read(DISPLAY.WB_STATUS)).toEqual({ BUSY: false, FAILED: true });
    expect(on.read(DISPLAY.FINDING).BAD_WRITEBACK).toBe(true);
    expect(on.read(DISPLAY.INT_STATUS).WRITEBACK_DONE).toBe(true);
  },
);

test('memory rots alike with the same seed, a CRC lies, starved lines show the background', () => {
  const rotten = (): Uint8Array => {
    const on = bench();
    on.display.fault('bit-rot', { bits: 4, ms: 10 });
    on.clock.advance(50_000_000);
    return on.display.span('vram')!;
  };
  expect(rotten().filter((byte) => byte !== 0).length).toBeGreaterThan(10);
  expect(rotten()).toEqual(rotten());
  const on = bench();
  on.mode();
  const crc = on.display.frameCrc();
  on.display.fault('wrong-crc', { mask: 0x10 });
  expect(on.read(DISPLAY.FRAME_CRC).VALUE).toBe((crc ^ 0x10) >>> 0);
  on.words(0, new Array(2048).fill(0xffffff));
  on.plane('PRIMARY');
  on.now();
  on.display.fault('underrun', { percent: 50 });
  expect([on.at(0, 15), on.at(0, 16)]).toEqual(['ffffff', '000000']);
});

test('goes on after a snapshot as the original does', () => {
  const drive = (on: Bench): unknown => {
    on.clock.advance(40_000_000);
    const status = Object.values(DISPLAY).map((register) => on.display.look(register.at));
    return [status, on.display.frameCrc(), on.lines.length > 0, on.display.inspect().connector];
  };
  const on = bench();
  on.mode(undefined, { GAMMA: true });
  on.words(
    0,
    Array.from({ length: 2048 }, (_, i) => i * 77),
  );
  on.store(30, [1, 2, 3, 4], 'gamma');
  on.plane('PRIMARY');
  on.now();
  on.display.control('load-edid', { hex: '00112233' });
  on.display.fault('vblank-late', { every: 2, us: 50 });
  on.clock.advance(17_000_000);
  on.plane('PRIMARY', { base: 256 });
  on.set(DISPLAY.INT_ENABLE, { FLIP_DONE: true });
  on.set(DISPLAY.FLIP, { GO: true });
  const kept = JSON.parse(JSON.stringify(on.display.snapshot()));
  const other = bench();
  other.clock.advance(999);
  other.display.restore(kept);
  on.lines.length = 0;
  other.lines.length = 0;
  expect(other.display.snapshot()).toEqual(kept);
  expect(drive(other)).toEqual(drive(on));
  expect(() => other.display.restore({ device: 'nullb' })).toThrow(LabError);
  expect(() => bench({ vramMib: 2 }).display.restore(kept)).toThrow(LabError);
});

test('random writes anywhere never throw, and a picture comes out', () => {
  const places = Object.values(DISPLAY).map(({ at }) => at);
  // small screens: what is tested is that nothing breaks, not that 8192 lines compose
  const value = (at: number, raw: number): number =>
    [DISPLAY.DISPI_XRES.at, DISPLAY.DISPI_YRES.at, DISPLAY.H_DISPLAY.at, DISPLAY.V_DISPLAY.at].includes(at)
      ? raw % 100
      : raw;
  const write = fc.record({
    at: fc.oneof(
      fc.constantFrom(...places),
      fc.nat(0x2fff).map((n) => n & ~3),
    ),
    raw: fc.oneof(
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.nat(200),
      fc.constantFrom(fourcc('NV12'), fourcc('R1'), 0x10000),
    ),
    width: fc.constantFrom<MmioWidth>(1, 2, 4),
  });
  const fault = fc.constantFrom(...Object.keys(DISPLAY_FAULTS));
  fc.assert(
    fc.property(fc.array(write, { maxLength: 60 }), fc.option(fault), fc.boolean(), (writes, broken, on_) => {
      const on = bench();
      if (on_) on.mode();
      if (on_) on.plane('OVERLAY', { format: 'NV12', bases: [0, 4096], pitches: [64, 64], target: [3, 3, 20, 20] });
      if (broken !== null) on.display.fault(broken);
      for (const { at, raw, width } of writes) {
        if (at % width !== 0) continue;
        const word = value(at, raw) % 2 ** (8 * width);
        on.display.write(at, at >= 0x500 && at < 0x600 && width === 4 ? word & 0x003f003f : word, width);
        if (at !== DISPLAY.FRAME_CRC.at) on.display.read(at, width);
      }
      on.clock.advance(3_000_000);
      const { width, height, rgba } = on.display.frame();
      expect(rgba.length).toBe(width * height * 4);
    }),
    { numRuns: 60 },
  );
});
