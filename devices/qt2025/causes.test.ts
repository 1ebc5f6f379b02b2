/** Faults that are causes: a memory cell, a wire, a clock is wrong, and the program on the 8051 makes of it what it does. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OwnAccess } from '#bus/device.ts';
import { c45, Mmd } from '#datasheets/c45.ts';
import { MODULE_TYPE, QT2025_SRAM, UC_STATUS } from '#datasheets/qt2025.ts';
import { bench, image, imageVersion, R } from './bench.ts';
import { eepromForm, programOf } from './boot-eeprom.ts';

test('corrupt-byte: the checksum finds a wrong cell; it comes right when the cell does, without another upload', () => {
  const { start, device, wait, status, write } = bench();
  device.fault('corrupt-byte', { at: 0x3000, mask: 0x08 });
  start();
  wait(60);
  expect(status()).toBe(UC_STATUS['checksum-wrong']);
  expect(device.read(QT2025_SRAM[0].at + 0x3000)).toBe((image()[0x3000] ?? 0) ^ 0x08);
  device.fault('corrupt-byte', { at: 0x4123, mask: 0xff });
  expect(device.read(QT2025_SRAM[0].at + 0x3000)).toBe(image()[0x3000]);
  expect(device.read(QT2025_SRAM[1].at + 0x123)).toBe((image()[0x4123] ?? 0) ^ 0xff);
  device.clear('corrupt-byte');
  write(R.MICRO_BOOT, 0xc0);
  write(R.MICRO_BOOT, 0x40);
  wait(1400);
  expect(status()).toBe(UC_STATUS.tracking);
});

test('corrupt-byte: whatever is stored before, during or after, memory holds it with the bits turned', () => {
  const { device } = bench();
  const cell = fc.integer({ min: 0, max: 0x5fff });
  const byte = fc.integer({ min: 0, max: 0xff });
  const place = (n: number) => (n < 0x4000 ? QT2025_SRAM[0].at + n : QT2025_SRAM[1].at + n - 0x4000);
  fc.assert(
    fc.property(cell, fc.integer({ min: 1, max: 0xff }), byte, byte, (at, mask, before, during) => {
      device.write(place(at), before);
      device.fault('corrupt-byte', { at, mask });
      expect(device.read(place(at))).toBe(before ^ mask);
      device.write(place(at), during);
      expect(device.read(place(at))).toBe(during ^ mask);
      device.clear('corrupt-byte');
      expect(device.read(place(at))).toBe(during);
    }),
  );
});

test('corrupt-byte: a damaged reset vector is a dead program, not a wrong checksum', () => {
  const { start, device, wait, byte } = bench();
  device.fault('corrupt-byte', { at: 0, mask: 0xfd });
  start();
  wait(40);
  expect([byte(R.HEARTBEAT), byte(R.SUM_VERDICT0), byte(R.UC_STATUS)]).toEqual([0, 0, 0]);
});

test('truncated-image: what is missing is missing in the sum', () => {
  const { start, device, wait, status } = bench();
  device.fault('truncated-image', { bytes: 12_000 });
  start();
  wait(60);
  expect(status()).toBe(UC_STATUS['checksum-wrong']);
  expect(device.peek(QT2025_SRAM[0].at + 11_999)).toBe(image()[11_999]);
  expect(device.peek(QT2025_SRAM[0].at + 12_000)).toBe(0);
});

test('truncated-image: the rest of an image that was there before completes it', () => {
  const { up, start, device, wait, status } = bench();
  up();
  device.fault('truncated-image', { bytes: 1000 });
  start();
  wait(1400);
  expect(status()).toBe(UC_STATUS.tracking);
});

test('window-split: bytes that should go to the second window run over the PCS registers', () => {
  const { start, device, wait, status, write } = bench();
  device.fault('window-split');
  write(R.MICRO_BOOT, 0xc0);
  const bytes = image();
  device.write(QT2025_SRAM[1].at, bytes[0x4000] ?? 0);
  expect(device.peek(c45(Mmd.PCS, 0xc000)) & 0xff).toBe(bytes[0x4000]);
  start();
  wait(60);
  expect(status()).toBe(UC_STATUS['checksum-wrong']);
  expect(device.peek(QT2025_SRAM[1].at)).toBe(0);
});

test('window-split: one byte too early shifts the rest by one', () => {
  const { upload, device } = bench();
  device.fault('window-split', { at: 0x3fff });
  const bytes = image();
  upload(bytes);
  expect(device.peek(QT2025_SRAM[0].at + 0x3ffe)).toBe(bytes[0x3ffe]);
  expect(device.peek(QT2025_SRAM[0].at + 0x3fff)).toBe(0);
  expect([0, 1].map((n) => device.peek(QT2025_SRAM[1].at + n))).toEqual([bytes[0x3fff], bytes[0x4000]]);
});

test('i2c-hung: a module that cannot be read is refused, the mailbox says failed', () => {
  const { start, device, wait, byte, status, write } = bench();
  device.fault('i2c-hung');
  start();
  wait(1000);
  expect([status(), byte(R.MODULE_READ), byte(R.MOD_TYPE)]).toEqual([
    UC_STATUS['bad-module'],
    0x0f,
    MODULE_TYPE.invalid,
  ]);
  write(R.MAILBOX_DEVICE, 0xa0);
  write(R.MAILBOX_CTRL, 0x82);
  wait(20);
  expect(byte(R.MAILBOX_CTRL)).toBe(0x8c);
});

test.each([
  ['new', [0x0900, 0x0920]],
  ['old', [0x4488, 0x4480, 0x4490, 0x4498]],
] as const)('i2c-hung: nine clocks on the pins of a %s board free the bus, eight do not', (_, pins) => {
  const { device, write } = bench();
  device.fault('i2c-hung');
  write(R.GPIO_I2C, pins.at(-1) ?? 0);
  for (let clock = 1; clock <= 9; clock++) {
    expect(device.activeFaults.length, `before clock ${clock}`).toBe(1);
    for (const level of pins) write(R.GPIO_I2C, level);
  }
  expect(device.activeFaults).toEqual([]);
});

test('eeprom-clash: the boot ROM reads the AND of two devices and starts nothing; without a module it starts', () => {
  const clash = bench({ bootEeprom: image(), module: 'dac' });
  clash.device.fault('eeprom-clash');
  clash.wait(2000);
  expect(clash.device.inspect().micro).toMatchObject({ from: 'rom', beating: false, version: null });
  expect(clash.byte(R.HEARTBEAT)).toBe(0);
  const empty = bench({ bootEeprom: image(), module: null });
  empty.device.fault('eeprom-clash');
  empty.wait(800);
  expect(empty.device.inspect().micro).toMatchObject({ from: 'sram', beating: true });
});

test('i2c-hung: the boot ROM cannot load either', () => {
  const { device, wait } = bench({ bootEeprom: image() });
  device.fault('i2c-hung');
  wait(1000);
  expect(device.inspect().micro.from).toBe('rom');
});

test('the boot ROM and the host write program memory at the same time: each byte is whose write came last', () => {
  const { device, wait, write } = bench({ bootEeprom: image() });
  wait(300); // more than half is loaded
  write(R.MICRO_RESETN, 2);
  device.write(QT2025_SRAM[0].at + 0x0b10, 0x55);
  device.write(QT2025_SRAM[1].at + 0x1f00, 0x55);
  wait(260);
  expect(device.peek(QT2025_SRAM[0].at + 0x0b10), 'the boot ROM had passed there').toBe(0x55);
  expect(device.peek(QT2025_SRAM[1].at + 0x1f00), 'the boot ROM came after').toBe(0);
});

test('the form a program takes in the EEPROM is read back as that program, and nothing else is', () => {
  const program = fc.uint8Array({ maxLength: 24_573 });
  fc.assert(
    fc.property(program, fc.integer({ min: 0, max: 24_575 }), fc.integer({ min: 1, max: 255 }), (bytes, at, flip) => {
      const form = eepromForm(bytes);
      expect([...(programOf(form)?.subarray(0, bytes.length) ?? [])]).toEqual([...bytes]);
      form[at]! ^= flip;
      expect(programOf(form)).toBeUndefined();
    }),
    { numRuns: 30 },
  );
  expect(programOf(new Uint8Array(24_576).fill(0xff)), 'a blank one').toBeUndefined();
});

/** A program that looks at the strap and then writes one byte of the EEPROM, as status 20h does for all of them. */
const saver = (at: number, byte: number): Uint8Array => {
  const poll = [0xe5, 0xf5, 0x20, 0xe0, 0xfb]; // here: MOV A,F5h; JB ACC.0,here
  const send = (value: number, command: number) => [0x75, 0xf6, value, 0x75, 0xf5, command, ...poll];
  return Uint8Array.from([
    ...[0x90, 0x40, 0x54, 0xe0, 0x30, 0xe5, 0xf9], // here: MOV DPTR,#4054h; MOVX A,@DPTR; JNB ACC.5,here
    ...[0x75, 0xf7, 0x4e, 0x75, 0xf4, 0xa8],
    ...[...send(at >> 8, 0x03), ...send(at & 0xff, 0x01), ...send(byte, 0x05)],
    ...[0x80, 0xfe],
  ]);
};

