/** One PHY that has been found on a management bus: what its driver's callbacks are given. */

import type { Registers } from '#regmap/access.ts';
import type { Params } from '#regmap/params.ts';
import type { Kernel } from '../kernel/module.ts';
import type { C45Ids } from './discovery.ts';

/** As phylib names them; `error` here keeps polling, because a lab comes back. */
export type PhyState = 'down' | 'ready' | 'up' | 'running' | 'nolink' | 'halted' | 'error';

export class PhyDevice<P extends Params = Params> {
  readonly kernel: Kernel<P>;
  readonly regs: Registers;
  readonly ids: C45Ids;
  state: PhyState = 'down';
  /** As the last status read saw it. */
  link = false;
  /** Undefined: unknown. */
  mbps: number | undefined;
  duplex: 'full' | 'half' = 'full';
  /** Link modes by the kernel's names. */
  supported: readonly string[] = [];

  constructor(kernel: Kernel<P>, ids: C45Ids) {
    this.kernel = kernel;
    this.ids = ids;
    this.regs = kernel.registers(ids.prtad);
  }

  get prtad(): number {
    return this.ids.prtad;
  }
}
