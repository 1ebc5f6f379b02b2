/** The live feed: connects, resumes by sequence number, and turns every event into state. */
import { io, type Socket } from 'socket.io-client';
import { API, type FeedAuth, type FeedEvents, type PhyPanel, type TraceBatch } from '#bus/api.ts';
import { blockPanel } from '../block/panel.ts';
import { BlockMeter, type BlockRates } from '../block/rates.ts';
import {
  fromDevices,
  fromLog,
  fromModules,
  fromRun,
  fromTrace,
  type Happening,
  mergeHappenings,
} from './happenings.ts';
import {
  EMPTY_LAB,
  lab,
  labNow,
  mergeDevices,
  mergeLog,
  mergeRegisters,
  mergeRuns,
  samples,
  touches,
  trace,
} from './lab-state.ts';
import { SAMPLE_MS } from './samples.ts';

/** Where the lab's token is kept while the page is open. */
export const LAB_TOKEN = 'ferrolab.token';
const SHOWN_EVERY_MS = 250;

/** Starts the feed; the returned function ends it. */
export const connectFeed = (url?: string): (() => void) => {
  const socket: Socket<FeedEvents> = io(url ?? location.origin, {
    transports: ['websocket'],
    reconnectionDelay: 300,
    reconnectionDelayMax: 2000,
    auth: (give) => give(resume()),
  });
  const tally = new Tally();
  socket.on('hello', (hello) => {
    const { state } = lab;
    if (state.lab !== null && state.lab.session !== hello.lab.session) {
      beginAnew();
      tally.reset();
      reconnectNow(); // what this connection resumed from means nothing to the new session
      return;
    }
    tally.addDropped(hello.gap);
    lab.set({
      phase: 'live',
      lostAt: null,
      lab: hello.lab,
      now: hello.lab.now,
      nowToldAt: performance.now(),
      devices: hello.devices,
      modules: hello.modules,
      runs: hello.runs,
      ...noteLinks(fromDevices(lab.state.devices, hello.devices)),
    });
    tally.captured = Math.max(tally.captured, hello.lab.capture.captured);
  });
  socket.on('trace', (batch) => {
    const bytes = bytesOf(batch.records);
    const position = trace.push({ records: bytes, names: batch.names });
    touches.take(trace, position);
    tally.take(batch);
    const found = fromTrace(trace, position);
    if (found.length > 0) lab.set({ happenings: mergeHappenings(lab.state.happenings, found) });
  });
  socket.on('state', ({ now, devices, registers }) => {
    const { state } = lab;
    lab.set({
      now,
      nowToldAt: performance.now(),
      devices: mergeDevices(state.devices, devices),
      registers: Object.keys(registers).length === 0 ? state.registers : mergeRegisters(state.registers, registers),
      ...noteLinks(fromDevices(state.devices, devices)),
    });
  });
  socket.on('log', (lines) => {
    const { state } = lab;
    const log = mergeLog(state.log, lines);
    const forgotten = log === state.log ? 0 : state.log.length + lines.length - log.length;
    lab.set({
      log,
      logForgotten: state.logForgotten + Math.max(0, forgotten),
      happenings: mergeHappenings(state.happenings, fromLog(lines)),
    });
  });
  socket.on('modules', (modules) => {
    const { state } = lab;
    const found = fromModules(state.modules, modules, labNow());
    lab.set({ modules, happenings: mergeHappenings(state.happenings, found) });
  });
  socket.on('run', (run) => {
    const { state } = lab;
    const old = state.runs.find((known) => known.run === run.run);
    lab.set({
      runs: mergeRuns(state.runs, run),
      happenings: mergeHappenings(state.happenings, fromRun(old, run, labNow())),
    });
  });
  socket.on('instruments', (instruments) => lab.set({ instruments }));
  socket.on('time', (time) => lab.set({ time, now: time.now, nowToldAt: performance.now() }));
  socket.once('connect_error', async () => {
    if (await servedWithoutLab()) {
      socket.disconnect();
      lab.set({ phase: 'none' });
    }
  });
  socket.on('disconnect', (reason) => {
    if (lab.state.phase === 'live') lab.set({ phase: 'lost', lostAt: Date.now(), now: labNow() });
    if (reason === 'io server disconnect') socket.connect();
  });
  const count = setInterval(() => tally.publish(), SHOWN_EVERY_MS);
  const sample = setInterval(takeSamples, SAMPLE_MS);
  reconnectNow = () => void socket.disconnect().connect();
  return () => {
    clearInterval(count);
    clearInterval(sample);
    socket.disconnect();
  };
};

/** `ferrolab open` serves these pages too: no feed will ever come from there. */
const servedWithoutLab = async (): Promise<boolean> =>
  (await fetch(`${API}/opened`, { method: 'HEAD' }).catch(() => undefined))?.ok === true;

/** Tries at once, without waiting for the next turn. */
export const retryNow = (): void => reconnectNow();

