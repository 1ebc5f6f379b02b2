/** Delay loops run in one step leave what stepping through them leaves. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bareChip, stateOf } from './bare-chip.ts';
import { Cpu } from './cpu.ts';

/** The two cores run the same program to the same cycle; only one may skip. */
const both = (program: readonly number[], idata: ArrayLike<number>) =>
  [true, false].map((skipDelays) => {
    const cpu = new Cpu(bareChip(), { skipDelays });
    cpu.code.set(program);
    cpu.idata.set(Array.from(idata));
    return cpu;
  }) as [Cpu, Cpu];

/** MOV A,R7; ORL A,R6; JZ done; DEC R7; CJNE R7,#0FFh,loop; DEC R6; SJMP loop. */
const COMPARE = [0xef, 0x4e, 0x60, 0x07, 0x1f, 0xbf, 0xff, 0xf8, 0x1e, 0x80, 0xf5];
/** MOV A,R7; ORL A,R6; JZ done; MOV A,R7; DEC R7; JNZ on; DEC R6; on: SJMP loop: seven instructions, 13 cycles. */
const KEIL = [0xef, 0x4e, 0x60, 0x07, 0xef, 0x1f, 0x70, 0x01, 0x1e, 0x80, 0xf5, 0x80, 0xfe];

test('skips a 16-bit count-down and ends where stepping ends', () => {
  for (const loop of [KEIL, [...COMPARE, 0x80, 0xfe]]) {
    const idata = new Uint8Array(0x100);
    idata.set([0x12, 0x34], 6);
    const [skipping, stepping] = both(loop, idata);
    for (const cpu of [skipping, stepping]) cpu.run(100_000);
    expect(stateOf(skipping)).toEqual(stateOf(stepping));
    expect(skipping.skipped).toBeGreaterThan(skipping.instructions * 0.9);
    expect(stepping.skipped).toBe(0);
  }
});

test('follows a loop that is written anew while it runs', () => {
  const cores = both(KEIL, new Uint8Array(0x100));
  const counted = [0x1f, 0x0f, 0x1e, 0x1f].map((opcode, n) => {
    for (const cpu of cores) {
      cpu.idata.set([0x90, 0x77], 6);
      cpu.pc = 0;
      cpu.code[5] = opcode; // DEC R7, INC R7, DEC R6, DEC R7
      cpu.run(30_000 * (n + 1));
    }
    expect(stateOf(cores[0])).toEqual(stateOf(cores[1]));
    return cores[0].idata.subarray(6, 8).join(' ');
  });
  expect(counted[0]).toBe(counted[3]);
  expect(new Set(counted).size).toBe(3);
});

test('takes timer interrupts out of a skipped loop at the same cycle as out of a stepped one', () => {
  const program = new Uint8Array(0x80);
  program.set([0x02, 0x00, 0x40], 0);
  // Tick: stop the timer, add to it, count, start it.
  program.set([0xc0, 0xe0, 0xc0, 0xd0, 0xc2, 0x8c, 0x74, 0x9c, 0x25, 0x8a, 0xf5, 0x8a], 0x0b);
  program.set([0x74, 0xff, 0x35, 0x8c, 0xf5, 0x8c, 0xd2, 0x8c, 0x05, 0x30, 0xd0, 0xd0, 0xd0, 0xe0, 0x32], 0x17);
  // Main: mode 1, run, enable, wait for ever.
  program.set(
    [0x75, 0x89, 0x01, 0xd2, 0x8c, 0x75, 0xa8, 0x82, 0x7e, 0x40, 0x7f, 0x00, ...KEIL.slice(0, 11), 0x80, 0xef],
    0x40,
  );
  const [skipping, stepping] = both([...program], new Uint8Array(0x100));
  for (let until = 997; until < 1_000_000; until += 99_991) {
    for (const cpu of [skipping, stepping]) cpu.run(until);
    expect(stateOf(skipping)).toEqual(stateOf(stepping));
  }
  expect(skipping.idata[0x30]).toBeGreaterThan(50);
  expect(skipping.skipped).toBeGreaterThan(skipping.instructions / 2);
});

test('gives what stepping gives on random loops, with random interruptions', () => {
  const byte = fc.integer({ min: 0, max: 0xff });
  const n = fc.integer({ min: 0, max: 7 });
  const cell = fc.integer({ min: 0, max: 0xf });
  const small = fc.constantFrom(0, 1, 2, 0xfe, 0xff);
  const counting = fc.oneof(
    n.map((r) => [0x18 + r]),
    n.map((r) => [0x08 + r]),
    n.map((r) => [0xe8 + r]),
    n.map((r) => [0x48 + r]),
    n.map((r) => [0xf8 + r]),
    fc.constantFrom([0x00], [0xe4], [0x04], [0x14]),
    cell.map((at) => [0x15, at]),
    cell.map((at) => [0x05, at]),
    cell.map((at) => [0xe5, at]),
    cell.map((at) => [0x45, at]),
    cell.map((at) => [0xf5, at]),
    fc.tuple(n, cell).map(([r, at]) => [0xa8 + r, at]),
    fc.tuple(n, cell).map(([r, at]) => [0x88 + r, at]),
    fc.tuple(n, small).map(([r, value]) => [0x78 + r, value]),
    small.map((value) => [0x74, value]),
    fc.tuple(fc.constantFrom(0x60, 0x70), fc.integer({ min: 0, max: 3 })).map(([op, skip]) => [op, skip]),
  );
  const closing = fc.oneof(
    n.map((r) => [0xd8 + r]),
    fc.tuple(n, byte).map(([r, value]) => [0xb8 + r, value]),
    fc.constantFrom([0x70], [0x60], [0x80]),
    cell.map((at) => [0xd5, at]),
    byte.map((value) => [0xb4, value]),
  );
  const loop = fc
    .tuple(fc.array(counting, { maxLength: 6 }), closing, fc.constantFrom(0x80, 0x00))
    .map(([body, close, after]) => {
      const inner = [...body.flat(), ...close];
      const closed = [...inner, (-inner.length - 1) & 0xff];
      // Behind the loop: once more from the start, or nothing but NOPs for 64 kB.
      return after === 0x80 ? [...closed, 0x80, (-closed.length - 2) & 0xff] : closed;
    });
  let skipped = 0;
  fc.assert(
    fc.property(
      loop,
      fc.array(byte, { minLength: 16, maxLength: 16 }),
      fc.integer({ min: 0, max: 0xffff }),
      fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 6 }),
      (program, registers, timer, slices) => {
        const [skipping, stepping] = both(program, registers);
        let until = 0;
        for (const cpu of [skipping, stepping]) {
          cpu.writeDirect(0x8a, timer & 0xff);
          cpu.writeDirect(0x8c, timer >> 8);
          cpu.writeDirect(0x89, 1 + (timer & 1));
          cpu.writeDirect(0xa8, 0x82);
          cpu.writeDirect(0x88, 0x10);
        }
        for (const slice of slices) {
          until += slice;
          for (const cpu of [skipping, stepping]) cpu.run(until);
          expect(stateOf(skipping)).toEqual(stateOf(stepping));
        }
        skipped += skipping.skipped;
      },
    ),
    { numRuns: 1500, seed: 8051 },
  );
  expect(skipped).toBeGreaterThan(50_000);
});
