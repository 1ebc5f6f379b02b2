/** The open firmware in the whole chip, from the host's side: times, statuses and modules as the vendor's firmware has them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { MODULE_TYPE, QT2025_IMAGE, UC_STATUS } from '#datasheets/qt2025.ts';
import type { ModuleKind } from '#datasheets/qt2025-catalogue.ts';
import { bench, R } from '../bench.ts';
import type { Qt2025Options } from '../qt2025.ts';

/** Seconds of chip time, also on a machine that has other things to do. */
vi.setConfig({ testTimeout: 60_000 });

const FIRMWARE = new Uint8Array(readFileSync(new URL('../../../firmware/ferrolab-qt2025.fw', import.meta.url)));
const TOLERANCE = 0.2;

type Seen = readonly (readonly [status: number, atMs: number])[];

/** A chip whose module has had the time to become readable. */
const warm = (options: Partial<Qt2025Options> = {}) => {
  const chip = bench(options);
  chip.wait(400);
  const walk = (milliseconds: number): Seen =>
    chip.statuses(milliseconds).map((line) => {
      const [at = '', status = ''] = line.split(': ');
      return [Number.parseInt(status, 16), Number(at)] as const;
    });
  return { ...chip, walk };
};
const started = (options: Partial<Qt2025Options> = {}, word = 0x0893) => {
  const chip = warm(options);
  chip.start(FIRMWARE, { word });
  return chip;
};

const within = (seen: Seen, expected: Seen): void => {
  expect(seen.slice(1).map(([status]) => status)).toEqual(expected.map(([status]) => status));
  for (const [n, [status, atMs]] of expected.entries()) {
    const ratio = (seen[n + 1]?.[1] ?? 0) / atMs;
    expect(Math.abs(ratio - 1), `status ${status.toString(16)}h, ${ratio} of the vendor's time`).toBeLessThan(
      TOLERANCE,
    );
  }
};

describe('keeps the times of the vendor firmware within 20 %', () => {
  test('from start to tracking with a module', () => {
    within(started().walk(1450), [
      [UC_STATUS.configured, 559],
      [UC_STATUS.acquiring, 975],
      [UC_STATUS.searching, 975],
      [UC_STATUS['almost-tracking'], 1130],
      [UC_STATUS.tracking, 1177],
    ]);
  });

  test('from start to waiting for a module, and from insertion to tracking', () => {
    const chip = started({ module: null });
    within(chip.walk(120), [[UC_STATUS['no-module'], 90]]);
    chip.device.control('insert', { kind: 'sr' });
    within(chip.walk(1350), [
      [UC_STATUS.starting, 460],
      [UC_STATUS.configured, 480],
      [UC_STATUS.acquiring, 895],
      [UC_STATUS.searching, 895],
      [UC_STATUS['almost-tracking'], 1050],
      [UC_STATUS.tracking, 1100],
    ]);
  });

  test('at loss of light, and when it is back', () => {
    const chip = started();
    chip.wait(1500);
    chip.device.control('light', { dbm: -40 });
    const lost = chip.walk(300);
    within(lost.slice(0, 2), [[UC_STATUS.acquiring, 20]]);
    expect(lost.at(-1)?.[0]).toBe(UC_STATUS.searching);
    chip.device.control('light', { dbm: -3 });
    const [, atMs = 0] = chip.walk(300).find(([status]) => status === UC_STATUS.tracking) ?? [];
    expect(Math.abs(atMs / 195 - 1)).toBeLessThan(TOLERANCE);
  });
});

test('has every status there is', () => {
  const seen = new Set<number>();
  const walk = (chip: ReturnType<typeof warm>, milliseconds: number): void => {
    for (const [status] of chip.walk(milliseconds)) seen.add(status);
  };
  const saving = warm({ bootEeprom: new Uint8Array() });
  saving.device.control('save-strap');
  saving.start(FIRMWARE);
  walk(saving, 1100);
  walk(started(), 1300);
  walk(started({ module: null }), 120);
  walk(started({ module: 'unprogrammed' }), 800);
  walk(started({ revision: 0xb2 }), 100);
  const held = warm();
  held.start(FIRMWARE, { mode: 0x3a });
  walk(held, 100);
  const wrong = warm();
  wrong.start(FIRMWARE.with(0x4c00, (FIRMWARE[0x4c00] ?? 0) ^ 1));
  walk(wrong, 100);
  expect([...seen].sort((a, b) => a - b)).toEqual(Object.values(UC_STATUS).sort((a, b) => a - b));
});

