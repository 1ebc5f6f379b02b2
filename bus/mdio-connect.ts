/** The driver's end of the MDIO wire: an MdioPort whose bus is somewhere else. */
import { Op } from '#datasheets/c45.ts';
import { type DeviceNotice, parseNotice } from './announce.ts';
import type { BusClient } from './client.ts';
import { asLabError, LabError } from './errors.ts';
import { type Interrupt, parseInterrupt } from './interrupt.ts';
import { type MdioPort, unpackFrame } from './mdio.ts';
import { bodyToFrames, framesToBody } from './message.ts';
import { checkName, topics } from './topics.ts';

export type RemoteEvent =
  /** The broker, the lab, the device or the lease is gone; pending requests have been rejected with `reason`. */
  | { readonly kind: 'lost'; readonly reason: LabError }
  /** The device is there again, as a new session: bind again. */
  | { readonly kind: 'back'; readonly session: string }
  | { readonly kind: 'owner'; readonly owner: DeviceNotice['owner'] }
  /** An interrupt line of the device changed. */
  | { readonly kind: 'interrupt'; readonly interrupt: Interrupt };

export interface RemoteMdio extends MdioPort {
  /** The device as it announces itself; null while it is gone. */
  readonly notice: DeviceNotice | null;
  readonly bound: boolean;
  /** Takes the lease, which renews itself until release, close or loss. EBUSY names the owner. */
  bind(): Promise<void>;
  release(): Promise<void>;
  on(listener: (event: RemoteEvent) => void): () => void;
  /** Releases and stops listening; the client stays. */
  close(): Promise<void>;
}

export interface ConnectMdioOptions {
  /** For each request, and for the device to be found. */
  readonly deadlineMs?: number;
}

/** A lease is renewed when this much of it has passed: two renewals may go astray. */
const RENEW_AFTER = 0.3;
const DEADLINE_MS = 2000;

/** Rejects with ENODEV when the lab does not announce the device in time. */
export const connectMdio = async (
  client: BusClient,
  device: string,
  { deadlineMs = DEADLINE_MS }: ConnectMdioOptions = {},
): Promise<RemoteMdio> => {
  checkName('device', device);
  const port = new RemotePort(client, device, deadlineMs);
  try {
    await port.find();
  } catch (error) {
    await port.close();
    throw error;
  }
  return port;
};

class RemotePort implements RemoteMdio {
  readonly #client: BusClient;
  readonly #device: string;
  readonly #deadlineMs: number;
  readonly #listeners = new Set<(event: RemoteEvent) => void>();
  readonly #stops: (() => void)[] = [];
  #notice: DeviceNotice | null = null;
  /** The owner changes counted when our lease began; null when we have none. */
  #boundAt: number | null = null;
  #renewal: NodeJS.Timeout | undefined;

  constructor(client: BusClient, device: string, deadlineMs: number) {
    this.#client = client;
    this.#device = device;
    this.#deadlineMs = deadlineMs;
  }

  get notice(): DeviceNotice | null {
    return this.#notice;
  }

  get bound(): boolean {
    return this.#boundAt !== null;
  }

  async find(): Promise<void> {
    const { lab, link } = this.#client;
    const found = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => found.reject(new LabError('ENODEV', `no device '${this.#device}' in lab '${lab}' on this broker`)),
      this.#deadlineMs,
    );
    this.#stops.push(this.on((event) => event.kind === 'back' && found.resolve()));
    this.#stops.push(
      link.on((event) => {
        if (event === 'lost')
          this.#lose(new LabError('ENODEV', `${this.#device} is out of reach: the broker went away`));
      }),
    );
    try {
      this.#stops.push(await link.subscribe(topics(lab).device(this.#device), (_, payload) => this.#hear(payload)));
      this.#stops.push(
        await link.subscribe(topics(lab).interrupt(this.#device), (_, payload) => this.#interrupted(payload)),
      );
      await found.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  async transfer(frames: Uint32Array): Promise<Uint32Array> {
    if (frames.length === 0) return new Uint32Array();
    const answer = bodyToFrames(await this.#ask('mdio', framesToBody(frames)));
    const reads = frames.reduce((count, frame) => count + (isRead(frame) ? 1 : 0), 0);
    if (answer.length === reads) return answer;
    throw new LabError('EPROTO', `${this.#device} answered ${reads} reads with ${answer.length} frames`);
  }

  async bind(): Promise<void> {
    const { session } = this.#client;
    const answer = await this.#ask('bind', new TextEncoder().encode(session));
    if (answer.length < 8) throw new LabError('EPROTO', `${this.#device} answered a bind with ${answer.length} bytes`);
    const [leaseMs = 0, change = 0] = bodyToFrames(answer);
    this.#boundAt = change;
    clearInterval(this.#renewal);
    this.#renewal = setInterval(() => void this.#renew(), Math.max(10, leaseMs * RENEW_AFTER));
  }

  async release(): Promise<void> {
    if (this.#boundAt === null) return;
    this.#unbind();
    await this.#ask('release', new Uint8Array());
  }

  on(listener: (event: RemoteEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.release().catch(() => {}); // whoever is not there has nothing to release
    for (const stop of this.#stops) stop();
    this.#listeners.clear();
    this.#client.failPending(this.#device, new LabError('ECANCELED', `the port to ${this.#device} is closing`));
  }

  async #ask(kind: 'mdio' | 'bind' | 'renew' | 'release', body: Uint8Array): Promise<Uint8Array> {
    if (this.#notice === null) throw new LabError('ENODEV', `${this.#device} is not there`);
    return this.#client.request(this.#device, kind, body, this.#deadlineMs);
  }

  async #renew(): Promise<void> {
    try {
      await this.#ask('renew', new Uint8Array());
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
      this.#lose(new LabError('ENODEV', `${this.#device} is gone: its lab stopped or lost its broker`));
      return;
    }
    if (known?.session === said.session && said.change < known.change) return;
    if (known !== null && known.session !== said.session)
      this.#lose(new LabError('ESTALE', `${this.#device} was started anew: bind it again`));
    this.#notice = said;
    if (known?.session !== said.session) this.#tell({ kind: 'back', session: said.session });
    else this.#tell({ kind: 'owner', owner: said.owner });
    const taken = this.#boundAt !== null && said.change > this.#boundAt && said.owner?.client !== this.#client.client;
    if (taken)
      this.#drop(
        new LabError('EACCES', `the lease on ${this.#device} ended; it has ${said.owner?.client ?? 'no owner'} now`),
      );
  }

  #interrupted(payload: Uint8Array): void {
    let interrupt: Interrupt;
    try {
      interrupt = parseInterrupt(payload);
    } catch {
      return; // somebody else's words under our topic
    }
    this.#tell({ kind: 'interrupt', interrupt });
  }

  /** The device is not there any more. */
  #lose(reason: LabError): void {
    if (this.#notice === null) return;
    this.#notice = null;
    this.#drop(reason);
  }

  #drop(reason: LabError): void {
    this.#unbind();
    this.#client.failPending(this.#device, reason);
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

const isRead = (frame: number): boolean => {
  const { st, op } = unpackFrame(frame);
  return st === 0 && (op === Op.read || op === Op.readIncrement);
};
