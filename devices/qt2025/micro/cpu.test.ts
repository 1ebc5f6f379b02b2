/** What the core does beyond single instructions: interrupts, timer 0, the third pointer byte, restarts, missteps. */
import { expect, test } from 'vitest';
import { bareChip } from './bare-chip.ts';
import { Cpu } from './cpu.ts';
import { INSTRUCTIONS } from './instructions.ts';
import { SFR } from './sfr.ts';
import { TCON } from './timer.ts';

const bench = (program: Readonly<Record<number, readonly number[]>>, codeBytes = 0x6000) => {
  const chip = bareChip();
  const memory = new Uint8Array(codeBytes);
  for (const [at, bytes] of Object.entries(program)) memory.set(bytes, Number(at));
  const cpu = new Cpu(chip, { code: memory });
  cpu.reset();
  return { chip, cpu };
};
const steps = (cpu: Cpu, count: number): void => {
  for (let n = 0; n < count; n++) cpu.step();
};
const HERE = [0x80, 0xfe];

test('costs Dallas cycles: a count-down pass of seven instructions takes 13', () => {
  const { cpu } = bench({ 0: [0xef, 0x4e, 0x60, 0x07, 0xef, 0x1f, 0x70, 0x01, 0x1e, 0x80, 0xf5] });
  cpu.idata.set([1, 1], 6);
  steps(cpu, 7);
  expect([cpu.pc, cpu.now(), cpu.idata[6], cpu.idata[7]]).toEqual([0, 13, 1, 0]);
  steps(cpu, 8); // this pass borrows
  expect([cpu.pc, cpu.now(), cpu.idata[6], cpu.idata[7]]).toEqual([0, 27, 0, 0xff]);
  expect(INSTRUCTIONS[0x84]?.cycles).toBe(5);
});

test('MOVX @DPTR goes to the page in SFR 93h, MOVC does not look at it', () => {
  const { chip, cpu } = bench({
    0: [0x75, 0x93, 0x03, 0x90, 0x00, 0x20, 0xe4, 0x93, 0xf0, 0xe0, 0x75, 0x93, 0],
    32: [0x5a],
  });
  steps(cpu, 7);
  expect(cpu.a).toBe(0);
  expect(chip.paged).toEqual([
    { op: 'write', page: 3, address: 0x20, value: 0x5a },
    { op: 'read', page: 3, address: 0x20, value: 0 },
  ]);
  expect(chip.xdata[0x20]).toBe(0);
});

test('timer 0 overflows after 65,536 counts of 12 cycles and calls its vector once', () => {
  const { cpu } = bench({ 0: [0x75, 0x89, 0x01, 0xd2, 0x8c, 0x75, 0xa8, 0x82, ...HERE], 11: [0x05, 0x30, 0x32] });
  cpu.run(65_536 * 12 - 20);
  expect(cpu.idata[0x30]).toBe(0);
  cpu.run(65_536 * 12 + 20);
  expect([cpu.idata[0x30], cpu.timer.tcon]).toEqual([1, TCON.TR0]);
});

test('a handler that adds to the stopped timer ticks every 10,000 counts, whatever its latency', () => {
  // Analysis of the public firmware, 1.1: D8F7h is D8F0h plus the seven counts lost between stop and start.
  const tick = [
    0xc2, 0x8c, 0x74, 0xf7, 0x25, 0x8a, 0xf5, 0x8a, 0x74, 0xd8, 0x35, 0x8c, 0xf5, 0x8c, 0xd2, 0x8c, 0x05, 0x30, 0x32,
  ];
  const main = [0x75, 0x89, 0x01, 0x75, 0x8c, 0xff, 0xd2, 0x8c, 0x75, 0xa8, 0x82];
  const { cpu } = bench({ 0: [0x02, 0x01, 0x00], 11: tick, 256: [...main, 0x84, 0x84, 0x00, 0x80, 0xfb] });
  cpu.run(120_000 * 100);
  expect(cpu.idata[0x30]).toBeGreaterThanOrEqual(99);
  expect(cpu.idata[0x30]).toBeLessThanOrEqual(101);
});

test.each([
  [0, 32 - 5, 0x2000 - ((0x12 << 5) | 5)],
  [1, 0x34, 0x10000 - 0x1205],
  [2, 0, 0x100 - 5],
  [3, 0, 0x100 - 5],
])('mode %i of timer 0 overflows when its counter does', (mode, _, counts) => {
  const { cpu } = bench({ 0: HERE });
  cpu.writeDirect(SFR.TL0, 5);
  cpu.writeDirect(SFR.TH0, 0x12);
  cpu.writeDirect(SFR.TMOD, mode);
  cpu.writeDirect(SFR.TCON, TCON.TR0);
  const due = cpu.timer.overflowAt;
  expect(due).toBe(counts * 12);
  cpu.run(due - 1);
  expect(cpu.timer.tcon & TCON.TF0).toBe(0);
  cpu.run(due + 24);
  expect(cpu.timer.tcon & TCON.TF0).toBe(TCON.TF0);
  expect(cpu.timer.low()).toBeLessThanOrEqual(mode === 2 ? 0x15 : 3);
});

test('in mode 3 TH0 counts under TR1 and sets TF1', () => {
  const { cpu } = bench({ 0: HERE });
  cpu.writeDirect(SFR.TH0, 0xf0);
  cpu.writeDirect(SFR.TMOD, 3);
  cpu.writeDirect(SFR.TCON, TCON.TR1);
  cpu.run(16 * 12 + 5);
  expect([cpu.timer.tcon, cpu.timer.low()]).toEqual([TCON.TR1 | TCON.TF1, 0]);
});

