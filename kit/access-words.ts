/** A driver's accesses in the words an expected sequence is written in, so that the two can be compared line by line. */
import { BLOCK_OPS } from '#bus/block.ts';
import type { TraceRecord } from '#bus/trace.ts';
import { printC45 } from '#datasheets/c45.ts';
import { nameAt } from '#regmap/names.ts';
import type { BenchDevice } from '#server/bench-device.ts';
import type { ScenarioEnv } from '#server/scenario/env.ts';
import type { Recording } from '#server/scenario/recording.ts';

/** More are nobody's to read. */
const MOST_LINES = 200;

/**
 * Equal ones in a row are one line with their number, as is a run in memory. Of reads only those are of interest whose
 * place `wanted` names: the others may come between.
 */
export const accessWords = (
  recording: Recording,
  env: ScenarioEnv,
  device: string,
  { since, wanted }: { readonly since: number; readonly wanted: readonly string[] },
): readonly string[] => {
  const on = env.device(device);
  const reads = new Set(
    wanted.map((text) => text.trim().split(/\s+/, 2).join(' ')).filter((text) => /^read\b/.test(text)),
  );
  const lines: string[] = [];
  let run: { readonly text: string; readonly counted: boolean; count: number } | undefined;
  const end = (): void => {
    if (run !== undefined) lines.push(run.counted || run.count > 1 ? `${run.text} x${run.count}` : run.text);
    run = undefined;
  };
  for (let i = since; i < recording.count; i++) {
    const record = recording.at(i);
    if (recording.device(record) !== device || !recording.byDriver(record)) continue;
    const { op, place, rest, counted } = words(record, on);
    if (op === 'read' && !reads.has(`read ${place}`) && on.buses.block === undefined) continue;
    const text = [op, place, rest].filter(Boolean).join(' ');
    if (run?.text === text) run.count++;
    else {
      end();
      if (lines.length >= MOST_LINES) return [...lines, '… and more'];
      run = { text, counted, count: 1 };
    }
  }
  end();
  return lines;
};

interface Words {
  readonly op: string;
  readonly place: string;
  readonly rest: string;
  /** Always with its number. */
  readonly counted: boolean;
}

const words = (record: TraceRecord, on: BenchDevice): Words => {
  const { op, at, value, old, aux } = record;
  if (on.buses.block !== undefined) {
    const request = op === 'zone' ? (BLOCK_OPS[(old >>> 24) & 0x0f] ?? op) : op;
    const sector = aux * 2 ** 32 + at;
    return { op: request, place: op === 'flush' ? '' : `@${sector}+${value}`, rest: '', counted: false };
  }
  const { registers, spans } = on.device;
  const name = nameAt(registers, at);
  const memory = name === undefined ? spans.find((span) => at >= span.at && at < span.at + span.length) : undefined;
  if (memory !== undefined) return { op, place: memory.name, rest: '', counted: true };
  const digits = (registers[name ?? '']?.width ?? 16) === 32 ? 8 : 4;
  const number = `${value.toString(16).toUpperCase().padStart(digits, '0')}h`;
  return { op, place: name ?? printC45(at), rest: number, counted: false };
};
