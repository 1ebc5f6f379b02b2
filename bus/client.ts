/** A client of the lab on the bus: its presence, its log, and its requests with deadlines. */
import { randomInt } from 'node:crypto';
import type { Presence } from './announce.ts';
import type { LogLevel } from './api.ts';
import { LabError } from './errors.ts';
import { BusLink } from './link.ts';
import {
  decodeHeld,
  decodeReply,
  decodeTold,
  encodeRequest,
  type Kind,
  MAX_BODY_BYTES,
  MAX_DEADLINE_MS,
} from './message.ts';
import type { OpenSession } from './session.ts';
import { checkName, topics } from './topics.ts';

export type BusRole = 'driver' | 'lab' | 'watcher';

export interface BusClientOptions {
  /** `mqtt://127.0.0.1:1883`. */
  readonly url: string;
  /** How sessions at that broker are opened, where it is in this process. */
  readonly openSession?: OpenSession | undefined;
  readonly lab: string;
  /** 1 to 23 of [A-Za-z0-9_-]. */
  readonly client: string;
  readonly token?: string;
  readonly role: BusRole;
  /** Own fields of the retained presence; `client`, `session`, `role` and `state` are added (`state` is `here` unless given). */
  readonly presence?: Readonly<Record<string, unknown>>;
}

/** A line as `client/{client}/log` carries it: a JSON array of these. */
export interface ClientLogLine {
  readonly level: LogLevel;
  /** Module, or `lab`. */
  readonly facility: string;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

interface Pending {
  readonly device: string;
  readonly resolve: (body: Uint8Array) => void;
  readonly reject: (error: LabError) => void;
  readonly late: () => void;
  timer: NodeJS.Timeout;
}

export class BusClient {
  readonly client: string;
  readonly lab: string;
  readonly #role: BusRole;
  readonly #pending = new Map<number, Pending>();
  readonly #told = new Map<string, Set<(body: Uint8Array) => void>>();
  readonly #held = new Map<string, Set<(why: string) => void>>();
  #link: BusLink | undefined;
  #closing = false;
  #own: Readonly<Record<string, unknown>>;
  /** Random, so that a client that starts again is not taken for a duplicate of itself. */
  #correlation = randomInt(2 ** 32);
  #asked = false;

  private constructor({ client, lab, role, presence }: BusClientOptions) {
    this.client = checkName('client id', client);
    this.lab = checkName('lab name', lab);
    this.#role = role;
    this.#own = presence ?? {};
  }