test('what a program saves in the boot EEPROM is what starts after the next power-on', () => {
  const { device, wait, write, upload } = bench({ bootEeprom: image() });
  wait(600);
  const [sum = 0] = eepromForm(image());
  const save = (byte: number) => {
    write(R.MICRO_BOOT, 0xc0);
    write(R.BOOT_RELOAD, 0xff);
    upload(saver(0, byte));
    write(R.MICRO_BOOT, 0x40);
    wait(20);
  };
  const boots = () => {
    device.control('power-cycle');
    wait(700);
    return device.inspect().micro.version;
  };
  save(sum ^ 1);
  expect(boots(), 'without the strap nothing was saved').toBe(imageVersion(image()));
  device.control('save-strap');
  save(sum ^ 1);
  expect(boots(), 'the sum it saved is wrong').toBeNull();
  save(sum);
  expect(boots()).toBe(imageVersion(image()));
});

test('1.C302h divides the clock of the core, and the firmware waits the shorter for it', () => {
  const normal = bench({ module: null });
  const halved = bench({ module: null });
  for (const it of [normal, halved]) {
    it.start();
    if (it === halved) it.write(R.SREFCLK_FREQ, 3 << 2);
  }
  const cycles = (it: typeof normal) => {
    const began = it.device.micro.cpu.now();
    it.wait(100);
    it.status();
    return it.device.micro.cpu.now() - began;
  };
  expect(cycles(halved) / cycles(normal)).toBeCloseTo(0.5, 2);
});

