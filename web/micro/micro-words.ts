/** The debugger page in words and numbers: flags, changes, what the head says. */

import type { LampState } from '#bus/api.ts';
import type { CellView, DisassemblyLine, MicroRegisters, MicroView } from '#bus/micro-view.ts';
import { count, hex } from '../ui/format.ts';

export interface RegisterCell {
  readonly name: string;
  readonly text: string;
  readonly title: string;
}

/** Bits of PSW from 7 down. Source: Intel MCS-51. */
export const FLAGS: readonly (readonly [name: string, meaning: string])[] = [
  ['CY', 'carry'],
  ['AC', 'auxiliary carry'],
  ['F0', 'user flag 0'],
  ['RS1', 'register bank, high bit'],
  ['RS0', 'register bank, low bit'],
  ['OV', 'overflow'],
  ['F1', 'user flag 1'],
  ['P', 'parity of A'],
];

export const registerCells = (registers: MicroRegisters): readonly RegisterCell[] => {
  const { pc, a, b, sp, dptr, dpx, psw, bank, r, ie, tcon, timer0 } = registers;
  return [
    { name: 'PC', text: hex(pc), title: 'Program counter: the next instruction' },
    { name: 'DPTR', text: hex(dptr), title: 'Data pointer' },
    { name: 'DPX', text: hex(dpx, 2), title: 'SFR 93h: 0 is XDATA, 1 to 4 are registers of that MMD' },
    { name: 'SP', text: hex(sp, 2), title: 'Stack pointer, in idata' },
    { name: 'A', text: hex(a, 2), title: 'Accumulator' },
    { name: 'B', text: hex(b, 2), title: 'B register' },
    { name: 'PSW', text: hex(psw, 2), title: 'Program status word' },
    { name: 'TIMER0', text: hex(timer0), title: 'TH0 and TL0' },
    { name: 'IE', text: hex(ie, 2), title: 'Interrupt enables' },
    { name: 'TCON', text: hex(tcon, 2), title: 'Timer control and request flags' },
    ...r.map((value, n) => ({ name: `R${n}`, text: hex(value, 2), title: `Register ${n} of bank ${bank}` })),
  ];
};

/** Indexes where two runs of bytes differ; none when they are not of the same place. */
export const changedBytes = (before: readonly number[] | undefined, now: readonly number[]): ReadonlySet<number> => {
  const changed = new Set<number>();
  if (before?.length === now.length) for (const [i, byte] of now.entries()) if (byte !== before[i]) changed.add(i);
  return changed;
};

export interface StateWords {
  readonly lamp: LampState;
  readonly word: string;
  readonly detail: string;
}

/** What the head says of the core. */
export const stateWords = (view: MicroView, labNowNs: number): StateWords => {
  if (view.state === 'off')
    return { lamp: 'off', word: 'Off', detail: 'held in reset, or the boot ROM has it: no program runs' };
  if (view.frozen) return { lamp: 'fault', word: 'Frozen', detail: `a fault holds it at ${view.place}` };
  if (view.state === 'running') return { lamp: 'ok', word: 'Running', detail: speedWords(view) };
  const left = view.letsGoAt === null ? '' : `; goes on in ${minutes(view.letsGoAt - labNowNs)}`;
  return { lamp: 'wait', word: 'Halted', detail: `${view.why ?? ''}${left}` };
};

/** `58.3 M instructions/s, 88 % of real time`. */
export const speedWords = ({ speed }: MicroView): string =>
  speed === null
    ? 'measuring its speed'
    : `${(speed.instructionsPerS / 1e6).toFixed(1)} M instructions/s, ${Math.round(100 * speed.ofRealTime)} % of real time`;

/** `9:59`. */
export const minutes = (ns: number): string => {
  const seconds = Math.max(0, Math.ceil(ns / 1e9));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

/** `61,727,345 cycles, 0.493819 s`. */
export const cycleWords = ({ cycles, clockHz }: MicroView): string =>
  `${count(cycles)} cycles, ${(cycles / clockHz).toFixed(6)} s`;

/** The cells one looks for first, then the others in order of address. */
export const inOrder = (cells: readonly CellView[]): readonly CellView[] => {
  const rank = ({ name }: CellView): number => {
    const place = FIRST.indexOf(name);
    return place < 0 ? FIRST.length : place;
  };
  return cells.toSorted((a, b) => rank(a) - rank(b) || a.at - b.at);
};
const FIRST: readonly string[] = [
  'UC_STATUS',
  'HEARTBEAT',
  'RESTARTS',
  'MOD_TYPE',
  'MODULE_READ',
  'SUM_VERDICT0',
  'SUM_HI',
  'SUM_LO',
  'MAILBOX_CTRL',
  'ROUNDS_GOOD',
  'ROUNDS_BAD',
];

/** What a cell holds, in words: its meaning where it has names, else what it is for. */
export const cellWords = ({ text, doc }: CellView): string =>
  text === '' || text.startsWith('BYTE ') ? doc : text.replace(/^\w+ /, '');

/** The instruction, and the place it jumps to or calls, which is always written last. */
export const splitTarget = ({ text, target }: DisassemblyLine): readonly [text: string, target: string | null] => {
  if (target === null) return [text, null];
  const cut = Math.max(text.lastIndexOf(','), text.lastIndexOf(' ')) + 1;
  return [text.slice(0, cut), text.slice(cut)];
};
