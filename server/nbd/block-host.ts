/** Runs the block devices of a lab, and their NBD clients, in one thread beside the lab's own. */
import { MessageChannel, Worker } from 'node:worker_threads';
import type { LogLevel } from '#bus/api.ts';
import type { OutsideRequests } from '#bus/block.ts';
import type { Clock } from '#bus/clock.ts';
import { asLabError, ERRNO, type ErrnoName, LabError } from '#bus/errors.ts';
import type { NbdConnectionView } from './connection.ts';
import { markOf } from './fine-clock.ts';
import {
  type BlockThreadStart,
  buffersOf,
  type FromBlockThread,
  type NbdListen,
  type NullbSpec,
  type NullbState,
  type ThreadStanding,
  type ToBlockThread,
} from './hosted.ts';
import { HostedNullb } from './hosted-nullb.ts';
import { SyncCaller } from './sync-call.ts';

export interface BlockHostOptions {
  /** The lab's: both threads tell the same time. */
  readonly clock: Clock;
  /** `device` is null where it is about NBD. */
  readonly log?: (level: LogLevel, device: string | null, text: string) => void;
}

/** Where NBD clients find the devices. */
export interface NbdAddress {
  readonly host: string | null;
  readonly port: number | null;
  readonly unix: string | null;
}

/** A call waits this long: the thread may be starting, or in the middle of a large discard. */
const PATIENCE_MS = 10_000;

export class BlockHost {
  readonly #options: BlockHostOptions;
  readonly #devices = new Map<string, HostedNullb>();
  #thread: { readonly worker: Worker; readonly caller: SyncCaller } | null = null;
  #clients: readonly NbdConnectionView[] = [];
  #up = false;
  #waiting: (() => void)[] = [];
  #listening: ((address: NbdAddress | LabError) => void) | null = null;
  /** Commands sent to the thread that runs, and what it said of devices. */
  #sent = 0;
  #heard = 0;

  constructor(options: BlockHostOptions) {
    this.#options = options;
  }

