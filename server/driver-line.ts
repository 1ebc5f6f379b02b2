/** The lab's end of what drivers offer: asks the driver of a device over the bus, and waits for its answer. */
import { type Presence, parsePresence } from '#bus/announce.ts';
import type { BusClient } from '#bus/client.ts';
import { LabError } from '#bus/errors.ts';
import { decodeReply, encodeRequest, type Kind } from '#bus/message.ts';
import { parseTopic, topics } from '#bus/topics.ts';

/** Who drives a device. */
export interface LineDriver {
  readonly client: string;
  /** Of its connection; empty for one that announces no presence. */
  readonly session: string;
}

export interface DriverLineOptions {
  readonly client: BusClient;
  /** Who drives a device; null without a driver. */
  readonly driver: (device: string) => LineDriver | null;
  /** Called when that driver's hold of the device ends; returns the way to stop listening. */
  readonly onChange: (changed: () => void) => () => void;
  /** A driver may take longer than it should by the wall: the lab's time stands, or goes slowly. */
  readonly isSlow?: () => boolean;
  /** How long a driver without its device may still answer. */
  readonly lastWordsMs?: number;
}

/** A driver ends each request by its own timeout, 30 s with Linux's default: no answer after this means no driver. */
const ANSWER_MS = 60_000;
/** A disk ends what it has within 1 s of unloading, a driver is gone within 2 s. */
const LAST_WORDS_MS = 5000;

interface Waiting {
  readonly device: string;
  readonly driver: LineDriver;
  /** Its driver has let go of the device: it may still answer, but not for ever. Again is as once. */
  readonly letGo: () => void;
  readonly settle: (answer: Uint8Array | LabError) => void;
}

export class DriverLine {
  readonly #options: DriverLineOptions;
  readonly #waiting = new Map<number, Waiting>();
  #correlation = 0;
  #stops: (() => void)[] = [];

  private constructor(options: DriverLineOptions) {
    this.#options = options;
  }

  static async open(options: DriverLineOptions): Promise<DriverLine> {
    const { client, onChange } = options;
    const line = new DriverLine(options);
    const at = topics(client.lab);
    line.#stops.push(
      await client.link.subscribe(at.diskAnswer('+'), (topic, payload) => line.#hear(topic, payload)),
      // On the connection that brings the answers: what a driver said before its goodbye has come before it.
      await client.link.subscribe(at.client('+'), (topic, payload) => line.#presence(topic, payload)),
      onChange(() => line.#checkDrivers()),
      client.on((event) => {
        if (event === 'lost') line.#settleAll(new LabError('ENODEV', 'the broker went away before the answer'));
      }),
    );
    return line;
  }

  /**
   * The answer to `what` of that kind. Rejects with ENODEV without a driver, or when it goes before it answers. A driver
   * that lets go of its device is not gone yet: it ends each request, and that is the answer.
   */
  async ask(device: string, kind: Kind, what: string, body: Uint8Array): Promise<Uint8Array> {
    const { client, driver: driverOf, lastWordsMs = LAST_WORDS_MS } = this.#options;
    const driver = driverOf(device);
    if (driver === null) throw new LabError('ENODEV', `no driver is loaded for ${device}`);
    const correlation = ++this.#correlation >>> 0;
    const answer = Promise.withResolvers<Uint8Array>();
    const endIn = (ms: number, error: LabError): NodeJS.Timeout =>
      setTimeout(() => {
        if (held && this.#options.isSlow?.() === true) timer = endIn(ms, error);
        else this.#settle(correlation, error);
      }, ms);
    let held = true;
    let timer = endIn(ANSWER_MS, new LabError('ETIMEDOUT', `the driver of ${device} did not answer ${what}`));
    this.#waiting.set(correlation, {
      device,
      driver,
      letGo: () => {
        if (!held) return;
        held = false;
        clearTimeout(timer);
        timer = endIn(lastWordsMs, gone(device));
      },
      settle: (given) => {
        clearTimeout(timer);
        if (given instanceof LabError) answer.reject(given);
        else answer.resolve(given);
      },
    });
    const message = encodeRequest({ kind, deadlineMs: ANSWER_MS, correlation, client: client.client, body });
    if (!client.link.post(topics(client.lab).diskRequest(driver.client), message))
      this.#settle(correlation, new LabError('ENODEV', `${device} cannot be asked: the broker is not there`));
    return answer.promise;
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#settleAll(new LabError('ECANCELED', 'the lab is closing'));
  }

  #hear(topic: string, payload: Uint8Array): void {
    let reply: ReturnType<typeof decodeReply>;
    try {
      reply = decodeReply(payload);
    } catch {
      return; // not a driver of ours: the deadline speaks for it
    }
    const waiting = this.#waiting.get(reply.correlation);
    const { client } = this.#options;
    if (waiting !== undefined && topic === topics(client.lab).diskAnswer(waiting.driver.client))
      this.#settle(reply.correlation, reply.result);
  }

  #presence(topic: string, payload: Uint8Array): void {
    const name = parseTopic(topic)?.name;
    const said = parsePresence(payload);
    if (said === undefined && payload.length > 0) return; // no presence at all
    for (const [correlation, { device, driver }] of [...this.#waiting])
      if (driver.client === name && (said === undefined || ends(driver, said))) this.#settle(correlation, gone(device));
  }

  #checkDrivers(): void {
    for (const { device, driver, letGo } of this.#waiting.values()) {
      const now = this.#options.driver(device);
      if (now?.client !== driver.client || now.session !== driver.session) letGo();
    }
  }

  #settleAll(error: LabError): void {
    for (const correlation of [...this.#waiting.keys()]) this.#settle(correlation, error);
  }

  #settle(correlation: number, answer: Uint8Array | LabError): void {
    const waiting = this.#waiting.get(correlation);
    this.#waiting.delete(correlation);
    waiting?.settle(answer);
  }
}

/** Its own death, or another in its place; not the death of one before it, told late. */
const ends = ({ session }: LineDriver, said: Presence): boolean =>
  session === '' ? said.state === 'gone' : (said.state === 'gone') === (said.session === session);

const gone = (device: string): LabError => new LabError('ENODEV', `the driver of ${device} has gone before its answer`);
