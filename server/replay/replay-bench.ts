/** The bench of a recording once more, from what its header and its records say of it. */
import { LabError, unknownName } from '#bus/errors.ts';
import { EDID_WINDOW_BYTES } from '#datasheets/display.ts';
import { type RecordedSection, recordAt } from '#recording/decode.ts';
import { type BenchSpec, checkBench } from '../bench-spec.ts';

/** Time goes on in a replay as it went on then, and somebody waits. */
export const tooLong = (what: string, ns: number, mostNs: number): LabError =>
  new LabError('EINVAL', `${what} go on for ${hours(ns)} hours of lab time; a replay takes ${hours(mostNs)} at most`);
const hours = (ns: number): string => (ns / 3.6e12).toFixed(1);

/** The bench as the header has it; EINVAL where this version could not build it, ENOENT for a device it has not. */
export const specOf = ({ header }: RecordedSection, asked: readonly string[] | undefined): BenchSpec => {
  const bench = Object.keys(header.bench).length === 0 ? {} : checkBench(header.bench);
  const names = Object.keys(bench);
  if (names.length === 0) throw new LabError('EINVAL', 'the recording names no device that could be built');
  for (const name of asked ?? []) if (!names.includes(name)) throw unknownName('device', name, names);
  return Object.fromEntries(Object.entries(bench).filter(([name]) => asked?.includes(name) !== false));
};

/** The wires of a live bench take no time unless told. */
export const withoutWireTime = (bench: BenchSpec): BenchSpec =>
  Object.fromEntries(
    Object.entries(bench).map(([name, spec]) => [name, spec.device === 'qt2025' ? { mdc_hz: 0, ...spec } : spec]),
  );

/** Where each device's EDID window was read. */
export const edidPlaces = (section: RecordedSection): ReadonlyMap<string, ReadonlySet<number>> => {
  const found = new Map<string, Set<number>>();
  const displays = new Set(section.devices.filter(({ kind }) => kind === 'display').map(({ name }) => name));
  for (let i = 0; i < section.count; i++) {
    const { op, device, at } = recordAt(section, i);
    const name = section.names.devices[device] ?? '';
    if (op !== 'read' || at >= EDID_WINDOW_BYTES || !displays.has(name)) continue;
    const places = found.get(name) ?? new Set();
    found.set(name, places.add(at));
  }
  return found;
};
