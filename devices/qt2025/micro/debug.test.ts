/** The debugger of the 8051: it stops where it is told, and leaves no trace in what the program does. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ms, seconds } from '#bus/clock.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import { X } from '../xdata.ts';
import { chipBench } from './chip-bench.ts';
import { NS_PER_CYCLE } from './core-clock.ts';
import { type DebugEvent, MicroDebugger } from './debug.ts';
import { WatchedPeripherals } from './debug-peripherals.ts';
import { parseSymbols, SymbolTable } from './debug-symbols.ts';

const file = (name: string) => readFileSync(new URL(`../../../firmware/${name}`, import.meta.url));
const IMAGE = new Uint8Array(file('ferrolab-qt2025.fw'));
const symbols = new SymbolTable(parseSymbols(file('ferrolab-qt2025.map').toString()));

const debugBench = () => {
  const chip = chipBench();
  const it = new MicroDebugger(chip.micro, chip.clock);
  const events: DebugEvent[] = [];
  it.onEvent((event) => events.push(event));
  const { cpu } = chip.micro;
  return {
    chip,
    it,
    events,
    cpu,
    breakAt: (name: string) => it.addBreakpoint({ space: 'code', at: symbols.address(name) }),
  };
};

/** Everything the program made of its chip. */
const worldOf = ({ chip }: ReturnType<typeof debugBench>) => {
  chip.micro.sync();
  return {
    xdata: [...chip.xdata],
    registers: [...chip.registers].sort(([a], [b]) => a - b),
    cpu: chip.micro.cpu.snapshot(),
    cycles: chip.micro.cpu.now(),
    instructions: chip.micro.cpu.instructions,
  };
};

test('stops before the instruction at a breakpoint, and goes on to the next hit', () => {
  const { chip, it, cpu, events, breakAt } = debugBench();
  const { id } = breakAt('reg_write');
  chip.start(IMAGE);
  chip.wait(100);
  expect([it.state, cpu.pc]).toEqual(['halted', symbols.address('reg_write')]);
  expect(it.stop).toEqual({ by: 'breakpoint', breakpoint: id, access: null });
  it.continue();
  expect([it.state, it.breakpoints[0]?.hits]).toEqual(['halted', 2]);
  expect(events.map(({ kind }) => kind)).toEqual(['halted', 'continued', 'halted']);
});

test('a halted core stands still, its heart too, and the chip answers', () => {
  const { chip, it } = debugBench();
  chip.start(IMAGE);
  chip.wait(200);
  it.halt();
  const before = worldOf({ chip } as ReturnType<typeof debugBench>);
  expect(chip.micro.beating).toBe(true);
  chip.wait(500);
  expect(worldOf({ chip } as ReturnType<typeof debugBench>)).toEqual(before);
  expect(chip.micro.beating).toBe(false);
  it.continue();
  chip.wait(1300);
  expect([it.state, chip.status(), chip.micro.beating]).toEqual(['running', 0x70, true]);
});

test('lets a forgotten core go after its limit, each command starting it anew', () => {
  const { chip, it, events } = debugBench();
  it.setLimit(10);
  chip.start(IMAGE);
  chip.wait(50);
  it.halt();
  chip.clock.advance(seconds(9));
  it.step();
  chip.clock.advance(seconds(9));
  expect(it.state).toBe('halted');
  chip.clock.advance(seconds(2));
  expect(it.state).toBe('running');
  expect(events.at(-2)).toEqual({ kind: 'let-go', afterS: 10 });
  chip.wait(1300);
  expect(chip.status()).toBe(0x70);
});

test('whatever is watched, stopped at and stepped through, the program does the same as without', () => {
  const names = symbols.symbols.map(({ name }) => name).filter((name) => !name.startsWith('_mcs51') && name !== 'tick');
  const deed = fc.record({
    break: fc.option(fc.constantFrom(...names), { nil: undefined }),
    cell: fc.option(fc.constantFrom('UC_STATUS', 'RESTARTS', 'MOD_TYPE', 'SUM_HI'), { nil: undefined }),
    register: fc.boolean(),
    profile: fc.boolean(),
    verbs: fc.array(fc.constantFrom('step', 'next', 'steps', 'halt', 'clear'), { maxLength: 8 }),
  });
  fc.assert(
    fc.property(deed, ({ break: name, cell, register, profile, verbs }) => {
      const bench = debugBench();
      const { chip, it, breakAt } = bench;
      if (name !== undefined) breakAt(name);
      if (cell !== undefined) it.addBreakpoint({ space: 'xdata', at: X[cell as keyof typeof X], on: 'write' });
      if (register) it.addBreakpoint({ space: 'register', at: QT2025.MICRO_RESETN.at });
      if (profile) it.startProfile();
      chip.start(IMAGE);
      const left = [...verbs];
      for (let ms = 0; ms < 1250; ms += 50) {
        chip.wait(50);
        for (let stops = 0; it.state === 'halted'; stops++) {
          if (stops > 30) it.clearBreakpoints();
          const verb = left.shift();
          if (verb === 'step') it.step();
          else if (verb === 'steps') it.step(1000);
          else if (verb === 'next') it.next();
          else if (verb === 'clear') it.clearBreakpoints();
          if (it.state === 'halted') it.continue();
        }
        if (left[0] === 'halt') {
          left.shift();
          it.halt();
          it.continue();
        }
      }
      while (it.state === 'halted') it.continue();
      const world = worldOf(bench);
      // Time stands still for a halted core: compared is the same chip time, not the same time of the lab.
      const free = debugBench();
      free.chip.start(IMAGE);
      free.chip.clock.advance(world.cycles * NS_PER_CYCLE);
      expect(world).toEqual(worldOf(free));
    }),
    { numRuns: 8 },
  );
}, 60_000);

