/** A kernel port without a bus: what a module is given when it runs in the process of its test. */
import type { ModuleState } from '#bus/api.ts';
import type { OfferedCard } from '#bus/card.ts';
import type { Clock } from '#bus/clock.ts';
import type { Disk } from '#bus/disk.ts';
import { LabError } from '#bus/errors.ts';
import type { DevicePorts, KernelPort } from '#bus/kernel-port.ts';

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
  /** `double completion: tag 3 ...`, oldest first. */
  readonly findings: readonly string[];
  /** Disks it offers now, by name. */
  readonly disks: ReadonlyMap<string, Disk>;
  /** Cards it offers now, by name. */
  readonly cards: ReadonlyMap<string, OfferedCard>;
  /** An interrupt line of its device changes. */
  interrupt(line: string, asserted: boolean): void;
}

export const inProcess = (
  clock: Clock,
  ports: DevicePorts = {},
  firmware: Readonly<Record<string, Uint8Array>> = {},
): InProcess => {
  const lines: string[] = [];
  const links: ('up' | 'down' | null)[] = [];
  const found: string[] = [];
  const disks = new Map<string, Disk>();
  const cards = new Map<string, OfferedCard>();
  const interrupted = new Set<(line: string, asserted: boolean) => void>();
  let status: InProcess['status'] = { state: 'loading', link: null, error: null };
  return {
    clock,
    ports,
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
    onInterrupt(listener) {
      interrupted.add(listener);
      return () => void interrupted.delete(listener);
    },
    finding: (what, text) => void found.push(`${what}: ${text}`),
    addDisk(disk) {
      if (disks.has(disk.name)) throw new LabError('EEXIST', `there is a disk ${disk.name} already`);
      disks.set(disk.name, disk);
      return () => void disks.delete(disk.name);
    },
    addCard(card) {
      if (cards.has(card.name)) throw new LabError('EEXIST', `there is a card ${card.name} already`);
      cards.set(card.name, card);
      return () => void cards.delete(card.name);
    },
    interrupt(line, asserted) {
      for (const listener of [...interrupted]) listener(line, asserted);
    },
    lines,
    links,
    findings: found,
    disks,
    cards,
    get status() {
      return status;
    },
  };
};
