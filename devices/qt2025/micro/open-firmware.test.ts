/** The open firmware on the emulated core: what a driver sees of it from outside. */
import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { MODULE_TYPE, UC_STATUS } from '#datasheets/qt2025.ts';
import { moduleA0, moduleA2 } from '#datasheets/sfp-modules.ts';
import { chipBench, DARK, GOOD } from './chip-bench.ts';

/** Seconds of chip time, also on a machine that has other things to do. */
vi.setConfig({ testTimeout: 60_000 });

const IMAGE = new Uint8Array(readFileSync(new URL('../../../firmware/ferrolab-qt2025.fw', import.meta.url)));
/** What the receiver for 1G modules says: 3.C050h, 3.C058h, 4.C000h. */
const GIGABIT = [
  [0x3c050, 0x40],
  [0x3c058, 0x40],
  [0x4c000, 0x08],
] as const;

const up = (word = 0x0893) => {
  const chip = chipBench();
  chip.start(IMAGE, { word });
  chip.wait(1400);
  expect(chip.status()).toBe(UC_STATUS.tracking);
  return chip;
};
const names = (seen: readonly (readonly [number, number])[]): string[] =>
  seen.map(([, status]) => status.toString(16).padStart(2, '0'));

test('keeps the timeline of the vendor firmware within 20 %', () => {
  const chip = chipBench();
  chip.start(IMAGE);
  const seen = chip.statuses(1400);
  expect(names(seen)).toEqual(['00', '10', '40', '50', '60', '70']);
  for (const [status, expected] of [
    [0x10, 559],
    [0x40, 975],
    [0x60, 1130],
    [0x70, 1177],
  ] as const) {
    const [at = 0] = seen.find(([, value]) => value === status) ?? [];
    expect(at / expected, `status ${status.toString(16)}h`).toBeGreaterThan(0.8);
    expect(at / expected, `status ${status.toString(16)}h`).toBeLessThan(1.2);
  }
});

test('waits in 30h without a module after about 90 ms, and comes up when one is plugged in', () => {
  const chip = chipBench();
  chip.plug(null);
  chip.start(IMAGE);
  const seen = chip.statuses(300);
  expect(names(seen)).toEqual(['00', '30']);
  expect(seen[1]?.[0]).toBeGreaterThan(72);
  expect(seen[1]?.[0]).toBeLessThan(108);
  chip.plug('sr');
  expect(names(chip.statuses(1400))).toEqual(['30', '00', '10', '40', '50', '60', '70']);
});

test('says who it is, checks itself, and counts ticks of about 0.96 ms', () => {
  const chip = up();
  expect([0x716, 0x717].map(chip.cell)).toEqual([0xf6, 0x28]);
  expect((chip.cell(0x718) << 8) | chip.cell(0x719)).toBe(((IMAGE[0xa00] ?? 0) << 8) | (IMAGE[0xa01] ?? 0));
  expect([0x7f0, 0x7f1, 0x7f3, 0x7f4, 0x7f5, 0x7f6, 0x7f7, 0x7f8].map(chip.cell)).toEqual([
    0x20, 0x25, 0x21, 0x01, 0x00, 26, 11, 21,
  ]);
  expect(chip.cell(0x7ef), 'starts: one cold, one after the module').toBe(2);
  const ticks = () => (chip.cell(0x7c0) << 8) | chip.cell(0x7c1);
  const before = ticks();
  chip.wait(960);
  expect(ticks() - before).toBeGreaterThanOrEqual(995);
  expect(ticks() - before).toBeLessThanOrEqual(1005);
});

test('a heartbeat polled every 100 ms always moves', () => {
  const chip = up();
  let last = chip.cell(0x7ee);
  for (let n = 0; n < 20; n++) {
    chip.wait(100);
    expect(chip.cell(0x7ee)).not.toBe(last);
    last = chip.cell(0x7ee);
  }
});

