/** What the firmware does with a module's memory: read, copy, classify, clear, refresh. */
import { c45, mmdOf, registerOf } from '#datasheets/c45.ts';
import { MODULE_TYPE, QT2025, QT2025_DOM, QT2025_DOM_ALT } from '#datasheets/qt2025.ts';
import { classify } from '#datasheets/sfp-modules.ts';
import type { MicroBus } from './micro.ts';
import { X } from './xdata.ts';

/** What the firmware writes by module type. Source: analysis of the public firmware; a type that is not here writes zeros. */
const CLASS: Readonly<
  Record<number, { pma?: number; class?: number; reach?: number; mode?: number; rounds?: number }>
> = {
  [MODULE_TYPE.SR]: { pma: 7, reach: 1, mode: 0x08 },
  [MODULE_TYPE.ER]: { pma: 7, reach: 1, mode: 0x08 },
  [MODULE_TYPE['active-DAC']]: { pma: 7, reach: 1, mode: 0x08 },
  [MODULE_TYPE.LR]: { pma: 6, reach: 2, mode: 0x08 },
  [MODULE_TYPE.LRM]: { pma: 8, class: 0x02, mode: 0x00, rounds: 0x1e },
  [MODULE_TYPE['passive-DAC']]: { pma: 0xb, class: 0x10, mode: 0x20, rounds: 0x1e },
  [MODULE_TYPE['1000T']]: { pma: 0xc, class: 0x20, mode: 0x88 },
  [MODULE_TYPE['1000SX']]: { mode: 0x88 },
  [MODULE_TYPE['1000LX']]: { mode: 0x88 },
  [MODULE_TYPE['1000CX']]: { mode: 0x88 },
};
const ROUNDS = 0x24;
const DONE = 1;
const FAILED = 3;

export const is1G = (type: number): boolean => ((CLASS[type]?.mode ?? 0) & 0x80) !== 0;

/** Nothing known of a module: type 07h, EEPROM copy and diagnostics zero. */
export const clearModule = (bus: MicroBus): void => {
  bus.xdata.fill(0, 0, 0x100);
  bus.xdata[X.MOD_TYPE] = MODULE_TYPE.invalid;
  bus.writeRegister(QT2025.MOD_CLASS.at, 0);
  bus.writeRegister(QT2025.PMA_CTRL2.at, 0);
  bus.writeRegister(QT2025.REACH.at, 0);
  const at = diagnosticsAt(bus);
  for (let n = 0; n < 0x100; n++) bus.writeRegister(at + n, 0);
};

/** A0h into XDATA, A2h into registers; a module that does not answer leaves both as they are. */
export const readModuleMemory = (bus: MicroBus): void => {
  const a0 = readBlock(bus, 0xa0);
  if (a0 !== undefined) bus.xdata.set(a0);
  const a2 = readBlock(bus, 0xa2);
  const at = diagnosticsAt(bus);
  a2?.forEach((byte, n) => void bus.writeRegister(at + n, byte));
  bus.xdata[X.MODULE_READ] = (a0 === undefined ? FAILED : DONE) | ((a2 === undefined ? FAILED : DONE) << 2);
  bus.xdata[X.CABLE_LENGTH] = bus.xdata[18] ?? 0;
};

/** The module's type, as classified or as forced by the configuration. */
export const classifyModule = (bus: MicroBus): number => {
  const found = classify(bus.xdata.subarray(0, 0x100));
  const force = ((bus.xdata[X.OPTIONS_HI] ?? 0) & 0x02) !== 0;
  const type = found === MODULE_TYPE.invalid && force ? (bus.xdata[X.FORCED_TYPE] ?? found) : found;
  bus.xdata[X.MOD_TYPE] = type;
  return CLASS[type] === undefined ? MODULE_TYPE.invalid : type;
};

export const writeModuleClass = (bus: MicroBus, type: number): void => {
  const { pma = 0, class: moduleClass = 0, reach = 0, mode = 0, rounds = ROUNDS } = CLASS[type] ?? {};
  bus.writeRegister(QT2025.MOD_CLASS.at, moduleClass);
  bus.writeRegister(QT2025.PMA_CTRL2.at, pma);
  bus.writeRegister(QT2025.REACH.at, reach);
  bus.xdata[X.CFG_MODE] = mode;
  bus.xdata[X.GOOD_ROUNDS] = rounds;
};

/** Measured values, status and flags once more. */
export const refreshDiagnostics = (bus: MicroBus): void => {
  const at = diagnosticsAt(bus);
  for (const [from, count] of [
    [0x60, 10],
    [0x6e, 1],
    [0x70, 2],
    [0x74, 2],
  ] as const)
    for (let n = from; n < from + count; n++) {
      const byte = bus.readModule(0xa2, n);
      if (byte !== undefined) bus.writeRegister(at + n, byte);
    }
};

/** Option D706h bit 7 says where A2h goes. */
export const diagnosticsAt = (bus: MicroBus): number =>
  ((bus.xdata[X.OPTIONS_LO] ?? 0) & 0x80) !== 0
    ? QT2025_DOM.at
    : c45(mmdOf(QT2025_DOM_ALT.at), registerOf(QT2025_DOM_ALT.at));

const readBlock = (bus: MicroBus, device: number): Uint8Array | undefined => {
  const bytes = Array.from({ length: 0x100 }, (_, n) => bus.readModule(device, n));
  return bytes.every((byte) => byte !== undefined) ? Uint8Array.from(bytes) : undefined;
};
