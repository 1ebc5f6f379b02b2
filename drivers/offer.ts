/** What a driver offers to the lab's users: each request of its kind on the driver's own topic is performed, and answered. */
import type { BusClient } from '#bus/client.ts';
import { asLabError, LabError } from '#bus/errors.ts';
import { decodeRequest, encodeReply, type Kind } from '#bus/message.ts';
import { topics } from '#bus/topics.ts';

export interface OfferOptions {
  readonly client: BusClient;
  readonly kind: Kind;
  /** Requests on their way; one more is answered EAGAIN. */
  readonly atOnce: number;
  readonly perform: (body: Uint8Array) => Promise<Uint8Array>;
}

export class Offer {
  readonly #options: OfferOptions;
  #listening: Promise<void> | undefined;
  #onWay = 0;

  constructor(options: OfferOptions) {
    this.#options = options;
  }

  /**
   * Resolves when requests are heard. A driver that holds its device may be asked at once, so it listens before it does;
   * what it does not offer yet is refused then, not lost. Again is as once.
   */
  open(): Promise<void> {
    this.#listening ??= this.#listen().catch(() => {
      this.#listening = undefined; // the broker went: this is called anew when it is back
    });
    return this.#listening;
  }

  async #listen(): Promise<void> {
    const { client, lab, link } = this.#options.client;
    await link.subscribe(topics(lab).diskRequest(client), (_, payload) => void this.#hear(payload));
  }

  async #hear(payload: Uint8Array): Promise<void> {
    const { client: bus, kind } = this.#options;
    const request = decodeRequest(payload);
    if ('error' in request || request.kind !== kind) return; // another offer's, or none of the lab's
    const answer = await this.#perform(request.body).catch((thrown: unknown) => asLabError(thrown));
    bus.link.post(topics(bus.lab).diskAnswer(bus.client), encodeReply(kind, request.correlation, answer));
  }

  async #perform(body: Uint8Array): Promise<Uint8Array> {
    const { atOnce, perform } = this.#options;
    if (this.#onWay >= atOnce)
      throw new LabError('EAGAIN', `${this.#onWay} requests are on their way; ${atOnce} are allowed`);
    this.#onWay++;
    try {
      return await perform(body);
    } finally {
      this.#onWay--;
    }
  }
}
