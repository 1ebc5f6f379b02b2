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
  #listening = false;
  #onWay = 0;

  constructor(options: OfferOptions) {
    this.#options = options;
  }

  /** From the first thing offered on. */
  open(): void {
    if (this.#listening) return;
    const { client, lab, link } = this.#options.client;
    this.#listening = true;
    link
      .subscribe(topics(lab).diskRequest(client), (_, payload) => void this.#hear(payload))
      .catch(() => {
        this.#listening = false; // the broker went: the driver is loaded anew when it is back
      });
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
