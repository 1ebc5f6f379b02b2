/** Bringing up the firmware of a QT2025C that boots from its EEPROM. Order of accesses: Linux sfc/falcon/qt202x_phy.c. */
import { ms, seconds } from '#bus/clock.ts';
import { asLabError, LabError } from '#bus/errors.ts';
import { QT2025_XDATA as FW, QT2025 as R } from '#datasheets/qt2025.ts';
import type { Registers } from '#regmap/access.ts';
import type { Kernel } from '../kernel/module.ts';
import type { Loopback } from './mdio-10g.ts';

export const BOARDS = ['old', 'new'] as const;
export type Board = (typeof BOARDS)[number];

const HEARTBEAT_EVERY_NS = ms(100);
const HEARTBEAT_MAX_NS = seconds(5);
const STATUS_MAX_NS = seconds(2.5);
/** The firmware runs: it has left its start-up statuses. */
const STATUS_GOOD = 0x20;
/** Firmware 2.0.1.0 is the first whose mode may be switched. */
const MODE_SWITCHING_SINCE = 0x02000100;
const I2C_STOPS = 9;
const BYTE = 0xff;

/** Waits until the firmware is alive and running, restarting it once when only its status is stuck (bug 17689). */
export const waitReset = async (kernel: Kernel, regs: Registers): Promise<void> => {
  await waitHeartbeat(kernel, regs);
  try {
    await waitStatusGood(kernel, regs);
  } catch (thrown) {
    if (asLabError(thrown).code !== 'ETIMEDOUT') throw thrown;
    kernel.pr.notice('firmware status is stuck: restarting the micro-controller (bug 17689)');
    await restartFirmware(kernel, regs);
    await waitHeartbeat(kernel, regs);
    await waitStatusGood(kernel, regs);
  }
};

/** Activity on one LED, receive link on the other: the SFN4112F's choice. */
export const initLeds = async (regs: Registers): Promise<void> => {
  await regs.write(R.LED0, { PATH: 'rx', MODE: 'activity' });
  await regs.write(R.LED1, { PATH: 'rx', MODE: 'link' });
};

/** Prints what the firmware says of itself; returns its version as one 32-bit number. */
export const firmwareId = async (kernel: Kernel, regs: Registers): Promise<number> => {
  const cells = [
    FW.FW_PRODUCT_HI,
    FW.FW_PRODUCT_LO,
    FW.FW_REVISION,
    FW.FW_VERSION0,
    FW.FW_VERSION1,
    FW.FW_VERSION2,
    FW.FW_YEAR,
    FW.FW_MONTH,
    FW.FW_DAY,
  ];
  const bytes: number[] = [];
  for (const cell of cells) bytes.push((await regs.readRaw(cell)) & BYTE);
  const [high = 0, low = 0, revision, first = 0, third = 0, fourth = 0, year, month, day] = bytes;
  const product = ((high << 8) | low).toString(16);
  const date = [2000 + (year ?? 0), month, day].map((n) => String(n).padStart(2, '0')).join('-');
  kernel.pr.info(`firmware ${product}r${revision} v${first >> 4}.${first & 15}.${third}.${fourth} [${date}]`);
  return (((first >> 4) << 24) | ((first & 15) << 16) | (third << 8) | fourth) >>> 0;
};

