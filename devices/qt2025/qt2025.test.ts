/** The PHY as the bus and a panel see it: addresses, resets, loopbacks, power, transmitter, LASI, LEDs. */
import { expect, test } from 'vitest';
import { addressFrame, driven, MdioBus, readFrame } from '#bus/mdio.ts';
import { Trace } from '#bus/trace.ts';
import { c45, Mmd, mmdOf } from '#datasheets/c45.ts';
import { QT2025, QT2025_SRAM } from '#datasheets/qt2025.ts';
import { bench, image, imageVersion, R } from './bench.ts';

test('is found as phylib looks for it', () => {
  const { device } = bench();
  expect(device.read(c45(1, 6)) * 0x10000 + device.read(c45(1, 5))).toBe(0x1e);
  for (const mmd of [1, 2, 3, 4]) {
    expect(device.read(c45(mmd, 2)) * 0x10000 + device.read(c45(mmd, 3))).toBe(0x0043a400);
    expect(device.read(c45(mmd, 8)) >> 14).toBe(0b10);
    expect(device.read(c45(mmd, 0))).toBe(0x2040);
  }
  expect([0, 5, 6, 7, 29, 30, 31].some((mmd) => device.answers(1, mmd))).toBe(false);
  expect(device.answers(0, Mmd.PMAPMD)).toBe(false);
});

test('reads FFFFh with an undriven turnaround where nobody is: another port, another MMD, absent', () => {
  const { clock, device } = bench({ prtad: 7 });
  const bus = new MdioBus(device, { clock, device: 'phy0', trace: new Trace(16), mdcHz: 0 });
  const read = (prtad: number, at: number) => {
    const [frame = 0] = bus.execute(Uint32Array.of(addressFrame(prtad, at), readFrame(prtad, mmdOf(at))), 'test');
    return [driven(frame), frame & 0xffff];
  };
  expect(read(7, R.PMA_DEVID1.at)).toEqual([true, 0x0043]);
  expect(read(1, R.PMA_DEVID1.at)).toEqual([false, 0xffff]);
  expect(read(7, c45(Mmd.AN, 0))).toEqual([false, 0xffff]);
  device.fault('absent');
  expect(read(7, R.PMA_DEVID1.at)).toEqual([false, 0xffff]);
});

test('reads 0 where nothing is, and says so', () => {
  const { device } = bench();
  expect(device.read(c45(1, 0x7777))).toBe(0);
  expect(device.outcome(c45(1, 0x7777), 'read')).toBe('unmodelled');
  device.write(c45(1, 0x7777), 1);
  expect(device.read(c45(1, 0x7777))).toBe(0);
});

test('tells a write that counts from one that is kept, ignored or lost', () => {
  const { device } = bench();
  expect(device.outcome(R.MICRO_BOOT.at, 'write')).toBe('ok');
  expect(device.outcome(R.A30A.at, 'write')).toBe('kept');
  expect(device.outcome(R.PMA_C307.at, 'write')).toBe('kept');
  expect(device.outcome(R.PMA_DEVID1.at, 'write')).toBe('ignored');
  expect(device.outcome(c45(1, 0xa010), 'write')).toBe('ignored');
  expect(device.outcome(QT2025_SRAM[1].at, 'write')).toBe('ok');
  expect(device.outcome(R.UC_STATUS.at, 'write')).toBe('ok');
});

test('keeps one byte per program address, in both windows', () => {
  const { device } = bench();
  device.write(QT2025_SRAM[0].at + 0x3fff, 0x12ab);
  device.write(QT2025_SRAM[1].at + 0x1fff, 0xff34);
  expect(device.read(QT2025_SRAM[0].at + 0x3fff)).toBe(0xab);
  expect(device.read(QT2025_SRAM[1].at + 0x1fff)).toBe(0x34);
  expect(device.outcome(QT2025_SRAM[1].at + 0x2000, 'write')).toBe('unmodelled');
});

