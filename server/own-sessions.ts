/** The lab's own sessions at the broker inside it: no socket, no packets, the same messages in the same order. */
import type { Aedes, AedesPublishPacket } from 'aedes';
import { LabError } from '#bus/errors.ts';
import type { OpenSession, Session, SessionOptions } from '#bus/session.ts';
import { isPattern } from '#bus/topics.ts';
import type { BrokerGate } from './broker-gate.ts';
import type { BrokerStore } from './broker-store.ts';

export interface OwnSessionsOptions {
  readonly aedes: Aedes;
  readonly gate: BrokerGate;
  readonly store: BrokerStore;
}

export class OwnSessions {
  readonly #options: OwnSessionsOptions;
  readonly #open = new Set<OwnSession>();

  constructor(options: OwnSessionsOptions) {
    this.#options = options;
  }

  readonly open: OpenSession = async (asked) => {
    if (this.#options.aedes.closed) throw gone();
    const session = new OwnSession(asked, this.#options, () => this.#open.delete(session));
    this.#open.add(session);
    return session;
  };

  /** The broker closes: each session still open speaks its will and is lost. */
  close(): void {
    for (const session of [...this.#open]) session.lose();
  }
}

/** Messages of one session before the others, and the network, have a turn. */
const IN_A_TURN = 64;

type Deliver = (packet: AedesPublishPacket, done: () => void) => void;

class OwnSession implements Session {
  readonly retainedAtOnce = true;
  readonly #asked: SessionOptions;
  readonly #broker: OwnSessionsOptions;
  readonly #over: () => void;
  readonly #filters = new Map<string, Deliver>();
  #inbox: AedesPublishPacket[] = [];
  /** What came last: it comes once more for each filter it falls under. */
  #last: AedesPublishPacket | undefined;
  #waking = false;
  /** Messages that may still be heard before everybody else has had a turn. */
  #left = IN_A_TURN;
  /** What is retained is on its way: everything else comes after it. */
  #replays = 0;
  #connected = true;

  constructor(asked: SessionOptions, broker: OwnSessionsOptions, over: () => void) {
    this.#asked = asked;
    this.#broker = broker;
    this.#over = over;
    broker.gate.labHolds(asked.id);
  }

  get connected(): boolean {
    return this.#connected;
  }

  async subscribe(filter: string): Promise<void> {
    const { aedes, store } = this.#broker;
    if (!this.#connected) throw gone();
    if (!this.#filters.has(filter)) {
      const deliver = this.#deliver(filter);
      this.#filters.set(filter, deliver);
      aedes.subscribe(filter, deliver, () => {});
    }
    this.#replays++;
    try {
      for await (const { topic, payload } of store.retained(filter))
        if (this.#hears(filter, topic)) this.#asked.hear(topic, bytesOf(payload), true);
    } finally {
      this.#replays--;
      this.#wake();
    }
  }

  unsubscribe(filter: string): void {
    const deliver = this.#filters.get(filter);
    if (deliver === undefined) return;
    this.#filters.delete(filter);
    this.#broker.aedes.unsubscribe(filter, deliver, () => {});
  }

  publish(topic: string, payload: Uint8Array, retain: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#say(topic, payload, retain, (error) => {
        if (error) reject(gone(error));
        else resolve();
      });
    });
  }

  post(topic: string, payload: Uint8Array): void {
    this.#say(topic, payload, false, nothing);
  }

  async end(orderly: boolean): Promise<void> {
    if (this.#connected) this.#leave(orderly);
  }

  /** Nobody ended it, but it is over. */
  lose(): void {
    this.#leave(false);
    this.#asked.lost();
  }

  #leave(orderly: boolean): void {
    const { id, will } = this.#asked;
    for (const filter of [...this.#filters.keys()]) this.unsubscribe(filter);
    this.#inbox = [];
    if (!orderly && will !== undefined) this.#say(will.topic, Buffer.from(will.payload), true, nothing);
    this.#connected = false;
    this.#broker.gate.labFrees(id);
    this.#over();
  }

  #say(topic: string, payload: Uint8Array, retain: boolean, said: (error?: Error | null) => void): void {
    const { aedes, gate } = this.#broker;
    if (!this.#connected) {
      said(gone());
      return;
    }
    const delivered = gate.labSays(topic, payload);
    const done =
      delivered === null
        ? said
        : (error?: Error | null): void => {
            delivered();
            said(error);
          };
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    aedes.publish({ cmd: 'publish', topic, payload: bytes, qos: 1, retain, dup: false }, done);
  }

  /** A message is heard when its sender is done with it: what is said in answer comes after it for everybody. */
  #deliver(filter: string): Deliver {
    return (packet, done) => {
      if (packet !== this.#last && this.#filters.has(filter) && this.#hears(filter, packet.topic)) {
        this.#last = packet;
        this.#inbox.push(packet);
        this.#wake();
      }
      done();
    };
  }

  #hears(filter: string, topic: string): boolean {
    if (!isPattern(filter)) return true;
    return !topic.startsWith('$') && this.#broker.gate.labHears(this.#asked.id, topic); // $: MQTT 3.1.1, 4.7.2
  }

  #wake(): void {
    if (this.#waking || this.#replays > 0 || this.#inbox.length === 0) return;
    this.#waking = true;
    if (this.#left > 0) queueMicrotask(() => this.#hearSome());
    // else at the next turn, which is on its way
  }

  /** One answer makes room for the next question: without an end to it, whoever floods would be the only one to be heard. */
  #hearSome(): void {
    const inbox = this.#inbox;
    this.#inbox = [];
    this.#last = undefined;
    if (this.#left === IN_A_TURN) setImmediate(() => this.#turn());
    let heard = 0;
    try {
      while (heard < inbox.length && this.#left > 0 && this.#replays === 0 && this.#connected) {
        this.#left--;
        const { topic, payload } = inbox[heard++]!;
        this.#asked.hear(topic, bytesOf(payload), false);
      }
    } finally {
      // a listener that threw, or asked for what is retained, is no reason to lose the rest
      if (heard < inbox.length && this.#connected) this.#inbox = [...inbox.slice(heard), ...this.#inbox];
      this.#waking = false;
      this.#wake();
    }
  }

  #turn(): void {
    const waits = this.#waking && this.#left === 0;
    this.#left = IN_A_TURN;
    if (waits) this.#hearSome();
  }
}

const bytesOf = (payload: string | Buffer): Uint8Array =>
  typeof payload === 'string' ? Buffer.from(payload) : payload;

const nothing = (): void => {};

const gone = (cause?: Error): LabError => new LabError('ENODEV', "the lab's own broker has closed", { cause });
