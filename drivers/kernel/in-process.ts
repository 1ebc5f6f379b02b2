/** A kernel port without a bus: what a module is given when it runs in the process of its test. */
import type { ModuleState } from '#bus/api.ts';
import type { Clock } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import type { KernelPort } from '#bus/kernel-port.ts';
import type { MdioPort } from '#bus/mdio.ts';

export interface InProcess extends KernelPort {
  /** `info: Link is Up`, oldest first. */
  readonly lines: readonly string[];
  /** What the module reported last. */
  readonly status: {
    readonly state: ModuleState;
    readonly link: 'up' | 'down' | null;
    readonly error: { readonly code: string; readonly message: string } | null;
  };
  /** Every link report, in order. */
  readonly links: readonly ('up' | 'down' | null)[];
}

export const inProcess = (
  clock: Clock,
  mdio?: MdioPort,
  firmware: Readonly<Record<string, Uint8Array>> = {},
): InProcess => {
  const lines: string[] = [];
  const links: ('up' | 'down' | null)[] = [];
  let status: InProcess['status'] = { state: 'loading', link: null, error: null };
  return {
    clock,
    ports: mdio === undefined ? {} : { mdio },
    async requestFirmware(name) {
      const found = firmware[name];
      if (found === undefined) throw new LabError('ENOENT', `no firmware '${name}'`);
      return found;
    },
    log: (level, text) => void lines.push(`${level}: ${text}`),
    report(changed) {
      status = { ...status, ...changed };
      if (changed.link !== undefined) links.push(changed.link);
    },
    lines,
    links,
    get status() {
      return status;
    },
  };
};
