/** Interrupts of the 8051: who asks, who goes first, and the call to the vector. Source: Intel MCS-51, interrupt system. */
import type { Cpu } from './cpu.ts';
import { TCON } from './timer.ts';

interface Source {
  readonly name: string;
  readonly vector: number;
  /** Bit in IE and IP. */
  readonly enable: number;
  /** Request flag in TCON. */
  readonly flag: number;
  /** The flag goes away by itself when the vector is taken: always, or only with this TCON bit (edge triggered). */
  readonly clearsIf: number;
}

const ALWAYS = 0xff;
/** In polling order. Serial port and timer 1 are not on this chip's list of used parts; timer 1's flag can be set by software. */
const SOURCES: readonly Source[] = [
  { name: 'IE0', vector: 0x03, enable: 0x01, flag: TCON.IE0, clearsIf: TCON.IT0 },
  { name: 'TF0', vector: 0x0b, enable: 0x02, flag: TCON.TF0, clearsIf: ALWAYS },
  { name: 'IE1', vector: 0x13, enable: 0x04, flag: TCON.IE1, clearsIf: TCON.IT1 },
  { name: 'TF1', vector: 0x1b, enable: 0x08, flag: TCON.TF1, clearsIf: ALWAYS },
];
const EA = 0x80;
const FLAGS = TCON.IE0 | TCON.TF0 | TCON.IE1 | TCON.TF1;
/** The hardware call to the vector takes as long as LCALL. */
const ENTRY_CYCLES = 4;

/** The request that is served now, if the core may be interrupted at all. */
export const pendingInterrupt = (c: Cpu): Source | undefined => {
  if ((c.ie & EA) === 0 || (c.timer.tcon & FLAGS) === 0 || (c.inService & 2) !== 0) return undefined;
  let low: Source | undefined;
  for (const source of SOURCES) {
    if ((c.ie & source.enable) === 0 || (c.timer.tcon & source.flag) === 0) continue;
    if ((c.ip & source.enable) !== 0) return source;
    low ??= source;
  }
  return c.inService === 0 ? low : undefined;
};

export const enterInterrupt = (c: Cpu, { vector, enable, flag, clearsIf }: Source): void => {
  c.inService |= (c.ip & enable) !== 0 ? 2 : 1;
  if (clearsIf === ALWAYS || (c.timer.tcon & clearsIf) !== 0) c.timer.clear(flag);
  c.push(c.pc & 0xff);
  c.push(c.pc >> 8);
  c.pc = vector;
  c.idle(ENTRY_CYCLES);
};

/** RETI ends the highest level being served, wherever the instruction stands. */
export const leaveInterrupt = (c: Cpu): void => {
  c.inService &= (c.inService & 2) !== 0 ? ~2 : ~1;
  c.deferInterrupts();
};
