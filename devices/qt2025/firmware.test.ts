/** The shipped firmware on the chip's 8051: statuses, times and what it leaves in its cells, in virtual time. */
import { expect, test } from 'vitest';
import { MODULE_TYPE, QT2025_SRAM, UC_STATUS } from '#datasheets/qt2025.ts';
import { bench, image, imageVersion, misfits, R } from './bench.ts';

test('walks through every status from a cold start with a module', () => {
  const { start, statuses } = bench();
  start();
  expect(
    misfits(statuses(1300), [
      [0, 0x00],
      [559, 0x10],
      [975, 0x40],
      [982, 0x50],
      [1130, 0x60],
      [1177, 0x70],
    ]),
  ).toEqual([]);
});

test('waits for a module in status 30', () => {
  const { start, statuses, byte, links } = bench({ module: null });
  start();
  expect(
    misfits(statuses(500), [
      [0, 0x00],
      [90, 0x30],
    ]),
  ).toEqual([]);
  expect(byte(R.MOD_TYPE)).toBe(MODULE_TYPE.invalid);
  expect(byte(R.MICRO_RESETN)).toBe(0x06);
  expect(links()).toEqual({ pma: false, pcs: false, phyxs: false });
});

test('brings up a module that is inserted later', () => {
  const { start, statuses, wait, device } = bench({ module: null });
  start();
  wait(500);
  device.control('insert', { kind: 'lr' });
  expect(
    misfits(statuses(1200), [
      [0, 0x30],
      [460, 0x00],
      [477, 0x10],
      [893, 0x40],
      [900, 0x50],
      [1048, 0x60],
      [1095, 0x70],
    ]),
  ).toEqual([]);
  expect(device.inspect().micro.moduleType).toBe(MODULE_TYPE.LR);
});

test('falls back to 40 when the light goes and is back in 70 about 195 ms after it returns', () => {
  const { up, device, statuses, wait, links } = bench();
  up();
  device.fault('rx-loss');
  expect(
    misfits(statuses(60), [
      [0, 0x70],
      [20, 0x40],
      [27, 0x50],
    ]),
  ).toEqual([]);
  expect(links().pma).toBe(false);
  wait(1000);
  device.clear('rx-loss');
  expect(
    misfits(statuses(250), [
      [0, 0x50],
      [148, 0x60],
      [195, 0x70],
    ]),
  ).toEqual([]);
  expect(links()).toEqual({ pma: true, pcs: true, phyxs: true });
});

test('forgets a module that is pulled and goes back to 30', () => {
  const { up, device, statuses, byte, xdata } = bench();
  up();
  expect(xdata(0)).toBe(0x03);
  device.control('remove');
  expect(
    misfits(statuses(200), [
      [0, 0x70],
      [20, 0x40],
      [100, 0x30],
    ]),
  ).toEqual([]);
  expect(byte(R.MICRO_RESETN)).toBe(0xe7);
  expect(xdata(0)).toBe(0);
  expect(byte(R.MOD_TYPE)).toBe(MODULE_TYPE.invalid);
  expect(byte(R.PMA_CTRL2)).toBe(0);
});

test('keeps its configuration over the soft restart and counts both starts', () => {
  const { up, byte } = bench();
  up();
  expect(byte(R.RESTARTS)).toBe(2);
  expect(byte(R.OP_MODE)).toBe(0x39);
  expect(byte(R.MICRO_RESETN)).toBe(0xff);
  expect([byte(R.CFG0_HI), byte(R.CFG0_LO), byte(R.CFG1_HI), byte(R.CFG1_LO)]).toEqual([0x0e, 0x00, 0x08, 0x93]);
  expect([byte(R.OPTIONS_LO), byte(R.OPTIONS_HI), byte(R.LENGTH_LIMIT)]).toEqual([0x93, 0x08, 3]);
  expect(byte(R.MODE_ASKED)).toBe(7);
});

test('takes the mailbox words only under their signature', () => {
  const { start, write, wait, byte } = bench();
  write(R.MICRO_BOOT, 0xc0);
  start();
  write(R.CFG_SIGNATURE, 0xa529);
  wait(600);
  expect(byte(R.CFG1_LO)).toBe(0);
});