test.each<[ModuleKind, type: number, pma: number, front: number, reach: number, mode: number]>([
  ['sr', MODULE_TYPE.SR, 7, 0x00, 1, 0x08],
  ['lr', MODULE_TYPE.LR, 6, 0x00, 2, 0x08],
  ['lrm', MODULE_TYPE.LRM, 8, 0x02, 0, 0x00],
  ['er', MODULE_TYPE.ER, 7, 0x00, 1, 0x08],
  ['dac', MODULE_TYPE['passive-DAC'], 0x0b, 0x10, 0, 0x20],
  ['sx', MODULE_TYPE['1000SX'], 0, 0x00, 0, 0x88],
])('knows a module of kind %s and says so everywhere', (kind, type, pma, front, reach, mode) => {
  const chip = started({ module: kind });
  chip.wait(1500);
  const { device, raw, xdata, status } = chip;
  expect([xdata(0x70c), raw(R.PMA_CTRL2) & 0xff, xdata(0x705)]).toEqual([type, pma, mode]);
  expect([device.peek(0x1d100) & 0xff, device.peek(0x18018) & 0xff]).toEqual([front, reach]);
  expect(status()).toBe(UC_STATUS.tracking);
  expect(chip.links().pma).toBe(true);
});

test('a module of the 1G family goes from 50h to 70h without 60h', () => {
  expect(
    started({ module: 'sx' })
      .walk(1400)
      .map(([status]) => status),
  ).toEqual([0x00, 0x10, 0x40, 0x50, 0x70]);
});

test('with the strap for it, it saves itself to the boot EEPROM in about six seconds, and the board then starts without a driver', () => {
  const chip = warm({ bootEeprom: new Uint8Array() });
  chip.device.control('save-strap');
  chip.start(FIRMWARE);
  const seen = chip.walk(8000);
  const at = (status: number): number => seen.find(([value]) => value === status)?.[1] ?? 0;
  expect(Math.abs((at(UC_STATUS.acquiring) - at(UC_STATUS.saving)) / 6000 - 1)).toBeLessThan(TOLERANCE);
  chip.device.control('save-strap', { on: false });
  chip.device.control('power-cycle');
  chip.wait(3500);
  expect([chip.status(), chip.xdata(0x716), chip.xdata(0x7f3)]).toEqual([
    UC_STATUS.tracking,
    0xf6,
    FIRMWARE[QT2025_IMAGE.versionAt],
  ]);
});

test('lights the LEDs by the links when the host leaves them to it, and lets them be when it does not', () => {
  const own = started({}, 0x0892);
  const hosts = started();
  for (const chip of [own, hosts]) chip.write(R.LED0, 0x000a);
  for (const chip of [own, hosts]) chip.wait(1500);
  expect([own.raw(R.LED0), own.raw(R.LED1), hosts.raw(R.LED0)]).toEqual([5, 5, 0x0a]);
  for (const chip of [own, hosts]) chip.device.control('light', { dbm: -40 });
  for (const chip of [own, hosts]) chip.wait(200);
  expect([own.raw(R.LED0), own.raw(R.LED1), hosts.raw(R.LED0)]).toEqual([4, 5, 0x0a]);
});

test('waits as long as ever when 1.C302h divides its clock', () => {
  const setUpMs = [1, 3, 6].map((divide) => {
    const chip = started({ module: null });
    chip.wait(200);
    chip.write(R.MICRO_RESETN, 0);
    chip.write(R.SREFCLK_FREQ, divide << 2);
    chip.write(R.MICRO_RESETN, 2);
    chip.wait(2000);
    chip.device.control('insert', { kind: 'sr' });
    const seen = chip.walk(4000);
    const at = (status: number): number => seen.find(([value]) => value === status)?.[1] ?? 0;
    return at(UC_STATUS.acquiring) - at(UC_STATUS.configured);
  });
  for (const took of setUpMs) expect(Math.abs(took / 415 - 1)).toBeLessThan(TOLERANCE);
});