test.each([
  ['sr', MODULE_TYPE.SR, 7],
  ['lr', MODULE_TYPE.LR, 6],
  ['lrm', MODULE_TYPE.LRM, 8],
  ['er', MODULE_TYPE.ER, 7],
  ['dac', MODULE_TYPE['passive-DAC'], 11],
  ['sx', MODULE_TYPE['1000SX'], 0],
] as const)('recognises a module of kind %s', (kind, type, pma) => {
  const chip = chipBench();
  chip.plug(kind);
  for (const [at, synchronised] of GIGABIT) chip.registers.set(at, synchronised);
  chip.start(IMAGE);
  chip.wait(1400);
  expect([chip.cell(0x70c), chip.register(1, 7), chip.status()]).toEqual([type, pma, UC_STATUS.tracking]);
  expect([...chip.xdata.subarray(0, 0x80)]).toEqual([...moduleA0(kind, 3, 'FL1').subarray(0, 0x80)]);
});

test('copies A2h to 1.A000h or to 1.8007h, as option D706h bit 7 says', () => {
  const bytes = [...(moduleA2('sr') ?? [])];
  const at = (chip: ReturnType<typeof chipBench>, from: number) => bytes.map((_, n) => chip.register(1, from + n));
  expect(at(up(0x0893), 0xa000)).toEqual(bytes);
  // The reach register 1.8018h lies in the other block and is written later.
  const reach = 0x8018 - 0x8007;
  expect(at(up(0x0013), 0x8007)).toEqual(bytes.with(reach, 1));
});

test('refuses a module it does not know, and looks again when that is pulled', () => {
  const chip = chipBench();
  chip.plug('unprogrammed');
  chip.start(IMAGE);
  expect(names(chip.statuses(1000))).toEqual(['00', '39', '31']);
  expect(chip.cell(0x70c)).toBe(MODULE_TYPE.invalid);
  chip.plug(null);
  expect(names(chip.statuses(200)).at(-1)).toBe('30');
});

test('falls back within 30 ms when light goes, and tracks again within 250 ms of its return', () => {
  const chip = up();
  expect(chip.register(3, 0xc000) & 8).toBe(8);
  chip.signals(DARK);
  const lost = chip.statuses(200);
  expect(names(lost)).toEqual(['70', '40', '50']);
  expect(lost[1]?.[0]).toBeLessThan(30);
  expect(chip.register(3, 0xc000) & 8, 'the receiver is held').toBe(0);
  chip.signals(GOOD);
  const back = chip.statuses(400);
  expect(names(back)).toEqual(['50', '60', '70']);
  expect(back.at(-1)?.[0]).toBeGreaterThan(150);
  expect(back.at(-1)?.[0]).toBeLessThan(250);
});

test('a closed eye keeps it searching', () => {
  const chip = chipBench();
  chip.signals({ ...GOOD, eye: 30 });
  chip.start(IMAGE);
  chip.wait(3000);
  expect(chip.status()).toBe(UC_STATUS.searching);
  chip.signals({ ...GOOD, eye: 32 });
  chip.wait(400);
  expect(chip.status()).toBe(UC_STATUS.tracking);
});

test('after removal nothing is left of the module', () => {
  const chip = up();
  chip.plug(null);
  chip.wait(400);
  expect([chip.status(), chip.cell(0x70c), chip.register(1, 7), chip.register(1, 0xc319) & 1]).toEqual([0x30, 7, 0, 0]);
  expect([...chip.xdata.subarray(0, 0x100)].every((byte) => byte === 0)).toBe(true);
});

test('a wrong byte anywhere in the padding parks it at F0h with its heart beating', () => {
  const chip = chipBench();
  const bad = IMAGE.slice();
  bad[0x4800] = (bad[0x4800] ?? 0) ^ 1;
  chip.start(bad);
  chip.wait(300);
  expect([0x7fd, 0x716, 0x717].map(chip.cell)).toEqual([0xf0, 0xde, 0xad]);
  const before = chip.cell(0x7ee);
  chip.wait(100);
  expect(chip.cell(0x7ee)).not.toBe(before);
  expect(chip.micro.beating).toBe(true);
});

