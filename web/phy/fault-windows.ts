/** When something was broken on purpose: spans of time for the charts to shade. */
import type { ActiveFault } from '#bus/device.ts';
import type { Happening } from '../store/happenings.ts';

export interface FaultWindow {
  readonly name: string;
  /** Lab seconds; `to` is null while it lasts. */
  readonly from: number;
  readonly to: number | null;
}

/** From what happened on one device, and what is on now. Oldest first. */
export const faultWindows = (
  happenings: readonly Happening[],
  device: string,
  active: readonly ActiveFault[],
): readonly FaultWindow[] => {
  const open = new Map<string, number>();
  const closed: FaultWindow[] = [];
  for (const { kind, device: of, text, time } of happenings) {
    if (of !== device) continue;
    const name = text.split(' ')[0] ?? '';
    if (kind === 'fault' && !open.has(name)) open.set(name, time / 1e9);
    const from = open.get(name);
    if (kind === 'cleared' && from !== undefined) {
      closed.push({ name, from, to: time / 1e9 });
      open.delete(name);
    }
  }
  const lasting = active.map(({ name, since }) => ({ name, from: open.get(name) ?? since / 1e9, to: null }));
  return [...closed, ...lasting].sort((a, b) => a.from - b.from);
};
