/** The memories of the core as a debugger reads them: without side effects. */
import { LabError } from '#bus/errors.ts';
import type { CellView, MemorySpace, MicroRegisters } from '#bus/micro-view.ts';
import { QT2025_XDATA, QT2025_XDATA_WINDOW } from '#datasheets/qt2025.ts';
import { describe } from '#regmap/codec.ts';
import type { Table } from '#regmap/declare.ts';
import type { Cpu, Peripherals } from './cpu.ts';
import { WatchedPeripherals } from './debug-peripherals.ts';
import { SFR } from './sfr.ts';

/** First and last address of each memory. */
export const MEMORY_SIZE: Readonly<Record<MemorySpace, { readonly from: number; readonly to: number }>> = {
  idata: { from: 0, to: 0xff },
  sfr: { from: 0x80, to: 0xff },
  xdata: { from: 0, to: 0xffff },
  code: { from: 0, to: 0xffff },
};

/** A run of bytes; EINVAL where that memory ends before. */
export const readMemory = (cpu: Cpu, space: MemorySpace, at: number, length: number): readonly number[] => {
  const { from, to } = MEMORY_SIZE[space];
  if (!Number.isInteger(at) || !Number.isInteger(length) || length < 1 || at < from || at > to || at + length - 1 > to)
    throw new LabError('EINVAL', `${space} has ${hex(from)} to ${hex(to)}, asked for ${length} bytes from ${hex(at)}`);
  return Array.from({ length }, (_, i) => READ[space](cpu, at + i));
};

/** The named cells of XDATA, in order of address. */
export const readCells = (cpu: Cpu): readonly CellView[] => {
  const cells: Table = QT2025_XDATA;
  return Object.entries(cells).map(([name, cell]) => {
    const at = cell.at - QT2025_XDATA_WINDOW.at;
    const value = READ.xdata(cpu, at);
    return { name, at, value, text: describe(cell, value), doc: cell.doc };
  });
};

export const readRegisters = (cpu: Cpu): MicroRegisters => ({
  pc: cpu.pc,
  a: cpu.a,
  b: cpu.b,
  psw: cpu.readDirect(SFR.PSW),
  sp: cpu.sp,
  dptr: cpu.dptr,
  dpx: cpu.dpx,
  ie: cpu.ie,
  ip: cpu.ip,
  tcon: cpu.timer.tcon,
  tmod: cpu.timer.tmod,
  timer0: (cpu.timer.high() << 8) | cpu.timer.low(),
  bank: cpu.bank >> 3,
  r: Array.from({ length: 8 }, (_, n) => cpu.idata[(cpu.bank + n) & 0x1f]!),
  inService: cpu.inService,
});

/** None of the chip's special function registers and none of its XDATA cells changes by being read. */
const READ: Readonly<Record<MemorySpace, (cpu: Cpu, at: number) => number>> = {
  idata: (cpu, at) => cpu.idata[at & 0xff]!,
  sfr: (cpu, at) => cpu.readDirect(at),
  xdata: (cpu, at) => beneath(cpu.peripherals).readXdata(0, at),
  code: (cpu, at) => cpu.readCode(at),
};

/** A look is no access of the program: no breakpoint sees it. */
const beneath = (peripherals: Peripherals): Peripherals =>
  peripherals instanceof WatchedPeripherals ? peripherals.beneath : peripherals;

const hex = (value: number): string => `${value.toString(16).toUpperCase().padStart(4, '0')}h`;