/** Self-configure without a loopback, fixed with one; a change replays the boot EEPROM's writes and restarts. */
export const selectMode = async (
  kernel: Kernel,
  regs: Registers,
  { loopback, board, version }: { readonly loopback: Loopback; readonly board: Board; readonly version: number },
): Promise<void> => {
  if (version < MODE_SWITCHING_SINCE) return;
  const wanted = loopback === 'none' ? 'self-configure' : 'fixed';
  if ((await regs.read(R.OP_MODE)).MODE === wanted) return;
  kernel.pr.info(`switching to ${wanted} mode`);

  await regs.write(R.MICRO_RESETN, { RELEASE: false });
  await freeI2c(regs, board);
  await regs.writeRaw(R.GPIO_I2C, 0x4900);
  await regs.write(R.SREFCLK_FREQ, { DIVIDE: 1 });
  await regs.writeRaw(R.BOOT_C316, 0x0013);
  await regs.writeRaw(R.BOOT_C318, 0x0054);
  await regs.write(R.OP_MODE, { MODE: wanted });
  await regs.writeRaw(R.LAN_WAN, 0x0098);
  await regs.writeRaw(R.CFG_WORD0, 0x0e00);
  await regs.writeRaw(R.CFG_WORD1, 0x0013);
  await regs.writeRaw(R.CFG_SIGNATURE, 0xa528);
  await initLeds(regs);
  await regs.write(R.LED2, { MODE: 'off' });
  await regs.writeRaw(R.BOOT_RELOAD, 0x00ff);
  await regs.modify(R.PMA_MODE, { RXIN_SEL: false }); // a PMA loopback leaves the polarity inverted
  await regs.write(R.MICRO_RESETN, { RELEASE: true });
  await kernel.sleep(ms(20));
  await restartFirmware(kernel, regs);
  await waitReset(kernel, regs);
};

/** Boot ROM, then the program that is still in memory. */
const restartFirmware = async (kernel: Kernel, regs: Registers): Promise<void> => {
  await regs.write(R.MICRO_BOOT, { FROM: 'rom' });
  await regs.write(R.MICRO_BOOT, { FROM: 'sram' });
  await kernel.sleep(ms(50));
};

/** The heartbeat must move; a first value of 0 is no value to compare with. */
const waitHeartbeat = async (kernel: Kernel, regs: Registers): Promise<void> => {
  const deadline = kernel.clock.now() + HEARTBEAT_MAX_NS;
  let first = 0;
  for (;;) {
    const beat = (await regs.readRaw(FW.HEARTBEAT)) & BYTE;
    if (first === 0) first = beat;
    else if (beat !== first) return;
    if (kernel.clock.now() > deadline)
      throw new LabError(
        'ETIMEDOUT',
        `no heartbeat in 5000 ms: 3.D7EEh stays ${beat.toString(16).toUpperCase()}h. A direct attach cable whose memory ` +
          "answers at the boot EEPROM's address keeps the firmware from loading",
      );
    await kernel.sleep(HEARTBEAT_EVERY_NS);
  }
};

const waitStatusGood = async (kernel: Kernel, regs: Registers): Promise<void> => {
  const deadline = kernel.clock.now() + STATUS_MAX_NS;
  for (;;) {
    const status = (await regs.readRaw(FW.UC_STATUS)) & BYTE;
    if (status >= STATUS_GOOD) return;
    if (kernel.clock.now() > deadline)
      throw new LabError(
        'ETIMEDOUT',
        `waited 2500 ms until firmware status 3.D7FDh is 20h or more; it reads ${status.toString(16).toUpperCase()}h`,
      );
    await kernel.sleep(HEARTBEAT_EVERY_NS);
  }
};

/** Nine STOPs, bit by bit, free an I2C bus that a module holds. Which pins carry it differs by board. */
const freeI2c = async (regs: Registers, board: Board): Promise<void> => {
  if (board === 'old') {
    await regs.writeRaw(R.GPIO_I2C, 0x4498);
    for (let stop = 0; stop < I2C_STOPS; stop++)
      for (const pins of [0x4488, 0x4480, 0x4490, 0x4498]) await regs.writeRaw(R.GPIO_I2C, pins);
    return;
  }
  await regs.writeRaw(R.GPIO_I2C, 0x0920);
  await regs.write(R.LED2, { MODE: 'off' });
  for (let stop = 0; stop < I2C_STOPS; stop++) {
    await regs.writeRaw(R.GPIO_I2C, 0x0900);
    await regs.write(R.LED2, { MODE: 'on' });
    await regs.writeRaw(R.GPIO_I2C, 0x0920);
    await regs.write(R.LED2, { MODE: 'off' });
  }
  await regs.writeRaw(R.GPIO_I2C, 0x4900);
};
