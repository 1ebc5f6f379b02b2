/** Requests as they come in: each decoded, told from its duplicates, carried out in turn before its deadline, and answered. */
import { Answered } from './answered.ts';
import { LabError } from './errors.ts';
import { decodeRequest, encodeHeld, encodeReply, type Request } from './message.ts';

export interface RequestQueueOptions {
  /** For messages. */
  readonly device: string;
  readonly reply: (client: string, bytes: Uint8Array) => void;
  /** The answer to a request that waits for nothing; null for one that does. */
  readonly atOnce: (request: Request) => Uint8Array | LabError | null;
  /** Called for one request at a time. Never rejects. */
  readonly inTurn: (request: Request) => Promise<Uint8Array | LabError>;
  readonly log: (line: string) => void;
}

/** Requests waiting; one more is answered EAGAIN. */
const MAX_WAITING = 1024;
/** Their bytes: a paced wire takes a minute for a megabyte. */
const MAX_WAITING_BYTES = 16 << 20;
/** While a device is held, whoever waits for it is told so often… */
const HELD_EVERY_MS = 1500;
/** …and hears more within so long: a lab that dies meanwhile is noticed. */
const HELD_MORE_MS = 6000;
/** Clients whose latest request is remembered. */
const CLIENTS = 1000;
/** One line of the log for so many ignored messages. */
const LOG_EACH = 1000;

export class RequestQueue {
  readonly #options: RequestQueueOptions;
  readonly #answered = new Answered();
  readonly #waiting: { readonly request: Request; until: number }[] = [];
  /** Number of the latest request of each client. */
  readonly #latest = new Map<string, number>();
  #current: Request | undefined;
  #held: { readonly why: string; readonly timer: NodeJS.Timeout } | undefined;
  #busy = false;
  #waitingBytes = 0;
  #ignored = 0;

  constructor(options: RequestQueueOptions) {
    this.#options = options;
  }

  /** Messages that named nobody to answer. */
  get ignored(): number {
    return this.#ignored;
  }

  /** Number of the latest request that came from a client, and of those that have no answer yet. */
  standing(client: string): { readonly last: number | null; readonly open: readonly number[] } {
    const all = [...(this.#current === undefined ? [] : [this.#current]), ...this.#waiting.map((one) => one.request)];
    const open = all.flatMap((request) => (request.client === client ? [request.correlation] : []));
    return { last: this.#latest.get(client) ?? null, open };
  }

  /** A client that starts anew counts anew. */
  forget(client: string): void {
    this.#latest.delete(client);
    this.#answered.forget(client);
  }

  /**
   * The device is held, or goes on (null). Whoever waits is told instead of running into a deadline, now and again until it
   * goes on; and once more then, so that there is time left for the answer.
   */
  held(why: string | null): void {
    clearInterval(this.#held?.timer);
    if (why === null && this.#held !== undefined) this.#tellHeld('goes on');
    this.#held =
      why === null ? undefined : { why, timer: setInterval(() => this.#tellHeld(why), HELD_EVERY_MS).unref() };
    if (why !== null) this.#tellHeld(why);
  }

  #tellHeld(why: string): void {
    const until = performance.now() + HELD_MORE_MS;
    for (const one of this.#waiting) one.until = Math.max(one.until, until);
    const all = [...(this.#current === undefined ? [] : [this.#current]), ...this.#waiting.map((one) => one.request)];
    for (const { client, correlation } of all)
      this.#options.reply(client, encodeHeld({ correlation, moreMs: HELD_MORE_MS, why }));
  }

  receive(payload: Uint8Array): void {
    const { device, reply, log, atOnce } = this.#options;
    const request = decodeRequest(payload);
    if ('error' in request) {
      const { error, replyTo } = request;
      if (replyTo !== null) reply(replyTo.client, encodeReply(null, replyTo.correlation, error));
      else if (this.#ignored++ % LOG_EACH === 0)
        log(`${device} ignored ${error.message} (${this.#ignored} of its kind so far)`);
      return;
    }
    const { client, correlation, kind, deadlineMs } = request;
    const now = performance.now();
    const seen = this.#answered.take(client, correlation, payload, now);
    if (seen === 'pending') return;
    if (seen instanceof Uint8Array) {
      reply(client, seen);
      return;
    }
    if (seen === 'other') {
      const reused = new LabError('EINVAL', `correlation ${correlation} was used for another request just now`);
      reply(client, encodeReply(kind, correlation, reused));
      return;
    }
    if (this.#latest.size >= CLIENTS) this.#latest.clear(); // only that of whoever drives the device is asked for
    this.#latest.set(client, correlation);
    const answer = atOnce(request);
    if (answer !== null) this.#answer(request, answer);
    else if (this.#waiting.length >= MAX_WAITING || this.#waitingBytes >= MAX_WAITING_BYTES)
      this.#answer(request, new LabError('EAGAIN', `${this.#waiting.length} requests wait for ${device} already`));
    else {
      this.#waitingBytes += request.body.length;
      this.#waiting.push({ request, until: now + deadlineMs });
      if (this.#held !== undefined) this.#tellHeld(this.#held.why);
      if (!this.#busy) void this.#work();
    }
  }

  /** As on the wire; what waited past its deadline is not begun. */
  async #work(): Promise<void> {
    const { device, inTurn } = this.#options;
    this.#busy = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { request, until } = next;
      this.#waitingBytes -= request.body.length;
      if (performance.now() > until)
        this.#answer(request, new LabError('ETIMEDOUT', `${device} was busy past the deadline`));
      else {
        this.#current = request;
        this.#answer(request, await inTurn(request));
        this.#current = undefined;
      }
    }
    this.#busy = false;
  }

  #answer({ client, correlation, kind }: Request, result: Uint8Array | LabError): void {
    const bytes = encodeReply(kind, correlation, result);
    this.#answered.answer(client, correlation, bytes);
    this.#options.reply(client, bytes);
  }
}
