/** The fields of a device's panel, by the device itself: what a scenario may ask of it. */
import { VirtualClock } from '#bus/clock.ts';
import { Trace } from '#bus/trace.ts';
import type { DeviceKind } from '#server/bench-spec.ts';
import { build } from '#server/device-kinds.ts';

const known = new Map<DeviceKind, readonly string[]>();

/** `connector.linkBad`; what is a list, or nothing as long as the device is new, is there by its own name alone. */
export const panelFields = (kind: DeviceKind): readonly string[] => {
  const before = known.get(kind);
  if (before !== undefined) return before;
  const { device } = build({
    name: 'panel',
    spec: { device: kind },
    clock: new VirtualClock(),
    trace: new Trace(1),
    seed: 0,
    firmware: undefined,
    log: undefined,
    makeNullb: undefined,
  });
  const fields = fieldsOf(device.inspect(), '');
  device.retire?.();
  known.set(kind, fields);
  return fields;
};

/** `1280`, `true`; what is no plain value in JSON; undefined where there is no such field. */
export const panelText = (panel: unknown, fields: readonly string[]): string | undefined => {
  let at: unknown = panel;
  for (const field of fields) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, field)) return undefined;
    at = Reflect.get(at, field);
  }
  return typeof at === 'object' && at !== null ? JSON.stringify(at) : String(at);
};

const fieldsOf = (value: unknown, path: string): readonly string[] =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? [path]
    : Object.entries(value).flatMap(([name, of]) => fieldsOf(of, path === '' ? name : `${path}.${name}`));