test('leaves nothing in the way of the core once nothing is wanted', () => {
  const { chip, it, cpu, breakAt } = debugBench();
  breakAt('reg_write');
  it.addBreakpoint({ space: 'xdata', at: X.UC_STATUS });
  expect([cpu.watch !== undefined, cpu.peripherals instanceof WatchedPeripherals]).toEqual([true, true]);
  it.clearBreakpoints();
  expect([cpu.watch, cpu.peripherals instanceof WatchedPeripherals]).toEqual([undefined, false]);
  chip.start(IMAGE);
  chip.wait(1250);
  expect(chip.status()).toBe(0x70);
});

test('stops after a write of one value to a cell of XDATA, and says who wrote what', () => {
  const { chip, it, cpu } = debugBench();
  const { id } = it.addBreakpoint({ space: 'xdata', at: X.UC_STATUS, on: 'write', value: 0x50 });
  chip.start(IMAGE);
  chip.wait(1250);
  const { access, ...stop } = it.stop ?? {};
  expect(stop).toEqual({ by: 'breakpoint', breakpoint: id });
  expect(access).toMatchObject({ op: 'write', space: 'xdata', at: X.UC_STATUS, value: 0x50 });
  expect([access?.pc, chip.status()]).toEqual([cpu.pc - 1, 0x50]);
});

test('stops at reads and writes of registers through the gateway, with all sixteen bits', () => {
  const { chip, it } = debugBench();
  it.addBreakpoint({ space: 'register', at: QT2025.HW_REV.at, on: 'read' });
  chip.start(IMAGE);
  chip.wait(100);
  expect(it.stop?.access).toMatchObject({ op: 'read', space: 'register', at: QT2025.HW_REV.at, value: 0xb300 });
  it.clearBreakpoints();
  it.addBreakpoint({ space: 'register', at: 0x1d101, on: 'write' });
  it.continue();
  chip.wait(800);
  expect(it.stop?.access).toMatchObject({ op: 'write', value: 0x2025 });
});

test('steps one instruction at a time, as the core alone does', () => {
  const { chip, it, cpu } = debugBench();
  chip.start(IMAGE);
  it.halt();
  const alone = chipBench();
  alone.start(IMAGE);
  for (let n = 0; n < 500; n++) {
    it.step();
    alone.micro.cpu.step();
    expect([cpu.pc, cpu.a, cpu.now()]).toEqual([alone.micro.cpu.pc, alone.micro.cpu.a, alone.micro.cpu.now()]);
  }
  expect(it.stop).toMatchObject({ by: 'step' });
});

test('steps over a call, however long it takes and whatever interrupts it', () => {
  const { chip, it, cpu, breakAt } = debugBench();
  breakAt('wait_ms');
  chip.start(IMAGE);
  chip.wait(1250);
  const { sp } = cpu;
  const back = (cpu.idata[sp]! << 8) | cpu.idata[sp - 1]!;
  it.clearBreakpoints();
  it.addBreakpoint({ space: 'code', at: back - 3 });
  it.continue();
  chip.wait(1000);
  expect([it.state, cpu.pc]).toEqual(['halted', back - 3]);
  const { sp: before } = cpu;
  const ticks = chip.cell(X.HEARTBEAT);
  it.clearBreakpoints();
  it.next();
  chip.wait(1000);
  expect([it.state, it.stop?.by, cpu.pc, cpu.sp]).toEqual(['halted', 'step', back, before]);
  expect(chip.cell(X.HEARTBEAT)).not.toBe(ticks);
});

test('runs to a place and stops there once', () => {
  const { chip, it, cpu } = debugBench();
  chip.start(IMAGE);
  it.halt();
  it.until(symbols.address('main'));
  chip.wait(50);
  expect([it.stop?.by, cpu.pc]).toEqual(['until', symbols.address('main')]);
  it.continue();
  chip.wait(1250);
  expect(it.state).toBe('running');
});

