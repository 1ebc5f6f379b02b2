/** One session at a broker, however it is reached: what a link stands on. */

export interface SessionOptions {
  /** The client id. */
  readonly id: string;
  /** What the broker says, retained, when the session ends without a goodbye. */
  readonly will: { readonly topic: string; readonly payload: string } | undefined;
  /** Hears each message that falls under a subscription once, in the order the broker gives out. */
  readonly hear: (topic: string, payload: Uint8Array, retained: boolean) => void;
  /** Called once, when the session ends though nobody ended it. */
  readonly lost: () => void;
}

export interface Session {
  readonly connected: boolean;
  /** True where what is retained has been heard when `subscribe` resolves; elsewhere it comes after. */
  readonly retainedAtOnce: boolean;
  /** Rejects with EACCES when the broker does not let us read that, ENODEV when it is gone. */
  subscribe(filter: string): Promise<void>;
  unsubscribe(filter: string): void;
  /** Resolves when the broker has it; rejects with what kept it from that. The bytes are the session's from now on. */
  publish(topic: string, payload: Uint8Array, retain: boolean): Promise<void>;
  /** Sends without waiting. The bytes are the session's from now on. */
  post(topic: string, payload: Uint8Array): void;
  /** Orderly: what is on its way is sent, and no will is spoken. */
  end(orderly: boolean): Promise<void>;
}

/** Rejects with ENODEV (no broker), EACCES (refused) or EINVAL (a name it cannot carry). */
export type OpenSession = (options: SessionOptions) => Promise<Session>;
