/** The snapshot of a virtual QT2025: everything it keeps, plain JSON. */
import type { ActiveFault } from '#bus/device.ts';
import { LabError } from '#bus/errors.ts';
import type { QT2025 } from '#datasheets/qt2025.ts';
import type { QT2025_FAULTS } from '#datasheets/qt2025-catalogue.ts';
import type { FileSnapshot, RegisterFile } from '#regmap/file.ts';
import type { FaultBoard } from '../fault-board.ts';
import type { Timeline, TimelineSnapshot } from '../timeline.ts';
import type { Boot } from './boot.ts';
import type { Cage } from './cage.ts';
import type { Conditions, ConditionsSnapshot } from './conditions.ts';
import type { CountersSnapshot, ErrorCounters } from './errors.ts';
import type { GatewayLog } from './gateway-log.ts';
import type { I2cMemory } from './i2c-memory.ts';
import type { LasiPin } from './lasi-pin.ts';
import type { LinkRegisters } from './link-registers.ts';
import type { Memory, MemorySnapshot } from './memory.ts';
import type { Micro } from './micro.ts';
import type { ProgramMemory } from './program-memory.ts';
import type { SignalPath } from './signal-path.ts';

export interface Qt2025Snapshot {
  readonly device: 'qt2025';
  readonly time: TimelineSnapshot;
  readonly registers: FileSnapshot;
  readonly memory: MemorySnapshot;
  readonly links: ReturnType<LinkRegisters['snapshot']>;
  readonly errors: CountersSnapshot;
  readonly cage: ReturnType<Cage['snapshot']>;
  readonly boot: ReturnType<Boot['snapshot']>;
  readonly conditions: ConditionsSnapshot;
  /** `since` in the device's own time. */
  readonly faults: readonly ActiveFault[];
  readonly lasi: boolean;
  readonly micro: unknown;
  /** Word addresses of the module's two memories. */
  readonly module: readonly (readonly number[])[];
  /** What the trace was told of the 8051's accesses. */
  readonly told: readonly (readonly [at: number, value: number])[];
}

const PARTS: readonly (keyof Qt2025Snapshot)[] = [
  'time',
  'registers',
  'memory',
  'links',
  'errors',
  'cage',
  'boot',
  'conditions',
  'faults',
  'lasi',
  'micro',
  'module',
  'told',
];

/** Takes a snapshot of this device, or says why it is none. */
export const parseSnapshot = (snapshot: unknown): Qt2025Snapshot => {
  const given = (typeof snapshot === 'object' && snapshot !== null ? snapshot : {}) as Partial<Qt2025Snapshot>;
  if (given.device !== 'qt2025')
    throw new LabError('EINVAL', `this is a snapshot of '${String(given.device)}', a 'qt2025' is needed`);
  const missing = PARTS.filter((part) => given[part] === undefined);
  if (missing.length > 0) throw new LabError('EINVAL', `the snapshot lacks ${missing.join(', ')}`);
  return given as Qt2025Snapshot; // what a device of this kind wrote
};

/** Everything of the device that keeps something. */
export interface SnapshotParts {
  readonly time: Timeline;
  readonly regs: RegisterFile<typeof QT2025>;
  readonly memory: Memory;
  readonly links: LinkRegisters;
  readonly errors: ErrorCounters;
  readonly cage: Cage;
  readonly boot: Boot;
  readonly conditions: Conditions;
  readonly faults: FaultBoard<typeof QT2025_FAULTS>;
  readonly path: SignalPath;
  readonly program: ProgramMemory;
  readonly micro: Micro;
  readonly pin: LasiPin;
  readonly module: readonly I2cMemory[];
  readonly log: GatewayLog;
}

export const takeSnapshot = (of: SnapshotParts): Qt2025Snapshot => ({
  device: 'qt2025',
  micro: of.micro.snapshot(),
  time: of.time.snapshot(),
  registers: of.regs.snapshot(),
  memory: of.memory.snapshot(),
  links: of.links.snapshot(),
  errors: of.errors.snapshot(),
  cage: of.cage.snapshot(),
  boot: of.boot.snapshot(),
  conditions: of.conditions.snapshot(),
  faults: of.faults.active.map((fault) => ({ ...fault, since: fault.since - of.time.labTime(0) })),
  lasi: of.pin.asserted,
  module: of.module.map((memory) => memory.snapshot()),
  told: of.log.snapshot(),
});

/** In this order: time before what counts in it, memories before what is computed from them. */
export const applySnapshot = (to: SnapshotParts, from: Qt2025Snapshot): void => {
  to.time.restore(from.time);
  to.regs.restore(from.registers);
  to.memory.restore(from.memory);
  to.links.restore(from.links);
  to.errors.restore(from.errors);
  to.cage.restore(from.cage);
  to.boot.restore(from.boot);
  to.conditions.restore(from.conditions);
  to.faults.restore(from.faults.map((fault) => ({ ...fault, since: fault.since + to.time.labTime(0) })));
  to.path.restored();
  to.program.restored();
  to.micro.restore(from.micro);
  to.pin.restore(from.lasi);
  for (const [i, memory] of to.module.entries()) memory.restore(from.module[i] ?? []);
  to.log.restore(from.told);
};