test('publishes version and date of the image once the checksum is right', () => {
  const { start, wait, device } = bench();
  start();
  wait(5);
  expect(device.inspect().micro).toMatchObject({ version: null, sumGood: null });
  wait(15);
  expect(device.inspect().micro).toMatchObject({
    version: imageVersion(image()),
    built: expect.stringMatching(/^20\d\d-\d\d-\d\d$/),
    sumGood: true,
  });
});

test('parks at F0 with the heartbeat alive when one byte is wrong', () => {
  const { start, wait, byte, status, links } = bench();
  const bad = image();
  bad[0x4000] = (bad[0x4000] ?? 0) ^ 1;
  start(bad);
  wait(1000);
  expect(status()).toBe(UC_STATUS['checksum-wrong']);
  expect([byte(R.SUM_VERDICT0), byte(R.SUM_VERDICT1)]).toEqual([0xde, 0xad]);
  expect(byte(R.FW_PRODUCT_HI)).toBe(0);
  const beat = byte(R.HEARTBEAT);
  wait(100);
  expect(byte(R.HEARTBEAT)).not.toBe(beat);
  expect(links().pma).toBe(false);
});

test('parks at F0 when byte 16384 and on went to the wrong MMD, and the PCS registers there are overwritten', () => {
  const { write, device, wait, status, byte } = bench();
  const bytes = image();
  write(R.MICRO_BOOT, 0xc0);
  bytes.forEach((value, i) => void device.write(QT2025_SRAM[0].at + i, value));
  expect(byte(R.PCS_VEND1)).toBe(bytes[0x4000]);
  write(R.MICRO_BOOT, 0x40);
  wait(100);
  expect(status()).toBe(UC_STATUS['checksum-wrong']);
});

test('keeps the old version in its cells when a bad image follows a good one', () => {
  const { up, start, wait, device, status } = bench();
  up();
  const bad = image();
  bad[100] = 0;
  start(bad);
  wait(100);
  expect(status()).toBe(UC_STATUS['checksum-wrong']);
  expect(device.inspect().micro).toMatchObject({ version: imageVersion(image()), sumGood: false });
});

test('does nothing with empty program memory', () => {
  const { write, wait, status, byte } = bench();
  write(R.MICRO_BOOT, 0x40);
  wait(50);
  expect(status()).toBe(0);
  expect(byte(R.HEARTBEAT)).toBe(0);
});

test('dies when the reset vector is damaged', () => {
  const { start, wait, byte, status } = bench();
  const bad = image();
  bad[0] = 0xff;
  start(bad);
  wait(50);
  expect(byte(R.HEARTBEAT)).toBe(0);
  expect(status()).toBe(0);
});

test('refuses silicon older than B3', () => {
  const { start, wait, status, byte } = bench({ revision: 0xb2 });
  start();
  wait(1000);
  expect(status()).toBe(UC_STATUS['revision-too-old']);
  expect(byte(R.FW_HW_REV)).toBe(0xb2);
});

test('ticks every 0.96 ms', () => {
  const { start, wait, byte } = bench({ module: null });
  start();
  wait(30);
  const count = () => byte(R.TICK_HI) * 256 + byte(R.TICK_LO);
  const [beat, ticks] = [byte(R.HEARTBEAT), count()];
  wait(960);
  // Ten thousand counts of the core's clock by twelve, and a count or none lost in the handler.
  expect(Math.abs(count() - ticks - 1000)).toBeLessThanOrEqual(2);
  expect((byte(R.HEARTBEAT) - beat) & 0xff).toBe((count() - ticks) & 0xff);
});

test('holds in status 32 while 1.C319 bit 1 is set', () => {
  const { start, wait, status, write } = bench();
  start(image(), { mode: 0x3a });
  wait(1000);
  expect(status()).toBe(UC_STATUS.held);
  write(R.OP_MODE, 0x38);
  wait(1400);
  expect(status()).toBe(UC_STATUS.tracking);
});

test('goes straight to 10 in fixed mode', () => {
  const { start, statuses } = bench({ module: null });
  start(image(), { mode: 0x20 });
  expect(
    misfits(statuses(500), [
      [0, 0x00],
      [17, 0x10],
      [433, 0x40],
      [440, 0x30],
    ]),
  ).toEqual([]);
});

test('keeps trying in the dark, with a flash of 60 after a hundred attempts', () => {
  const { start, wait, statuses } = bench({ lightDbm: -40 });
  start();
  wait(1100);
  expect(
    misfits(statuses(8000), [
      [0, 0x50],
      [7500, 0x60],
      [7501, 0x40],
      [7508, 0x50],
    ]),
  ).toEqual([]);
});

