/** The card of a driver as the lab reaches it: each request on the driver's own topic is one call of a program. */
import type { CardProgram, OfferedCard } from '#bus/card.ts';
import { type CardCall, decodeCardCall, encodeCardAnswer } from '#bus/card-wire.ts';
import type { BusClient } from '#bus/client.ts';
import { asLabError, LabError, unknownName } from '#bus/errors.ts';
import { decodeRequest, encodeReply } from '#bus/message.ts';
import { topics } from '#bus/topics.ts';

/** Calls on their way; one more is answered EAGAIN. */
const AT_ONCE = 64;

export class OfferedCards {
  readonly #client: BusClient;
  readonly #programs = new Map<string, CardProgram>();
  #card: OfferedCard | undefined;
  #listening = false;
  #onWay = 0;

  constructor(client: BusClient) {
    this.#client = client;
  }

  /** Returns the way to take it away; EEXIST when there is one: a driver has one card. */
  add(card: OfferedCard): () => void {
    if (this.#card !== undefined) throw new LabError('EEXIST', `there is a card ${this.#card.name} already`);
    this.#card = card;
    if (!this.#listening) this.#listen();
    return () => {
      if (this.#card === card) this.clear();
    };
  }

  clear(): void {
    this.#card = undefined;
    this.#programs.clear();
  }

  #listen(): void {
    const { client, lab, link } = this.#client;
    this.#listening = true;
    link
      .subscribe(topics(lab).diskRequest(client), (_, payload) => void this.#hear(payload))
      .catch(() => {
        this.#listening = false; // the broker went: the driver is loaded anew when it is back
      });
  }

  async #hear(payload: Uint8Array): Promise<void> {
    const request = decodeRequest(payload);
    if ('error' in request || request.kind !== 'card') return;
    const answer = await this.#perform(request.body).catch((thrown: unknown) => asLabError(thrown));
    const { client, lab, link } = this.#client;
    link.post(topics(lab).diskAnswer(client), encodeReply('card', request.correlation, answer));
  }

  async #perform(body: Uint8Array): Promise<Uint8Array> {
    const call = decodeCardCall(body);
    if (this.#onWay >= AT_ONCE) throw new LabError('EAGAIN', `${this.#onWay} calls are on their way`);
    this.#onWay++;
    try {
      return encodeCardAnswer(call.call === 'open' ? await this.#open(call) : await this.#call(call));
    } finally {
      this.#onWay--;
    }
  }

  async #open({ program, mode }: CardCall & { readonly call: 'open' }) {
    const card = this.#card;
    if (card === undefined) throw new LabError('ENODEV', 'this driver offers no card now');
    // A program of that name that was left behind by a lab that is gone.
    await this.#programs.get(program)?.close();
    this.#programs.delete(program);
    const opened = await card.open(program, mode ?? undefined);
    this.#programs.set(program, opened);
    return { mode: opened.mode, modes: opened.modes };
  }

  async #call(call: Exclude<CardCall, { readonly call: 'open' }>) {
    const program = this.#programs.get(call.program);
    if (program === undefined) throw unknownName('program', call.program, [...this.#programs.keys()], 'ENODEV');
    switch (call.call) {
      case 'buffer':
        return program.buffer(call.width, call.height);
      case 'write':
        await program.write(call.buffer, call.offsetBytes, call.bytes);
        return undefined;
      case 'commit':
        await program.commit(call.frame);
        return undefined;
      case 'flip':
        return program.flip();
      case 'close':
        this.#programs.delete(call.program);
        await program.close();
        return undefined;
    }
  }
}
