/** The core on the lab's time: slices, pacing, faults, snapshots. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Clock } from '#bus/clock.ts';
import { us } from '#bus/clock.ts';
import { Timeline } from '../../timeline.ts';
import { I2cBus } from '../i2c-bus.ts';
import { chipBench, DARK } from './chip-bench.ts';
import { Micro8051 } from './micro-8051.ts';

const IMAGE = new Uint8Array(readFileSync(new URL('../../../firmware/ferrolab-qt2025.fw', import.meta.url)));

test('how often the host looks does not change what the program does', () => {
  const [seldom, often] = [chipBench(), chipBench()];
  for (const chip of [seldom, often]) chip.start(IMAGE);
  seldom.wait(1300);
  for (let t = 0; t < 1300 * 4; t++) {
    often.wait(0.25);
    often.micro.sync();
  }
  seldom.micro.sync();
  expect(often.xdata).toEqual(seldom.xdata);
  expect(often.micro.cpu.snapshot()).toEqual(seldom.micro.cpu.snapshot());
});

test('goes on from a snapshot as the original does, at any moment', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_300_000 }), (microseconds) => {
      const one = chipBench();
      one.start(IMAGE);
      one.wait(microseconds / 1000);
      const saved = JSON.parse(JSON.stringify({ micro: one.micro.snapshot(), time: one.time.snapshot() }));
      const other = chipBench();
      other.wait(77.7);
      other.sram.set(one.sram);
      other.xdata.set(one.xdata);
      for (const [at, value] of one.registers) other.registers.set(at, value);
      for (const [device, wire] of one.wires) other.wires.get(device)?.restore(wire.snapshot());
      other.time.restore(saved.time);
      other.micro.restore(saved.micro);
      for (const chip of [one, other]) chip.wait(300);
      expect([other.status(), other.cell(0x7ee)]).toEqual([one.status(), one.cell(0x7ee)]);
      expect(other.xdata).toEqual(one.xdata);
    }),
    { numRuns: 6 },
  );
}, 30_000);

test('a halted core keeps everything as it was and its heart is dead after 100 ms', () => {
  const chip = chipBench();
  chip.start(IMAGE);
  chip.wait(200);
  expect(chip.micro.beating).toBe(true);
  chip.micro.freeze(true);
  const before = chip.xdata.slice();
  chip.wait(150);
  chip.micro.sync();
  expect(chip.xdata).toEqual(before);
  expect([chip.micro.running, chip.micro.beating]).toEqual([true, false]);
  chip.micro.freeze(false);
  chip.wait(1300);
  expect(chip.status()).toBe(0x70);
});

test('a hung I2C master leaves the heartbeat alive and status 00h, until the next start', () => {
  const chip = chipBench();
  chip.micro.hangI2c(true);
  chip.start(IMAGE);
  chip.wait(2000);
  const before = chip.cell(0x7ee);
  chip.wait(100);
  expect(chip.status()).toBe(0);
  expect(chip.cell(0x7ee)).not.toBe(before);
  expect(chip.cured).toBe(0);
  chip.micro.start();
  expect(chip.cured).toBe(1);
  chip.wait(1400);
  expect(chip.status()).toBe(0x70);
});

test('a slow clock makes everything slower by its factor', () => {
  const chip = chipBench();
  chip.micro.slow(10);
  chip.start(IMAGE);
  chip.wait(5000);
  expect(chip.status()).toBe(0);
  chip.wait(2000);
  expect(chip.status()).toBe(0x10);
});

test('a stopped core does nothing; power off clears what reset does not', () => {
  const chip = chipBench();
  chip.start(IMAGE);
  chip.wait(100);
  chip.micro.stop();
  const before = chip.xdata.slice();
  chip.wait(100);
  chip.micro.sync();
  expect(chip.xdata).toEqual(before);
  expect([chip.micro.running, chip.micro.beating, chip.clock.nextAt()]).toEqual([
    false,
    false,
    Number.POSITIVE_INFINITY,
  ]);
  chip.micro.powerOff();
  expect(chip.micro.cpu.idata.every((byte) => byte === 0)).toBe(true);
});

test('tells of every register access of the program', () => {
  const seen: string[] = [];
  const chip = chipBench({
    accessed: ({ op, at, value }) => void seen.push(`${op} ${at.toString(16)} ${value.toString(16)}`),
  });
  chip.start(IMAGE);
  chip.wait(700);
  expect(seen).toContain('read 1d001 b300');
  expect(seen).toContain('write 1d101 2025');
});

test('a bus held by the module fails the reads, and the module counts as unusable', () => {
  const chip = chipBench();
  chip.board.stuck = true;
  chip.start(IMAGE);
  chip.wait(1000);
  expect([chip.status(), chip.cell(0x110)]).toEqual([0x31, 0x0f]);
});

test('memory without a program runs through and touches nothing', () => {
  const chip = chipBench();
  chip.start(new Uint8Array());
  chip.wait(50);
  expect([chip.status(), chip.cell(0x7ee), chip.micro.beating]).toEqual([0, 0, false]);
});

test('in real time a host access costs no more than its budget, however far the core is behind', () => {
  // Every look at the clock costs 20 us; so does, about, every chunk of the program.
  const wall = { now: 0 };
  const due: (() => void)[] = [];
  const clock: Clock = {
    kind: 'real',
    now: () => {
      wall.now += us(20);
      return wall.now;
    },
    after: (_, action) => {
      due.push(action);
      return { cancel: () => void due.splice(due.indexOf(action), 1) };
    },
    sleep: () => Promise.resolve(),
  };
  const sram = new Uint8Array(0x6000);
  sram.set([0x05, 0x30, 0x80, 0xfc]); // counts for ever
  const micro = new Micro8051(new Timeline(clock), clock, {
    bus: {
      sram,
      xdata: new Uint8Array(0x800),
      readRegister: () => 0,
      writeRegister: () => undefined,
      receiver: () => DARK,
      i2c: new I2cBus({ at: () => [], stuck: () => false }),
      straps: () => ({ eeprom: 4, saves: false }),
    },
    cured: () => undefined,
  });
  micro.start();
  for (let n = 0; n < 20; n++) {
    wall.now += us(3000);
    const before = wall.now;
    micro.sync();
    expect(wall.now - before).toBeLessThan(us(1000));
  }
  expect(micro.cpu.instructions).toBeGreaterThan(1000);
  expect(due.length).toBe(1);
});