test.each([
  ['sr', 'SR', 7, 0x08],
  ['lr', 'LR', 6, 0x08],
  ['lrm', 'LRM', 8, 0x00],
  ['er', 'ER', 7, 0x08],
  ['dac', 'passive-DAC', 0xb, 0x20],
  ['sx', '1000SX', 0, 0x88],
] as const)('classifies %s', (module, type, pmaType, mode) => {
  const { up, byte, status } = bench({ module });
  up();
  expect(byte(R.MOD_TYPE)).toBe(MODULE_TYPE[type]);
  expect(byte(R.PMA_CTRL2)).toBe(pmaType);
  expect(byte(R.CFG_MODE)).toBe(mode);
  expect(status()).toBe(UC_STATUS.tracking);
});

test('refuses a module that nobody programmed until it is pulled', () => {
  const { start, statuses, wait, device, byte } = bench({ module: 'unprogrammed' });
  start();
  expect(
    misfits(statuses(1000), [
      [0, 0x00],
      [542, 0x39],
      [543, 0x31],
    ]),
  ).toEqual([]);
  expect(byte(R.MOD_TYPE)).toBe(MODULE_TYPE.invalid);
  device.control('remove');
  wait(200);
  expect(byte(R.UC_STATUS)).toBe(UC_STATUS['no-module']);
});

test('says that a cable has no diagnostics and how long it is', () => {
  const { up, byte } = bench({ module: 'dac', lengthM: 5 });
  up();
  expect(byte(R.MODULE_READ), 'no acknowledge counts as done').toBe(0b0101);
  expect(byte(R.CABLE_LENGTH)).toBe(5);
});

test('stops while the reset line is low and starts again from SRAM', () => {
  const { up, write, wait, byte, statuses, links } = bench();
  up();
  write(R.MICRO_RESETN, 0);
  const beat = byte(R.HEARTBEAT);
  wait(100);
  expect(byte(R.HEARTBEAT)).toBe(beat);
  expect(links().pma).toBe(false);
  write(R.MICRO_RESETN, 2);
  expect(
    misfits(statuses(10), [
      [0, 0x70],
      [1, 0x00],
    ]),
  ).toEqual([]);
});

test('boots by itself from the board EEPROM', () => {
  const { wait, status, device } = bench({ bootEeprom: image() });
  expect(device.inspect().micro.from).toBe('rom');
  wait(2000);
  expect(status()).toBe(UC_STATUS.tracking);
  expect(device.inspect().micro).toMatchObject({ from: 'sram', version: imageVersion(image()) });
});

test('does not reload from the EEPROM when 1.C317 forbids it', () => {
  const { wait, write, device } = bench({ bootEeprom: image() });
  wait(2000);
  write(R.BOOT_RELOAD, 0x00ff);
  write(R.MICRO_BOOT, 0xc0);
  wait(2000);
  expect(device.inspect().micro.from).toBe('rom');
  write(R.MICRO_BOOT, 0x40);
  wait(20);
  expect(device.inspect().micro).toMatchObject({ from: 'sram', sumGood: true });
});

test('light that does not last as long as locking takes gives no 60', () => {
  const { up, device, wait, statuses } = bench();
  up();
  device.fault('rx-loss');
  wait(500);
  device.clear();
  wait(100);
  device.fault('rx-loss');
  expect(misfits(statuses(300), [[0, 0x50]])).toEqual([]);
});

test('starts again and holds when 1.C319 bit 1 is set in 70', () => {
  const { up, set, statuses } = bench();
  up();
  set(R.OP_MODE, { HOLD: true });
  expect(
    misfits(statuses(50), [
      [0, 0x70],
      [1, 0x00],
      [17, 0x32],
    ]),
  ).toEqual([]);
});

test('takes the forced type for a module it cannot classify, when the option says so', () => {
  const { start, write, wait, byte, status } = bench({ module: 'unprogrammed' });
  start(image(), { word: 0x0a93 });
  write(R.CFG_WORD3, 0x0023);
  wait(1300);
  expect(byte(R.MOD_TYPE)).toBe(MODULE_TYPE.SR);
  expect(status()).toBe(UC_STATUS.tracking);
});