test('counts every cycle where it was spent, skipped ones too', () => {
  const { chip, it, cpu } = debugBench();
  it.startProfile();
  chip.start(IMAGE);
  chip.wait(300);
  chip.micro.sync();
  it.stopProfile();
  const spent = it.profile?.reduce((sum, cycles) => sum + cycles, 0) ?? 0;
  // Entering an interrupt is nobody's instruction: 4 cycles a tick.
  const ticks = Math.round(300 / 0.96);
  expect(Math.abs(cpu.now() - spent - 4 * ticks)).toBeLessThan(100);
  chip.wait(100);
  expect(it.profile?.reduce((sum, cycles) => sum + cycles, 0)).toBe(spent);
});

test('a reset ends the halt and keeps the breakpoints', () => {
  const { chip, it, cpu, events, breakAt } = debugBench();
  breakAt('main');
  chip.start(IMAGE);
  chip.wait(10);
  expect(it.state).toBe('halted');
  chip.micro.stop();
  expect([it.state, events.at(-1)?.kind]).toEqual(['off', 'restarted']);
  chip.clock.advance(seconds(1000));
  chip.micro.start();
  chip.wait(10);
  expect([it.state, cpu.pc, it.breakpoints[0]?.hits]).toEqual(['halted', symbols.address('main'), 2]);
});

test('a snapshot of a halted core runs on as the original does', () => {
  const one = debugBench();
  one.breakAt('module_read');
  one.chip.start(IMAGE);
  one.chip.wait(640);
  expect(one.it.state).toBe('halted');
  const saved = JSON.parse(JSON.stringify(one.chip.micro.snapshot()));
  one.it.clearBreakpoints();
  const [sram, xdata, registers] = [one.chip.sram.slice(), one.chip.xdata.slice(), new Map(one.chip.registers)];
  const other = debugBench();
  other.chip.wait(640);
  other.chip.sram.set(sram);
  other.chip.xdata.set(xdata);
  for (const [at, value] of registers) other.chip.registers.set(at, value);
  other.chip.micro.restore(saved);
  other.chip.micro.changed();
  one.it.continue();
  for (const { chip } of [one, other]) chip.wait(1000);
  expect(other.chip.status()).toBe(0x70);
  expect(worldOf(other).xdata).toEqual(worldOf(one).xdata);
});

test.each([
  ['step of a running core', (it: MicroDebugger) => it.step(), 'EBUSY'],
  ['continue of a running core', (it: MicroDebugger) => it.continue(), 'EBUSY'],
  ['next of a running core', (it: MicroDebugger) => it.next(), 'EBUSY'],
  ['a limit of nothing', (it: MicroDebugger) => it.setLimit(0), 'EINVAL'],
  ['a limit that is no number', (it: MicroDebugger) => it.setLimit(Number.NaN), 'EINVAL'],
  ['a breakpoint outside code', (it: MicroDebugger) => it.addBreakpoint({ space: 'code', at: 0x10000 }), 'EINVAL'],
  ['code that is read', (it: MicroDebugger) => it.addBreakpoint({ space: 'code', at: 0, on: 'read' }), 'EINVAL'],
  [
    'XDATA that is executed',
    (it: MicroDebugger) => it.addBreakpoint({ space: 'xdata', at: 0, on: 'execute' }),
    'EINVAL',
  ],
  ['a byte of 100h', (it: MicroDebugger) => it.addBreakpoint({ space: 'xdata', at: 0, value: 0x100 }), 'EINVAL'],
  ['a breakpoint that is not there', (it: MicroDebugger) => it.removeBreakpoint(7), 'ENOENT'],
])('refuses %s', (_, ask, code) => {
  const { chip, it } = debugBench();
  chip.start(IMAGE);
  chip.wait(1);
  expect(() => ask(it)).toThrow(expect.objectContaining({ code }));
  expect(it.breakpoints).toEqual([]);
});

test('refuses everything but breakpoints while no program runs', () => {
  const { it, breakAt } = debugBench();
  breakAt('main');
  for (const ask of [() => it.halt(), () => it.step(), () => it.continue(), () => it.until(0)])
    expect(ask).toThrow(expect.objectContaining({ code: 'EBUSY' }));
  expect(it.state).toBe('off');
});

test('keeps 64 breakpoints and refuses the next; the same one twice is one', () => {
  const { it } = debugBench();
  for (let at = 0; at < 64; at++) it.addBreakpoint({ space: 'code', at });
  expect(it.addBreakpoint({ space: 'code', at: 3 }).id).toBe(4);
  expect(() => it.addBreakpoint({ space: 'code', at: 64 })).toThrow(expect.objectContaining({ code: 'E2BIG' }));
});

test('costs the lab nothing while halted: no deadline but the one that lets go', () => {
  const { chip, it } = debugBench();
  chip.start(IMAGE);
  chip.wait(50);
  it.halt();
  expect(chip.clock.nextAt()).toBe(ms(50) + seconds(600));
});
