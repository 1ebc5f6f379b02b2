/** The device's end of the MDIO wire: one connection for each device, so that birth, state and death share its topic. */
import { randomBytes } from 'node:crypto';
import { Op } from '#datasheets/c45.ts';
import { type DeviceNotice, encodeNotice, moduleOf, type Presence, parseNotice, parsePresence } from './announce.ts';
import { asLabError, LabError } from './errors.ts';
import { Lease } from './lease.ts';
import { BusLink } from './link.ts';
import { type MdioPort, unpackFrame } from './mdio.ts';
import { bodyToFrames, framesToBody, type Request } from './message.ts';
import { RequestQueue } from './request-queue.ts';
import { checkName, parseTopic, topics } from './topics.ts';

export interface ServeMdioOptions {
  readonly url: string;
  readonly lab: string;
  readonly device: string;
  /** `qt2025`. */
  readonly kind: string;
  readonly ports: readonly string[];
  /** Hash of the datasheet's table, for the announcement. */
  readonly datasheet: string;
  /** The port for one requester: a module's name, or the client id of who has none. */
  readonly port: (requester: string) => MdioPort;
  /** The embedded broker's `labToken`, or the token of an outside broker. */
  readonly token?: string;
  /** How long a driver keeps the device without renewing. */
  readonly leaseMs?: number;
  readonly onOwner?: (owner: LeaseView | null) => void;
  /** What was ignored or taken away, a line each. */
  readonly log?: (line: string) => void;
}

export interface LeaseView {
  readonly client: string;
  readonly session: string;
  /** The module its presence names, else the client id. */
  readonly module: string;
  /** Left until the lease ends unless renewed. */
  readonly leaseMs: number;
  readonly leaseOfMs: number;
}

export interface ServedMdio {
  readonly session: string;
  owner(): LeaseView | null;
  /** Requests that could not be answered, because they name nobody. */
  readonly ignored: number;
  /** Ends the lease, whoever has it: for a driver that hangs. */
  evict(reason: string): void;
  /** Says goodbye and disconnects. */
  close(): Promise<void>;
}

const LEASE_MS = 10_000;
/** How long a lab of the same name has to speak up before the device is announced. */
const TAKEN_MS = 100;

/** Rejects with ENODEV (no broker), EACCES (not ours to serve here), EEXIST (served already) or EINVAL (bad name). */
export const serveMdio = async (options: ServeMdioOptions): Promise<ServedMdio> => {
  checkName('lab name', options.lab);
  checkName('device', options.device);
  const served = new MdioServer(options);
  await served.open();
  return served;
};

