/** Who may connect to the embedded broker, and who may say and hear what there. */
import { timingSafeEqual } from 'node:crypto';
import type { AuthenticateError, Client, PublishPacket, Subscription } from 'aedes';
import { askerOf, isReply } from '#bus/message.ts';
import { isName, parseTopic, type Topic } from '#bus/topics.ts';
import { Allowance } from './allowance.ts';

/** Largest presence: nothing reads a larger one. */
const PRESENCE_BYTES = 64 * 1024;
/** Presences kept at the same time; of clients that are gone the oldest make room. */
const PRESENCES = 1000;
const SUBSCRIPTIONS = 1000;

export interface GateOptions {
  readonly token: string | undefined;
  readonly log: (line: string) => void;
  /** Takes back what is retained on a topic. */
  readonly clear: (topic: string) => void;
}

/**
 * The rules. A client speaks for itself only; the lab speaks for devices, and has no connection but sessions in this
 * process; replies are for the one who asked.
 */
export class BrokerGate {
  readonly #options: GateOptions;
  readonly #allowance = new Allowance();
  /** Connections without a name of their own: they listen only. */
  readonly #nameless = new WeakSet<Client>();
  readonly #wills = new WeakMap<Client, Said>();
  /** Who said what is retained of clients, by topic. */
  readonly #presences = new Map<string, Client>();
  readonly #subscriptions = new WeakMap<Client, number>();
  /** Questions of the lab about disks that each client has not answered yet. */
  readonly #asked = new Map<string, number>();
  /** Client ids the lab's own sessions hold. */
  readonly #labIds = new Set<string>();
  /** Topics as they were read lately: the same few come again and again. */
  readonly #read = new Map<string, Topic | undefined>();

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
    if (wrong !== undefined) {
      done(new Error(wrong));
      return;
    }
    if (packet.retain) this.#keep(client, packet);
    // an answer that the lab has asked for is no flood
    if (packet.topic.endsWith('/answer') && this.#ask(client.id, -1)) done(null);
    else this.#allowance.take(client.id, packet.payload.length, () => done(null));
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

  /** A session of the lab's own takes a client id; no connection has it until it is free again. */
  labHolds(id: string): void {
    this.#labIds.add(id);
  }

  labFrees(id: string): void {
    this.#labIds.delete(id);
  }

  /** The lab says something. Returns what to do when it has reached whom it is for. */
  labSays(topic: string, payload: Uint8Array): (() => void) | null {
    if (!isPrivate(topic)) return null;
    const about = this.#topic(topic);
    if (about?.thing !== 'client') return null;
    if (about.leaf === 'request') this.#ask(about.name, 1);
    if (about.leaf !== 'reply') return null;
    const taken = this.#allowance.answers(about.name, payload.length);
    // what a device tells its owner unasked answers no request
    if (isReply(payload)) this.#allowance.giveBack(about.name);
    return taken;
  }

  /** What one of the lab's sessions hears under a wide subscription. */
  labHears(id: string, topic: string): boolean {
    const about = isPrivate(topic) ? this.#topic(topic) : undefined;
    return about?.thing !== 'client' || about.name === id || about.leaf === 'answer';
  }

  close(): void {
    this.#allowance.close();
  }

  /** What a wide subscription would bring besides: other clients' replies, and what the lab does with their disks, stay theirs. */
  readonly authorizeForward = <P extends { readonly topic: string }>(client: Client, packet: P): P | null => {
    const about = isPrivate(packet.topic) ? this.#topic(packet.topic) : undefined;
    return about?.thing !== 'client' || about.name === client.id ? packet : null;
  };

  #topic(topic: string): Topic | undefined {
    const known = this.#read.get(topic);
    if (known !== undefined || this.#read.has(topic)) return known;
    if (this.#read.size >= READ_TOPICS) this.#read.clear();
    const about = parseTopic(topic);
    this.#read.set(topic, about);
    return about;
  }

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
    const { token } = this.#options;
    if (token !== undefined && (password === undefined || !same(password, token)))
      return { returnCode: 5, why: password === undefined ? 'a token is required' : 'the token is wrong' };
    const will = this.#wills.get(client);
    const wrong = will === undefined ? undefined : this.#mayPublish(client, will);
    if (wrong !== undefined) return { returnCode: 5, why: `its last will: ${wrong}` };
    if (client.id.startsWith(LAB_PREFIX) || this.#labIds.has(client.id))
      return { returnCode: 2, why: 'this client id belongs to the lab' };
    return undefined;
  }

  #mayPublish(client: Client, packet: Said): string | undefined {
    if (packet.topic.startsWith('$')) return 'topics that begin with $ belong to the broker';
    const topic = this.#topic(packet.topic);
    const said = (): string => JSON.stringify(packet.topic.slice(0, 100));
    if (topic === undefined) return `${said()} is no topic of a lab`;
    if (this.#nameless.has(client)) return `a client without an id cannot speak, on ${said()} or elsewhere`;
    const { thing, name, leaf } = topic;
    if (thing === 'client' && name === client.id && leaf === 'log')
      return packet.retain ? 'a log is not retained' : undefined;
    if (thing === 'client' && name === client.id && leaf === 'answer')
      return packet.retain ? 'an answer is not retained' : undefined;
    if (thing === 'client' && name === client.id && leaf === null) return this.#mayBe(packet);
    if (thing !== 'device' || leaf !== 'request')
      return `${client.id} cannot speak on ${said()}; it can on its own presence and log, and on requests to devices`;
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
    const asker = askerOf(typeof payload === 'string' ? Buffer.from(payload) : payload);
    // A request that names nobody is let through: the device counts and logs it.
    return asker === undefined || asker === client.id ? undefined : `${client.id} cannot ask in the name of ${asker}`;
  }

  #maySubscribe(client: Client, filter: string): string | undefined {
    const topic = parseTopic(filter);
    const own = topic?.thing === 'client' && topic.leaf === 'reply' && topic.name === client.id;
    if (own) return undefined;
    if (topic?.leaf === 'reply') return 'replies are for the client that asked';
    // What is kept for a client that is away has no bound but its own requests.
    if (!client.clean) return 'a session that is kept (clean session off) subscribes to its own replies only';
    if ((this.#subscriptions.get(client) ?? 0) >= SUBSCRIPTIONS) return `it has ${SUBSCRIPTIONS} subscriptions already`;
    return undefined;
  }
}

const isClosed = (client: Client): boolean => (client as Client & { readonly closed: boolean }).closed;

/** What a client says, or what is to be said when it dies. */
interface Said {
  readonly topic: string;
  readonly retain?: boolean;
  readonly payload?: string | Buffer;
}

/** Leaves under a client that are for it, and for the lab, alone. */
const PRIVATE = ['/reply', '/request', '/answer'];

const isPrivate = (topic: string): boolean => PRIVATE.some((leaf) => topic.endsWith(leaf));

/** Topics remembered with what they are about. */
const READ_TOPICS = 256;

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
