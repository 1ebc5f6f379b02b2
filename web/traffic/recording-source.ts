/** A recording from a file as a source of the page: its records, what its devices are, and its run for the lanes. */
import type { RunView } from '#bus/api.ts';
import type { RecordedSection, Recording } from '#recording/decode.ts';
import { isEvent } from '#recording/format.ts';
import { type Lab, sheetOf } from '../filter/sheets.ts';
import { TraceRing } from '../store/trace-ring.ts';
import type { Source } from './source.ts';

/** What is said of a recording beside its records. */
export interface OpenedRecording {
  readonly file: string;
  readonly recording: Recording;
  /** Index of the section that is shown. */
  readonly nth: number;
  readonly runs: readonly RunView[];
}

export const recordingSource = (file: string, recording: Recording, nth: number): Source => {
  const section = recording.sections[nth];
  if (section === undefined) throw new RangeError(`section ${nth} of ${recording.sections.length}`);
  const { records, names, devices, header, events } = section;
  const kinds = new Map(devices.map(({ name, kind }) => [name, kind]));
  const lab: Lab = {
    kindOf: (device) => kinds.get(device),
    devices: devices.map(({ name }) => name),
    requesters: names.requesters.filter((name) => name !== ''),
  };
  const startedAtMs = header.startedAt === null ? null : Date.parse(header.startedAt);
  return {
    ring: TraceRing.of(records, names),
    lab,
    sheetOf: (device) => sheetOf(lab, device),
    prtadOf: (device) => prtadOf(header.bench[device]),
    startedAtMs: () => startedAtMs,
    // no run of this lab has this number: it stands still, and is not live
    run: 0,
    opened: { file, recording, nth, runs: events.flatMap(({ event }) => (isEvent(event, 'run') ? [event.run] : [])) },
  };
};

const prtadOf = (spec: unknown): number | null =>
  typeof spec === 'object' && spec !== null && 'prtad' in spec && typeof spec.prtad === 'number' ? spec.prtad : null;

/** `link-flap, virtual time, seed 1: pass`. */
export const sectionTitle = ({ header, events }: RecordedSection): string => {
  const name = header.scenario?.name ?? `lab ${header.lab ?? ''}`;
  const run = events.map(({ event }) => event).find((event) => isEvent(event, 'run'));
  const verdict = run !== undefined && isEvent(run, 'run') ? `: ${run.run.verdict ?? 'no verdict'}` : '';
  return `${name}, ${header.mode} time, seed ${header.seed}${verdict}`;
};

/** What is not in it, in words; empty when all is. */
export const lacks = ({ complete, missing }: RecordedSection): string =>
  [
    ...(missing > 0 ? [`${missing.toLocaleString('en-US')} records were lost when it was made`] : []),
    ...(complete ? [] : ['it was cut off']),
  ].join('; ');
