/** Everything the dashboard knows of the lab, and how each event of the feed changes it. */
import type { DeviceView, LabView, LogLine, ModuleView, RunView, TimeView } from '#bus/api.ts';
import type { InstrumentsView } from '#bus/filters/views.ts';
import { parseAddress } from './address.ts';
import type { Happening } from './happenings.ts';
import { Samples } from './samples.ts';
import { Store, useStore } from './store.ts';
import { Touches } from './touches.ts';
import { TraceRing } from './trace-ring.ts';

/** What a register holds: its level, and what the next bus read returns. */
export interface Cell {
  readonly level: number;
  readonly next: number;
}
export type Cells = ReadonlyMap<number, Cell>;

export interface Capture {
  /** Sequence number of the newest record captured by the lab. */
  readonly captured: number;
  /** Records missing in this browser: left out by the server or no longer kept when it came back. */
  readonly dropped: number;
  /** Records a second, over the last second. */
  readonly rate: number;
}

export interface LabState {
  /** `none`: whoever serves this page has no lab, only a recording. */
  readonly phase: 'connecting' | 'live' | 'lost' | 'none';
  /** `Date.now()` when the connection was lost. */
  readonly lostAt: number | null;
  readonly lab: LabView | null;
  /** Lab nanoseconds as last told, and the `performance.now()` at which they were told. */
  readonly now: number;
  readonly nowToldAt: number;
  /** How that time goes; null from a lab that does not say. */
  readonly time: TimeView | null;
  readonly devices: readonly DeviceView[];
  readonly registers: Readonly<Record<string, Cells>>;
  readonly modules: readonly ModuleView[];
  readonly runs: readonly RunView[];
  /** Bus faults, breakpoints, and what is held. */
  readonly instruments: InstrumentsView;
  readonly log: readonly LogLine[];
  /** Log lines that came and went again since the page was opened. */
  readonly logForgotten: number;
  readonly happenings: readonly Happening[];
  readonly capture: Capture;
  /** Rows the Traffic page shows; null while it is not open. */
  readonly shown: number | null;
  /** One line for screen readers: the newest change of a link. */
  readonly announcement: string;
}

export const EMPTY_LAB: LabState = {
  phase: 'connecting',
  lostAt: null,
  lab: null,
  now: 0,
  nowToldAt: 0,
  time: null,
  devices: [],
  registers: {},
  modules: [],
  runs: [],
  instruments: { filters: [], breakpoints: [], held: [] },
  log: [],
  logForgotten: 0,
  happenings: [],
  capture: { captured: 0, dropped: 0, rate: 0 },
  shown: null,
  announcement: '',
};

export const LOG_KEPT = 4000;

/** The one state of this page. */
export const lab = new Store<LabState>(EMPTY_LAB);
/** Trace records, outside the store because they come by the thousand. */
export const trace = new TraceRing();
/** Who touched which register last. */
export const touches = new Touches();
/** Readings of the last ten minutes. */
export const samples = new Samples();

export const useLab = <T>(select: (state: LabState) => T): T => useStore(lab, select);

export const useDevice = (name: string): DeviceView | undefined =>
  useLab((state) => state.devices.find((device) => device.name === name && !device.remote));

export const useCells = (device: string): Cells => useLab((state) => state.registers[device] ?? NO_CELLS);

/** Lab nanoseconds by now, carried on from the last told time while the lab's time goes by itself. */
export const labNow = (state: LabState = lab.state): number =>
  state.lab === null || state.phase !== 'live' || state.lab.clock === 'virtual'
    ? state.now
    : state.now + (performance.now() - state.nowToldAt) * 1e6 * rateOf(state.time);

/** Lab seconds a wall second; 0 while time stands, or goes from event to event and is told. */
const rateOf = (time: TimeView | null): number =>
  time === null ? 1 : time.state === 'running' && time.rate !== 'max' ? time.rate : 0;

/** How many rows a page shows, for the strip at the foot; null when it leaves. */
export const setShown = (shown: number | null): void => {
  if (shown !== lab.state.shown) lab.set({ shown });
};

/** Devices by lab and name, the changed ones replaced. */
export const mergeDevices = (old: readonly DeviceView[], changed: readonly DeviceView[]): readonly DeviceView[] => {
  if (changed.length === 0) return old;
  const byName = new Map(old.map((device) => [`${device.lab}/${device.name}`, device]));
  for (const device of changed) byName.set(`${device.lab}/${device.name}`, device);
  return [...byName.values()];
};

/** Register cells by device, with a diff of `[level, next]` by address laid over them. */
export const mergeRegisters = (
  old: LabState['registers'],
  changed: Readonly<Record<string, Readonly<Record<string, readonly [level: number, next: number]>>>>,
): LabState['registers'] => {
  const merged: Record<string, Cells> = { ...old };
  for (const [device, diff] of Object.entries(changed)) {
    const cells = new Map(merged[device]);
    for (const [address, [level, next]] of Object.entries(diff)) {
      const at = parseAddress(address);
      if (at !== undefined) cells.set(at, { level, next });
    }
    merged[device] = cells;
  }
  return merged;
};

/** The newest lines, none twice, at most `LOG_KEPT`. */
export const mergeLog = (old: readonly LogLine[], lines: readonly LogLine[]): readonly LogLine[] => {
  const last = old.at(-1)?.seq ?? 0;
  const fresh = lines.filter(({ seq }) => seq > last);
  if (fresh.length === 0) return old;
  return [...old, ...fresh].slice(-LOG_KEPT);
};

/** Runs newest last, one entry a run. */
export const mergeRuns = (old: readonly RunView[], run: RunView): readonly RunView[] =>
  [...old.filter((known) => known.run !== run.run), run].sort((a, b) => a.run - b.run).slice(-500);

const NO_CELLS: Cells = new Map();
