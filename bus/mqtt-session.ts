/** A session at an MQTT 3.1.1 broker over TCP or TLS. */
import { type IClientOptions, MqttClient } from 'mqtt';
import { LabError } from './errors.ts';
import { GatheredSocket } from './gather.ts';
import { connected, opener } from './mqtt-open.ts';
import type { OpenSession, Session, SessionOptions } from './session.ts';

const CONNECT_MS = 5000;
/** A peer whose machine vanished is noticed after one and a half of these. */
const KEEPALIVE_S = 5;
/** A goodbye that takes longer is none. */
const END_MS = 1000;

/** Sessions of one user at the broker at `url`. */
export const mqttSessions =
  (url: string, token: string | undefined): OpenSession =>
  async (asked) => {
    const session = new MqttSession(url, token, asked);
    await session.open();
    return session;
  };

class MqttSession implements Session {
  readonly retainedAtOnce = false;
  readonly #url: string;
  readonly #asked: SessionOptions;
  readonly #mqtt: MqttClient;
  #ended = false;

  constructor(url: string, token: string | undefined, asked: SessionOptions) {
    const { id, will, hear } = asked;
    const options: IClientOptions = {
      protocolVersion: 4,
      clientId: id,
      clean: true,
      reconnectPeriod: 0, // a link that comes back is a new session with a new will, and never repeats old requests
      resubscribe: false,
      queueQoSZero: false,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_MS,
      timerVariant: lazyTimer(),
      writeCache: false, // 65,536 buffers for the numbers it may come to write: 30 ms and 24 MB
      log: () => {}, // its debug lines cost three in a hundred even when nobody reads them
      ...(token === undefined ? {} : { username: 'ferrolab', password: token }),
      ...(will === undefined
        ? {}
        : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1 as const, retain: true } }),
    };
    const open = opener(url);
    this.#url = url;
    this.#asked = asked;
    this.#mqtt = new MqttClient(() => new GatheredSocket(open()), options);
    this.#mqtt.on('message', (topic, payload, { retain }) => hear(topic, payload, retain));
  }

  async open(): Promise<void> {
    try {
      await connected(this.#mqtt, this.#url);
    } catch (error) {
      this.#mqtt.end(true);
      throw error;
    }
    this.#mqtt.on('close', () => this.#lose());
  }

  get connected(): boolean {
    return this.#mqtt.connected;
  }

  subscribe(filter: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#mqtt.subscribe(filter, { qos: 1 }, (error: (Error & { code?: unknown }) | null) => {
        if (error === null) resolve();
        // The failure code of a SUBACK: MQTT 3.1.1, 3.9.3.
        else if (error.code === 128)
          reject(new LabError('EACCES', `the broker at ${this.#url} does not let us read ${filter}`));
        else reject(new LabError('ENODEV', `the broker at ${this.#url}: ${error.message}`, { cause: error }));
      });
    });
  }

  unsubscribe(filter: string): void {
    this.#mqtt.unsubscribe(filter, () => {});
  }

  publish(topic: string, payload: Uint8Array, retain: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#mqtt.publish(topic, asBuffer(payload), { qos: 1, retain }, (error) => {
        if (error) reject(new LabError('ENODEV', `the broker at ${this.#url} went away`, { cause: error }));
        else resolve();
      });
    });
  }

  post(topic: string, payload: Uint8Array): void {
    this.#mqtt.publish(topic, asBuffer(payload), { qos: 1 }, () => {});
  }

  end(orderly: boolean): Promise<void> {
    this.#ended = true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#mqtt.end(true, {}, () => resolve()), END_MS);
      this.#mqtt.end(!orderly, {}, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #lose(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#mqtt.end(true); // settles what is still waiting for an acknowledgement
    this.#asked.lost();
  }
}

/** The keepalive is put off with each packet: one timer that is told so, not a new one each time. */
const lazyTimer = (): NonNullable<Exclude<IClientOptions['timerVariant'], string>> => {
  let due: (() => void) | undefined;
  let every = 0;
  let timer: NodeJS.Timeout | undefined;
  const tick = (): void => {
    if (due !== undefined) due();
    else {
      clearInterval(timer);
      timer = undefined;
    }
  };
  return {
    set(then, ms = 0) {
      due = () => void then();
      if (timer !== undefined && ms === every) timer.refresh();
      else {
        clearInterval(timer);
        timer = setInterval(tick, ms);
        every = ms;
      }
      return 1;
    },
    clear() {
      due = undefined;
    },
  };
};

const asBuffer = (payload: Uint8Array): Buffer => Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
