/** Which class of mistake an access is, by the datasheet of the part it went to. */
import type { Span } from '#bus/device.ts';
import type { TraceRecord } from '#bus/trace.ts';
import { fieldMask, type Register } from '#regmap/declare.ts';
import { nameAt } from '#regmap/names.ts';
import type { StrictClass } from './model.ts';
import type { Part } from './parts.ts';
import type { Recording } from './recording.ts';

/** The class of mistake an access of a driver is; undefined for one that is none. */
export const classOf = (part: Part, recording: Recording, record: TraceRecord): StrictClass | undefined => {
  if (recording.isMisuse(record)) return 'misuse';
  if ((record.op !== 'read' && record.op !== 'write') || !recording.byDriver(record)) return undefined;
  if (record.outcome === 'refused') return 'misuse';
  if (record.outcome === 'unmodelled') return 'unmapped';
  if (record.outcome === 'ignored') return 'read-only';
  const register = part.registers[nameAt(part.registers, record.at) ?? ''];
  if (register === undefined) return inFirmwareMemory(part, record.at) ? 'undocumented' : undefined;
  if (record.op === 'read') return undefined;
  if (record.outcome === 'kept' && register.evidence === 'choice') return 'undocumented';
  return (record.value & ~record.old & reservedBits(register)) === 0 ? undefined : 'reserved';
};

/** Bits that no field has; none where the datasheet knows no field at all. */
const reservedBits = ({ fields, width }: Register): number => {
  const known = Object.values(fields).reduce((mask, field) => (mask | fieldMask(field)) >>> 0, 0);
  return known === 0 ? 0 : (~known & (2 ** width - 1)) >>> 0;
};

/** Memory that a processor shares with the bus is documented cell by cell. */
const inFirmwareMemory = (part: Part, at: number): boolean =>
  firmwareSpans(part).some((span) => at >= span.at && at < span.at + span.length);

/** Spans with a named cell in them; looked for once, for an upload has thousands of accesses. */
const firmwareSpans = (part: Part): readonly Span[] => {
  const known = SPANS.get(part);
  if (known !== undefined) return known;
  const cells = Object.values(part.registers).filter(({ memory }) => memory !== undefined);
  const found = part.spans.filter((span) => cells.some(({ at }) => at >= span.at && at < span.at + span.length));
  SPANS.set(part, found);
  return found;
};
const SPANS = new WeakMap<Part, readonly Span[]>();
