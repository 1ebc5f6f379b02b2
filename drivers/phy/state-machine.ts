/** phylib's polling state machine: configures, then looks at the link once a period, and says so when it changes. */
import { asLabError, type LabError } from '#bus/errors.ts';
import type { Params } from '#regmap/params.ts';
import type { DelayedWork } from '../kernel/workqueue.ts';
import type { PhyStatus } from './genphy-c45.ts';
import type { PhyDevice, PhyState } from './phy-device.ts';

/** What the machine asks of a driver. */
export interface PhyOperations {
  configAneg(): Promise<void>;
  readStatus(): Promise<PhyStatus>;
}

/**
 * An access that fails takes the link down and is said once. Linux would halt the PHY there; in a lab the bus comes
 * back, so the machine goes on asking and starts again from `up` when it is answered.
 */
export class PhyStateMachine<P extends Params> {
  readonly #phy: PhyDevice<P>;
  readonly #operations: PhyOperations;
  readonly #periodNs: number;
  readonly #work: DelayedWork;

  constructor(phy: PhyDevice<P>, operations: PhyOperations, periodNs: number) {
    this.#phy = phy;
    this.#operations = operations;
    this.#periodNs = periodNs;
    this.#work = phy.kernel.delayedWork(() => this.#poll());
    phy.state = 'ready';
  }

  /** `phy_start`: the first step runs as soon as the caller is done. */
  start(): void {
    this.#enter('up');
    this.#work.schedule();
  }

  /** `phy_stop`: no more steps; a link that was up is reported down. */
  async stop(): Promise<void> {
    await this.#work.cancelSync();
    this.#enter('halted');
    if (this.#phy.link) this.#linkDown();
  }

  async #poll(): Promise<void> {
    try {
      await this.#step();
    } catch (thrown) {
      const error = asLabError(thrown);
      if (error.code === 'ECANCELED') return;
      this.#failed(error);
    }
    this.#work.schedule(this.#periodNs);
  }

  async #step(): Promise<void> {
    const { state } = this.#phy;
    if (state === 'halted') return;
    if (state === 'up' || state === 'error') await this.#operations.configAneg();
    const status = await this.#operations.readStatus();
    if (state === 'error') this.#recovered();
    this.#phy.mbps = status.mbps;
    this.#phy.duplex = status.duplex;
    const was = this.#phy.link;
    this.#phy.link = status.link;
    if (status.link && this.#phy.state !== 'running') this.#linkUp();
    else if (!status.link && this.#phy.state !== 'nolink') {
      this.#enter('nolink');
      this.#linkDown(was || state === 'up');
    }
  }

  #linkUp(): void {
    const { kernel, mbps, duplex } = this.#phy;
    this.#enter('running');
    kernel.pr.info(`Link is Up - ${printSpeed(mbps)}/${duplex === 'full' ? 'Full' : 'Half'}`);
    kernel.reportLink('up');
  }

  #linkDown(say = true): void {
    this.#phy.link = false;
    if (say) this.#phy.kernel.pr.info('Link is Down');
    this.#phy.kernel.reportLink('down');
  }

  #failed(error: LabError): void {
    const { kernel, state, link } = this.#phy;
    if (state === 'error') return;
    kernel.pr.err(`polling failed with ${error.code}: ${error.message}`);
    this.#enter('error');
    if (link) this.#linkDown();
    else kernel.reportLink(null);
    kernel.reportState('waiting', error);
  }

  #recovered(): void {
    this.#enter('up');
    this.#phy.kernel.pr.notice('the PHY answers again');
    this.#phy.kernel.reportState('live');
  }

  #enter(state: PhyState): void {
    if (this.#phy.state === state) return;
    this.#phy.kernel.pr.debug(`PHY state change ${this.#phy.state.toUpperCase()} -> ${state.toUpperCase()}`);
    this.#phy.state = state;
  }
}

/** `10Gbps`, as `phy_speed_to_str` says it. */
export const printSpeed = (mbps: number | undefined): string => {
  if (mbps === undefined) return 'Unknown';
  return mbps >= 1000 ? `${mbps / 1000}Gbps` : `${mbps}Mbps`;
};
