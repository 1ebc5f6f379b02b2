/** The core in real time, on a wall clock that stands where the test puts it: what it may take of the machine, and what it gives up. */
import { expect, test } from 'vitest';
import { type Clock, DeadlineHeap, ms, seconds, us } from '#bus/clock.ts';
import { Timeline } from '../../timeline.ts';
import { I2cBus } from '../i2c-bus.ts';
import { Micro8051 } from './micro-8051.ts';
import { REAL } from './pace.ts';

/** Never waits for anything: MOVX A,@DPTR and back. */
const WILD = [0xe0, 0x80, 0xfd];
/** Waits all the time: counts R2 and R3 down, R3 256 times for each of R2, for ever. */
const PATIENT = [0xda, 0xfe, 0xdb, 0xfc, 0x80, 0xfa];

/** A machine that takes `chunkNs` for what the chip does in 40 us. */
const machine = (program: readonly number[], chunkNs: number) => {
  let costNs = chunkNs;
  const heap = new DeadlineHeap();
  let wallNs = 0;
  const clock: Clock = {
    kind: 'real',
    now: () => wallNs,
    after: (ns, due) => heap.push(wallNs + Math.max(0, ns), due),
    sleep: () => Promise.resolve(),
  };
  const sram = new Uint8Array(0x6000);
  sram.set(program);
  const light = { locked: true, lost: false, eye: 64, lineUp: true, hostUp: true };
  const micro = new Micro8051(new Timeline(clock), clock, {
    bus: {
      sram,
      xdata: new Uint8Array(0x800),
      readRegister: () => 0,
      writeRegister: () => undefined,
      receiver: () => light,
      i2c: new I2cBus({ at: () => [], stuck: () => false }),
      straps: () => ({ eeprom: 4, saves: false }),
    },
    cured: () => undefined,
  });
  const { cpu } = micro;
  const run = cpu.run.bind(cpu);
  cpu.run = (until) => {
    const cycles = cpu.now();
    run(until);
    wallNs += Math.ceil(((cpu.now() - cycles) * costNs) / REAL.chunkCycles);
  };
  return {
    micro,
    costs: (ns: number): void => {
      costNs = ns;
    },
    /** Lets so much time pass; the share of it that the core took, its longest turn, and how far it got. */
    pass: (ns: number) => {
      const [began, cycles] = [wallNs, micro.cpu.now()];
      let takenNs = 0;
      let longestNs = 0;
      while (wallNs - began < ns) {
        const at = heap.nextAt();
        if (at > wallNs) wallNs = Math.min(at, began + ns);
        if (heap.nextAt() > wallNs) continue;
        const from = wallNs;
        heap.pop()?.due();
        takenNs += wallNs - from;
        longestNs = Math.max(longestNs, wallNs - from);
      }
      const passedNs = wallNs - began;
      return { share: takenNs / passedNs, longestNs, speed: ((micro.cpu.now() - cycles) * 8) / passedNs };
    },
  };
};

test('a program gone wild on a machine too slow for it gets 40 % of the time, a turn of a millisecond at most', () => {
  const { micro, pass } = machine(WILD, us(100));
  micro.start();
  pass(seconds(3));
  const { share, longestNs, speed } = pass(seconds(1));
  expect(share).toBeGreaterThan(0.3);
  expect(share).toBeLessThan(0.5);
  expect(longestNs).toBeLessThan(ms(1.5));
  expect(speed).toBeGreaterThan(0.05);
  expect(speed).toBeLessThan(0.3);
});

test('what it could not do is let go: on a machine that is fast again it runs at the speed of the chip, no faster', () => {
  const here = machine(WILD, us(100));
  here.micro.start();
  expect(here.pass(ms(700)).speed).toBeLessThan(0.5);
  here.costs(us(1));
  here.pass(seconds(1)); // what is not yet given up is worked off
  const { speed } = here.pass(ms(300));
  expect(speed).toBeGreaterThan(0.98);
  expect(speed).toBeLessThan(1.02);
});

test('a program that waits keeps the chip’s speed and hardly takes anything', () => {
  const { micro, pass } = machine(PATIENT, us(2));
  micro.start();
  pass(ms(100));
  const { share, speed } = pass(seconds(1));
  expect(speed).toBeGreaterThan(0.98);
  expect(speed).toBeLessThan(1.02);
  expect(share).toBeLessThan(0.2);
});

test('a slice ends within its budget and one chunk', () => {
  const { micro, pass } = machine(WILD, us(50));
  micro.start();
  expect(pass(ms(500)).longestNs).toBeLessThan(REAL.sliceNs + us(50));
});
