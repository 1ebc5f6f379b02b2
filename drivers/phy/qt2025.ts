/** QT2025 driver: the probe steps of Linux drivers/net/phy/qt2025.rs; status is phylib's. */
import { ms, seconds } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import {
  QT2025_PHY_ID,
  QT2025_REVISION,
  QT2025_SRAM,
  QT2025_SRAM_BYTES,
  QT2025_XDATA,
  QT2025 as R,
  UC_STATUS,
} from '#datasheets/qt2025.ts';
import type { Registers } from '#regmap/access.ts';
import { text } from '#regmap/params.ts';
import { readPollTimeout } from '../kernel/iopoll.ts';
import { definePhyDriver } from './phylib.ts';

export const QT2025_FIRMWARE = 'ferrolab-qt2025.fw';

export const qt2025 = definePhyDriver({
  name: 'qt2025',
  description: 'AMCC QT2025 PHY driver, after the Linux Rust driver',
  author: 'Ferrolab',
  license: 'Apache-2.0',
  drives: ['qt2025'],
  firmware: [QT2025_FIRMWARE],
  phyId: QT2025_PHY_ID,
  params: {
    firmware: text('Firmware file to upload; with a slash in it, a path', QT2025_FIRMWARE),
  },

  async probe({ regs, kernel }) {
    const { REV } = await regs.read(R.HW_REV);
    if (REV !== QT2025_REVISION)
      throw new LabError('ENODEV', `QT2025 revision ${hex(REV)}: only ${hex(QT2025_REVISION)} is known`);

    // All of this happens before the firmware is asked for: a missing file leaves the chip in its boot ROM.
    await regs.write(R.MICRO_RESETN, { RELEASE: false });
    await regs.write(R.SREFCLK_FREQ, { DIVIDE: 1 });
    await regs.write(R.OP_MODE, { MODE: 'self-configure' });
    await regs.writeRaw(R.LAN_WAN, 0x0098);
    await regs.writeRaw(R.CFG_WORD0, 0x0e00);
    await regs.writeRaw(R.CFG_WORD1, 0x0893);
    await regs.writeRaw(R.CFG_SIGNATURE, 0xa528);
    await regs.writeRaw(R.CFG_WORD3, 0x0003);
    await regs.writeRaw(R.A30A, 0x06e1); // sic: the merged driver; the vendor's writes 1.C30Ah
    await regs.write(R.MICRO_RESETN, { RELEASE: true });
    await regs.write(R.MICRO_BOOT, { FROM: 'rom' });

    const firmware = await kernel.requestFirmware(kernel.params.firmware);
    await upload(regs, firmware);
    await regs.write(R.MICRO_BOOT, { FROM: 'sram' });

    await readPollTimeout(
      kernel,
      () => regs.readRaw(QT2025_XDATA.UC_STATUS),
      (status) => status !== UC_STATUS.starting && status !== UC_STATUS.configured,
      { until: 'micro-controller status 3.D7FDh is neither 00h nor 10h', everyNs: ms(50), timeoutNs: seconds(3) },
    );
    kernel.pr.info(`firmware ${kernel.params.firmware}: ${firmware.length} bytes uploaded`);
  },
});

/** One byte a register, both windows in one message. */
const upload = async (regs: Registers, firmware: Uint8Array): Promise<void> => {
  if (firmware.length > QT2025_SRAM_BYTES)
    throw new LabError('EFBIG', `the firmware is ${firmware.length} bytes, program memory holds ${QT2025_SRAM_BYTES}`);
  await regs.port.writeAll(
    QT2025_SRAM.flatMap(({ at, length, offset }) =>
      Array.from(firmware.subarray(offset, offset + length), (byte, i) => [at + i, byte] as const),
    ),
  );
};

const hex = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;
