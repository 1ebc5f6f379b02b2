/** `ferrolab/driver`: what a driver of your own imports. The published face of modules, phylib, registers and the QT2025's datasheet. */

export { ms, seconds, us } from '#bus/clock.ts';
export { type ErrnoName, LabError } from '#bus/errors.ts';
export type { DriverModule, KernelPort, LoadedModule } from '#bus/kernel-port.ts';
export { addressFrame, c45Registers, driven, type MdioPort, readFrame, unpackFrame, writeFrame } from '#bus/mdio.ts';
export type { MmioPort } from '#bus/mmio.ts';
export { c45, Mmd, printC45 } from '#datasheets/c45.ts';
export {
  MODULE_TYPE,
  QT2025,
  QT2025_PHY_ID,
  QT2025_REVISION,
  QT2025_SRAM,
  QT2025_SRAM_BYTES,
  QT2025_XDATA,
  UC_STATUS,
} from '#datasheets/qt2025.ts';
export type { HrTimer, HrTimerRestart } from '#drivers/kernel/hrtimer.ts';
export { readPollTimeout } from '#drivers/kernel/iopoll.ts';
export { defineModule, type Kernel, type ModuleDeclaration } from '#drivers/kernel/module.ts';
export {
  genphyC45ConfigAneg,
  genphyC45ReadLink,
  genphyC45ReadStatus,
  genphyC45SoftReset,
  type PhyStatus,
} from '#drivers/phy/genphy-c45.ts';
export type { PhyDevice, PhyState } from '#drivers/phy/phy-device.ts';
export { definePhyDriver, type PhyDriver, type PhyParams } from '#drivers/phy/phylib.ts';
export { type RegisterPort, Registers } from '#regmap/access.ts';
export {
  bits,
  choice,
  flag,
  type Register,
  reg,
  type Table,
  table,
  type Values,
  type Writes,
} from '#regmap/declare.ts';
export { number, oneOf, onOff, type Params, type Settings, text } from '#regmap/params.ts';
