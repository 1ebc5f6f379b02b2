/** The driver's end of the wire, whatever the device's ports: finds it, binds it, hears what it says, and knows when it is lost. */
import { type DeviceNotice, parseNotice } from './announce.ts';
import type { BusClient } from './client.ts';
import { asLabError, LabError } from './errors.ts';
import { type DeviceEvent, decodeEvents, EventOrder } from './events.ts';
import { guarded } from './guarded.ts';
import { type Interrupt, InterruptOrder, parseInterrupt, parseLines } from './interrupt.ts';
import { bodyToFrames, framesToBody, type Kind } from './message.ts';
import { checkName, topics } from './topics.ts';

export type RemoteEvent =
  /** The broker, the lab, the device or the lease is gone; pending requests have been rejected with `reason`. */
  | { readonly kind: 'lost'; readonly reason: LabError }
  /** The device is there again, as a new session: bind again. */
  | { readonly kind: 'back'; readonly session: string }
  | { readonly kind: 'owner'; readonly owner: DeviceNotice['owner'] }
  /** An interrupt line of the device changed; in order, each once. */
  | { readonly kind: 'interrupt'; readonly interrupt: Interrupt }
  /** A request of ours is held at a breakpoint: its deadline moves on. Said again while it lasts. */
  | { readonly kind: 'held'; readonly why: string }
  /** What the device told its owner; in order, each once. */
  | { readonly kind: 'told'; readonly event: DeviceEvent }
  /** So many things the device told could not be had any more. */
  | { readonly kind: 'missed'; readonly count: number };

export interface RemoteDevice {
  readonly device: string;
  /** The device as it announces itself; null while it is gone. */
  readonly notice: DeviceNotice | null;
  readonly bound: boolean;
  /** Number of the latest event it told us as its owner, and of its latest interrupt; null before the first. */
  readonly heard: { readonly told: number; readonly interrupts: number | null };
  /** Milliseconds since it answered last. */
  readonly quietMs: number;
  /** Takes the lease, which renews itself until release, close or loss. EBUSY names the owner. */
  bind(): Promise<void>;
  release(): Promise<void>;
  on(listener: (event: RemoteEvent) => void): () => void;
  /** Interrupt lines, each change once and in order. */
  onInterrupt(listener: (line: string, asserted: boolean) => void): () => void;
  /** Asks the device; for the ports that stand on it. */
  ask(kind: Kind, body: Uint8Array): Promise<Uint8Array>;
  /** Reports a misuse by the driver. */
  finding(what: string, text: string): Promise<void>;
  /** Releases and stops listening; the client stays. */
  close(): Promise<void>;
}

/** What a port stands on. */
export type DeviceWire = Pick<RemoteDevice, 'device' | 'ask' | 'on' | 'onInterrupt' | 'finding'>;

export interface ConnectOptions {
  /** For each request, and for the device to be found. */
  readonly deadlineMs?: number;
}

/** A lease is renewed when this much of it has passed: two renewals may go astray. */
const RENEW_AFTER = 0.3;
const DEADLINE_MS = 2000;

/** Rejects with ENODEV when the lab does not announce the device in time. */
export const connectDevice = async (
  client: BusClient,
  device: string,
  { deadlineMs = DEADLINE_MS }: ConnectOptions = {},
): Promise<RemoteDevice> => {
  checkName('device', device);
  const remote = new Remote(client, device, deadlineMs);
  try {
    await remote.find();
  } catch (error) {
    await remote.close();
    throw error;
  }
  return remote;
};

class Remote implements RemoteDevice {
  readonly #client: BusClient;
  readonly device: string;
  readonly #deadlineMs: number;
  readonly #listeners = new Set<(event: RemoteEvent) => void>();
  readonly #stops: (() => void)[] = [];
  readonly #order = new EventOrder((event) => this.#tell({ kind: 'told', event }));
  readonly #interrupts = new InterruptOrder((interrupt) => this.#tell({ kind: 'interrupt', interrupt }));
  #asking = false;
  #answeredAtMs = performance.now();
  #notice: DeviceNotice | null = null;
  /** The owner changes counted when our lease began; null when we have none. */
  #boundAt: number | null = null;
  #renewal: NodeJS.Timeout | undefined;

  constructor(client: BusClient, device: string, deadlineMs: number) {
    this.#client = client;
    this.device = device;
    this.#deadlineMs = deadlineMs;
  }

  get notice(): DeviceNotice | null {
    return this.#notice;
  }

  get bound(): boolean {
    return this.#boundAt !== null;
  }

