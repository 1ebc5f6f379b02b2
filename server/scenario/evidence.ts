/** The row of the trace a verdict rests on: found by its number, and in words. */
import type { EvidenceView } from '#bus/api.ts';
import type { TraceRecord } from '#bus/trace.ts';
import { blockWords, spanWords } from '#bus/trace-words.ts';
import { printC45 } from '#datasheets/c45.ts';
import { describe } from '#regmap/codec.ts';
import { nameAt } from '#regmap/names.ts';
import { printTime } from './durations.ts';
import type { ScenarioEnv } from './env.ts';
import type { Recording } from './recording.ts';

/** The record of that number, or else the last one of a driver, or else the last one. */
export const evidenceView = (
  env: ScenarioEnv,
  recording: Recording,
  seq: number | null | undefined,
): EvidenceView | null => {
  const index = seq === null || seq === undefined ? lastOfDriver(recording) : indexOf(recording, seq);
  if (index === undefined) return null;
  const record = recording.at(index);
  return { seq: record.seq, text: evidenceText(env, recording, record) };
};

/** `#142 at 1.2 ms: qt2025 write OP_MODE of phy0 = 0039h (MODE 1)`. */
export const evidenceText = (env: ScenarioEnv, recording: Recording, record: TraceRecord): string =>
  `#${record.seq} at ${printTime(record.time)}: ${recording.requester(record) || 'lab'} ${what(env, recording, record)}`;

const what = (env: ScenarioEnv, recording: Recording, record: TraceRecord): string => {
  const { op, at, value, old, outcome } = record;
  const device = recording.device(record);
  const ended = outcome === 'ok' ? '' : ` [${outcome}]`;
  const on = env.device(device);
  const words = blockWords(record, on.buses.block !== undefined) ?? spanWords(record, recording.names);
  if (words !== undefined) return `${op} on ${device}: ${words}${ended}`;
  if (op !== 'read' && op !== 'write') return `${op} on ${device}: ${recording.text(record)}${ended}`;
  const { registers } = on.device;
  const name = nameAt(registers, at);
  const register = registers[name ?? ''];
  const meaning = register === undefined ? '' : describe(register, value, op === 'write' ? old : undefined);
  const digits = (register?.width ?? 16) === 32 ? 8 : 4;
  const number = `${value.toString(16).toUpperCase().padStart(digits, '0')}h`;
  return `${op} ${name ?? printC45(at)} of ${device} = ${number}${meaning && ` (${meaning})`}${ended}`;
};

const lastOfDriver = (recording: Recording): number | undefined => {
  for (let i = recording.count - 1; i >= 0; i--) if (recording.byDriver(recording.at(i))) return i;
  return recording.count > 0 ? recording.count - 1 : undefined;
};

/** By bisection: numbers grow, with holes where other devices of the lab were recorded. */
const indexOf = (recording: Recording, seq: number): number | undefined => {
  let [low, high] = [0, recording.count - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = recording.at(middle).seq;
    if (found === seq) return middle;
    if (found < seq) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
};
