/** The panic screens: what is drawn where, what is fallen back to, and what each bug the kernel once had would have done. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PanicLog } from './panic-log.ts';
import { panicSettings } from './panic-options.ts';
import { greyOfSurface } from './picture-rig.ts';
import type { PanicFormat } from './pixel-formats.ts';
import { QrLayout } from './qr-layout.ts';
import { reportWords } from './report.ts';
import { PanicScreen } from './screen.ts';
import { MemorySurface } from './surface.ts';

const IDENTITY = { machine: 'x86_64', release: '6.15.0' };
const URL = 'https://kdj0c.github.io/panic_report';

const logOf = (lines: number): PanicLog => {
  const log = new PanicLog();
  for (let i = 0; i < lines; i++)
    log.append('info', i * 37_123_456, `usb ${i % 7}: device ${(i * 7919) % 10_007} at ${i ** 3}`);
  return log;
};

const draw = (
  width: number,
  height: number,
  given: Readonly<Record<string, unknown>>,
  log = logOf(300),
  description = 'sysrq triggered crash\n',
  format: PanicFormat = 'R8',
) => {
  const surface = new MemorySurface({ format, width, height });
  const screen = new PanicScreen(log, panicSettings(given), IDENTITY);
  screen.draw(surface, description);
  const grey = greyOfSurface(surface);
  const row = (y: number): string =>
    Array.from(grey.subarray(y * width, (y + 1) * width), (light) => (light > 127 ? '#' : '.')).join('');
  const isBlank = (x: number, y: number, w: number, h: number): boolean => {
    for (let at = y; at < y + h; at++)
      if (
        row(at)
          .slice(x, x + w)
          .includes('#')
      )
        return false;
    return true;
  };
  return { screen, report: screen.report, surface, grey, row, isBlank };
};

/** Version, screen, then scale, canvas x, y and size, message y, with a font of 16 rows. */
test.each([
  [40, 800, 600, 2, 215, 60, 370, undefined],
  [30, 640, 480, 2, 175, 44, 290, undefined],
  [30, 800, 600, 3, 182, 34, 435, undefined],
  [40, 1024, 768, 3, 234, 52, 555, 633],
  [30, 1024, 768, 3, 294, 100, 435, 585],
  [40, 1280, 720, 2, 455, 108, 370, undefined],
  [40, 1920, 1080, 4, 590, 104, 740, 896],
  [30, 1920, 1080, 5, 597, 110, 725, undefined],
  [40, 3840, 2160, 8, 1180, 240, 1480, undefined],
  [30, 3840, 2160, 11, 1122, 194, 1595, undefined],
])('places version %i on %i x %i as the kernel does', (version, width, height, scale, x, y, size, messageY) => {
  const layout = new QrLayout();
  expect(layout.place(width, height, version, 80, 2)).toBe(true);
  expect([layout.scale, layout.canvasX, layout.canvasY, layout.canvasSize]).toEqual([scale, x, y, size]);
  if (messageY !== undefined) expect(layout.messageY).toBe(messageY);
});

test('version 40 does not fit 640 x 480, version 38 does', () => {
  const layout = new QrLayout();
  expect([40, 39, 38].map((version) => layout.place(640, 480, version, 80, 2))).toEqual([false, false, true]);
});

test('user says what happened in the middle and leaves the corner to the logo', () => {
  const { report, isBlank, row } = draw(640, 480, { panic_screen: 'user' });
  expect(report).toMatchObject({ screen: 'user', fallback: 'none', version: 0 });
  expect(isBlank(0, 0, 120, 112)).toBe(false);
  expect(isBlank(0, 112, 640, 88)).toBe(true);
  const middle = Array.from({ length: 80 }, (_, y) => row(200 + y));
  expect(middle.some((line) => line.includes('#'))).toBe(true);
  expect(isBlank(0, 280, 640, 200)).toBe(true);
  const left = Math.min(...middle.map((line) => line.indexOf('#')).filter((x) => x >= 0));
  expect(left).toBeGreaterThanOrEqual(208); // 28 characters of 8 in 640
  expect(left).toBeLessThan(216);
});