test('RETI lets one more instruction run before the next interrupt', () => {
  // IE0 stays requested (level triggered): handler, one instruction of the main program, handler …
  const { cpu } = bench({
    0: [0x02, 0, 0x40],
    3: [0x05, 0x30, 0x32],
    64: [0x75, 0xa8, 0x81, 0x04, 0x04, 0x04, ...HERE],
  });
  cpu.timer.raise(TCON.IE0);
  steps(cpu, 3); // LJMP, MOV IE, and the one after a write to IE
  expect([cpu.a, cpu.idata[0x30]]).toEqual([1, 0]);
  steps(cpu, 3); // interrupted: INC, RETI, one more INC A
  expect([cpu.a, cpu.idata[0x30]]).toEqual([2, 1]);
  steps(cpu, 3);
  expect([cpu.a, cpu.idata[0x30]]).toEqual([3, 2]);
});

test('RETI ends the interrupt inside a subroutine, and a plain RET leaves the handler later', () => {
  const { cpu } = bench({
    0: [0x75, 0xa8, 0x82, 0x00, 0x04, ...HERE],
    11: [0x12, 0x00, 0x40, 0x05, 0x31, 0x22],
    64: [0x32],
  });
  cpu.timer.raise(TCON.TF0);
  steps(cpu, 2);
  steps(cpu, 2); // LCALL, RETI
  expect(cpu.inService).toBe(0);
  cpu.timer.raise(TCON.TF0);
  steps(cpu, 1);
  expect(cpu.idata[0x31]).toBe(1);
  cpu.step(); // the second request enters again before RET
  expect([cpu.pc, cpu.inService]).toEqual([0x40, 1]);
});

test('a high-priority request interrupts a low one, never the other way round', () => {
  const { cpu } = bench({ 0: [0x75, 0xb8, 0x04, 0x75, 0xa8, 0x87, 0x00, ...HERE], 11: [0x00, 0x32], 19: [0x00, 0x32] });
  cpu.timer.writeTcon(TCON.IT0 | TCON.IT1);
  cpu.timer.raise(TCON.TF0);
  steps(cpu, 4);
  expect([cpu.pc, cpu.inService]).toEqual([0x0c, 1]);
  cpu.timer.raise(TCON.IE1);
  cpu.step();
  expect([cpu.pc, cpu.inService]).toEqual([0x14, 3]);
  cpu.timer.raise(TCON.IE0);
  steps(cpu, 2); // RETI, then one of the low handler
  expect([cpu.pc, cpu.inService]).toEqual([0x07, 0]);
});

test('polled request flags are set by hardware while their enables are off, and stay until cleared', () => {
  const { cpu } = bench({ 0: [0x30, 0x8b, 0xfd, 0xc2, 0x8b, ...HERE] });
  cpu.run(1000);
  expect(cpu.pc).toBe(0);
  cpu.timer.raise(TCON.IE1);
  cpu.run(2000);
  expect([cpu.pc, cpu.timer.tcon]).toEqual([5, 0]);
});

test('a soft restart through RETI keeps memories and the timer', () => {
  const { chip, cpu } = bench({
    0: [0x05, 0x40, 0xe5, 0x40, 0xb4, 0x02, 0x02, ...HERE],
    9: [0x75, 0x89, 0x01, 0xd2, 0x8c, 0x75, 0x81, 0x07, 0xe4, 0xc0, 0xe0, 0xc0, 0xe0, 0x32],
  });
  chip.xdata[0x700] = 0x5a;
  cpu.run(200);
  expect([cpu.idata[0x40], cpu.pc, chip.xdata[0x700], cpu.timer.tmod, cpu.timer.tcon]).toEqual([
    2,
    7,
    0x5a,
    1,
    TCON.TR0,
  ]);
});

test('reset gives SFR reset values and keeps memories', () => {
  const { chip, cpu } = bench({
    0: [0x75, 0x30, 0x99, 0x75, 0x93, 0x04, 0x75, 0xd0, 0xff, 0x75, 0xa8, 0x82, 0xd2, 0x8c],
  });
  chip.xdata[1] = 7;
  steps(cpu, 5);
  cpu.reset();
  expect([cpu.pc, cpu.sp, cpu.psw, cpu.bank, cpu.dpx, cpu.ie, cpu.timer.tcon]).toEqual([0, 7, 0, 0, 0, 0, 0]);
  expect([cpu.idata[0x30], chip.xdata[1]]).toEqual([0x99, 7]);
});

test('reports an illegal opcode, a wrapping stack and code outside memory, and goes on', () => {
  const { cpu } = bench({ 0: [0xa5, 0x75, 0x81, 0xff, 0xc0, 0xe0, 0x02, 0x7f, 0xff] });
  cpu.run(40_000);
  expect(cpu.missteps.map(({ kind, pc }) => [kind, pc])).toEqual([
    ['illegal-opcode', 1],
    ['stack-wrap', 6],
    ['outside-memory', 0x8000],
  ]);
});

test('never takes longer than it was given by more than one instruction', () => {
  const { cpu } = bench({ 0: [0x84, 0x80, 0xfd] });
  for (let until = 1; until < 2000; until += 7) {
    cpu.run(until);
    expect(cpu.now() - until).toBeLessThan(5);
  }
});
