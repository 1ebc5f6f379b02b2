/** A bench for tests of the 8051 alone: registers as plain storage, a module, light, and a program. */
import { ms, VirtualClock } from '#bus/clock.ts';
import { c45 } from '#datasheets/c45.ts';
import { QT2025, QT2025_XDATA, QT2025_XDATA_WINDOW } from '#datasheets/qt2025.ts';
import type { ModuleKind } from '#datasheets/qt2025-catalogue.ts';
import { moduleA0, moduleA2 } from '#datasheets/sfp-modules.ts';
import { Timeline } from '../../timeline.ts';
import { I2cBus } from '../i2c-bus.ts';
import { I2cMemory } from '../i2c-memory.ts';
import type { ReceiverSignals } from '../micro.ts';
import { Micro8051, type Micro8051Options } from './micro-8051.ts';

const GOOD: ReceiverSignals = { locked: true, lost: false, eye: 64, lineUp: true, hostUp: true };
const DARK: ReceiverSignals = { locked: false, lost: true, eye: 0, lineUp: false, hostUp: true };

export const chipBench = (options: Partial<Micro8051Options> = {}) => {
  const clock = new VirtualClock();
  const registers = new Map<number, number>();
  const sram = new Uint8Array(0x6000);
  const xdata = new Uint8Array(0x800);
  const memories = new Map<number, Uint8Array>();
  let cured = 0;
  const light = { signals: GOOD };
  const board = { stuck: false, straps: { eeprom: 4, saves: false } };
  const memory = (device: number) => new I2cMemory({ wordBytes: 1, read: (at) => memories.get(device)?.[at] });
  const wires = new Map([0xa0, 0xa2].map((device) => [device, memory(device)]));
  const at = (device: number) => [wires.get(device)].filter((each) => each !== undefined);
  const time = new Timeline(clock);
  const micro = new Micro8051(time, clock, {
    bus: {
      sram,
      xdata,
      readRegister: (at) => registers.get(at) ?? 0,
      writeRegister: (at, value) => void registers.set(at, value),
      receiver: () => light.signals,
      i2c: new I2cBus({ at, stuck: () => board.stuck }),
      straps: () => board.straps,
    },
    cured: () => {
      cured++;
    },
    ...options,
  });
  const it = {
    clock,
    time,
    micro,
    registers,
    xdata,
    sram,
    get cured() {
      return cured;
    },
    register: (mmd: number, register: number): number => registers.get(c45(mmd, register)) ?? 0,
    /** A cell as the host reads it. */
    cell: (offset: number): number => {
      micro.sync();
      return xdata[offset] ?? 0;
    },
    status: (): number => it.cell(QT2025_XDATA.UC_STATUS.at - QT2025_XDATA_WINDOW.at),
    wait: (milliseconds: number) => clock.advance(ms(milliseconds)),
    signals: (signals: ReceiverSignals): void => {
      light.signals = signals;
      micro.changed();
    },
    /** Null takes the module out: its light goes with it. */
    plug: (kind: ModuleKind | null): void => {
      memories.clear();
      const [a0, a2] = kind === null ? [undefined, undefined] : [moduleA0(kind, 3, 'FL1'), moduleA2(kind)];
      if (a0 !== undefined) memories.set(0xa0, a0);
      if (a2 !== undefined) memories.set(0xa2, a2);
      registers.set(QT2025.PIN_STATUS.at, kind === null ? 1 : 0);
      it.signals(kind === null ? DARK : GOOD);
    },
    memories,
    wires,
    board,
    /** Starts a program with the words a driver leaves. */
    start: (image: Uint8Array, { mode = 0x38, word = 0x0893 } = {}): void => {
      registers.set(QT2025.OP_MODE.at, mode);
      registers.set(QT2025.LAN_WAN.at, 0x98);
      registers.set(QT2025.CFG_WORD0.at, 0x0e00);
      registers.set(QT2025.CFG_WORD1.at, word);
      registers.set(QT2025.CFG_SIGNATURE.at, 0xa528);
      registers.set(QT2025.CFG_WORD3.at, 3);
      sram.fill(0);
      sram.set(image);
      micro.start();
    },
    /** Every change of status with the millisecond it was seen at. */
    statuses: (milliseconds: number): (readonly [ms: number, status: number])[] => {
      const seen: (readonly [number, number])[] = [];
      for (let t = 0; t <= milliseconds; t++) {
        const now = it.status();
        if (now !== seen.at(-1)?.[1]) seen.push([t, now]);
        if (t < milliseconds) it.wait(1);
      }
      return seen;
    },
  };
  registers.set(QT2025.HW_REV.at, 0xb300);
  it.plug('sr');
  return it;
};

export { DARK, GOOD };