test('the newline at the end of a description is not drawn', () => {
  const plain = draw(640, 480, { panic_screen: 'user' }, logOf(1), 'Oops');
  const withNewline = draw(640, 480, { panic_screen: 'user' }, logOf(1), 'Oops\n');
  expect(withNewline.grey).toEqual(plain.grey);
});

test('kmsg puts the newest line lowest and wraps long ones, their last piece lowest', () => {
  const log = new PanicLog();
  log.append('info', 0, 'older');
  log.append('info', 0, `${'-'.repeat(20)}||`);
  const { row } = draw(160, 400, { panic_screen: 'kmsg' }, log); // 20 columns of 8, 25 rows of 16
  const cells = (line: number): boolean[] =>
    Array.from({ length: 20 }, (_, column) =>
      Array.from({ length: 16 }, (_, y) => row(line * 16 + y).slice(column * 8, column * 8 + 8)).some((part) =>
        part.includes('#'),
      ),
    );
  expect(cells(24).filter(Boolean)).toHaveLength('-'.repeat(15).length + 2); // 5 dashes went on the line above
  expect(cells(23).slice(15)).toEqual([true, true, true, true, true]);
  expect(cells(22).slice(14)).toEqual([false, true, true, true, true, true]); // "[    0.000000] older"
  expect(cells(21).every((drawn) => !drawn)).toBe(true);
});

test('qr_code takes the newest lines that fit and says how many it left out', () => {
  const { report } = draw(1024, 768, { panic_qr_url: URL }, logOf(500));
  expect(report).toMatchObject({ screen: 'qr_code', fallback: 'none', parts: 1, tooDense: false });
  expect(report.linesIn).toBeGreaterThan(50);
  expect(report.linesLeftOut).toBe(500 - report.linesIn);
  expect(reportWords(report)).toMatch(/truncated: \d+ older lines left out/);
});

test('drops lines from the front until the rest fits the version that is allowed', () => {
  const small = draw(1024, 768, { panic_qr_url: URL, panic_qr_version: 10 }).report;
  const large = draw(1024, 768, { panic_qr_url: URL, panic_qr_version: 20 }).report;
  expect(small.version).toBeLessThanOrEqual(10);
  expect(large.version).toBeLessThanOrEqual(20);
  expect(large.linesIn).toBeGreaterThan(small.linesIn);
});

test('one line that does not fit is no code: the user screen says so', () => {
  const log = new PanicLog();
  log.append(
    'emerg',
    0,
    Array.from({ length: 900 }, (_, i) => String.fromCharCode(33 + ((i * i * 7919) % 94))).join(''),
  );
  const { report } = draw(1024, 768, { panic_qr_url: URL, panic_qr_version: 5 }, log);
  expect(report).toMatchObject({ screen: 'user', fallback: 'not one line of the log fits in the code', version: 0 });
});

test('an empty log, and a screen too small for any code, fall back to user', () => {
  expect(draw(640, 480, {}, new PanicLog()).report).toMatchObject({ screen: 'user', fallback: 'the log is empty' });
  expect(draw(60, 60, { panic_qr_url: URL }).report).toMatchObject({
    screen: 'user',
    fallback: 'the screen is too small for the code',
  });
});

