/** How the debugger of a micro-controller looks on a terminal. */
import type {
  BreakpointView,
  CellView,
  DisassemblyLine,
  MicroMemory,
  MicroProfile,
  MicroView,
} from '#bus/micro-view.ts';
import { hex, print, printTable } from './print.ts';

const FLAGS = ['CY', 'AC', 'F0', 'RS1', 'RS0', 'OV', 'F1', 'P'] as const;

/** One line: what it does, and why. */
export const stateLine = (view: MicroView): string => {
  const { device, state, why, place, frozen } = view;
  if (state === 'off') return `${device}: the 8051 is held in reset or in its boot ROM`;
  if (frozen) return `${device}: the 8051 is held by a fault at ${place}`;
  return state === 'running' ? `${device}: running` : `${device}: ${why ?? 'halted'}`;
};

export const printRegisters = ({ registers, cycles, clockHz, instructions, speed }: MicroView): void => {
  const { pc, a, b, psw, sp, dptr, dpx, bank, r, ie, ip, tcon, timer0 } = registers;
  const flags = FLAGS.filter((_, i) => ((psw >> (7 - i)) & 1) === 1).join(' ') || '-';
  print(
    `PC ${hex(pc)}  A ${hex(a, 2)}  B ${hex(b, 2)}  SP ${hex(sp, 2)}  DPTR ${hex(dptr)}  DPX ${hex(dpx, 2)}  PSW ${hex(psw, 2)} ${flags}`,
  );
  print(`bank ${bank}  ${r.map((value, n) => `R${n} ${hex(value, 2)}`).join('  ')}`);
  print(`IE ${hex(ie, 2)}  IP ${hex(ip, 2)}  TCON ${hex(tcon, 2)}  timer 0 ${hex(timer0)}`);
  const ms = ((cycles / clockHz) * 1000).toFixed(3);
  const pace =
    speed === null
      ? ''
      : `  ${(speed.instructionsPerS / 1e6).toFixed(1)} M/s, ${(100 * speed.ofRealTime).toFixed(0)} % of real time`;
  print(
    `${Math.round(cycles).toLocaleString('en-US')} cycles (${ms} ms), ${instructions.toLocaleString('en-US')} instructions${pace}`,
  );
};

/** The line PC is at has an arrow, those with a breakpoint a star. */
export const printDisassembly = (
  lines: readonly DisassemblyLine[],
  pc: number,
  breakpoints: readonly BreakpointView[],
): void => {
  const stops = new Set(breakpoints.filter(({ space }) => space === 'code').map(({ at }) => at));
  for (const { at, bytes, text, label } of lines) {
    if (label !== null) print(`${label}:`);
    const mark = `${stops.has(at) ? '*' : ' '}${at === pc ? '>' : ' '}`;
    print(
      `${mark} ${hex(at)}  ${bytes
        .map((byte) => hex(byte, 2).slice(0, -1))
        .join(' ')
        .padEnd(8)}  ${text}`,
    );
  }
};

/** Sixteen bytes a line, with the characters they would be. */
export const printMemory = ({ at, bytes }: MicroMemory): void => {
  for (let i = 0; i < bytes.length; i += 16) {
    const row = bytes.slice(i, i + 16);
    const numbers = row
      .map((byte) => hex(byte, 2).slice(0, -1))
      .join(' ')
      .padEnd(47);
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    print(`${hex(at + i)}  ${numbers}  ${text}`);
  }
};

export const printCells = (cells: readonly CellView[]): void =>
  printTable(
    ['AT', 'CELL', 'VALUE', 'MEANING'],
    cells.map(({ at, name, value, text, doc }) => [hex(at), name, hex(value, 2), meaning(text, doc)]),
  );

export const printBreakpoints = (breakpoints: readonly BreakpointView[]): void =>
  printTable(
    ['ID', 'ON', 'WHERE', 'VALUE', 'HITS'],
    breakpoints.map(({ id, on, place, value, hits }) => [
      String(id),
      on,
      place,
      value === null ? 'any' : hex(value, 2),
      String(hits),
    ]),
  );

export const printProfile = ({ cycles, bySymbol, byAddress }: MicroProfile, clockHz: number): void => {
  print(
    `${Math.round(cycles).toLocaleString('en-US')} cycles, ${((cycles / clockHz) * 1000).toFixed(1)} ms of the chip's time`,
  );
  for (const [title, lines] of [
    ['SYMBOL', bySymbol],
    ['ADDRESS', byAddress],
  ] as const) {
    print('');
    printTable(
      ['SHARE', title, 'CYCLES'],
      lines.map(({ at, place, cycles: some, share }) => [
        `${(100 * share).toFixed(1).padStart(5)} %`,
        title === 'ADDRESS' ? `${hex(at)} ${place}` : place,
        Math.round(some).toLocaleString('en-US'),
      ]),
    );
  }
};

/** `STATUS tracking` says more than what the cell is for. */
const meaning = (text: string, doc: string): string => (text === '' || /^BYTE /.test(text) ? doc : `${text} (${doc})`);
