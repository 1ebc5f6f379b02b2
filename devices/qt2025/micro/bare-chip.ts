/** A chip with nothing on it but XDATA memory: what the core's own tests run on. */
import type { Cpu, Peripherals } from './cpu.ts';
import { SFR } from './sfr.ts';

export interface BareChip extends Peripherals {
  readonly xdata: Uint8Array;
  /** Accesses to pages above 0, in order. */
  readonly paged: {
    readonly op: 'read' | 'write';
    readonly page: number;
    readonly address: number;
    readonly value: number;
  }[];
}

export const bareChip = (): BareChip => {
  const xdata = new Uint8Array(0x10000);
  const paged: BareChip['paged'] = [];
  return {
    xdata,
    paged,
    sfrs: [],
    readSfr: () => 0,
    writeSfr: () => undefined,
    readXdata: (page, address) => {
      const value = xdata[address & 0xffff] ?? 0;
      if (page > 0) paged.push({ op: 'read', page, address, value });
      return value;
    },
    writeXdata: (page, address, value) => {
      if (page > 0) paged.push({ op: 'write', page, address, value });
      else xdata[address & 0xffff] = value;
    },
    dueAt: Number.POSITIVE_INFINITY,
    due: () => undefined,
  };
};

/** Everything a program can see of its core. */
export const stateOf = (cpu: Cpu): Readonly<Record<string, number | string>> => ({
  pc: cpu.pc,
  a: cpu.a,
  b: cpu.b,
  psw: cpu.readDirect(SFR.PSW),
  sp: cpu.sp,
  dptr: cpu.dptr,
  cycle: cpu.now(),
  instructions: cpu.instructions,
  timer: (cpu.timer.high() << 8) | cpu.timer.low(),
  tcon: cpu.timer.tcon,
  idata: cpu.idata.join(' '),
});