test('clears its reset bit after 5 ms', () => {
  const { device, wait, write, peek } = bench();
  write(R.PCS_CTRL1, 0x8000);
  wait(4.9);
  expect(peek(R.PCS_CTRL1).RESET).toBe(true);
  wait(0.2);
  expect(device.read(R.PCS_CTRL1.at)).toBe(0x2040);
});

test('a reset of one MMD leaves the others and the vendor registers', () => {
  const { up, write, wait, links } = bench();
  up();
  write(R.PCS_CTRL1, 0x8000);
  wait(10);
  expect(links()).toEqual({ pma: true, pcs: true, phyxs: true });
});

test('1.0 = 8000h restarts the 8051 with the program it has, registers at their defaults', () => {
  const { up, write, wait, byte, device } = bench();
  up();
  write(R.PMA_CTRL1, 0x8000);
  wait(1);
  expect(byte(R.OP_MODE)).toBe(0);
  wait(5);
  expect(byte(R.PMA_CTRL1)).toBe(0x2040);
  wait(20);
  expect(device.inspect().micro).toMatchObject({ from: 'sram', sumGood: true, version: imageVersion(image()) });
});

test('1.0 = 8000h on a board with EEPROM comes back with link', () => {
  const { write, wait, links } = bench({ bootEeprom: image() });
  wait(2500);
  write(R.PMA_CTRL1, 0x8000);
  wait(1);
  expect(links().pma).toBe(false);
  wait(2500);
  expect(links()).toEqual({ pma: true, pcs: true, phyxs: true });
});

test('a power cycle loses registers and program', () => {
  const { up, device, byte, wait, status } = bench();
  up();
  device.control('power-cycle');
  expect(byte(R.LAN_WAN)).toBe(0);
  expect(device.peek(QT2025_SRAM[0].at)).toBe(0);
  wait(2000);
  expect(status()).toBe(0);
  expect(device.inspect()).toMatchObject({ micro: { from: 'rom', uploaded: 0, version: null } });
});

test('PMA loopback brings the PMA up without light, in fixed mode', () => {
  const { start, set, wait, links } = bench({ module: null });
  start(image(), { mode: 0x20 });
  set(R.PMA_CTRL1, { LOOPBACK: true });
  wait(1300);
  expect(links()).toEqual({ pma: true, pcs: true, phyxs: true });
});

test('PMA loopback does nothing while self-configure has powered the PHY down', () => {
  const { start, set, wait, links } = bench({ module: null });
  start();
  wait(500);
  set(R.PMA_CTRL1, { LOOPBACK: true });
  wait(1300);
  expect(links()).toEqual({ pma: false, pcs: false, phyxs: false });
});

test('PCS loopback locks without light and stops the transmitter unless told to drive it', () => {
  const { up, device, set, links } = bench();
  up();
  device.fault('rx-loss');
  set(R.PCS_VEND1, { LBTXD: false }); // the firmware has set it
  set(R.PCS_CTRL1, { LOOPBACK: true });
  expect(links()).toEqual({ pma: false, pcs: true, phyxs: true });
  expect(device.inspect().light.transmitting).toBe(false);
  set(R.PCS_VEND1, { LBTXD: true });
  expect(device.inspect().light.transmitting).toBe(true);
});

test.each([
  ['PMA_CTRL1', { pma: false, pcs: false, phyxs: true }],
  ['PCS_CTRL1', { pma: true, pcs: false, phyxs: true }],
  ['PHYXS_CTRL1', { pma: true, pcs: true, phyxs: false }],
] as const)('low power in %s takes its link', (name, expected) => {
  const { up, set, wait, links } = bench();
  up();
  set(R[name], { LOWPOWER: true });
  expect(links()).toEqual(expected);
  set(R[name], { LOWPOWER: false });
  wait(500);
  expect(links()).toEqual({ pma: true, pcs: true, phyxs: true });
});