class MdioServer implements ServedMdio {
  readonly #options: ServeMdioOptions;
  readonly #lease: Lease;
  readonly #requests: RequestQueue;
  readonly #presences = new Map<string, Presence>();
  #closing = false;
  #link: BusLink | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(options: ServeMdioOptions) {
    this.#options = options;
    this.#lease = new Lease(options.device, options.leaseMs ?? LEASE_MS);
    this.#requests = new RequestQueue({
      device: options.device,
      reply: (client, bytes) => void this.#link?.post(topics(options.lab).reply(client), bytes),
      atOnce: (request) => (request.kind === 'mdio' ? null : this.#leaseRequest(request)),
      inTurn: (request) => this.#transfer(request),
      log: (line) => options.log?.(line),
    });
  }

  async open(): Promise<void> {
    const { url, token, lab, device } = this.#options;
    const at = topics(lab);
    const link = await BusLink.connect({
      url,
      id: `lab-${randomBytes(6).toString('hex')}`,
      ...(token === undefined ? {} : { token }),
      will: (session) => ({
        topic: at.device(device),
        payload: encodeNotice({ ...this.#notice(session), state: 'gone' }),
      }),
    }).catch((error: unknown) => {
      throw refusedToServe(asLabError(error));
    });
    this.#link = link;
    try {
      await this.#checkFree(link);
      await link.subscribe(at.client('+'), (topic, payload) => this.#presence(topic, payload));
      await link.subscribe(at.request(device), (_, payload) => this.#requests.receive(payload));
      await this.#announce();
    } catch (error) {
      await link.close();
      throw error;
    }
    link.on((event) => {
      if (event === 'back')
        void this.#announce().catch(() => {}); // lost again: the next `back` announces
      else if (this.#lease.end()) this.#ownerChanged('the broker went away');
    });
    this.#watch = setInterval(() => {
      if (this.#lease.expire(performance.now())) this.#ownerChanged('its lease was not renewed');
    }, 100);
  }

  get ignored(): number {
    return this.#requests.ignored;
  }

  get session(): string {
    return this.#link?.session ?? '';
  }

  owner(): LeaseView | null {
    const { owner, leaseMs: leaseOfMs } = this.#lease;
    if (owner === null) return null;
    const module = moduleOf(owner.client, this.#presences.get(owner.client));
    return { ...owner, module, leaseMs: Math.round(this.#lease.leftMs(performance.now())), leaseOfMs };
  }

  evict(reason: string): void {
    if (this.#lease.end()) this.#ownerChanged(reason);
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    const link = this.#link;
    if (link === undefined || this.#closing) return;
    this.#closing = true;
    const topic = topics(this.#options.lab).device(this.#options.device);
    const gone = encodeNotice({ ...this.#notice(link.session), state: 'gone' });
    for (const last of link.connected ? [gone, ''] : [])
      await link.publish(topic, last, { retain: true }).catch(() => {}); // the broker went first: its will says it
    await link.close();
  }

  #notice(session: string): DeviceNotice {
    const { device, lab, kind, ports, datasheet } = this.#options;
    const view = this.owner();
    const owner = view === null ? null : { client: view.client, module: view.module };
    return { device, lab, kind, ports, datasheet, session, state: 'here', owner, change: this.#lease.change };
  }

  /** Two labs of one name on one broker would both answer. */
  async #checkFree(link: BusLink): Promise<void> {
    const { lab, device } = this.#options;
    let other: DeviceNotice | undefined;
    const stop = await link.subscribe(topics(lab).device(device), (_, payload) => {
      other = parseNotice(payload);
    });
    await new Promise((waited) => setTimeout(waited, TAKEN_MS));
    stop();
    if (other === undefined || other.state === 'gone') return;
    throw new LabError(
      'EEXIST',
      `lab '${lab}' has a ${device} on this broker already; give this lab another name, or stop that one first`,
    );
  }

  async #announce(): Promise<void> {
    if (this.#closing) return;
    const { lab, device } = this.#options;
    await this.#link?.publish(topics(lab).device(device), encodeNotice(this.#notice(this.session)), { retain: true });
  }

  #ownerChanged(why: string | null): void {
    if (why !== null) this.#options.log?.(`${this.#options.device} is free: ${why}`);
    void this.#announce().catch(() => {}); // without a broker: announced when it is back
    this.#options.onOwner?.(this.owner());
  }

  #presence(topic: string, payload: Uint8Array): void {
    const client = parseTopic(topic)?.name;
    if (client === undefined) return;
    const said = parsePresence(payload);
    if (said === undefined || said.client !== client) {
      if (payload.length === 0) this.#presences.delete(client);
      return;
    }
    const known = this.#presences.get(client);
    if (said.state === 'gone' && known !== undefined && known.session !== said.session) return; // a death told late
    if (known?.session !== said.session) this.#requests.forget(client);
    if (said.state === 'gone') this.#presences.delete(client);
    else this.#presences.set(client, said);
    if (this.#lease.heard(client, said.session, said.state === 'gone'))
      this.#ownerChanged(said.state === 'gone' ? `${client} is gone` : `${client} started anew`);
  }

  #leaseRequest({ kind, client, body }: Request): Uint8Array | LabError {
    const lease = this.#lease;
    const before = lease.change;
    const now = performance.now();
    try {
      if (kind === 'bind') lease.bind(client, new TextDecoder().decode(body.subarray(0, 32)), now);
      else if (kind === 'renew') lease.renew(client, now);
      else lease.release(client);
    } catch (error) {
      return asLabError(error);
    }
    if (lease.change !== before) this.#ownerChanged(kind === 'release' ? `${client} released it` : null);
    return framesToBody(Uint32Array.of(kind === 'release' ? 0 : lease.leaseMs, lease.change));
  }

  async #transfer({ client, body }: Request): Promise<Uint8Array | LabError> {
    try {
      const frames = bodyToFrames(body);
      if (frames.some(isWrite)) this.#lease.check(client, 'written');
      const requester = moduleOf(client, this.#presences.get(client));
      return framesToBody(await this.#options.port(requester).transfer(frames));
    } catch (error) {
      return asLabError(error);
    }
  }
}

/** The usual reason: the broker inside another lab, which serves that lab's devices only. */
const refusedToServe = (error: LabError): LabError =>
  error.code !== 'EACCES'
    ? error
    : new LabError(
        'EACCES',
        `${error.message}; a broker inside a lab serves that lab only, several share a Mosquitto`,
        {
          cause: error,
        },
      );

const isWrite = (frame: number): boolean => {
  const { st, op } = unpackFrame(frame);
  return st === 0 && op === Op.write;
};
