/** The snapshot of a virtual QT2025: everything it keeps, plain JSON. */
import type { ActiveFault } from '#bus/device.ts';
import { LabError } from '#bus/errors.ts';
import type { FileSnapshot } from '#regmap/file.ts';
import type { TimelineSnapshot } from '../timeline.ts';
import type { Boot } from './boot.ts';
import type { Cage } from './cage.ts';
import type { ConditionsSnapshot } from './conditions.ts';
import type { CountersSnapshot } from './errors.ts';
import type { LinkRegisters } from './link-registers.ts';
import type { MemorySnapshot } from './memory.ts';

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