test('the host switches the laser off with 1.9.0 or 1.C309.13', () => {
  const { up, device, set } = bench();
  up();
  const lit = () => device.inspect().light.transmitting;
  expect(lit()).toBe(true);
  set(R.PMA_TXDIS, { GLOBAL: true });
  expect(lit()).toBe(false);
  set(R.PMA_TXDIS, { GLOBAL: false });
  set(R.FTX_CTRL2, { STATIC: true });
  expect(lit()).toBe(false);
  set(R.FTX_CTRL2, { STATIC: false });
  expect(lit()).toBe(true);
});

test('LASI pulls its pin for an enabled alarm and lets go when the cause is read away', () => {
  const { up, device, write, read, interrupts, wait } = bench();
  up();
  write(R.RX_ALARM_CTRL, 0x0010);
  write(R.LASI_CTRL, 0b100);
  expect(interrupts).toEqual([]);
  device.fault('rx-loss');
  expect(interrupts).toEqual(['lasi asserted']);
  expect(read(R.LASI_STAT)).toMatchObject({ RX: true, TX: false });
  device.clear();
  wait(500);
  expect(device.inspect().lasi).toBe(true);
  read(R.RX_ALARM_STAT);
  expect(interrupts).toEqual(['lasi asserted', 'lasi released']);
});

test('LASI reports a link change once', () => {
  const { up, device, write, read } = bench();
  up();
  write(R.LASI_CTRL, 0b001);
  device.fault('xaui-down');
  expect(read(R.LASI_STAT).LS).toBe(true);
  expect(read(R.LASI_STAT).LS).toBe(false);
  device.clear();
  expect(read(R.LASI_STAT).LS).toBe(true);
});

test('an alarm that is not enabled leaves the pin alone', () => {
  const { up, device, interrupts } = bench();
  up();
  device.fault('rx-loss');
  expect(interrupts).toEqual([]);
});

test.each([
  [0x9, { lit: true, blinking: false, shows: 'RX link' }, { lit: false, blinking: false, shows: 'RX link' }],
  [0xa, { lit: true, blinking: true, shows: 'RX activity' }, { lit: false, blinking: false, shows: 'RX activity' }],
  [0x1, { lit: true, blinking: false, shows: 'TX link' }, { lit: true, blinking: false, shows: 'TX link' }],
  [0x4, { lit: false, blinking: false, shows: 'off' }, { lit: false, blinking: false, shows: 'off' }],
  [0x5, { lit: true, blinking: false, shows: 'on' }, { lit: true, blinking: false, shows: 'on' }],
] as const)('LED code %i lights by the link', (code, up, dark) => {
  const it = bench();
  it.up();
  it.write(R.LED2, code);
  expect(it.device.inspect().leds[2]).toEqual(up);
  it.device.fault('rx-loss');
  expect(it.device.inspect().leds[2]).toEqual(dark);
});

test('keeps what is poked until the hardware itself drives another value', () => {
  const { up, device, read, links } = bench();
  up();
  device.poke(R.PMA_STAT1.at, 0x0002);
  expect(links().pma).toBe(false);
  device.poke(R.PMA_STAT1.at, 0x0006);
  expect([read(R.PMA_STAT1).LSTATUS, read(R.PMA_STAT1).LSTATUS]).toEqual([false, true]);
});

test('refuses to poke nothing, or nonsense', () => {
  const { device } = bench();
  expect(() => device.poke(c45(1, 0x7777), 1)).toThrow('nothing is at 1.7777h');
  expect(() => device.poke(R.HW_REV.at, 0x10000)).toThrow('0 to FFFFh');
  expect(() => device.poke(R.HW_REV.at, Number.NaN)).toThrow('0 to FFFFh');
});

test('looking changes nothing: latches, counters and time stay', () => {
  const { up, device, wait } = bench();
  const twin = bench();
  up();
  twin.up();
  for (const it of [device, twin.device]) it.fault('bit-errors', { per_second: 200 });
  for (let i = 0; i < 50; i++) {
    wait(10);
    twin.wait(10);
    for (const { at } of Object.values(QT2025)) device.look(at);
    device.inspect();
  }
  expect(device.read(R.BASER_STAT2.at)).toBe(twin.device.read(R.BASER_STAT2.at));
  expect(device.snapshot()).toEqual(twin.device.snapshot());
});

