/** One connection to an MQTT 3.1.1 broker that comes back by itself, each time as a new session. */
import { randomBytes } from 'node:crypto';
import { type IClientOptions, MqttClient } from 'mqtt';
import { LabError } from './errors.ts';
import { GatheredSocket } from './gather.ts';
import { connected, opener } from './mqtt-open.ts';
import { checkName, matches } from './topics.ts';

export interface LinkOptions {
  /** `mqtt://host:port`, or `mqtts://` for TLS. */
  readonly url: string;
  /** The MQTT client id: 1 to 23 of [A-Za-z0-9_-]. */
  readonly id: string;
  readonly token?: string;
  /** What the broker says, retained, when this session ends without a goodbye. */
  readonly will?: (session: string) => { readonly topic: string; readonly payload: string };
  /** Runs on each connection, when its subscriptions stand, before anybody hears that the link is up. */
  readonly greet?: (link: BusLink) => Promise<void>;
}

export type LinkListener = (topic: string, payload: Uint8Array, retained: boolean) => void;

const CONNECT_MS = 5000;
/** A peer whose machine vanished is noticed after one and a half of these. */
const KEEPALIVE_S = 5;
const RETRY_MS = [20, 50, 100, 200, 500, 1000];

export class BusLink {
  readonly #options: LinkOptions;
  readonly #subscriptions = new Map<string, Set<LinkListener>>();
  readonly #listeners = new Set<(event: 'lost' | 'back') => void>();
  #mqtt: MqttClient | null = null;
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

  /** Stands until the returned function is called, across reconnections. What is retained there comes first, at each call anew. */
  async subscribe(filter: string, listener: LinkListener): Promise<() => void> {
    const listeners = this.#subscriptions.get(filter) ?? new Set();
    this.#subscriptions.set(filter, listeners.add(listener));
    const end = (): void => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#subscriptions.get(filter) !== listeners) return;
      this.#subscriptions.delete(filter);
      if (this.#connected) this.#mqtt?.unsubscribe(filter, () => {});
    };
    try {
      if (this.#mqtt !== null) await this.#ask(this.#mqtt, filter);
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  /** Resolves when the broker has it (QoS 1); rejects with ENODEV when there is none. */
  publish(topic: string, payload: string | Uint8Array, { retain = false } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const mqtt = this.#mqtt;
      if (mqtt === null) {
        reject(new LabError('ENODEV', `nothing can be said on ${topic}: the broker at ${this.#where()} is not there`));
        return;
      }
      mqtt.publish(topic, asBuffer(payload), { qos: 1, retain }, (error) => {
        if (error) reject(new LabError('ENODEV', `the broker at ${this.#where()} went away`, { cause: error }));
        else resolve();
      });
    });
  }

  /** Sends without waiting; false when there is no connection. For what has a deadline or a repeat of its own. */
  post(topic: string, payload: Uint8Array): boolean {
    if (!this.#connected || this.#mqtt === null) return false;
    this.#mqtt.publish(topic, asBuffer(payload), { qos: 1 }, () => {});
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
    const mqtt = this.#mqtt;
    this.#mqtt = null;
    if (mqtt === null) return;
    const orderly = this.#connected;
    this.#connected = false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => mqtt.end(true, {}, () => resolve()), 1000);
      mqtt.end(!orderly, {}, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async #open(): Promise<void> {
    const { url, id, token, will, greet } = this.#options;
    const session = randomBytes(8).toString('hex');
    const last = will?.(session);
    const options: IClientOptions = {
      protocolVersion: 4,
      clientId: id,
      clean: true,
      reconnectPeriod: 0, // a link that comes back is a new session with a new will, and never repeats old requests
      resubscribe: false,
      queueQoSZero: false,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_MS,
      log: () => {}, // its debug lines cost three in a hundred even when nobody reads them
      ...(token === undefined ? {} : { username: 'ferrolab', password: token }),
      ...(last === undefined
        ? {}
        : { will: { topic: last.topic, payload: Buffer.from(last.payload), qos: 1 as const, retain: true } }),
    };
    const open = opener(url);
    const mqtt = new MqttClient(() => new GatheredSocket(open()), options);
    const lost = (): void => this.#lose(mqtt);
    this.#mqtt = mqtt;
    this.#session = session;
    mqtt.on('message', (topic, payload, { retain }) => this.#hear(topic, payload, retain));
    try {
      await connected(mqtt, this.#where());
      mqtt.on('close', lost);
      for (const filter of this.#subscriptions.keys()) await this.#ask(mqtt, filter);
      await greet?.(this);
      if (!mqtt.connected) throw new LabError('ENODEV', `the broker at ${this.#where()} went away`);
    } catch (error) {
      if (this.#mqtt === mqtt) this.#mqtt = null;
      mqtt.off('close', lost).end(true);
      throw error;
    }
    this.#connected = true;
    this.#attempts = 0;
  }

  #ask(mqtt: MqttClient, filter: string): Promise<void> {
    return new Promise((resolve, reject) => {
      mqtt.subscribe(filter, { qos: 1 }, (error: (Error & { code?: unknown }) | null) => {
        if (error === null) resolve();
        // The failure code of a SUBACK: MQTT 3.1.1, 3.9.3.
        else if (error.code === 128)
          reject(new LabError('EACCES', `the broker at ${this.#where()} does not let us read ${filter}`));
        else reject(new LabError('ENODEV', `the broker at ${this.#where()}: ${error.message}`, { cause: error }));
      });
    });
  }

  #hear(topic: string, payload: Uint8Array, retained: boolean): void {
    for (const [filter, listeners] of this.#subscriptions)
      if (matches(filter, topic)) for (const listener of [...listeners]) listener(topic, payload, retained);
  }

  #lose(mqtt: MqttClient): void {
    if (this.#mqtt !== mqtt || this.#closing) return;
    mqtt.end(true); // settles what is still waiting for an acknowledgement
    this.#mqtt = null;
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

  #where(): string {
    return this.#options.url;
  }
}

const asBuffer = (payload: string | Uint8Array): Buffer =>
  typeof payload === 'string'
    ? Buffer.from(payload)
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