  /** Resolves when connected and present; rejects with ENODEV (no broker), EACCES (refused) or EINVAL (bad name). */
  static async connect(options: BusClientOptions): Promise<BusClient> {
    const client = new BusClient(options);
    const at = topics(options.lab);
    const link = await BusLink.connect({
      url: options.url,
      openSession: options.openSession,
      id: options.client,
      ...(options.token === undefined ? {} : { token: options.token }),
      will: (session) => ({
        topic: at.client(options.client),
        payload: JSON.stringify({ ...client.#presence(session), state: 'gone', link: null }),
      }),
      greet: (link) => link.publish(at.client(options.client), client.#presenceNow(link), { retain: true }),
    });
    client.#link = link;
    link.on((event) => {
      if (event === 'lost')
        client.failPending(null, new LabError('ENODEV', `the broker at ${options.url} went away before the answer`));
    });
    try {
      await link.subscribe(at.reply(options.client), (_topic, payload) => client.#hear(payload));
    } catch (error) {
      await link.close();
      throw error;
    }
    return client;
  }

  /** The connection: `subscribe`, `publish`, `on('lost' | 'back')`. */
  get link(): BusLink {
    if (this.#link === undefined) throw new LabError('EAGAIN', 'the client is still connecting');
    return this.#link;
  }

  get session(): string {
    return this.link.session;
  }

  get connected(): boolean {
    return this.link.connected;
  }

  /** `lost`: the broker is gone, reconnection goes on by itself; `back`: connected and present again. */
  on(listener: (event: 'lost' | 'back') => void): () => void {
    return this.link.on(listener);
  }

  /** Changes own fields of the presence. Without a connection it is said with the next one. */
  async setPresence(patch: Readonly<Record<string, unknown>>): Promise<void> {
    this.#own = { ...this.#own, ...patch };
    if (!this.connected || this.#closing) return;
    await this.link.publish(topics(this.lab).client(this.client), this.#presenceNow(this.link), { retain: true });
  }

  async publishLog(lines: readonly ClientLogLine[]): Promise<void> {
    if (lines.length > 0) await this.link.publish(topics(this.lab).log(this.client), JSON.stringify(lines));
  }

  /** Asks a device; resolves with the body of its answer, rejects with its error, or ETIMEDOUT at the deadline. */
  request(device: string, kind: Kind, body: Uint8Array, deadlineMs: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (!Number.isInteger(deadlineMs) || deadlineMs < 1 || deadlineMs > MAX_DEADLINE_MS)
        throw new LabError('EINVAL', `a deadline of ${deadlineMs} ms; it takes whole ms from 1 to ${MAX_DEADLINE_MS}`);
      if (body.length > MAX_BODY_BYTES)
        throw new LabError('EMSGSIZE', `a body of ${body.length} bytes; at most ${MAX_BODY_BYTES} go in one message`);
      const correlation = this.#correlation;
      this.#correlation = (this.#correlation + 1) >>> 0;
      this.#asked = true;
      const message = encodeRequest({ kind, deadlineMs, correlation, client: this.client, body });
      if (!this.link.post(topics(this.lab).request(device), message))
        throw new LabError('ENODEV', `${device} cannot be asked: the broker is not there`);
      const late = (): void => {
        this.#pending.delete(correlation);
        reject(new LabError('ETIMEDOUT', `${device} did not answer a ${kind} request within ${deadlineMs} ms`));
      };
      this.#pending.set(correlation, { device, resolve, reject, late, timer: setTimeout(late, deadlineMs) });
    });
  }

  /** Number of our latest request, and of those that have no answer yet. */
  get standing(): { readonly last: number | null; readonly waiting: readonly number[] } {
    const last = this.#asked ? (this.#correlation - 1) >>> 0 : null;
    return { last, waiting: [...this.#pending.keys()] };
  }

  /** Hears what a device tells us as its owner: the events of each message. Returns the way to stop. */
  onTold(device: string, listener: (body: Uint8Array) => void): () => void {
    const listeners = this.#told.get(device) ?? new Set();
    this.#told.set(device, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#told.get(device) === listeners) this.#told.delete(device);
    };
  }

  /** Hears that a request to a device is held at a breakpoint: no error, its deadline moves on. Returns the way to stop. */
  onHeld(device: string, listener: (why: string) => void): () => void {
    const listeners = this.#held.get(device) ?? new Set();
    this.#held.set(device, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** Rejects what is pending for one device, or for all. */
  failPending(device: string | null, error: LabError): void {
    for (const [correlation, pending] of this.#pending) {
      if (device !== null && pending.device !== device) continue;
      this.#pending.delete(correlation);
      clearTimeout(pending.timer);
      pending.reject(error);
    }
  }

  /** Says goodbye: watchers hear `gone`, and nothing of the client stays retained. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.failPending(null, new LabError('ECANCELED', `client ${this.client} is closing`));
    const topic = topics(this.lab).client(this.client);
    const gone = JSON.stringify({ ...this.#presence(this.session), state: 'gone', link: null });
    for (const last of this.connected ? [gone, ''] : [])
      await this.link.publish(topic, last, { retain: true }).catch(() => {}); // the broker went first: its will says it
    await this.link.close();
  }

  #presence(session: string): Presence {
    return { state: 'here', ...this.#own, client: this.client, session, role: this.#role };
  }

  #presenceNow(link: BusLink): string {
    return JSON.stringify(this.#presence(link.session));
  }

  #hear(payload: Uint8Array): void {
    const told = decodeTold(payload);
    if (told !== undefined) {
      for (const listener of [...(this.#told.get(told.device) ?? [])]) listener(told.body);
      return;
    }
    const held = decodeHeld(payload);
    if (held !== undefined) {
      const waiting = this.#pending.get(held.correlation);
      if (waiting === undefined) return;
      clearTimeout(waiting.timer);
      waiting.timer = setTimeout(waiting.late, held.moreMs);
      for (const listener of [...(this.#held.get(waiting.device) ?? [])]) listener(held.why);
      return;
    }
    let reply: ReturnType<typeof decodeReply>;
    try {
      reply = decodeReply(payload);
    } catch {
      return; // not from a lab of ours: the deadline speaks for it
    }
    const pending = this.#pending.get(reply.correlation);
    if (pending === undefined) return; // a duplicate, or too late
    this.#pending.delete(reply.correlation);
    clearTimeout(pending.timer);
    if (reply.result instanceof LabError) pending.reject(reply.result);
    else pending.resolve(reply.result);
  }
}
