/** What the server says to browsers and command lines: the JSON of `/api/v1` and the events of the live feed. */
import type { Action } from '#regmap/actions.ts';
import type { Param } from '#regmap/params.ts';
import type { ActiveFault } from './device.ts';
import type { InstrumentsView } from './filters/views.ts';
import type { TraceNames } from './trace.ts';

export const API = '/api/v1';

/** `GET /lab`. */
export interface LabView {
  readonly name: string;
  readonly version: string;
  readonly session: string;
  readonly clock: 'real' | 'virtual';
  /** Nanoseconds since the lab began. */
  readonly now: number;
  readonly startedAt: string;
  readonly seed: number;
  readonly broker: { readonly url: string; readonly embedded: boolean; readonly connected: boolean };
  readonly http: string;
  /** Where NBD clients find the block devices. */
  readonly nbd?: { readonly host: string | null; readonly port: number | null; readonly unix: string | null } | null;
  /** Where VNC viewers find each display. */
  readonly vnc?: readonly { readonly device: string; readonly host: string; readonly port: number }[];
  readonly capture: { readonly captured: number; readonly kept: number; readonly first: number };
}

/** `GET /time`, and the `time` event. */
export interface TimeView {
  /** `jumping`: on the way to `until`, as fast as possible. */
  readonly state: 'running' | 'paused' | 'jumping';
  /** Lab seconds a wall second while it runs; `max`: from event to event, as fast as possible. */
  readonly rate: number | 'max';
  /** Nanoseconds since the lab began… */
  readonly now: number;
  /** …and that moment on the wall clock of the lab's machine, ISO 8601. */
  readonly wall: string;
  /** Counts what was done to the time. */
  readonly epoch: number;
  /** Where a jump ends; null without one. */
  readonly until: number | null;
  /** The next event of the bench and whose clock it is on (`lab`, or a device for its driver); null while time runs by itself. */
  readonly next: { readonly at: number; readonly of: string } | null;
  /** Why time stands though it should go; null when it does. */
  readonly waits: string | null;
  /** Drivers and whether each follows the lab's time: one that does not goes on by its own clock. */
  readonly drivers: readonly { readonly device: string; readonly client: string; readonly follows: boolean | null }[];
}

export type LampState = 'ok' | 'wait' | 'fault' | 'off';

/** `GET /devices` and the `state` event, one per device. Devices of other labs on the same broker are `remote`. */
export interface DeviceView {
  readonly name: string;
  readonly lab: string;
  readonly remote: boolean;
  readonly kind: string;
  readonly ports: readonly string[];
  readonly datasheet: string;
  readonly session: string;
  readonly lamp: LampState;
  /** What the device itself can say of its link; null where there is none. */
  readonly link: 'up' | 'down' | null;
  /** Nanoseconds since the lab began, of the last change of `link`. */
  readonly linkSince: number;
  readonly owner: OwnerView | null;
  readonly faults: readonly ActiveFault[];
  /** The device's own `inspect()`; null for a remote device. */
  readonly panel: unknown;
}

export interface OwnerView {
  readonly client: string;
  readonly module: string;
  readonly pid: number | null;
  /** Milliseconds until the lease ends unless renewed. */
  readonly leaseMs: number;
  readonly leaseOfMs: number;
  /** What the driver itself concludes. */
  readonly link: 'up' | 'down' | null;
}

/** Stage of the signal path: its lock in one word. */
export type StageState = 'locked' | 'warn' | 'down' | 'off';

/** `inspect()` of a QT2025. */
export interface PhyPanel {
  readonly kind: 'qt2025';
  readonly prtad: number;
  readonly phyId: number;
  readonly revision: number;
  readonly cage: {
    /** Null: the cage is empty. */
    readonly module: {
      readonly kind: string;
      readonly label: string;
      readonly nm: number | null;
      readonly lengthM: number | null;
      readonly vendor: string;
      readonly partNumber: string;
      readonly serial: string;
      readonly dateCode: string;
    } | null;
    /** The module's memory answers (300 ms after insertion). */
    readonly readable: boolean;
  };
  readonly light: {
    readonly rxDbm: number | null;
    readonly txDbm: number | null;
    readonly detected: boolean;
    readonly transmitting: boolean;
  };
  /** Diagnostics as the module itself measures them now; null without. */
  readonly dom: {
    readonly celsius: number;
    readonly volts: number;
    readonly biasMa: number;
    readonly txDbm: number;
    readonly rxDbm: number;
  } | null;
  readonly leds: readonly { readonly lit: boolean; readonly blinking: boolean; readonly shows: string }[];
  readonly stages: { readonly pma: StageState; readonly pcs: StageState; readonly phyxs: StageState };
  readonly counters: { readonly ber: number; readonly erroredBlocks: number };
  readonly mac: { readonly up: boolean };
  readonly lasi: boolean;
  readonly micro: {
    readonly from: 'reset' | 'rom' | 'sram';
    readonly status: number;
    readonly statusName: string;
    readonly heartbeat: number;
    readonly beating: boolean;
    /** A debugger made the core stand still. */
    readonly held: boolean;
    /** `2.0.3.3`; null until the firmware says so. */
    readonly version: string | null;
    readonly built: string | null;
    readonly sum: number | null;
    readonly sumGood: boolean | null;
    /** Bytes written to program memory since power-on or the last boot from ROM. */
    readonly uploaded: number;
    readonly moduleType: number;
  };
  /** Link from the fibre to the MAC: every stage that no loopback leaves out; `brokenAt` names the first that is down. */
  readonly link: { readonly up: boolean; readonly brokenAt: 'PMA' | 'PCS' | 'PHY XS' | null };
  /** Who would say the link is up, by the rules of each source. */
  readonly opinions: { readonly phylib: boolean; readonly falcon: boolean };
}