test('a divided clock beats slower, and a stopped one not at all', () => {
  const { up, device, wait, byte } = bench();
  up();
  const beats = (ms: number) => {
    const before = byte(R.TICK_HI) * 256 + byte(R.TICK_LO);
    wait(ms);
    return byte(R.TICK_HI) * 256 + byte(R.TICK_LO) - before;
  };
  expect(beats(96)).toBeGreaterThan(95);
  device.fault('slow-boot', { factor: 10 });
  expect(beats(96)).toBeLessThan(12);
  expect(device.inspect().micro.beating).toBe(true);
  device.fault('heartbeat-stuck');
  expect(beats(960)).toBe(0);
  expect(device.inspect().micro.beating).toBe(false);
});

test('with the core halted the link follows the light all the same', () => {
  const { up, device, wait, links, status } = bench();
  up();
  device.fault('heartbeat-stuck');
  device.fault('rx-loss');
  expect(links()).toEqual({ pma: false, pcs: false, phyxs: true });
  device.clear('rx-loss');
  wait(10);
  expect(links()).toEqual({ pma: true, pcs: true, phyxs: true });
  expect(status()).toBe(UC_STATUS.tracking);
});

test('very weak light keeps an open link but opens none', () => {
  const { up, device, wait, status, write } = bench();
  up();
  device.fault('weak-light', { rx_dbm: -20 });
  wait(500);
  expect(status(), 'the eye is looked at before the lock only').toBe(UC_STATUS.tracking);
  write(R.MICRO_BOOT, 0xc0);
  write(R.MICRO_BOOT, 0x40);
  wait(2000);
  expect(status()).toBe(UC_STATUS.searching);
});

test('a 1G module shows at the gigabit receiver, whether the 10G path is released or not', () => {
  const { start, device, wait, peek } = bench({ module: 'sx' });
  start();
  wait(500);
  expect(peek(R.GIGABIT_STAT1).SYNC).toBe(false);
  wait(900);
  expect([peek(R.GIGABIT_STAT1).SYNC, peek(R.GIGABIT_STAT2).SYNC, peek(R.XGXS_VEND1).GIGABIT]).toEqual([
    true,
    true,
    true,
  ]);
  device.fault('rx-loss');
  expect(peek(R.GIGABIT_STAT1).SYNC).toBe(false);
});

test('tells what the firmware does to the registers, not what it polls', () => {
  const { start, wait, device } = bench();
  const seen: OwnAccess[] = [];
  const deaf = device.onOwnAccess((access) => void seen.push(access));
  start();
  wait(1400);
  const of = (at: number) => seen.filter((access) => access.at === at).map(({ op, value }) => [op, value]);
  expect(of(R.PRODUCT_FW.at)).toEqual([['write', 0x2025]]);
  expect(of(R.PMA_C030.at)).toEqual([
    ['read', 0],
    ['write', 0x10],
    ['write', 0],
  ]);
  expect(seen.every(({ time }, i) => i === 0 || time >= (seen[i - 1]?.time ?? 0))).toBe(true);
  const { length } = seen;
  wait(10_000);
  expect(seen.length, 'ten seconds of tracking').toBeLessThan(length + 10);
  deaf();
  device.fault('rx-loss');
  wait(100);
  expect(seen.length).toBeLessThan(length + 10);
});

test('a program gone astray is told once for each thing it should not have done', () => {
  const { upload, write, wait, device } = bench();
  const notes: string[] = [];
  device.onOwnAccess(({ op, outcome, text }) => {
    if (op === 'note') notes.push(`${outcome}: ${text}`);
  });
  write(R.MICRO_BOOT, 0xc0);
  upload(Uint8Array.of(0xa5, 0xc0, 0xe0, 0x80, 0xfc)); // A5h, then PUSH ACC for ever
  write(R.MICRO_BOOT, 0x40);
  wait(5);
  expect(notes).toEqual([
    expect.stringMatching(/^refused: opcode A5h.* at 0001h$/),
    expect.stringMatching(/^refused: the stack wraps/),
  ]);
});

test('a device that is taken off the bench leaves the clock alone', () => {
  const { up, device, clock, write } = bench();
  up();
  expect(clock.nextAt()).toBeLessThan(Number.POSITIVE_INFINITY);
  device.retire();
  write(R.MICRO_BOOT, 0xc0);
  write(R.MICRO_BOOT, 0x40);
  device.control('remove');
  expect(clock.nextAt()).toBe(Number.POSITIVE_INFINITY);
});