  get heard(): { readonly told: number; readonly interrupts: number | null } {
    return { told: this.#order.next - 1, interrupts: this.#interrupts.last };
  }

  get quietMs(): number {
    return performance.now() - this.#answeredAtMs;
  }

  async find(): Promise<void> {
    const { lab, link } = this.#client;
    const found = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => found.reject(new LabError('ENODEV', `no device '${this.device}' in lab '${lab}' on this broker`)),
      this.#deadlineMs,
    );
    this.#stops.push(this.on((event) => event.kind === 'back' && found.resolve()));
    this.#stops.push(
      link.on((event) => {
        if (event === 'lost')
          this.#lose(new LabError('ENODEV', `${this.device} is out of reach: the broker went away`));
      }),
    );
    try {
      this.#stops.push(await link.subscribe(topics(lab).device(this.device), (_, payload) => this.#hear(payload)));
      this.#stops.push(
        await link.subscribe(topics(lab).interrupt(this.device), (_, payload) => this.#interrupted(payload)),
      );
      this.#stops.push(this.#client.onTold(this.device, (body) => this.#told(body)));
      this.#stops.push(this.#client.onHeld(this.device, (why) => this.#tell({ kind: 'held', why })));
      await found.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  async bind(): Promise<void> {
    const { session } = this.#client;
    const answer = await this.ask('bind', new TextEncoder().encode(session));
    if (answer.length < 8) throw new LabError('EPROTO', `${this.device} answered a bind with ${answer.length} bytes`);
    const [leaseMs = 0, change = 0, told = 0] = bodyToFrames(answer);
    if (this.#boundAt !== change) this.#order.begin(told);
    this.#boundAt = change;
    clearInterval(this.#renewal);
    this.#renewal = setInterval(() => void this.#renew(), Math.max(10, leaseMs * RENEW_AFTER));
  }

  async release(): Promise<void> {
    if (this.#boundAt === null) return;
    this.#unbind();
    await this.ask('release', new Uint8Array());
  }

  on(listener: (event: RemoteEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.release().catch(() => {}); // whoever is not there has nothing to release
    for (const stop of this.#stops) stop();
    this.#listeners.clear();
    this.#client.failPending(this.device, new LabError('ECANCELED', `the port to ${this.device} is closing`));
  }

  onInterrupt(listener: (line: string, asserted: boolean) => void): () => void {
    return this.on((event) => {
      if (event.kind !== 'interrupt') return;
      const { line, asserted } = event.interrupt;
      guarded(() => listener(line, asserted));
    });
  }

  async finding(what: string, text: string): Promise<void> {
    await this.ask('finding', new TextEncoder().encode(JSON.stringify({ what, text })));
  }

  async ask(kind: Kind, body: Uint8Array): Promise<Uint8Array> {
    if (this.#notice === null) throw new LabError('ENODEV', `${this.device} is not there`);
    const answer = await this.#client.request(this.device, kind, body, this.#deadlineMs);
    this.#answeredAtMs = performance.now();
    return answer;
  }

  async #renew(): Promise<void> {
    try {
      const [, , told = 0] = bodyToFrames(await this.ask('renew', new Uint8Array()));
      if (told >= this.#order.next) void this.#resync();
    } catch (error) {
      const reason = asLabError(error);
      // A missed renewal may still be followed by one in time; a refused one may not.
      if (reason.code === 'EACCES' && this.bound) this.#drop(reason);
    }
  }

  #hear(payload: Uint8Array): void {
    const said = parseNotice(payload);
    if (said === undefined) return;
    const known = this.#notice;
    if (said.state === 'gone') {
      if (known?.session !== said.session) return; // a death told late
      this.#lose(new LabError('ENODEV', `${this.device} is gone: its lab stopped or lost its broker`));
      return;
    }
    if (known?.session === said.session && said.change < known.change) return;
    if (known !== null && known.session !== said.session)
      this.#lose(new LabError('ESTALE', `${this.device} was started anew: bind it again`));
    this.#notice = said;
    if (known?.session !== said.session) this.#interrupts.begin();
    if (known?.session !== said.session) this.#tell({ kind: 'back', session: said.session });
    else this.#tell({ kind: 'owner', owner: said.owner });
    const taken = this.#boundAt !== null && said.change > this.#boundAt && said.owner?.client !== this.#client.client;
    if (taken)
      this.#drop(
        new LabError('EACCES', `the lease on ${this.device} ended; it has ${said.owner?.client ?? 'no owner'} now`),
      );
  }

  #interrupted(payload: Uint8Array): void {
    try {
      this.#interrupts.take(parseInterrupt(payload));
    } catch {
      return; // somebody else's words under our topic
    }
    if (this.#interrupts.gap) void this.#askLines();
  }

  /** Some changes went astray: how the lines stand now is what counts. */
  async #askLines(): Promise<void> {
    if (!this.#interrupts.mayAsk()) return;
    try {
      this.#interrupts.settle(parseLines(await this.ask('lines', new Uint8Array())));
    } catch {
      this.#interrupts.giveUp(); // gone, or too busy: the next interrupt asks again
    }
  }

  #told(body: Uint8Array): void {
    if (!this.bound) return;
    try {
      for (const event of decodeEvents(body)) this.#order.take(event);
    } catch {
      return; // no lab of ours says so
    }
    if (this.#order.gap) void this.#resync();
  }

  async #resync(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const missing = await this.ask('resync', framesToBody(Uint32Array.of(this.#order.next)));
      for (const event of decodeEvents(missing)) this.#order.take(event);
    } catch (error) {
      if (asLabError(error).code === 'ESTALE') {
        const count = this.#order.skip();
        if (count > 0) this.#tell({ kind: 'missed', count });
      }
    } finally {
      this.#asking = false;
    }
  }

  /** The device is not there any more. */
  #lose(reason: LabError): void {
    if (this.#notice === null) return;
    this.#notice = null;
    this.#drop(reason);
  }

  #drop(reason: LabError): void {
    this.#unbind();
    this.#client.failPending(this.device, reason);
    this.#tell({ kind: 'lost', reason });
  }

  #unbind(): void {
    this.#boundAt = null;
    clearInterval(this.#renewal);
  }

  #tell(event: RemoteEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
