/** What the parts of one lab share: the running lab as its HTTP plugins and its feed see it. */
import type { LabView } from '#bus/api.ts';
import type { DeviceViews } from './device-views.ts';
import type { GuardOptions } from './guard.ts';
import type { LabHost } from './lab.ts';
import type { RunBook } from './runs.ts';

export interface LabContext extends LabHost {
  readonly view: () => LabView;
  readonly views: DeviceViews;
  readonly runs: RunBook;
  readonly guard: GuardOptions;
  readonly webRoot: string | undefined;
  /** Firmware files by name; throws ENOENT. */
  readonly firmware: (name: string) => Uint8Array;
}
