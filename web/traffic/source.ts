/** Where the records of the page come from: the live feed, or the recording of one run. */
import { API } from '#bus/api.ts';
import { TRACE_OPS, type TraceNames } from '#bus/trace.ts';
import { ApiError, call } from '../api.ts';
import { type Lab, type Sheet, sheetOf } from '../filter/sheets.ts';
import { phyPanel } from '../store/feed.ts';
import { lab as store, trace } from '../store/lab-state.ts';
import { TraceRing } from '../store/trace-ring.ts';
import type { OpenedRecording } from './recording-source.ts';

export interface Source {
  readonly ring: TraceRing;
  readonly lab: Lab;
  readonly sheetOf: (device: string) => Sheet | undefined;
  readonly prtadOf: (device: string) => number | null;
  readonly startedAtMs: () => number | null;
  /** Null: the live feed. */
  readonly run: number | null;
  /** Of a file that was opened. */
  readonly opened?: OpenedRecording;
}

const named = (list: readonly string[]): readonly string[] => list.filter((name) => name !== '');

const liveLab: Lab = {
  kindOf: (device) => store.state.devices.find(({ name }) => name === device)?.kind,
  get kindsFrom() {
    return store.state.devices;
  },
  get devices() {
    return [...new Set([...named(trace.names.devices), ...store.state.devices.map(({ name }) => name)])];
  },
  get requesters() {
    return named(trace.names.requesters);
  },
};

export const LIVE: Source = {
  ring: trace,
  lab: liveLab,
  sheetOf: (device) => sheetOf(liveLab, device),
  prtadOf: (device) => phyPanel(store.state.devices.find(({ name }) => name === device)?.panel)?.prtad ?? null,
  startedAtMs: () => {
    const started = Date.parse(store.state.lab?.startedAt ?? '');
    return Number.isNaN(started) ? null : started;
  },
  run: null,
};

/** The records a virtual run left, as a source that stands still. Rejects with an ApiError. */
export const runSource = async (run: number): Promise<Source> => {
  const { records, names } = await fetchRunTrace(run);
  const ring = TraceRing.of(records, names);
  const kinds = kindsIn(ring);
  const lab: Lab = {
    kindOf: (device) => kinds.get(device),
    devices: named(names.devices),
    requesters: named(names.requesters),
  };
  return {
    ring,
    lab,
    sheetOf: (device) => sheetOf(lab, device),
    prtadOf: () => null,
    startedAtMs: () => null,
    run,
  };
};

/** What the records tell of kinds: only block devices answer by a record of its own, only displays move memory in spans. */
export const kindsIn = (ring: TraceRing): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  const seen = new Set<number>();
  for (let position = ring.begin; position < ring.end; position++) {
    const offset = ring.offsetOf(position);
    const device = ring.view.getUint8(offset + 4);
    const kind = TELLING.get(ring.view.getUint8(offset + 6));
    if (kind === undefined || seen.has(device)) continue;
    seen.add(device);
    found.set(ring.names.devices[device] ?? '', kind);
  }
  return found;
};
const TELLING: ReadonlyMap<number, string> = new Map(
  (
    [
      ['done', 'nullb'],
      ['span_write', 'display'],
      ['span_read', 'display'],
    ] as const
  ).map(([op, kind]) => [TRACE_OPS.indexOf(op), kind]),
);

/** Packed records of a run and the names behind them. */
export const fetchRunTrace = async (
  run: number,
): Promise<{ readonly records: Uint8Array; readonly names: TraceNames }> => {
  const [names, response] = await Promise.all([
    call<TraceNames>('GET', `/runs/${run}/trace/names`),
    fetch(`${API}/runs/${run}/trace`),
  ]);
  if (!response.ok) throw new ApiError('EIO', response.status, `the records of run ${run} did not come`);
  return { names, records: new Uint8Array(await response.arrayBuffer()) };
};