let reconnectNow = (): void => {};

/** Captured, dropped and rate, published at most four times a second and only when they changed. */
class Tally {
  captured = 0;
  #dropped = 0;
  #marks: { at: number; captured: number }[] = [];

  take(batch: TraceBatch): void {
    this.captured = Math.max(this.captured, batch.captured);
    this.#dropped += batch.dropped;
  }

  addDropped(count: number): void {
    this.#dropped += count;
  }

  publish(): void {
    const at = performance.now();
    if (this.captured < (this.#marks.at(-1)?.captured ?? 0)) this.#marks = [];
    this.#marks.push({ at, captured: this.captured });
    while (this.#marks.length > 2 && at - this.#marks[0]!.at > 1100) this.#marks.shift();
    const first = this.#marks[0]!;
    const seconds = (at - first.at) / 1000;
    const rate = seconds > 0.2 ? Math.round((this.captured - first.captured) / seconds) : 0;
    const { capture } = lab.state;
    if (capture.captured !== this.captured || capture.dropped !== this.#dropped || capture.rate !== rate)
      lab.set({ capture: { captured: this.captured, dropped: this.#dropped, rate } });
  }

  reset(): void {
    this.captured = 0;
    this.#dropped = 0;
    this.#marks = [];
  }
}

const resume = (): FeedAuth => {
  const token = new URLSearchParams(location.search).get('token') ?? sessionStorage.getItem(LAB_TOKEN);
  if (token !== null) sessionStorage.setItem(LAB_TOKEN, token);
  const log = lab.state.log.at(-1)?.seq;
  return {
    ...(token === null ? {} : { token }),
    ...(trace.lastSeq === 0 && log === undefined
      ? {}
      : { since: { ...(trace.lastSeq === 0 ? {} : { trace: trace.lastSeq }), ...(log === undefined ? {} : { log }) } }),
  };
};

/** Another session answers: what was seen belongs to a lab that is gone. */
const beginAnew = (): void => {
  trace.reset();
  touches.reset();
  samples.reset();
  lab.set({ ...EMPTY_LAB, shown: lab.state.shown });
};

const noteLinks = (found: readonly Happening[]): { happenings?: readonly Happening[]; announcement?: string } => {
  const newest = found.at(-1);
  return newest === undefined
    ? {}
    : {
        happenings: mergeHappenings(lab.state.happenings, found),
        announcement: `${newest.device}: ${newest.text}`,
      };
};

/** Under this name `samples` keeps accesses a second, by operation. */
export const ACCESSES = ':accesses';
let counted = { at: 0, counts: {} as Readonly<Record<string, number>> };

const sampleAccesses = (seconds: number): void => {
  const counts = Object.fromEntries((['read', 'write', 'irq', 'fault'] as const).map((op) => [op, touches.count(op)]));
  const elapsed = (performance.now() - counted.at) / 1000;
  const rates = Object.entries(counts).map(([op, n]) => [op, Math.max(0, n - (counted.counts[op] ?? n)) / elapsed]);
  counted = { at: performance.now(), counts };
  samples.add(ACCESSES, seconds, Object.fromEntries(rates));
};

const meter = new BlockMeter();
const NO_RATES: Readonly<Record<keyof BlockRates, null>> = {
  iops: null,
  reads: null,
  writes: null,
  bytes: null,
  errors: null,
  p50Ns: null,
  p99Ns: null,
};

const takeSamples = (): void => {
  const { state } = lab;
  if (state.phase !== 'live' || state.devices.length === 0) return;
  const seconds = labNow(state) / 1e9;
  sampleAccesses(seconds);
  for (const { name, panel, remote } of state.devices) {
    const block = blockPanel(panel);
    if (block !== null && !remote) {
      samples.add(name, seconds, { ...(meter.read(name, block) ?? NO_RATES), inFlight: block.inFlight });
      continue;
    }
    const phy = phyPanel(panel);
    if (phy === null || remote) continue;
    samples.add(name, seconds, {
      celsius: phy.dom?.celsius ?? null,
      txDbm: phy.dom?.txDbm ?? null,
      rxDbm: phy.dom?.rxDbm ?? phy.light.rxDbm,
      biasMa: phy.dom?.biasMa ?? null,
      ber: phy.counters.ber,
      erroredBlocks: phy.counters.erroredBlocks,
    });
  }
  samples.publish();
};

/** The panel of a QT2025, or null when the panel is another device's. */
export const phyPanel = (panel: unknown): PhyPanel | null =>
  typeof panel === 'object' && panel !== null && (panel as { kind?: unknown }).kind === 'qt2025'
    ? (panel as PhyPanel) // the wire: the lab's own inspect() of this kind
    : null;

const bytesOf = (records: Uint8Array | ArrayBuffer): Uint8Array =>
  records instanceof Uint8Array ? records : new Uint8Array(records);
