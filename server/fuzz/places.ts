/** Where a driver goes when nothing is wrong: what a bus fault can be about. */
import { ACCESS_OPS, RECORD_BYTES, unpackRecord } from '#bus/trace.ts';
import { nameAt } from '#regmap/names.ts';
import { PARTS } from '#server/scenario/parts.ts';
import { isLabRequester } from '#server/scenario/recording.ts';
import type { RunResult } from '#server/scenario/runner.ts';
import type { FuzzBase } from './fuzz-base.ts';

/** More than these are left alone, the rarest first. */
const MOST = 64;

/** In the filter grammar, the oftenest first, behind them "any access". */
export const placesOf = ({ device, driver, kind }: FuzzBase, { records, names }: RunResult): readonly string[] => {
  const counts = new Map<string, number>();
  const { registers, spans } = PARTS[kind];
  const block = Object.keys(registers).length === 0;
  for (let offset = 0; offset < records.length; offset += RECORD_BYTES) {
    const { op, at, device: on, requester } = unpackRecord(records, offset);
    const who = names.requesters[requester] ?? '';
    if (names.devices[on] !== device || who !== driver || isLabRequester(who) || !ACCESS_OPS.has(op)) continue;
    const name = block
      ? undefined
      : (nameAt(registers, at) ?? spans.find((span) => at >= span.at && at < span.at + span.length)?.name);
    const place = block ? `op == ${op}` : op === 'read' || op === 'write' ? name && `${op} ${name}` : undefined;
    if (place !== undefined && place !== '') counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  const often = [...counts].sort(([, a], [, b]) => b - a).slice(0, MOST);
  return [...often.map(([place]) => place), ''];
};