test('parks at F8h on silicon older than B3h', () => {
  const chip = chipBench();
  chip.registers.set(0x1d001, 0xb200);
  chip.start(IMAGE);
  chip.wait(300);
  expect([chip.status(), chip.cell(0x708)]).toEqual([0xf8, 0xb2]);
});

test('waits in 32h while the host holds it, and restarts out of 70h when it is told to', () => {
  const chip = chipBench();
  chip.start(IMAGE, { mode: 0x3a });
  chip.wait(300);
  expect(chip.status()).toBe(UC_STATUS.held);
  chip.registers.set(0x1c319, 0x38);
  chip.wait(1400);
  expect(chip.status()).toBe(UC_STATUS.tracking);
  chip.registers.set(0x1c319, 0x3b);
  chip.wait(100);
  expect(chip.status()).toBe(UC_STATUS.held);
});

test('in a fixed mode it skips the module, and still waits for one to be there', () => {
  const chip = chipBench();
  chip.plug(null);
  chip.start(IMAGE, { mode: 0x20 });
  expect(names(chip.statuses(700))).toEqual(['00', '10', '40', '30']);
  chip.plug('sr');
  chip.wait(400);
  expect([chip.status(), chip.cell(0x70c)]).toEqual([UC_STATUS.tracking, 0]);
});

test('PMA loopback needs no module; the receiver is turned for it and turned back', () => {
  const chip = up();
  chip.registers.set(0x10000, 0x2041);
  chip.wait(400);
  expect([chip.status(), chip.register(1, 0xc301) & 0x40]).toEqual([0x70, 0x40]);
  chip.registers.set(0x10000, 0x2040);
  chip.wait(400);
  expect([chip.status(), chip.register(1, 0xc301) & 0x40]).toEqual([0x70, 0]);
});

test('serves the host mailbox: bytes, blocks, any device, failures', () => {
  const chip = up();
  const ask = (control: number, address = 0, device = 0): number => {
    chip.xdata[0x101] = address;
    chip.xdata[0x102] = device;
    chip.xdata[0x100] = control;
    chip.wait(150);
    return chip.cell(0x100);
  };
  expect(ask(0x82, 20, 0xa0)).toBe(0x84);
  expect(chip.cell(0x103)).toBe(moduleA0('sr', 3, 'FL1')[20]);
  expect(ask(0x82, 96, 0xa2)).toBe(0x84);
  expect(chip.cell(0x103)).toBe(moduleA2('sr')?.[96]);
  expect(ask(0x82, 0, 0xac)).toBe(0x8c);
  chip.xdata[5] = 0xee;
  expect(ask(0x02, 5)).toBe(0x04);
  expect(chip.cell(5)).toBe(moduleA0('sr', 3, 'FL1')[5]);
  chip.xdata.fill(0xee, 0, 0x100);
  expect(ask(0x03)).toBe(0x05);
  expect(chip.cell(0x20)).toBe(moduleA0('sr', 3, 'FL1')[0x20]);
  expect(ask(0x43)).toBe(0x45);
  expect(ask(0xa2, 0x7f, 0xa2), 'a write').toBe(0xa4);
});

test('refreshes diagnostics about once a second when it is asked to', () => {
  const chip = up();
  const a2 = chip.memories.get(0xa2);
  if (a2 === undefined) throw new Error('the module has no A2h');
  a2[96] = 0x55;
  chip.wait(2500);
  expect(chip.register(1, 0xa060)).not.toBe(0x55);
  chip.xdata[0x71a] = 1;
  chip.wait(1600);
  expect(chip.register(1, 0xa060)).toBe(0x55);
});