test('takes a smaller version where the screen is small, or falls back as the kernel does', () => {
  const noise = new PanicLog(); // too little compresses for a small version to hold it
  for (let i = 0; i < 200; i++)
    noise.append(
      'info',
      i * 1e6,
      Buffer.from(
        Uint8Array.from({ length: 40 }, (_, j) => (Math.imul(i * 40 + j + 1, 2_654_435_761) >>> 24) & 0xff),
      ).toString('base64'),
    );
  const fitted = draw(640, 480, { panic_qr_url: URL }, noise).report;
  expect(fitted).toMatchObject({ screen: 'qr_code', scalePx: 2, tooDense: true });
  expect(fitted.version).toBeLessThanOrEqual(38);
  expect(reportWords(fitted)).toContain('too dense for many cameras');
  expect(draw(640, 480, { panic_qr_url: URL, panic_qr_fit: false }, noise).report).toMatchObject({
    screen: 'user',
    fallback: 'the screen is too small for the code',
  });
  expect(draw(640, 480, { panic_qr_url: URL, panic_qr_min_scale: 4 }, noise).report).toMatchObject({
    scalePx: 4,
    tooDense: false,
  });
});

test('is dark on light also where the panic colours are the other way round', () => {
  const log = logOf(20);
  const settings = panicSettings({ panic_qr_url: URL });
  const [plain, swapped] = [false, true].map((swap) => {
    const surface = new MemorySurface({
      format: 'R8',
      width: 640,
      height: 480,
      foreground: swap ? 0x000000 : 0xffffff,
      background: swap ? 0xffffff : 0x000000,
    });
    const screen = new PanicScreen(log, settings, IDENTITY);
    screen.draw(surface, 'crash');
    const layout = new QrLayout();
    layout.place(640, 480, screen.report.version, 80, 2);
    const { canvasX, canvasY, canvasSize } = layout;
    return Array.from({ length: canvasSize }, (_, y) =>
      Buffer.from(
        surface.bytes.subarray((canvasY + y) * 640 + canvasX, (canvasY + y) * 640 + canvasX + canvasSize),
      ).toString('hex'),
    );
  });
  expect(swapped).toEqual(plain);
  expect(plain?.[0]).toBe('ff'.repeat((plain?.[0]?.length ?? 0) / 2));
});

test('parts carry more of the log, all in one size, and are drawn one at a time', () => {
  const one = draw(1024, 768, { panic_qr_url: URL, panic_qr_version: 10 }).report;
  const { screen, report, surface } = draw(1024, 768, { panic_qr_url: URL, panic_qr_version: 10, panic_qr_parts: 4 });
  expect(report.parts).toBe(4);
  expect(report.linesIn).toBeGreaterThan(2 * one.linesIn);
  const pictures = [0, 1, 2, 3].map((part) => {
    expect(screen.drawPart(surface, part)).toBe(true);
    return Buffer.from(surface.bytes).toString('base64');
  });
  expect(new Set(pictures).size).toBe(4);
  expect(screen.drawPart(surface, 4)).toBe(false);
  expect(screen.drawPart(surface, -1)).toBe(false);
});

test('there are no parts to draw of a user screen', () => {
  const { screen, surface } = draw(640, 480, { panic_screen: 'user' });
  expect(screen.drawPart(surface, 0)).toBe(false);
});

/** The six bugs that KUnit found in the kernel's drawing, before 6.18-rc3; the seventh, of 24 bits, is in surface.test.ts. */
test('a screen smaller than the logo gets none', () => {
  const { isBlank } = draw(100, 100, { panic_screen: 'user' });
  expect(isBlank(0, 0, 100, 10)).toBe(true);
});

test('a logo that would touch the quiet zone is left out', () => {
  const log = logOf(200);
  const narrow = draw(420, 400, { panic_qr_url: URL }, log);
  const layout = new QrLayout();
  layout.place(420, 400, narrow.report.version, 80, 2);
  expect(layout.canvasX).toBeLessThan(120);
  expect(layout.canvasY).toBeLessThan(112);
  expect(narrow.isBlank(0, 0, 420, layout.canvasY)).toBe(true);
  expect(narrow.row(layout.canvasY).slice(layout.canvasX, layout.canvasX + layout.canvasSize)).toBe(
    '#'.repeat(layout.canvasSize),
  );
  const wide = draw(1024, 768, { panic_qr_url: URL }, log);
  expect(wide.isBlank(0, 0, 120, 112)).toBe(false);
});

