/** What MOVX and the special function registers reach around the core. */
import { expect, test } from 'vitest';
import { c45 } from '#datasheets/c45.ts';
import { moduleA0 } from '#datasheets/sfp-modules.ts';
import { BootEeprom } from '../boot-eeprom.ts';
import { I2cBus } from '../i2c-bus.ts';
import { I2cMemory } from '../i2c-memory.ts';
import type { ReceiverSignals } from '../micro.ts';
import { I2C, I2C_STATUS } from './i2c-master.ts';
import { Surroundings } from './surroundings.ts';
import { TCON } from './timer.ts';

const GOOD: ReceiverSignals = { locked: true, lost: false, eye: 64, lineUp: true, hostUp: true };
const DARK: ReceiverSignals = { locked: false, lost: true, eye: 0, lineUp: false, hostUp: false };

const bench = () => {
  const registers = new Map<number, number>();
  const it = {
    cycle: 0,
    raised: 0,
    signals: GOOD,
    plugged: true,
    stuck: false,
    saves: false,
    registers,
    accesses: [] as string[],
    sram: new Uint8Array(0x6000),
    xdata: new Uint8Array(0x800),
  };
  const a0 = moduleA0('sr', 0, 'FL1');
  const module = new I2cMemory({ wordBytes: 1, read: (at) => (it.plugged ? a0[at] : undefined) });
  const eeprom = new BootEeprom(new Uint8Array(), () => it.cycle * 8);
  const memories = new Map([
    [0xa0, [module]],
    [0xa8, [eeprom.wire]],
  ]);
  const around = new Surroundings(
    {
      now: () => it.cycle,
      reconsider: () => undefined,
      raise: (flag) => {
        it.raised |= flag;
      },
    },
    {
      bus: {
        sram: it.sram,
        xdata: it.xdata,
        readRegister: (at) => registers.get(at) ?? 0,
        writeRegister: (at, value) => void registers.set(at, value),
        receiver: () => it.signals,
        i2c: new I2cBus({ at: (device) => memories.get(device) ?? [], stuck: () => it.stuck }),
        straps: () => ({ eeprom: 4, saves: it.saves }),
      },
      accessed: ({ op, at, value }) => void it.accesses.push(`${op} ${at.toString(16)} ${value.toString(16)}`),
    },
  );
  around.reset();
  const wait = (): number => {
    let polls = 0;
    while ((around.readSfr(I2C.COMMAND) & I2C_STATUS.BUSY) !== 0 && polls++ < 100_000) it.cycle += 100;
    return around.readSfr(I2C.COMMAND);
  };
  /** One I2C command after the other, each waited for. */
  const i2c = (address: number, byte: number, ...commands: readonly number[]): number => {
    around.writeSfr(I2C.DIVIDER, 0x4e);
    around.writeSfr(I2C.ADDRESS, address);
    around.writeSfr(I2C.BYTE, byte);
    return commands.reduce((_, command) => {
      around.writeSfr(I2C.COMMAND, command);
      return wait();
    }, 0);
  };
  return { it, around, i2c, a0, module, eeprom };
};

test('a register write happens with the low byte, its high byte comes from 4052h', () => {
  const { it, around } = bench();
  around.writeXdata(0, 0x4052, 0x20);
  expect(it.registers.size).toBe(0);
  around.writeXdata(1, 0xd101, 0x25);
  expect(it.registers.get(c45(1, 0xd101))).toBe(0x2025);
  around.writeXdata(3, 0xc000, 0x30);
  expect(it.registers.get(c45(3, 0xc000))).toBe(0x2030);
  expect(it.accesses).toEqual(['write 1d101 2025', 'write 3c000 2030']);
});

test('a register read gives the low byte and latches the high one in 4053h, apart from 4052h', () => {
  const { it, around } = bench();
  it.registers.set(c45(1, 0xd001), 0xb3a5);
  around.writeXdata(0, 0x4052, 0x11);
  expect([around.readXdata(1, 0xd001), around.readXdata(0, 0x4053), around.readXdata(0, 0x4052)]).toEqual([
    0xa5, 0xb3, 0x11,
  ]);
});

