/** What happened, for people: faults, interrupts, notes, links and drivers, newest last; never single accesses. */
import type { DeviceView, LogLine, ModuleView, RunView } from '#bus/api.ts';
import { TRACE_OPS, type TraceNames, type TraceRecord } from '#bus/trace.ts';
import { LEFT_OUT } from '#bus/trace-words.ts';
import type { TraceRing } from './trace-ring.ts';

export type HappeningKind = 'fault' | 'cleared' | 'irq' | 'note' | 'up' | 'down' | 'driver' | 'run' | 'log';

export interface Happening {
  readonly id: string;
  /** Lab nanoseconds. */
  readonly time: number;
  readonly kind: HappeningKind;
  readonly device: string;
  readonly text: string;
  /** The trace record it came from; null when it is none. */
  readonly seq: number | null;
  /** Of interrupts that came one after the other: how many, and when the last one did. */
  readonly row?: { readonly times: number; readonly until: number };
}

export const HAPPENINGS_KEPT = 200;

/** Ops that are no accesses, by their numbers in a packed record. */
const TOLD: ReadonlySet<number> = new Set((['irq', 'fault', 'note'] as const).map((op) => TRACE_OPS.indexOf(op)));

/** Interrupts, faults and notes among the records from `position` to the end of the ring. */
export const fromTrace = (ring: TraceRing, position: number): readonly Happening[] => {
  const found: Happening[] = [];
  const { view } = ring;
  for (let p = Math.max(position, ring.begin); p < ring.end; p++) {
    if (!TOLD.has(view.getUint8(ring.offsetOf(p) + 6))) continue;
    const record = ring.at(p);
    // a flood has such a note every quarter of a second
    const fell = record?.op === 'irq' && record.outcome === 'off'; // a line that falls is no news
    const fired = record?.op === 'fault' && record.outcome === 'ok'; // its switching is told, not each access it hits
    if (record !== undefined && !fell && !fired && ring.names.texts[record.aux] !== LEFT_OUT)
      found.push(ofRecord(record, ring.names));
  }
  return found.slice(-HAPPENINGS_KEPT);
};

/** Links that changed between two views of the devices. */
export const fromDevices = (old: readonly DeviceView[], now: readonly DeviceView[]): readonly Happening[] => {
  const key = (device: DeviceView): string => `${device.lab}/${device.name}`;
  const before = new Map(old.map((device) => [key(device), device]));
  return now.flatMap((device) => {
    const was = before.get(key(device));
    if (was === undefined || device.link === null || was.link === device.link) return [];
    return [
      {
        id: `l${device.name}${device.linkSince}${device.link}`,
        time: device.linkSince,
        kind: device.link,
        device: device.name,
        text: `link ${device.link}`,
        seq: null,
      },
    ];
  });
};

/** Drivers that were lost or left between two lists of modules; what they do while they are there they say in the log. */
export const fromModules = (
  old: readonly ModuleView[],
  now: readonly ModuleView[],
  time: number,
): readonly Happening[] => {
  const key = (module: ModuleView): string => `${module.client} ${module.session}`;
  const before = new Map(old.map((module) => [key(module), module]));
  const after = new Set(now.map(key));
  const entry = (module: ModuleView, text: string): Happening => ({
    id: `m${key(module)}${text}${time}`,
    time,
    kind: 'driver',
    device: module.device,
    text,
    seq: null,
  });
  return [
    ...now
      .filter(({ state }) => state === 'live' || state === 'gone' || state === 'waiting')
      .filter((module) => before.get(key(module))?.state !== module.state)
      .map((module) => entry(module, `${module.module} ${MODULE_WORDS[module.state] ?? module.state}`)),
    ...old.filter((module) => !after.has(key(module))).map((module) => entry(module, `${module.module} left`)),
  ];
};

export const fromRun = (old: RunView | undefined, run: RunView, time: number): readonly Happening[] => {
  if (old !== undefined && old.state === run.state) return [];
  const text = run.state === 'running' ? `scenario ${run.scenario} began` : `scenario ${run.scenario}: ${run.verdict}`;
  return [{ id: `r${run.run}${run.state}`, time, kind: 'run', device: '', text, seq: null }];
};

/** What drivers say, but for their debugging, and what went wrong in the lab: its other lines tell what is listed here already. */
export const fromLog = (lines: readonly LogLine[]): readonly Happening[] =>
  lines
    .filter(({ level, facility }) => (facility === 'lab' ? LOUD.has(level) : level !== 'debug'))
    .map(({ seq, time, facility, text }) => ({ id: `g${seq}`, time, kind: 'log', device: facility, text, seq: null }));

/** Both lists by time, at most `HAPPENINGS_KEPT`. */
export const mergeHappenings = (old: readonly Happening[], fresh: readonly Happening[]): readonly Happening[] => {
  if (fresh.length === 0) return old;
  const known = new Set(old.map(({ id }) => id));
  const all = [...old, ...fresh.filter(({ id }) => !known.has(id))].sort((a, b) => a.time - b.time);
  return foldInterrupts(all).slice(-HAPPENINGS_KEPT);
};

/** An interrupt line that rises again within so long belongs to the same row: a display raises one every frame. */
const SAME_ROW_NS = 1e9;

const foldInterrupts = (sorted: readonly Happening[]): readonly Happening[] => {
  const rows: Happening[] = [];
  const last = new Map<string, number>();
  for (const happening of sorted) {
    const key = happening.kind === 'irq' ? `${happening.device} ${happening.text}` : '';
    const at = key === '' ? undefined : last.get(key);
    const row = at === undefined ? undefined : rows[at];
    if (at !== undefined && row !== undefined && happening.time - (row.row?.until ?? row.time) < SAME_ROW_NS) {
      const times = (row.row?.times ?? 1) + (happening.row?.times ?? 1);
      rows[at] = { ...row, row: { times, until: happening.row?.until ?? happening.time } };
      continue;
    }
    if (key !== '') last.set(key, rows.length);
    rows.push(happening);
  }
  return rows;
};

const ofRecord = (record: TraceRecord, names: TraceNames): Happening => {
  const text = names.texts[record.aux] ?? '';
  const base = { id: `t${record.seq}`, time: record.time, device: names.devices[record.device] ?? '', seq: record.seq };
  if (record.op === 'fault') {
    const off = record.outcome === 'off';
    return { ...base, kind: off ? 'cleared' : 'fault', text: `${text} ${off ? 'off' : 'on'}` };
  }
  if (record.op === 'irq') return { ...base, kind: 'irq', text: text === '' ? 'interrupt' : text };
  return { ...base, kind: 'note', text };
};

const LOUD: ReadonlySet<LogLine['level']> = new Set(['emerg', 'alert', 'crit', 'err']);

const MODULE_WORDS: Readonly<Partial<Record<ModuleView['state'], string>>> = {
  live: 'drives',
  gone: 'is gone',
  waiting: 'waits for the lab',
};
