/** Writes one scenario run in virtual time into a recording: its accesses, kernel log, drivers, steps and verdict. */
import { createHash } from 'node:crypto';
import type { RunView, StepView } from '#bus/api.ts';
import { RECORD_BYTES } from '#bus/trace.ts';
import { RecordingEncoder } from '#recording/encode.ts';
import type { RecordingEvent } from '#recording/format.ts';
import { datasheetHash } from '../device-views.ts';
import type { DriverStatus, ScenarioEnv } from '../scenario/env.ts';
import type { Scenario } from '../scenario/model.ts';
import { PARTS } from '../scenario/parts.ts';
import { DeviceLooks } from './device-looks.ts';
import { encodeInOrder } from './in-order.ts';
import { recordedDevice } from './recorded-device.ts';

export interface RunRecorderOptions {
  readonly scenario: Pick<Scenario, 'name' | 'yaml' | 'bench'>;
  /** As it was named on the command line. */
  readonly file: string;
  readonly seed: number;
  /** Of the lab. */
  readonly version: string;
  /** Takes the next bytes of the file: they are in it when this returns, and their memory is used again. */
  readonly append: (bytes: Uint8Array) => void;
}

/** Of an environment only this is looked at. */
export type RecordedEnv = Pick<ScenarioEnv, 'mode' | 'clock' | 'trace' | 'log'> & {
  /** Without it nothing is said of frames and of block devices. */
  readonly device?: ScenarioEnv['device'];
  readonly close?: ScenarioEnv['close'];
};

/** Records written at once, where the ring keeps as many twice. */
const BATCH = 2048;

export class RunRecorder {
  readonly #options: RunRecorderOptions;
  readonly #encoder: RecordingEncoder;
  readonly #events: RecordingEvent[] = [];
  readonly #files = new Set<string>();
  readonly #steps = new Map<number, StepView['state']>();
  #env: RecordedEnv | undefined;
  #looks: DeviceLooks | undefined;
  #deaf: () => void = () => {};
  /** Of the newest record written. */
  #seq = 0;
  #written = 0;
  #log = 0;
  #faces: readonly boolean[] = [];
  #all = true;
  #known = 0;

  constructor(options: RunRecorderOptions) {
    this.#options = options;
    const { bench } = options.scenario;
    this.#encoder = new RecordingEncoder((name) => recordedDevice(name, bench[name]?.device));
  }

  /** Records that are in the file. */
  get written(): number {
    return this.#written;
  }

  /** Begins the section and listens; the environment is given back. */
  watch<E extends RecordedEnv>(env: E): E {
    const { scenario, file, seed, version } = this.#options;
    const { name, yaml, bench } = scenario;
    const kinds = new Set(Object.values(bench).map(({ device }) => device));
    this.#env = env;
    this.#encoder.begin({
      ferrolab: version,
      mode: env.mode,
      lab: null,
      startedAt: null,
      seed,
      bench,
      datasheets: Object.fromEntries(
        [...kinds].map((kind) => [kind, datasheetHash({ kind, registers: PARTS[kind].registers })]),
      ),
      scenario: { name, file, yaml },
    });
    const { device } = env;
    if (device !== undefined)
      this.#looks = new DeviceLooks({
        devices: () => Object.keys(bench).map((one) => device(one)),
        encoder: this.#encoder,
      });
    this.#seq = env.trace.last;
    this.#flush();
    this.#deaf = env.trace.every(Math.max(1, Math.min(BATCH, env.trace.capacity >> 1)), () => this.#flush());
    // what displays show at the verdict is seen before they go
    const close = async (): Promise<void> => {
      this.#flush(true);
      this.#looks = undefined;
      await env.close?.();
    };
    return env.close === undefined ? env : { ...env, close };
  }

  /** What a driver says of itself. */
  driver(device: string, { module, state, link, error }: DriverStatus, time: number): void {
    const said = error === null ? null : `${error.code}: ${error.message}`;
    this.#events.push({ event: 'driver', time, device, module, state, link, error: said });
  }

  /** A firmware file the run was given; each is told once. */
  firmware(name: string, bytes: Uint8Array): void {
    if (this.#files.has(name)) return;
    this.#files.add(name);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.#events.push({ event: 'firmware', time: this.#now(), name, bytes: bytes.length, sha256 });
  }

  /** Where the run stands: steps that changed. */
  progress({ steps }: RunView): void {
    const time = this.#now();
    let ended = false;
    for (const { index, title, state, found } of steps) {
      if (state === 'waiting' || this.#steps.get(index) === state) continue;
      this.#steps.set(index, state);
      ended ||= state === 'done' || state === 'failed';
      this.#events.push({ event: 'step', time, index, title, state, found });
    }
    this.#flush(ended);
  }

  /** The verdict, and the end of the section. */
  end(run: RunView): void {
    this.#deaf();
    const time = this.#now();
    this.#flush(true);
    this.#encoder.event({ event: 'run', time, run });
    this.#encoder.event({ event: 'end', time, reason: 'the run ended' });
    this.#options.append(this.#encoder.view());
  }

  #now(): number {
    return this.#env?.clock.now() ?? 0;
  }

  /** The devices of the scenario are recorded, as its hash is over them. */
  #ours(packed: Uint8Array): Uint8Array {
    const names = this.#env?.trace.names.devices ?? [];
    if (names.length !== this.#known) {
      const { bench } = this.#options.scenario;
      this.#faces = names.map((name) => Object.hasOwn(bench, name));
      // the first name is that of nobody
      this.#all = this.#faces.every((ours, index) => ours || index === 0);
      this.#known = names.length;
    }
    if (this.#all) return packed;
    const out = new Uint8Array(packed.length);
    let length = 0;
    for (let at = 0; at < packed.length; at += RECORD_BYTES) {
      if (this.#faces[packed[at + 4] ?? 0] !== true) continue;
      out.set(packed.subarray(at, at + RECORD_BYTES), length);
      length += RECORD_BYTES;
    }
    return out.subarray(0, length);
  }

  /** `moment`: what displays show now is worth keeping. */
  #flush(moment = false): void {
    const env = this.#env;
    if (env === undefined) return;
    let panic = false;
    for (const { seq, time, level, facility, text } of env.log(this.#log)) {
      this.#log = seq;
      panic ||= level === 'emerg';
      this.#events.push({ event: 'log', time, level, facility, text });
    }
    this.#events.push(...(this.#looks?.look(env.clock.now(), moment || panic) ?? []));
    const events = this.#events.splice(0).sort((one, other) => one.time - other.time);
    const { trace } = env;
    const pieces = trace.pieces(this.#seq + 1).map((packed) => this.#ours(packed));
    encodeInOrder(this.#encoder, pieces, trace.names, events);
    this.#options.append(this.#encoder.view());
    for (const { length } of pieces) this.#written += length / RECORD_BYTES;
    this.#seq = trace.last;
  }
}