test('pages without an MMD read 0 and lose writes', () => {
  const { it, around } = bench();
  for (const page of [5, 7, 0x7e]) {
    around.writeXdata(page, 0, 1);
    expect(around.readXdata(page, 0)).toBe(0);
  }
  expect([it.registers.size, it.accesses.length]).toEqual([0, 0]);
});

test('page 0 below 0800h is the memory the host sees, the analogue block keeps bytes, the rest keeps nothing', () => {
  const { it, around } = bench();
  around.writeXdata(0, 0x7fd, 0x70);
  expect(it.xdata[0x7fd]).toBe(0x70);
  it.xdata[0x100] = 0x82;
  for (const [at, value] of [
    [0x1148, 0x3f],
    [0x0800, 1],
    [0x3000, 1],
    [0x2007, 1],
    [0xffff, 1],
  ] as const)
    around.writeXdata(0, at, value);
  expect([0x100, 0x1148, 0x0800, 0x3000, 0xffff].map((at) => around.readXdata(0, at))).toEqual([0x82, 0x3f, 0, 0, 0]);
});

test('receive monitors follow the optics', () => {
  const { it, around } = bench();
  const read = () =>
    [0x2002, 0x2006, 0x2007, 0x2012, 0x2049, 0x205b, 0x2129, 0x212b].map((at) => around.readXdata(0, at));
  expect(read()).toEqual([0x04, 0xa1, 0x40, 0x09, 0, 0x80, 0x20, 0xe0]);
  it.signals = DARK;
  around.changed();
  expect(read()).toEqual([0, 0, 0, 0, 0x02, 0x80, 0, 0]);
  it.signals = { ...DARK, hostUp: true };
  around.changed();
  expect(around.readXdata(0, 0x2006), 'the XAUI side alone is linked').toBe(0x20);
  it.signals = { ...GOOD, eye: 29 };
  around.changed();
  const [upper = 0, lower = 0] = [0x2129, 0x212b].map((at) => (around.readXdata(0, at) << 24) >> 24);
  expect(upper - lower).toBe(29);
});

test('one-shot timer B expires after its counts, once, and not while it is held', () => {
  const { it, around } = bench();
  const counts = 218_736; // 14 ms
  around.writeXdata(0, 0x4054, 0x02);
  for (const [i, shift] of [24, 16, 8, 0].entries()) around.writeXdata(0, 0x401b - i, (-counts >>> shift) & 0xff);
  it.cycle = 1000;
  around.writeXdata(0, 0x4054, 0x00);
  expect(around.dueAt).toBe(1000 + counts * 8);
  it.cycle = around.dueAt - 1;
  around.due();
  expect(it.raised).toBe(0);
  it.cycle++;
  around.due();
  expect(it.raised).toBe(TCON.IE1);
  expect(around.dueAt).toBeGreaterThan(it.cycle + 1e9);
});

test('one-shot timer A raises the other flag', () => {
  const { it, around } = bench();
  around.writeXdata(0, 0x4054, 0x01);
  for (const at of [0x4013, 0x4012, 0x4011, 0x4010]) around.writeXdata(0, at, 0xff);
  around.writeXdata(0, 0x4054, 0x00);
  it.cycle += 8;
  around.due();
  expect(it.raised).toBe(TCON.IE0);
});

test('the snapshot strobe is busy for a while, whatever was written', () => {
  const { it, around } = bench();
  expect(around.readSfr(0x80)).toBe(0);
  around.writeSfr(0x80, 1);
  expect(around.readSfr(0x80)).toBe(1);
  it.cycle += 1000;
  expect(around.readSfr(0x80)).toBe(0);
});

test('reads a module byte by byte, the pointer moves once for each pair of commands', () => {
  const { around, i2c, a0 } = bench();
  expect(i2c(0xa0, 0x10, 0x03, 0x04)).toBe(I2C_STATUS.FREE);
  const bytes = [0, 1, 2, 3].map(() => {
    i2c(0xa1, 0, 0x07, 0x05);
    return around.readSfr(I2C.BYTE);
  });
  expect(bytes).toEqual([...a0.slice(0x10, 0x14)]);
});

