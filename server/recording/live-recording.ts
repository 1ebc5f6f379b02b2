/** A recording of a running lab, made as its reader takes it: read from the trace ring, so that a slow reader costs no memory. */

import { ms, seconds } from '#bus/clock.ts';
import { RECORD_BYTES } from '#bus/trace.ts';
import { RecordingEncoder } from '#recording/encode.ts';
import type { RecordingEvent } from '#recording/format.ts';
import type { BenchDeviceSpec } from '../bench-spec.ts';
import type { LabContext } from '../context.ts';
import { LINKS } from '../device-kinds.ts';
import { datasheetHash } from '../device-views.ts';
import { DeviceLooks } from './device-looks.ts';
import { encodeInOrder } from './in-order.ts';
import { recordedDevice } from './recorded-device.ts';

export interface LiveRecordingOptions {
  /** Newest sequence number not wanted; what the lab does from now on unless given. */
  readonly since?: number | undefined;
  /** Only these devices; all unless given. */
  readonly devices?: ReadonlySet<string> | undefined;
  /** Aborting ends the section with what there is up to then. */
  readonly signal?: AbortSignal;
}

type Recorded = Pick<LabContext, 'name' | 'clock' | 'trace' | 'bench' | 'log' | 'modules' | 'view'>;

/** Records in one piece. */
const BATCH = 8192;
/** How long to wait when nothing is new, milliseconds. */
const LOOK_EVERY_MS = 25;
/** A sign of life for the connection, and how far the recording is, milliseconds. */
const MARK_EVERY_MS = 5000;
/** How often drivers and links are looked at, milliseconds. */
const LINK_EVERY_MS = 100;
/** Composing a frame is work for the thread that serves the bus, seconds. */
const FRAME_EVERY_S = 1;

/** Pieces of one section, each of whole blocks; goes on until its reader has enough or the lab stops. */
export async function* liveRecording(
  lab: Recorded,
  { since, devices, signal }: LiveRecordingOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { trace, clock, log, bench } = lab;
  const kinds = new Map<string, string>();
  const encoder = new RecordingEncoder((name) => recordedDevice(name, kinds.get(name)));
  const changes = new Changes(lab, devices);
  const looks = new DeviceLooks({
    devices: () => [...bench.devices.values()].filter(({ name }) => devices?.has(name) !== false),
    encoder,
    everyNs: seconds(FRAME_EVERY_S),
  });
  const refresh = (): void => {
    for (const { name, device } of bench.devices.values()) {
      const before = kinds.get(name);
      if (before !== undefined && before !== device.kind) encoder.replaced(name);
      kinds.set(name, device.kind);
    }
  };
  refresh();
  let next = since === undefined ? trace.last + 1 : Math.min(since, trace.last) + 1;
  let line = since === undefined ? log.last : 0;
  encoder.begin(headerOf(lab, devices));
  let wroteAt = performance.now();
  let caughtUp = false;
  for (;;) {
    refresh();
    const stops = signal?.aborted === true;
    const events: RecordingEvent[] = changes.take();
    if (next < trace.first) {
      encoder.event({ event: 'gap', time: trace.at(trace.first)?.time ?? clock.now(), missing: trace.first - next });
      next = trace.first;
    }
    const packed = trace.slice(next, BATCH); // a copy: looking at devices may make records
    next += packed.length / RECORD_BYTES;
    const behind = next <= trace.last;
    let panic = false;
    for (const { seq, time, level, facility, text } of log.after(line)) {
      line = seq;
      panic ||= level === 'emerg';
      events.push({ event: 'log', time, level, facility, text });
    }
    // what is on show now is no news of the past
    if (!behind) events.push(...looks.look(clock.now(), panic || stops));
    if (!behind && (!caughtUp || performance.now() - wroteAt > MARK_EVERY_MS)) {
      caughtUp = true;
      events.push({ event: 'mark', time: clock.now(), seq: next - 1 });
    }
    events.sort((one, other) => one.time - other.time);
    encodeInOrder(
      encoder,
      [devices === undefined ? packed : only(packed, devices, trace.names.devices)],
      trace.names,
      events,
    );
    if (stops && !behind) encoder.event({ event: 'end', time: clock.now(), reason: 'the lab stopped' });
    const piece = encoder.take();
    if (piece.length > 0) {
      wroteAt = performance.now();
      yield piece;
    }
    if (stops && !behind) return;
    if (!behind) await new Promise((wake) => setTimeout(wake, LOOK_EVERY_MS));
  }
}

const headerOf = ({ name, bench, view }: Recorded, devices: ReadonlySet<string> | undefined) => {
  const { version, startedAt, seed } = view();
  const wanted = [...bench.devices.values()].filter((device) => devices?.has(device.name) !== false);
  return {
    ferrolab: version,
    mode: 'live' as const,
    lab: name,
    startedAt,
    seed,
    bench: Object.fromEntries(wanted.map((device): [string, BenchDeviceSpec] => [device.name, device.spec])),
    datasheets: Object.fromEntries(wanted.map(({ device }) => [device.kind, datasheetHash(device)])),
    scenario: null,
  };
};

const only = (packed: Uint8Array, devices: ReadonlySet<string>, names: readonly string[]): Uint8Array => {
  const out = new Uint8Array(packed.length);
  let length = 0;
  for (let at = 0; at < packed.length; at += RECORD_BYTES) {
    if (!devices.has(names[packed[at + 4] ?? 0] ?? '')) continue;
    out.set(packed.subarray(at, at + RECORD_BYTES), length);
    length += RECORD_BYTES;
  }
  return out.subarray(0, length);
};

/** What drivers and devices say of themselves, where it is new. */
class Changes {
  readonly #lab: Recorded;
  readonly #devices: ReadonlySet<string> | undefined;
  readonly #told = new Map<string, string>();
  #looked: number | undefined;

  constructor(lab: Recorded, devices: ReadonlySet<string> | undefined) {
    this.#lab = lab;
    this.#devices = devices;
  }

  take(): RecordingEvent[] {
    const events: RecordingEvent[] = [];
    const time = this.#lab.clock.now();
    if (this.#looked !== undefined && time - this.#looked < ms(LINK_EVERY_MS)) return events;
    this.#looked = time;
    for (const { device, module, state, link, error } of this.#lab.modules.list()) {
      if (this.#devices?.has(device) === false) continue;
      const said = error === null ? null : `${error.code}: ${error.message}`;
      if (this.#isNew(`driver ${device}`, `${module} ${state} ${link} ${said}`))
        events.push({ event: 'driver', time, device, module, state, link, error: said });
    }
    for (const { name, device } of this.#lab.bench.devices.values()) {
      const link = LINKS[device.kind]?.(device.inspect());
      if (link === undefined || this.#devices?.has(name) === false) continue;
      if (this.#isNew(`link ${name}`, link)) events.push({ event: 'link', time, device: name, link });
    }
    return events;
  }

  #isNew(what: string, value: string): boolean {
    if (this.#told.get(what) === value) return false;
    this.#told.set(what, value);
    return true;
  }
}
