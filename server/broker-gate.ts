/** Who may connect to the embedded broker, and who may say and hear what there. */
import { timingSafeEqual } from 'node:crypto';
import type { AuthenticateError, Client, PublishPacket, Subscription } from 'aedes';
import { decodeRequest, decodeTold } from '#bus/message.ts';
import { isName, parseTopic } from '#bus/topics.ts';
import { Allowance } from './allowance.ts';

/** Largest presence: nothing reads a larger one. */
const PRESENCE_BYTES = 64 * 1024;
/** Presences kept at the same time; of clients that are gone the oldest make room. */
const PRESENCES = 1000;
const SUBSCRIPTIONS = 1000;

export interface GateOptions {
  readonly labToken: string;
  readonly token: string | undefined;
  readonly log: (line: string) => void;
  /** Takes back what is retained on a topic. */
  readonly clear: (topic: string) => void;
}

/** The rules. A client speaks for itself only; the lab speaks for devices; replies are for the one who asked. */
export class BrokerGate {
  readonly #options: GateOptions;
  readonly #allowance = new Allowance();
  /** Connections that showed the lab's token. */
  readonly #lab = new WeakSet<Client>();
  /** Connections without a name of their own: they listen only. */
  readonly #nameless = new WeakSet<Client>();
  readonly #wills = new WeakMap<Client, Said>();
  /** Who said what is retained of clients, by topic. */
  readonly #presences = new Map<string, Client>();
  readonly #subscriptions = new WeakMap<Client, number>();
  /** Questions of the lab about disks that each client has not answered yet. */
  readonly #asked = new Map<string, number>();
  /** Client ids the lab's connections hold. */
  readonly #labIds = new Map<string, Client>();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  readonly preConnect = (
    client: Client,
    packet: { clientId: string; will?: Omit<Said, 'retain'> | undefined },
    done: (error: Error | null, taken: boolean) => void,
  ): void => {
    if (packet.clientId === '') this.#nameless.add(client);
    if (packet.will !== undefined) this.#wills.set(client, { ...packet.will, retain: true });
    done(null, true);
  };

  readonly authenticate = (
    client: Client,
    _user: string | undefined,
    password: Buffer | undefined,
    done: (error: AuthenticateError | null, taken: boolean | null) => void,
  ): void => {
    const refusal = this.#refusal(client, password);
    if (refusal === undefined) {
      done(null, true);
      return;
    }
    this.#options.log(`${JSON.stringify(client.id.slice(0, 40))} was refused: ${refusal.why}`);
    done(Object.assign(new Error(refusal.why), { returnCode: refusal.returnCode }), null);
  };

  readonly authorizePublish = (
    client: Client | null,
    packet: PublishPacket,
    done: (error?: Error | null) => void,
  ): void => {
    if (client === null) {
      done(null);
      return;
    }
    const wrong = this.#mayPublish(client, packet);
    if (wrong !== undefined) done(new Error(wrong));
    else if (this.#lab.has(client)) {
      const topic = PRIVATE.some((leaf) => packet.topic.endsWith(leaf)) ? parseTopic(packet.topic) : undefined;
      // what a device tells its owner unasked answers no request
      if (topic?.leaf === 'reply' && !tells(packet.payload)) this.#allowance.giveBack(topic.name);
      if (topic?.thing === 'client' && topic.leaf === 'request') this.#ask(topic.name, 1);
      done(null);
    } else {
      if (packet.retain) this.#keep(client, packet);
      // an answer that the lab has asked for is no flood
      if (packet.topic.endsWith('/answer') && this.#ask(client.id, -1)) done(null);
      else this.#allowance.take(client.id, packet.payload.length, () => done(null));
    }
  };

  readonly authorizeSubscribe = (
    client: Client,
    subscription: Subscription,
    done: (error: Error | null, subscription?: Subscription | null) => void,
  ): void => {
    const wrong = this.#maySubscribe(client, subscription.topic);
    if (wrong !== undefined)
      this.#options.log(`${client.id} may not subscribe to ${subscription.topic.slice(0, 100)}: ${wrong}`);
    else this.#subscriptions.set(client, (this.#subscriptions.get(client) ?? 0) + 1);
    done(null, wrong === undefined ? subscription : null);
  };

  /** A client has given up so many subscriptions. */
  unsubscribed(client: Client, count: number): void {
    this.#subscriptions.set(client, Math.max(0, (this.#subscriptions.get(client) ?? 0) - count));
  }

  close(): void {
    this.#allowance.close();
  }

  /** What a wide subscription would bring besides: other clients' replies, and what the lab does with their disks, stay theirs. */
  readonly authorizeForward = <P extends { readonly topic: string }>(client: Client, packet: P): P | null => {
    if (!PRIVATE.some((leaf) => packet.topic.endsWith(leaf))) return packet;
    const topic = parseTopic(packet.topic);
    if (topic?.thing !== 'client') return packet;
    return topic.name === client.id || (topic.leaf === 'answer' && this.#lab.has(client)) ? packet : null;
  };

  /** One question more, or less; false when there was none. */
  #ask(client: string, change: 1 | -1): boolean {
    const asked = this.#asked.get(client) ?? 0;
    if (asked + change <= 0) this.#asked.delete(client);
    else this.#asked.set(client, asked + change);
    return asked > 0;
  }

  #refusal(client: Client, password: Buffer | undefined): Refusal | undefined {
    if (!this.#nameless.has(client) && !isName(client.id))
      return { returnCode: 2, why: 'a client id takes 1 to 23 of A-Z a-z 0-9 _ -' };
    const lab = password !== undefined && same(password, this.#options.labToken);
    const { token } = this.#options;
    const known = token === undefined || (password !== undefined && same(password, token));
    if (!lab && !known)
      return { returnCode: 5, why: password === undefined ? 'a token is required' : 'the token is wrong' };
    if (lab) {
      this.#lab.add(client);
      bePatient(client);
    }
    const will = this.#wills.get(client);
    const wrong = will === undefined ? undefined : this.#mayPublish(client, will);
    if (wrong !== undefined) return { returnCode: 5, why: `its last will: ${wrong}` };
    if (lab) this.#labIds.set(client.id, client);
    else if (client.id.startsWith(LAB_PREFIX) || this.#held(client.id))
      return { returnCode: 2, why: 'this client id belongs to the lab' };
    return undefined;
  }

  #mayPublish(client: Client, packet: Said): string | undefined {
    if (packet.topic.startsWith('$')) return 'topics that begin with $ belong to the broker';
    if (this.#lab.has(client)) return undefined;
    const said = JSON.stringify(packet.topic.slice(0, 100));
    const topic = parseTopic(packet.topic);
    if (topic === undefined) return `${said} is no topic of a lab`;
    if (this.#nameless.has(client)) return `a client without an id cannot speak, on ${said} or elsewhere`;
    const { thing, name, leaf } = topic;
    if (thing === 'client' && name === client.id && leaf === 'log')
      return packet.retain ? 'a log is not retained' : undefined;
    if (thing === 'client' && name === client.id && leaf === 'answer')
      return packet.retain ? 'an answer is not retained' : undefined;
    if (thing === 'client' && name === client.id && leaf === null) return this.#mayBe(packet);
    if (thing !== 'device' || leaf !== 'request')
      return `${client.id} cannot speak on ${said}; it can on its own presence and log, and on requests to devices`;
    if (packet.retain) return 'a request is not retained: nothing that commands is';
    return this.#mayAsk(client, packet.payload ?? '');
  }

  /** A presence stays when its client has gone, so there is an end to its size and their number. */
  #mayBe({ topic, payload = '' }: Said): string | undefined {
    if (payload.length > PRESENCE_BYTES)
      return `a presence of ${payload.length} bytes; at most ${PRESENCE_BYTES} are kept`;
    const full = this.#presences.size >= PRESENCES && !this.#presences.has(topic);
    return full && this.#oldestGone() === undefined ? `${PRESENCES} clients are present already` : undefined;
  }

  #keep(client: Client, { topic, payload }: PublishPacket): void {
    this.#presences.delete(topic);
    if (payload.length === 0) return;
    this.#presences.set(topic, client);
    const oldest = this.#presences.size > PRESENCES ? this.#oldestGone() : undefined;
    if (oldest === undefined) return;
    this.#presences.delete(oldest);
    this.#options.clear(oldest);
  }

  #oldestGone(): string | undefined {
    for (const [topic, client] of this.#presences) if (isClosed(client)) return topic;
    return undefined;
  }

  /** A request names its client, so that the reply comes back; it may name no other. */
  #mayAsk(client: Client, payload: string | Buffer): string | undefined {
    const request = decodeRequest(typeof payload === 'string' ? Buffer.from(payload) : payload);
    const asker = 'error' in request ? request.replyTo?.client : request.client;
    // A request that names nobody is let through: the device counts and logs it.
    return asker === undefined || asker === client.id ? undefined : `${client.id} cannot ask in the name of ${asker}`;
  }

  #maySubscribe(client: Client, filter: string): string | undefined {
    const topic = parseTopic(filter);
    const own = topic?.thing === 'client' && topic.leaf === 'reply' && topic.name === client.id;
    if (this.#lab.has(client) || own) return undefined;
    if (topic?.leaf === 'reply') return 'replies are for the client that asked';
    // What is kept for a client that is away has no bound but its own requests.
    if (!client.clean) return 'a session that is kept (clean session off) subscribes to its own replies only';
    if ((this.#subscriptions.get(client) ?? 0) >= SUBSCRIPTIONS) return `it has ${SUBSCRIPTIONS} subscriptions already`;
    return undefined;
  }

  #held(id: string): boolean {
    const holder = this.#labIds.get(id);
    return holder !== undefined && !isClosed(holder);
  }
}

/** The lab itself is never let go for reading late: while it is busy, whoever asks waits. Aedes has one limit for all. */
const bePatient = (client: Client): void => {
  const own = client as Client & { waitForDrain: (done: () => void) => void };
  own.waitForDrain = (done) => void own.conn.once('drain', done);
};

const isClosed = (client: Client): boolean => (client as Client & { readonly closed: boolean }).closed;

/** What a client says, or what is to be said when it dies. */
interface Said {
  readonly topic: string;
  readonly retain?: boolean;
  readonly payload?: string | Buffer;
}

const tells = (payload: string | Buffer): boolean => typeof payload !== 'string' && decodeTold(payload) !== undefined;

/** Leaves under a client that are for it, and for the lab, alone. */
const PRIVATE = ['/reply', '/request', '/answer'];

/** Client ids that begin so belong to the lab. */
const LAB_PREFIX = 'lab-';

/** A CONNACK return code of MQTT 3.1.1, 3.2.2.3, and its reason. */
interface Refusal {
  readonly returnCode: 2 | 5;
  readonly why: string;
}

const same = (given: Buffer, wanted: string): boolean => {
  const expected = Buffer.from(wanted);
  return given.length === expected.length && timingSafeEqual(given, expected);
};