test('a margin below zero is no margin: the code is not placed', () => {
  const layout = new QrLayout();
  expect(layout.place(1000, 310, 1, 80, 2)).toBe(false);
  expect(layout.place(1000, 319, 1, 80, 2)).toBe(true);
  expect(layout.canvasY).toBeGreaterThanOrEqual(0);
});

test('kmsg keeps to its screen, also where its height is no multiple of the font', () => {
  const { row, isBlank } = draw(641, 405, { panic_screen: 'kmsg' }, logOf(200)); // 25 lines and 5 rows
  expect(isBlank(0, 0, 641, 2)).toBe(true);
  expect(isBlank(0, 403, 641, 2)).toBe(true);
  expect(Array.from({ length: 16 }, (_, y) => row(387 + y)).some((line) => line.includes('#'))).toBe(true);
});

test('a screen narrower than a character shows no text and nothing fails', () => {
  for (const panic_screen of ['user', 'kmsg', 'qr_code'])
    expect(draw(4, 200, { panic_screen, panic_qr_url: URL }).isBlank(0, 0, 4, 200)).toBe(true);
});

test('refuses settings that cannot be', () => {
  const make = (given: Readonly<Record<string, unknown>>) => () => draw(10, 10, given);
  expect(make({ panic_screen: 'blue' })).toThrow(/panic_screen/);
  expect(make({ panic_qr_version: 41 })).toThrow(/panic_qr_version/);
  expect(make({ panic_qr_url: 'https://exa mple' })).toThrow(/printable ASCII/);
  expect(make({ panic_qr_url: `https://${'a'.repeat(300)}` })).toThrow(/panic_qr_url/);
  expect(
    () => new PanicScreen(logOf(1), panicSettings({ panic_qr_url: URL }), { machine: 'm', release: 'r'.repeat(250) }),
  ).toThrow(/at most 256/);
});

test('draws something on any screen of any size from any log, and never outside it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 330 }),
      fc.integer({ min: 1, max: 330 }),
      fc.constantFrom('user', 'kmsg', 'qr_code'),
      fc.constantFrom<PanicFormat>('R8', 'RGB888', 'NV12', 'YUYV', 'RGB565'),
      fc.array(fc.string({ maxLength: 300 }), { maxLength: 40 }),
      fc.string({ maxLength: 80, unit: 'grapheme' }),
      fc.record({
        panic_qr_url: fc.constantFrom('', URL),
        panic_qr_version: fc.integer({ min: 1, max: 40 }),
        panic_qr_parts: fc.integer({ min: 1, max: 4 }),
        panic_qr_encoding: fc.constantFrom('z', 'zl'),
        panic_qr_min_scale: fc.integer({ min: 1, max: 4 }),
        panic_qr_fit: fc.boolean(),
      }),
      (width, height, panic_screen, format, lines, description, given) => {
        const log = new PanicLog();
        for (const line of lines) log.append('info', 5e9, line);
        const memory = new Uint8Array(new MemorySurface({ format, width, height }).bytes.length + 64).fill(0x5a);
        const bytes = memory.subarray(32, memory.length - 32);
        const surface = new MemorySurface({ format, width, height, bytes });
        const screen = new PanicScreen(log, panicSettings({ ...given, panic_screen }), IDENTITY);
        screen.draw(surface, description);
        const { report } = screen;
        expect(['user', 'kmsg', 'qr_code']).toContain(report.screen);
        if (report.screen !== panic_screen) expect(report.fallback).not.toBe('none');
        if (report.screen === 'qr_code') {
          expect(report.scalePx).toBeGreaterThanOrEqual(given.panic_qr_min_scale);
          expect(report.linesIn + report.linesLeftOut).toBe(log.lines);
        }
        for (const edge of [memory.subarray(0, 32), memory.subarray(memory.length - 32)])
          expect(edge.every((byte) => byte === 0x5a)).toBe(true);
      },
    ),
    { numRuns: 80 },
  );
});