/** `GET /devices/:device/registers`. */
export interface RegisterView {
  readonly name: string;
  readonly at: number;
  readonly address: string;
  readonly level: number;
  /** What the next bus read would return. */
  readonly next: number;
  readonly text: string;
}

/** `GET /devices/:device/catalogue`. */
export interface CatalogueView {
  readonly faults: Readonly<Record<string, Action>>;
  readonly controls: Readonly<Record<string, Action>>;
}

export const LOG_LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line of the kernel log. */
export interface LogLine {
  readonly seq: number;
  /** Nanoseconds since the lab began. */
  readonly time: number;
  readonly level: LogLevel;
  /** Module, or `lab`. */
  readonly facility: string;
  readonly text: string;
}

/** `GET /drivers`: what could be loaded. */
export interface DriverInfo {
  readonly name: string;
  readonly description: string;
  readonly author: string;
  readonly license: string;
  readonly version: string;
  /** Device kinds it drives. */
  readonly drives: readonly string[];
  readonly firmware: readonly string[];
  readonly params: Readonly<Record<string, Param>>;
}

/** `loading` … `live`: bound and driving; `failed`: probe gave an errno; `gone`: the process died; `waiting`: the lab is lost. */
export type ModuleState = 'loading' | 'probing' | 'live' | 'failed' | 'waiting' | 'gone';

/** `GET /modules`: what is loaded, and the retained presence of a driver's client. */
export interface ModuleView {
  readonly client: string;
  readonly session: string;
  readonly module: string;
  readonly device: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly pid: number | null;
  readonly state: ModuleState;
  /** Errno name and sentence when failed. */
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly link: 'up' | 'down' | null;
  readonly since: string;
}

export const VERDICTS = ['pass', 'driver-bug', 'model-gap', 'lab-infra', 'timeout'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** `GET /scenarios`. */
export interface ScenarioView {
  readonly name: string;
  readonly title: string;
  readonly teaches: string;
  readonly tags: readonly string[];
  readonly devices: readonly string[];
  readonly yaml: string;
  /** For the score: when each step is planned, milliseconds; null where it waits for something. */
  readonly score: readonly {
    readonly kind: 'action' | 'fault' | 'expect';
    readonly atMs: number | null;
    readonly untilMs: number | null;
  }[];
  readonly lastVerdict: Verdict | null;
}

export interface StepView {
  readonly index: number;
  readonly title: string;
  readonly detail: string;
  readonly kind: 'action' | 'fault' | 'expect';
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'skipped';
  /** Run time in nanoseconds at which it ended; null before. */
  readonly endedAt: number | null;
  /** Trace records this step covers, in the run's own sequence; null when none. */
  readonly firstSeq: number | null;
  readonly lastSeq: number | null;
  readonly expected: string | null;
  readonly found: string | null;
}

/** The row of the trace that a verdict rests on. */
export interface EvidenceView {
  /** In the run's own sequence. */
  readonly seq: number;
  /** `#142 1.2 ms qt2025 write OP_MODE of phy0 = 0039h`. */
  readonly text: string;
}

/** `GET /runs/:run`, and the `run` event. */
export interface RunView {
  readonly run: number;
  readonly scenario: string;
  readonly title: string;
  readonly mode: 'virtual' | 'live';
  readonly seed: number;
  readonly state: 'running' | 'done';
  readonly verdict: Verdict | null;
  /** One sentence: what was expected, what was found, whose it is. */
  readonly reason: string | null;
  /** What the verdict rests on; null while it runs, and where nothing was recorded. */
  readonly evidence?: EvidenceView | null;
  readonly startedAt: string;
  readonly traceHash: string | null;
  readonly accesses: number;
  readonly virtualMs: number;
  readonly wallMs: number;
  readonly findings: readonly string[];
  readonly steps: readonly StepView[];
  readonly teaches: string;
}

/**
 * Live feed, server to browser only. A browser names what it wants in the handshake's `auth`:
 * `{ devices?: string[], since?: { trace, log } }`; sequence numbers resume without a hole.
 */
export interface FeedEvents {
  /** First: where everything stands. `gap` counts records after `since` that are no longer kept. */
  hello: (hello: {
    lab: LabView;
    devices: readonly DeviceView[];
    modules: readonly ModuleView[];
    runs: readonly RunView[];
    gap: number;
  }) => void;
  /** Packed records, and the names that are new since the last batch (lists begin at `from`). */
  trace: (batch: TraceBatch) => void;
  /** Devices that changed, at most four times a second; `registers` maps address to [level, next] for those that changed. */
  state: (state: {
    now: number;
    devices: readonly DeviceView[];
    registers: Readonly<Record<string, Readonly<Record<string, readonly [level: number, next: number]>>>>;
  }) => void;
  log: (lines: readonly LogLine[]) => void;
  modules: (modules: readonly ModuleView[]) => void;
  /** Bus faults, breakpoints and held accesses: all of them, whenever something about them changed. */
  instruments: (instruments: InstrumentsView) => void;
  run: (run: RunView) => void;
  /** The lab's time, whenever something was done to it; while it is led, four times a second. */
  time: (time: TimeView) => void;
}

export interface TraceBatch {
  /** Newest sequence number captured by the lab when the batch was made: what was captured, not only what is in here. */
  readonly captured: number;
  /** Records left out of this batch because the browser was too slow; their numbers are missing in the sequence. */
  readonly dropped: number;
  readonly records: Uint8Array;
  readonly names: {
    readonly from: { readonly devices: number; readonly requesters: number; readonly texts: number };
  } & TraceNames;
}

export interface FeedAuth {
  readonly token?: string;
  readonly devices?: readonly string[];
  readonly since?: { readonly trace?: number; readonly log?: number };
}
