/** What the display found wrong with its registers, told once for as long as it stays wrong. */
import { DISPLAY } from '#datasheets/display.ts';
import type { Kernel } from '../kernel/module.ts';

export class FerroFindings {
  readonly #kernel: Kernel;
  #known = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** The register as the last flip left it. */
  seen(raw: number): void {
    const fresh = raw & ~this.#known;
    this.#known = raw;
    for (const [name, { lo, doc }] of fresh === 0 ? [] : Object.entries(DISPLAY.FINDING.fields)) {
      if (((fresh >>> lo) & 1) === 0) continue;
      this.#kernel.pr.warning(`the display found ${name}: ${doc}`);
      this.#kernel.finding('scanout', `${name}: ${doc}`);
    }
  }
}
