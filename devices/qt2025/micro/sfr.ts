/** The special function registers of the core itself, and the way to those of the chip around it. */
import { PSW, parity } from './alu.ts';
import type { Cpu } from './cpu.ts';

/** Addresses. Source: Intel MCS-51; DPX as in Dallas 80C390. */
export const SFR = {
  P0: 0x80,
  SP: 0x81,
  DPL: 0x82,
  DPH: 0x83,
  TCON: 0x88,
  TMOD: 0x89,
  TL0: 0x8a,
  TL1: 0x8b,
  TH0: 0x8c,
  TH1: 0x8d,
  DPX: 0x93,
  P2: 0xa0,
  IE: 0xa8,
  IP: 0xb8,
  PSW: 0xd0,
  ACC: 0xe0,
  B: 0xf0,
} as const;

type Reader = (c: Cpu, address: number) => number;
type Writer = (c: Cpu, value: number, address: number) => void;

const OWN: Readonly<Record<number, readonly [Reader, Writer]>> = {
  [SFR.SP]: [
    (c) => c.sp,
    (c, value) => {
      c.sp = value;
    },
  ],
  [SFR.DPL]: [
    (c) => c.dptr & 0xff,
    (c, value) => {
      c.dptr = (c.dptr & 0xff00) | value;
    },
  ],
  [SFR.DPH]: [
    (c) => c.dptr >> 8,
    (c, value) => {
      c.dptr = (c.dptr & 0xff) | (value << 8);
    },
  ],
  [SFR.DPX]: [
    (c) => c.dpx,
    (c, value) => {
      c.dpx = value;
    },
  ],
  [SFR.TCON]: [(c) => c.timer.tcon, (c, value) => c.timer.writeTcon(value)],
  [SFR.TMOD]: [(c) => c.timer.tmod, (c, value) => c.timer.writeTmod(value)],
  [SFR.TL0]: [(c) => c.timer.low(), (c, value) => c.timer.writeLow(value)],
  [SFR.TH0]: [(c) => c.timer.high(), (c, value) => c.timer.writeHigh(value)],
  [SFR.IE]: [(c) => c.ie, (c, value) => writeEnables(c, value, c.ip)],
  [SFR.IP]: [(c) => c.ip, (c, value) => writeEnables(c, c.ie, value)],
  [SFR.PSW]: [
    (c) => (c.psw & ~PSW.P) | parity(c.a),
    (c, value) => {
      c.psw = value & ~PSW.P;
      c.bank = value & PSW.RS;
    },
  ],
  [SFR.ACC]: [
    (c) => c.a,
    (c, value) => {
      c.a = value;
    },
  ],
  [SFR.B]: [
    (c) => c.b,
    (c, value) => {
      c.b = value;
    },
  ],
};

const writeEnables = (c: Cpu, ie: number, ip: number): void => {
  c.ie = ie;
  c.ip = ip;
  c.deferInterrupts();
};

const readOther: Reader = (c, address) =>
  c.claimed[address & 0xff] ? c.peripherals.readSfr(address) : c.sfr[address & 0xff]!;
const writeOther: Writer = (c, value, address) => {
  if (c.claimed[address & 0xff]) c.peripherals.writeSfr(address, value);
  else c.sfr[address & 0xff] = value;
};

/** By address less 80h. */
export const SFR_READERS: readonly Reader[] = Array.from({ length: 0x80 }, (_, n) => OWN[0x80 + n]?.[0] ?? readOther);
export const SFR_WRITERS: readonly Writer[] = Array.from({ length: 0x80 }, (_, n) => OWN[0x80 + n]?.[1] ?? writeOther);
