/** One connection to a broker that comes back by itself, each time as a new session. */
import { randomBytes } from 'node:crypto';
import { LabError } from './errors.ts';
import type { OpenSession, Session } from './session.ts';
import { checkName, isPattern, matches } from './topics.ts';

export interface LinkOptions {
  /** `mqtt://host:port`, or `mqtts://` for TLS. */
  readonly url: string;
  /** How sessions at that broker are opened, where it is in this process; else over MQTT. */
  readonly openSession?: OpenSession | undefined;
  /** The MQTT client id: 1 to 23 of [A-Za-z0-9_-]. */
  readonly id: string;
  readonly token?: string;
  /** What the broker says, retained, when this session ends without a goodbye. */
  readonly will?: (session: string) => { readonly topic: string; readonly payload: string };
  /** Runs on each connection, when its subscriptions stand, before anybody hears that the link is up. */
  readonly greet?: (link: BusLink) => Promise<void>;
}

export type LinkListener = (topic: string, payload: Uint8Array, retained: boolean) => void;

const RETRY_MS = [20, 50, 100, 200, 500, 1000];

export class BusLink {
  readonly #options: LinkOptions;
  readonly #subscriptions = new Map<string, Set<LinkListener>>();
  /** Those of them with a wildcard, and what stands before it. */
  readonly #patterns = new Map<string, { readonly prefix: string; readonly listeners: Set<LinkListener> }>();
  readonly #listeners = new Set<(event: 'lost' | 'back') => void>();
  #at: Session | null = null;
  #session = '';
  #connected = false;
  #closing = false;
  #attempts = 0;
  #retry: NodeJS.Timeout | undefined;

  private constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Rejects with ENODEV when there is no broker, EACCES when it refuses us, EINVAL for a name it cannot carry. */
  static async connect(options: LinkOptions): Promise<BusLink> {
    checkName('client id', options.id);
    const link = new BusLink(options);
    try {
      await link.#open();
    } catch (error) {
      await link.close();
      throw error;
    }
    return link;
  }

  /** Random, new for each connection. */
  get session(): string {
    return this.#session;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** True where what is retained has been heard when `subscribe` resolves. */
  get retainedAtOnce(): boolean {
    return this.#at?.retainedAtOnce ?? false;
  }

  /** Stands until the returned function is called, across reconnections. What is retained there comes first, at each call anew. */
  async subscribe(filter: string, listener: LinkListener): Promise<() => void> {
    const listeners = this.#subscriptions.get(filter) ?? new Set();
    this.#subscriptions.set(filter, listeners.add(listener));
    if (isPattern(filter)) this.#patterns.set(filter, { prefix: filter.replace(/[+#].*$/, ''), listeners });
    const end = (): void => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#subscriptions.get(filter) !== listeners) return;
      this.#subscriptions.delete(filter);
      this.#patterns.delete(filter);
      if (this.#connected) this.#at?.unsubscribe(filter);
    };
    try {
      await this.#at?.subscribe(filter);
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  /** Resolves when the broker has it (QoS 1); rejects with ENODEV when there is none. */
  publish(topic: string, payload: string | Uint8Array, { retain = false } = {}): Promise<void> {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    if (this.#at !== null) return this.#at.publish(topic, bytes, retain);
    const why = `nothing can be said on ${topic}: the broker at ${this.#options.url} is not there`;
    return Promise.reject(new LabError('ENODEV', why));
  }

  /** Sends without waiting; false when there is no connection. For what has a deadline or a repeat of its own. */
  post(topic: string, payload: Uint8Array): boolean {
    if (!this.#connected || this.#at === null) return false;
    this.#at.post(topic, payload);
    return true;
  }

  /** `lost`: no broker; it is tried again until `close`. `back`: connected, subscribed and greeted. */
  on(listener: (event: 'lost' | 'back') => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Sends what is on its way and disconnects in order, so that no will is spoken. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#retry);
    const at = this.#at;
    this.#at = null;
    const orderly = this.#connected;
    this.#connected = false;
    await at?.end(orderly);
  }

  async #open(): Promise<void> {
    const { id, will, greet } = this.#options;
    const session = randomBytes(8).toString('hex');
    this.#session = session;
    const open = await this.#opener();
    const at: Session = await open({
      id,
      will: will?.(session),
      hear: (topic, payload, retained) => this.#hear(topic, payload, retained),
      lost: () => this.#lose(session),
    });
    try {
      if (this.#closing) throw new LabError('ECANCELED', `the link to ${this.#options.url} is closing`);
      this.#at = at;
      for (const filter of this.#subscriptions.keys()) await at.subscribe(filter);
      await greet?.(this);
      if (!at.connected) throw new LabError('ENODEV', `the broker at ${this.#options.url} went away`);
    } catch (error) {
      if (this.#at === at) this.#at = null;
      await at.end(false);
      throw error;
    }
    this.#connected = true;
    this.#attempts = 0;
  }

  /** The code that speaks MQTT is read only where it is needed. */
  async #opener(): Promise<OpenSession> {
    const { url, token, openSession } = this.#options;
    return openSession ?? (await import('./mqtt-session.ts')).mqttSessions(url, token);
  }

  #hear(topic: string, payload: Uint8Array, retained: boolean): void {
    this.#tellAll(this.#subscriptions.get(topic), topic, payload, retained);
    for (const [filter, { prefix, listeners }] of this.#patterns)
      if (topic.startsWith(prefix) && matches(filter, topic)) this.#tellAll(listeners, topic, payload, retained);
  }

  #tellAll(listeners: Set<LinkListener> | undefined, topic: string, payload: Uint8Array, retained: boolean): void {
    if (listeners !== undefined) for (const listener of [...listeners]) listener(topic, payload, retained);
  }

  #lose(session: string): void {
    if (this.#session !== session || !this.#connected || this.#closing) return; // while it opens, `#open` says so
    this.#at = null;
    this.#connected = false;
    this.#tell('lost');
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#closing) return;
    this.#retry = setTimeout(
      () => {
        this.#open().then(
          () => this.#tell('back'),
          () => this.#retryLater(),
        );
      },
      RETRY_MS[Math.min(this.#attempts++, RETRY_MS.length - 1)],
    );
  }

  #tell(event: 'lost' | 'back'): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