  /** Starts the thread, should it not run yet; resolves when a device can be placed without waiting for it. */
  async ready(): Promise<void> {
    const { worker } = this.#started();
    if (this.#up) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      worker.once('exit', () => resolve()); // what went wrong is said by the next call
    });
  }

  /** Builds a device; one of the same name is replaced, its NBD clients are let go. Throws the LabError of a bad attribute. */
  place(name: string, spec: NullbSpec): HostedNullb {
    const { worker, caller } = this.#started();
    const gateStands = new Int32Array(new SharedArrayBuffer(4));
    const state = caller.call('place', name, spec, gateStands) as NullbState; // see block-thread.ts
    const hosted: HostedNullb = new HostedNullb({
      name,
      clock: this.#options.clock,
      gateStands,
      state,
      thread: {
        call: (verb, ...args) => {
          if (this.#thread?.caller !== caller) throw new LabError('ENODEV', `${name}: its thread has ended`);
          return caller.call(verb, ...args);
        },
        submit: (device, commands) => {
          // once another device has the name, the old one's commands are nobody's
          if (this.#devices.get(device) !== hosted) return;
          const buffers = new Set(commands.flatMap(({ data }) => (data === undefined ? [] : [data.buffer])));
          this.#sent += commands.length;
          send(worker, { submit: device, commands }, [...buffers].filter(whole));
        },
        ruled: (device, returns) => {
          if (this.#devices.get(device) !== hosted) return;
          this.#sent += returns.length;
          send(worker, { gate: device, returns }, buffersOf(returns));
        },
        remove: () => {
          if (this.#devices.get(name) === hosted) this.remove(name);
        },
      },
    });
    this.#devices.set(name, hosted);
    return hosted;
  }

  remove(name: string): void {
    const device = this.#devices.get(name);
    if (device === undefined) return;
    this.#devices.delete(name);
    const last = this.#thread?.caller.call('remove', name) as OutsideRequests | null | undefined; // see block-thread.ts
    if (last) device.outside(last);
  }

  /** Lets NBD clients in, once. Rejects with the LabError that says why not. */
  listen(where: NbdListen): Promise<NbdAddress> {
    const { worker } = this.#started();
    return new Promise((resolve, reject) => {
      this.#listening = (answer) => (answer instanceof LabError ? reject(answer) : resolve(answer));
      send(worker, { listen: where });
    });
  }

  /** The lab's clock goes on otherwise from now on. */
  steer(): void {
    this.#thread?.caller.call('steer', markOf(this.#options.clock));
  }

  /**
   * Fires what is due by `at` on the thread's clock, which then stands there or has been past it. `next` is when something
   * falls due after that, Infinity when nothing does; not `settled`: something is still on its way between the threads.
   */
  lead(at: number): { readonly now: number; readonly next: number; readonly settled: boolean } {
    if (this.#thread === null || this.#devices.size === 0)
      return { now: at, next: Number.POSITIVE_INFINITY, settled: true };
    const { now, next, got, said } = this.#thread.caller.call('lead', at) as ThreadStanding; // see block-thread.ts
    return { now, next, settled: got === this.#sent && said === this.#heard };
  }

  /** NBD clients, as of a quarter of a second ago at most. */
  get clients(): readonly NbdConnectionView[] {
    return this.#clients;
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
    this.#devices.clear();
    if (thread === null) return;
    const ended = new Promise((resolve) => thread.worker.once('exit', resolve));
    send(thread.worker, { close: true });
    const late = setTimeout(() => void thread.worker.terminate(), PATIENCE_MS);
    await ended;
    clearTimeout(late);
  }

  #started(): { readonly worker: Worker; readonly caller: SyncCaller } {
    if (this.#thread !== null) return this.#thread;
    const { port1, port2 } = new MessageChannel();
    const answered = new Int32Array(new SharedArrayBuffer(4));
    const start: BlockThreadStart = { mark: markOf(this.#options.clock), line: { port: port2, answered } };
    const worker = new Worker(new URL('./block-thread.ts', import.meta.url), {
      workerData: start,
      transferList: [port2],
      name: 'block devices',
      execArgv: [], // what the process was started with need not suit a thread
    });
    port1.unref();
    worker.on('message', (message: FromBlockThread) => this.#hear(message));
    worker.on('error', (error) => this.#died(error));
    worker.once('exit', () => {
      port1.close();
      if (this.#thread?.worker === worker) this.#died(new Error('its thread ended'));
    });
    this.#sent = 0;
    this.#heard = 0;
    this.#thread = { worker, caller: new SyncCaller({ port: port1, answered }, PATIENCE_MS) };
    return this.#thread;
  }

  #hear(message: FromBlockThread): void {
    if ('up' in message) {
      this.#up = true;
      for (const go of this.#waiting.splice(0)) go();
    } else if ('completed' in message) {
      const device = this.#devices.get(message.completed);
      this.#heard += message.completions.length;
      for (const completion of message.completions) device?.completed(completion);
    } else if ('seen' in message) this.#devices.get(message.seen)?.outside(message.requests);
    else if ('gate' in message) {
      this.#heard += message.steps.length;
      this.#devices.get(message.gate)?.atGate(message.steps);
    } else if ('event' in message) {
      this.#heard++;
      this.#devices.get(message.device)?.told(message.state, message.event);
    } else if ('states' in message) {
      for (const [name, state] of message.states) this.#devices.get(name)?.told(state);
      this.#clients = message.clients;
    } else if ('log' in message) this.#options.log?.(message.level, message.device, message.log);
    else if ('refused' in message) {
      const { code, message: why } = message.refused;
      this.#answerListening(new LabError(code in ERRNO ? (code as ErrnoName) : 'EIO', why));
    } else {
      const { listening, unix } = message;
      this.#answerListening({ host: listening?.host ?? null, port: listening?.port ?? null, unix });
    }
  }

  #answerListening(answer: NbdAddress | LabError): void {
    this.#listening?.(answer);
    this.#listening = null;
  }

  #died(error: Error): void {
    this.#thread = null;
    this.#up = false;
    this.#options.log?.('crit', null, `the thread of the block devices is gone: ${error.message}`);
    this.#answerListening(asLabError(error));
  }
}

const send = (worker: Worker, message: ToBlockThread, transfer: ArrayBuffer[] = []): void =>
  worker.postMessage(message, transfer);

/** Handed-over payloads own their memory; a piece of something shared is copied. */
const whole = (buffer: ArrayBufferLike): buffer is ArrayBuffer => buffer instanceof ArrayBuffer;