test('a byte takes nine clocks of 100 kHz', () => {
  const { it, around, i2c } = bench();
  i2c(0xa0, 0, 0x03, 0x04);
  const before = it.cycle;
  i2c(0xa1, 0, 0x07, 0x05);
  const microseconds = (it.cycle - before) / 125;
  expect(microseconds).toBeGreaterThan(190);
  expect(microseconds).toBeLessThan(215);
  expect(around.readSfr(I2C.COMMAND) & I2C_STATUS.BUSY).toBe(0);
});

test('a missing module does not acknowledge; a stuck bus is neither free nor moved', () => {
  const { it, i2c } = bench();
  expect(i2c(0xa4, 0, 0x03)).toBe(I2C_STATUS.FREE | I2C_STATUS.FAILED);
  it.plugged = false;
  expect(i2c(0xa0, 0, 0x03)).toBe(I2C_STATUS.FREE | I2C_STATUS.FAILED);
  it.plugged = true;
  expect(i2c(0xa0, 0, 0x03)).toBe(I2C_STATUS.FREE);
  it.stuck = true;
  expect(i2c(0xa0, 0, 0x03)).toBe(I2C_STATUS.STUCK | I2C_STATUS.FAILED);
});

test('goes on from a snapshot as if nothing had happened', () => {
  const one = bench();
  one.around.writeXdata(0, 0x4054, 0x02);
  one.around.writeXdata(0, 0x4019, 0xff);
  one.around.writeXdata(0, 0x4054, 0x00);
  one.around.writeXdata(0, 0x1100, 7);
  one.i2c(0xa0, 0x14, 0x03, 0x04);
  one.it.cycle += 500;
  const other = bench();
  other.it.cycle = 123_456;
  other.around.restore(JSON.parse(JSON.stringify(one.around.snapshot())));
  other.module.restore(JSON.parse(JSON.stringify(one.module.snapshot())));
  expect(other.around.dueAt - other.it.cycle).toBe(one.around.dueAt - one.it.cycle);
  expect(other.around.readXdata(0, 0x1100)).toBe(7);
  other.i2c(0xa1, 0, 0x07, 0x05);
  expect(other.around.readSfr(I2C.BYTE)).toBe(one.a0[0x14]);
});

test('a master that hangs stays busy at its next command until it is reset', () => {
  const { around, i2c } = bench();
  around.hangI2c(true);
  expect(around.readSfr(I2C.COMMAND)).toBe(I2C_STATUS.FREE);
  expect(i2c(0xa0, 0, 0x03)).toBe(I2C_STATUS.FREE | I2C_STATUS.BUSY);
  expect(around.reset()).toBe(true);
  expect(i2c(0xa0, 0, 0x03)).toBe(I2C_STATUS.FREE);
  expect(around.reset(), 'nothing left to free').toBe(false);
});

test('straps: the address of the boot EEPROM, and the wish to be saved there, which no program can set', () => {
  const { it, around } = bench();
  expect([around.readXdata(0, 0x2051), around.readXdata(0, 0x4054) & 0x20]).toEqual([4, 0]);
  around.writeXdata(0, 0x4054, 0x22);
  expect(around.readXdata(0, 0x4054)).toBe(0x02);
  it.saves = true;
  expect(around.readXdata(0, 0x4054)).toBe(0x22);
});

test('writes a page of the boot EEPROM: two address bytes, 64 bytes that wrap, then 5 ms without acknowledge', () => {
  const { it, around, i2c, eeprom } = bench();
  const send = (byte: number, command: number) => i2c(0xa8, byte, command);
  expect(send(0x12, 0x03)).toBe(I2C_STATUS.FREE);
  send(0x7e, 0x01);
  for (const byte of [1, 2, 3]) send(byte, byte === 3 ? 0x05 : 0x01);
  expect([...eeprom.bytes.subarray(0x127e, 0x1280), eeprom.bytes[0x1240]]).toEqual([1, 2, 3]);
  expect(send(0x12, 0x03), 'the page is being written').toBe(I2C_STATUS.FREE | I2C_STATUS.FAILED);
  it.cycle += 5 * 125_000;
  expect(send(0x12, 0x03)).toBe(I2C_STATUS.FREE);
  send(0x7e, 0x01);
  i2c(0xa9, 0, 0x07, 0x05);
  expect(around.readSfr(I2C.BYTE)).toBe(1);
});