test('PMA loopback stops the laser unless told to drive it', () => {
  const { up, device, set } = bench();
  up();
  set(R.PMA_CTRL1, { LOOPBACK: true });
  expect(device.inspect().light.transmitting).toBe(false);
  set(R.PMA_VEND1, { LBTXD: true });
  expect(device.inspect().light.transmitting).toBe(true);
});

test('a 1G module links the PMA alone: a 10GBASE-R PCS finds no blocks', () => {
  const { up, links, opinions } = bench({ module: 'sx' });
  up();
  expect(links()).toEqual({ pma: true, pcs: false, phyxs: true });
  expect(opinions()).toEqual({ phylib: true, falcon: false });
});

test('the receiver is down while 1.C030 bit 4 holds it', () => {
  const { up, set, links } = bench();
  up();
  set(R.PMA_C030, { RX_RESET: true });
  expect(links().pma).toBe(false);
  set(R.PMA_C030, { RX_RESET: false });
  expect(links().pma).toBe(true);
});

test('a heartbeat the host overwrites counts on from there', () => {
  const { up, wait, write, byte } = bench();
  up();
  byte(R.HEARTBEAT);
  wait(0.96 * 40);
  write(R.HEARTBEAT, 0x10);
  wait(0.96 * 5);
  expect(byte(R.HEARTBEAT)).toBe(0x15);
});

test('an asserted pin survives a restore and is released once', () => {
  const { up, device, write } = bench();
  up();
  write(R.TX_ALARM_CTRL, 0x0001);
  write(R.LASI_CTRL, 0b010);
  device.fault('xaui-down');
  const twin = bench();
  twin.device.restore(JSON.parse(JSON.stringify(device.snapshot())));
  expect(twin.device.inspect().lasi).toBe(true);
  twin.device.clear();
  twin.read(R.TX_ALARM_STAT);
  expect(twin.interrupts).toEqual(['lasi released']);
});

test('a reset in progress is not ended by writing 0 to its bit', () => {
  const { device, write, peek } = bench();
  device.fault('reset-stuck');
  write(R.PHYXS_CTRL1, 0x8000);
  write(R.PHYXS_CTRL1, 0x2040);
  expect(peek(R.PHYXS_CTRL1).RESET).toBe(true);
});

test('a reset forgets the errors counted before it', () => {
  for (const reset of [
    ({ write }: ReturnType<typeof bench>) => write(R.PCS_CTRL1, 0x8000),
    ({ write }: ReturnType<typeof bench>) => write(R.PMA_CTRL1, 0x8000),
    ({ device }: ReturnType<typeof bench>) => device.control('power-cycle'),
  ]) {
    const it = bench();
    it.up();
    it.device.fault('bit-errors', { per_second: 100 });
    it.wait(2000);
    reset(it);
    expect(it.read(R.BASER_STAT2).ERRBLKS).toBe(0);
  }
});

test('a reset that ends while the reset line holds the 8051 does not start it', () => {
  for (const options of [{}, { bootEeprom: image() }]) {
    const it = bench(options);
    it.up();
    it.write(R.PMA_CTRL1, 0x8000);
    it.write(R.MICRO_RESETN, 0);
    it.wait(2000);
    expect(it.device.inspect().micro).toMatchObject({ from: 'reset', beating: false });
  }
});

test('1.0 = 8000h on a board whose EEPROM must not be reloaded goes on with the program in SRAM', () => {
  const { up, write, wait, device } = bench({ bootEeprom: image() });
  up();
  write(R.BOOT_RELOAD, 0x00ff);
  write(R.PMA_CTRL1, 0x8000);
  wait(100);
  expect(device.inspect().micro).toMatchObject({ from: 'sram', beating: true, sumGood: true });
});
