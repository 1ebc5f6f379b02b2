/** What the embedded broker keeps, asked without waiting where it keeps nothing: a message is on its way before the next one begins. */
import type { Aedes, AedesPublishPacket, Client } from 'aedes';

export interface BrokerStore {
  /** What is retained on the topics of a subscription. */
  retained(filter: string): AsyncIterable<AedesPublishPacket>;
}

/** The part of Aedes' persistence that each message passes. Its own way takes four turns of promises for one. */
interface Persistence {
  storeRetained(packet: AedesPublishPacket): PromiseLike<void>;
  createRetainedStreamCombi(filters: readonly string[]): AsyncIterable<AedesPublishPacket>;
  addSubscriptions(client: Client, filters: readonly { readonly topic: string }[]): PromiseLike<void>;
  subscriptionsByTopic(topic: string): PromiseLike<readonly unknown[]>;
  outgoingEnqueueCombi(subscriptions: readonly unknown[], packet: AedesPublishPacket): PromiseLike<void>;
  outgoingClearMessageId(client: Client, packet: AedesPublishPacket): PromiseLike<AedesPublishPacket | undefined>;
}

/**
 * Aedes numbers messages as they come, and takes one with a lower number than the last for a duplicate; the turns of promises
 * in between depend on the message. So what needs no waiting must not wait.
 */
export const promptStore = (aedes: Aedes): BrokerStore => {
  const { persistence: kept } = aedes as unknown as { readonly persistence: Persistence };
  /** Topics that sessions kept for clients who are away have ever subscribed to. */
  const awaited = new Set<string>();
  const storeRetained = kept.storeRetained.bind(kept);
  const addSubscriptions = kept.addSubscriptions.bind(kept);
  const subscriptionsByTopic = kept.subscriptionsByTopic.bind(kept);
  const outgoingEnqueueCombi = kept.outgoingEnqueueCombi.bind(kept);
  const outgoingClearMessageId = kept.outgoingClearMessageId.bind(kept);
  kept.storeRetained = (packet) => {
    void storeRetained(packet); // in memory: kept when it returns
    return NOTHING;
  };
  kept.addSubscriptions = (client, filters) => {
    for (const { topic } of filters) awaited.add(topic);
    return addSubscriptions(client, filters);
  };
  kept.subscriptionsByTopic = (topic) => (awaited.has(topic) ? subscriptionsByTopic(topic) : NOBODY);
  kept.outgoingEnqueueCombi = (subscriptions, packet) =>
    subscriptions.length > 0 ? outgoingEnqueueCombi(subscriptions, packet) : NOTHING;
  kept.outgoingClearMessageId = (client, packet) => (client.clean ? NOTHING : outgoingClearMessageId(client, packet));
  return { retained: (filter) => kept.createRetainedStreamCombi([filter]) };
};

/** A promise kept long ago, whose reader need not wait for the next turn. */
class Prompt<T> implements PromiseLike<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  // biome-ignore lint/suspicious/noThenProperty: it stands where Aedes expects a promise.
  then<A = T, B = never>(kept?: ((value: T) => A | PromiseLike<A>) | null): PromiseLike<A | B> {
    return new Prompt(kept?.(this.#value)) as PromiseLike<A | B>;
  }
}

const NOTHING = new Prompt(undefined);
const NOBODY = new Prompt<readonly unknown[]>([]);
