/** What the 8051 finds around it on this chip: memories, registers by the gateway, the receiver, and the I2C bus. */
import { type QT2025, QT2025_BOOT_EEPROM } from '#datasheets/qt2025.ts';
import type { QT2025_FAULTS } from '#datasheets/qt2025-catalogue.ts';
import type { RegisterFile } from '#regmap/file.ts';
import type { FaultBoard } from '../fault-board.ts';
import type { BootEeprom } from './boot-eeprom.ts';
import type { Cage } from './cage.ts';
import { I2cBus } from './i2c-bus.ts';
import { I2cMemory } from './i2c-memory.ts';
import type { Memory } from './memory.ts';
import type { MicroBus, ReceiverSignals } from './micro.ts';

export interface MicroBusParts {
  readonly regs: RegisterFile<typeof QT2025>;
  readonly memory: Memory;
  readonly cage: Cage;
  readonly faults: FaultBoard<typeof QT2025_FAULTS>;
  readonly eeprom: BootEeprom | undefined;
  /** What the next bus read would return: the gateway leaves latches to the host, no alarm is eaten by the firmware. Our choice. */
  readonly look: (at: number) => number;
  readonly change: (at: number, change: () => void) => void;
  readonly receiver: () => ReceiverSignals;
  readonly saves: () => boolean;
}

const A0 = 0xa0;
const A2 = 0xa2;

/** The bus, and the word addresses of the module's memories, which are worth a snapshot. */
export const microBus = (parts: MicroBusParts): { readonly bus: MicroBus; readonly module: readonly I2cMemory[] } => {
  const { regs, memory, cage, faults, eeprom } = parts;
  // Modules in this cage keep nothing: a write is acknowledged and forgotten.
  const [a0, a2] = [A0, A2].map((device) => new I2cMemory({ wordBytes: 1, read: (at) => cage.read(device, at) }));
  const at = (device: number): I2cMemory[] => {
    if (device === A0) return [a0!];
    if (device === A2) return [a2!];
    if (device !== QT2025_BOOT_EEPROM.address) return [];
    return [...(eeprom === undefined ? [] : [eeprom.wire]), ...(faults.has('eeprom-clash') ? [a0!] : [])];
  };
  const bus: MicroBus = {
    sram: memory.sram,
    xdata: memory.xdata,
    readRegister: parts.look,
    writeRegister: (address, value) => {
      const cell = memory.cell(address);
      if (regs.has(address)) parts.change(address, () => void regs.write(address, value));
      else if (cell?.kind === 'dom') cell.bytes[cell.index] = value;
    },
    receiver: parts.receiver,
    i2c: new I2cBus({ at, stuck: () => faults.has('i2c-hung') }),
    straps: () => ({ eeprom: QT2025_BOOT_EEPROM.straps, saves: parts.saves() }),
  };
  return { bus, module: [a0!, a2!] };
};
