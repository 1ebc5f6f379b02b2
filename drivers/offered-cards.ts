/** The card of a driver as the lab reaches it: each request is one call of a program. */
import type { CardProgram, OfferedCard } from '#bus/card.ts';
import { type CardCall, decodeCardCall, encodeCardAnswer } from '#bus/card-wire.ts';
import type { BusClient } from '#bus/client.ts';
import { LabError, unknownName } from '#bus/errors.ts';
import { Offer } from './offer.ts';

export class OfferedCards {
  readonly #offer: Offer;
  readonly #programs = new Map<string, CardProgram>();
  #card: OfferedCard | undefined;

  constructor(client: BusClient) {
    this.#offer = new Offer({ client, kind: 'card', atOnce: 64, perform: (body) => this.#perform(body) });
  }

  /** Returns the way to take it away; EEXIST when there is one: a driver has one card. */
  add(card: OfferedCard): () => void {
    if (this.#card !== undefined) throw new LabError('EEXIST', `there is a card ${this.#card.name} already`);
    this.#card = card;
    return () => {
      if (this.#card === card) this.clear();
    };
  }

  /** Resolves when requests are heard. */
  open(): Promise<void> {
    return this.#offer.open();
  }

  clear(): void {
    this.#card = undefined;
    this.#programs.clear();
  }

  async #perform(body: Uint8Array): Promise<Uint8Array> {
    const call = decodeCardCall(body);
    return encodeCardAnswer(call.call === 'open' ? await this.#open(call) : await this.#call(call));
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
