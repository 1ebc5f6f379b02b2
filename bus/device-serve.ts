/** The device's end of the wire, whatever its ports: one connection for each device, so that birth, state and death share its topic. */
import { randomBytes } from 'node:crypto';
import { type DeviceNotice, encodeNotice, moduleOf, type Presence, parseNotice, parsePresence } from './announce.ts';
import { DeviceNews } from './device-news.ts';
import { asLabError, LabError } from './errors.ts';
import { Lease } from './lease.ts';
import { BusLink } from './link.ts';
import { framesToBody, type Kind, type Request } from './message.ts';
import type { Asker, PortGround, PortServer } from './port-server.ts';
import { RequestQueue } from './request-queue.ts';
import type { OpenSession } from './session.ts';
import { checkName, parseTopic, topics } from './topics.ts';

export interface ServeDeviceOptions {
  readonly url: string;
  readonly lab: string;
  readonly device: string;
  /** `qt2025`. */
  readonly kind: string;
  readonly ports: readonly string[];
  /** Hash of the datasheet's table, for the announcement. */
  readonly datasheet: string;
  /** How sessions at that broker are opened, where it is in this process. */
  readonly openSession?: OpenSession | undefined;
  readonly token?: string;
  /** How long a driver keeps the device without renewing. */
  readonly leaseMs?: number;
  readonly onOwner?: (owner: LeaseView | null) => void;
  /** A driver's subsystem has caught it at a misuse. */
  readonly onFinding?: (module: string, what: string, text: string) => void;
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

export interface DeviceStanding {
  /** The client's latest request; null before the first. */
  readonly last: number | null;
  /** Its requests that have no answer yet. */
  readonly open: readonly number[];
  /** The latest event its owner was told, and the latest interrupt. */
  readonly told: number;
  readonly interrupts: number;
}

export interface ServedDevice {
  readonly session: string;
  owner(): LeaseView | null;
  /** Requests that could not be answered, because they name nobody. */
  readonly ignored: number;
  /** What came from a client and what was said to it, by number: tells whether anything is on its way between the two. */
  standing(client: string): DeviceStanding;
  /** Ends the lease, whoever has it: for a driver that hangs. */
  evict(reason: string): void;
  /** Its accesses are held, or go on (null): whoever waits for an answer is told, and does not time out. */
  held(why: string | null): void;
  /** Says on the bus that an interrupt line changed. */
  interrupt(line: string, asserted: boolean, timeNs: number): void;
  /** The device behind the ports is another one now; its owner stays. */
  replaced(): void;
  /** Says goodbye and disconnects. */
  close(): Promise<void>;
}

const LEASE_MS = 10_000;
/** How long a broker elsewhere has to say that a lab of the same name is there, before the device is announced. */
const TAKEN_MS = 100;

/** Rejects with ENODEV (no broker), EACCES (not ours to serve here), EEXIST (served already) or EINVAL (bad name). */
export const serveDevice = async (
  options: ServeDeviceOptions,
  ports: (ground: PortGround) => readonly PortServer[],
): Promise<ServedDevice> => {
  checkName('lab name', options.lab);
  checkName('device', options.device);
  const served = new DeviceServer(options, ports);
  await served.open();
  return served;
};

class DeviceServer implements ServedDevice {
  readonly #options: ServeDeviceOptions;
  readonly #lease: Lease;
  readonly #requests: RequestQueue;
  readonly #ports: readonly PortServer[];
  readonly #portFor: ReadonlyMap<Kind, PortServer>;
  readonly #presences = new Map<string, Presence>();
  readonly #news: DeviceNews;
  #closing = false;
  #link: BusLink | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(options: ServeDeviceOptions, ports: (ground: PortGround) => readonly PortServer[]) {
    this.#options = options;
    this.#lease = new Lease(options.device, options.leaseMs ?? LEASE_MS);
    const { lab, device } = options;
    this.#news = new DeviceNews({ lab, device, post: (topic, payload) => void this.#link?.post(topic, payload) });
    this.#ports = ports({
      device,
      tell: (kind, body) => {
        const { owner } = this.#lease;
        if (owner !== null) this.#news.tell(owner.client, kind, body);
      },
    });
    this.#portFor = new Map(this.#ports.flatMap((port) => port.kinds.map((kind) => [kind, port] as const)).reverse());
    this.#requests = new RequestQueue({
      device: options.device,
      reply: (client, bytes) => void this.#link?.post(topics(options.lab).reply(client), bytes),
      atOnce: (request) => (this.#portFor.has(request.kind) ? null : this.#own(request)),
      inTurn: (request) => this.#answer(request),
      log: (line) => options.log?.(line),
    });
  }

  async open(): Promise<void> {
    const { url, openSession, token, lab, device } = this.#options;
    const at = topics(lab);
    const link = await BusLink.connect({
      url,
      openSession,
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
      await checkFree(link, this.#options);
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

  standing(client: string): DeviceStanding {
    return { ...this.#requests.standing(client), told: this.#news.last, interrupts: this.#news.interrupts };
  }

  evict(reason: string): void {
    if (this.#lease.end()) this.#ownerChanged(reason);
  }

  held(why: string | null): void {
    this.#requests.held(why);
  }

  interrupt(line: string, asserted: boolean, timeNs: number): void {
    this.#news.interrupt(line, asserted, timeNs);
  }

  replaced(): void {
    for (const port of this.#ports) port.replaced?.();
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    const link = this.#link;
    if (link === undefined || this.#closing) return;
    this.#closing = true;
    this.#requests.held(null);
    for (const port of this.#ports) port.close?.();
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

  async #announce(): Promise<void> {
    if (this.#closing) return;
    const { lab, device } = this.#options;
    await this.#link?.publish(topics(lab).device(device), encodeNotice(this.#notice(this.session)), { retain: true });
  }

  #ownerChanged(why: string | null): void {
    if (why !== null) this.#options.log?.(`${this.#options.device} is free: ${why}`);
    this.#news.begin();
    for (const port of this.#ports) port.ownerChanged?.();
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

  /** What every device answers, and at once. */
  #own(request: Request): Uint8Array | LabError {
    const { kind, client, body } = request;
    try {
      switch (kind) {
        case 'bind':
        case 'renew':
        case 'release':
          return this.#leaseRequest(kind, client, body);
        case 'resync':
          this.#lease.check(client, 'renewed');
          return this.#news.again(body);
        case 'lines':
          return this.#news.lines();
        case 'finding': {
          const { what, text } = parseFinding(body);
          this.#options.onFinding?.(moduleOf(client, this.#presences.get(client)), what, text);
          return new Uint8Array();
        }
        default: {
          const { device, ports } = this.#options;
          throw new LabError('EOPNOTSUPP', `${device} takes no ${kind} request; it offers ${ports.join(', ')}`);
        }
      }
    } catch (error) {
      return asLabError(error);
    }
  }

  #leaseRequest(kind: 'bind' | 'renew' | 'release', client: string, body: Uint8Array): Uint8Array {
    const lease = this.#lease;
    const before = lease.change;
    const now = performance.now();
    if (kind === 'bind') lease.bind(client, new TextDecoder().decode(body.subarray(0, 32)), now);
    else if (kind === 'renew') lease.renew(client, now);
    else lease.release(client);
    if (lease.change !== before) this.#ownerChanged(kind === 'release' ? `${client} released it` : null);
    return framesToBody(Uint32Array.of(kind === 'release' ? 0 : lease.leaseMs, lease.change, this.#news.last));
  }

  async #answer(request: Request): Promise<Uint8Array | LabError> {
    const { client } = request;
    try {
      const port = this.#portFor.get(request.kind);
      if (port === undefined) throw new LabError('EOPNOTSUPP', `no port takes ${request.kind}`);
      const asker: Asker = {
        client,
        module: moduleOf(client, this.#presences.get(client)),
        mustOwn: () => this.#lease.check(client, 'written'),
      };
      return await port.answer(request, asker);
    } catch (error) {
      return asLabError(error);
    }
  }
}

/** Two labs of one name on one broker would both answer. */
const checkFree = async (link: BusLink, { lab, device }: ServeDeviceOptions): Promise<void> => {
  let other: DeviceNotice | undefined;
  const stop = await link.subscribe(topics(lab).device(device), (_, payload) => {
    other = parseNotice(payload);
  });
  if (!link.retainedAtOnce) await new Promise((waited) => setTimeout(waited, TAKEN_MS));
  stop();
  if (other === undefined || other.state === 'gone') return;
  throw new LabError(
    'EEXIST',
    `lab '${lab}' has a ${device} on this broker already; give this lab another name, or stop that one first`,
  );
};

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

const FINDING_BYTES = 4096;

const parseFinding = (body: Uint8Array): { readonly what: string; readonly text: string } => {
  try {
    const { what, text } = JSON.parse(new TextDecoder().decode(body.subarray(0, FINDING_BYTES))) as {
      what?: unknown;
      text?: unknown;
    };
    if (typeof what === 'string' && typeof text === 'string') return { what, text };
  } catch {
    // said below
  }
  throw new LabError('EPROTO', `a finding takes what and text, in JSON of at most ${FINDING_BYTES} bytes`);
};
