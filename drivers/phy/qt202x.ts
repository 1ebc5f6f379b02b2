/** QT202x driver: what Solarflare's Linux driver (sfc/falcon/qt202x_phy.c) does with a QT2025C and takes for link up. */
import { ms, seconds } from '#bus/clock.ts';
import { asLabError } from '#bus/errors.ts';
import { Mmd } from '#datasheets/c45.ts';
import { QT2025 as R } from '#datasheets/qt2025.ts';
import type { Registers } from '#regmap/access.ts';
import { number, oneOf, onOff } from '#regmap/params.ts';
import { defineModule, type Kernel } from '../kernel/module.ts';
import {
  LOOPBACKS,
  type Loopback,
  mdio45LinksOk,
  mdio45Reconfigure,
  mdio45ResetMmd,
  mdio45SelfTest,
} from './mdio-10g.ts';
import { BOARDS, firmwareId, initLeds, selectMode, waitReset } from './qt202x-boot.ts';

const RESET_TRIES = 50;
const BOOT_NS = ms(250);
const BUG17190_EVERY_NS = seconds(2);
const BUG17190_PULSE_NS = ms(100);

export const qt202x = defineModule({
  name: 'qt202x',
  description:
    'Applied Micro QT202x PHY driver, after the Linux Solarflare driver; firmware comes from the boot EEPROM',
  author: 'Ferrolab',
  license: 'Apache-2.0',
  drives: ['qt2025'],
  params: {
    prtad: number('Port address of the PHY', { min: 0, max: 31, default: 1, whole: true }),
    poll_ms: number('Time between two looks at the link', { min: 10, max: 60_000, default: 1000, unit: 'ms' }),
    loopback: oneOf('Where the host is returned to itself; phyxs-ws returns the line', LOOPBACKS, 'none'),
    tx_disable: onOff('Keep the transmitter dark'),
    reset: onOff('Reset through 4.0 bit 15 first, as a QT2022 is'),
    board: oneOf('Board revision: which pins carry the I2C bus of the module', BOARDS, 'new'),
  },

  async init(kernel) {
    const { loopback, board, tx_disable: txDisable, reset, prtad, poll_ms: pollMs } = kernel.params;
    const regs = kernel.registers(prtad);
    if (reset) await mdio45ResetMmd(kernel, regs, Mmd.PHYXS, RESET_TRIES);
    await waitReset(kernel, regs);
    await kernel.sleep(BOOT_NS);
    await initLeds(regs);
    await printId(kernel, regs);
    const version = await firmwareId(kernel, regs);

    await selectMode(kernel, regs, { loopback, board, version });
    const dark = txDisable || loopback === 'pma' || loopback === 'pcs';
    await regs.modify(R.FTX_CTRL2, { STATIC: dark });
    await mdio45Reconfigure(regs, loopback);
    await regs.modify(R.XGXS_VEND1, { SYSLPBK: loopback === 'phyxs' });
    await mdio45SelfTest(regs);

    const monitor = new LinkMonitor(kernel, regs, loopback);
    const work = kernel.delayedWork(async () => {
      await monitor.poll();
      work.schedule(ms(pollMs));
    });
    work.schedule();
  },
});

const printId = async ({ pr }: Kernel, regs: Registers): Promise<void> => {
  const low = await regs.readRaw(R.PHYXS_DEVID2);
  const high = await regs.readRaw(R.PHYXS_DEVID1);
  pr.info(`PHY id 0x${(((high << 16) | low) >>> 0).toString(16).padStart(8, '0')}`);
};

/** Looks at the link, works around a stuck PCS, and says what changed. */
class LinkMonitor {
  readonly #kernel: Kernel;
  readonly #regs: Registers;
  readonly #loopback: Loopback;
  #up: boolean | undefined;
  #lost = false;
  /** When to pulse the loopback; undefined while the PCS is not stuck. */
  #pulseAt: number | undefined;

  constructor(kernel: Kernel, regs: Registers, loopback: Loopback) {
    this.#kernel = kernel;
    this.#regs = regs;
    this.#loopback = loopback;
  }

  async poll(): Promise<void> {
    try {
      const up = await mdio45LinksOk(this.#regs, this.#loopback);
      this.#found();
      this.#say(up);
      await this.#unstick(up);
    } catch (thrown) {
      const error = asLabError(thrown);
      if (error.code === 'ECANCELED') throw error;
      if (this.#lost) return;
      this.#lost = true;
      this.#kernel.pr.err(`polling failed with ${error.code}: ${error.message}`);
      this.#say(false);
      this.#kernel.reportState('waiting', error);
    }
  }

  #found(): void {
    if (!this.#lost) return;
    this.#lost = false;
    this.#kernel.pr.notice('the PHY answers again');
    this.#kernel.reportState('live');
  }

  #say(up: boolean): void {
    if (this.#up === up) return;
    this.#up = up;
    this.#kernel.pr.info(up ? 'link up at 10000Mbps full-duplex' : 'link down');
    this.#kernel.reportLink(up ? 'up' : 'down');
  }

  /** Bug 17190: PMA and PHY XS are up, the PCS is not and stays so. A short PMA loopback wakes it. */
  async #unstick(up: boolean): Promise<void> {
    const { clock, pr, sleep } = this.#kernel;
    if (up || !(await mdio45LinksOk(this.#regs, this.#loopback, [Mmd.PMAPMD, Mmd.PHYXS]))) {
      this.#pulseAt = undefined;
      return;
    }
    this.#pulseAt ??= clock.now() + BUG17190_EVERY_NS;
    if (clock.now() < this.#pulseAt) return;
    pr.notice('the PCS is stuck: pulsing the PMA loopback (bug 17190)');
    await this.#regs.modify(R.PMA_CTRL1, { LOOPBACK: true });
    try {
      await sleep(BUG17190_PULSE_NS);
    } finally {
      await this.#regs.modify(R.PMA_CTRL1, { LOOPBACK: false });
    }
    this.#pulseAt = clock.now() + BUG17190_EVERY_NS;
  }
}
