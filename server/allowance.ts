/** What one client of the broker may have on its way, there and back: who floods waits, and everybody else does not. */

/** Messages not yet answered, and their bytes. */
const MESSAGES = 128;
const BYTES = 4 << 20;
/** What nobody answers (a log line, a request to a device that is not there) counts this long. */
const FORGET_MS = 100;

interface Account {
  /** Bytes of each message on its way, oldest first. */
  readonly onWay: number[];
  bytes: number;
  /** Of answers that it has not taken yet. */
  untakenBytes: number;
  readonly waiting: { readonly bytes: number; readonly go: () => void }[];
}

export class Allowance {
  readonly #accounts = new Map<string, Account>();
  readonly #timer = setInterval(() => this.#forget(), FORGET_MS).unref();

  /** Calls `go` at once while the client has room, else as soon as it has; in order. */
  take(client: string, bytes: number, go: () => void): void {
    const account = this.#account(client);
    account.waiting.push({ bytes, go });
    if (account.waiting.length === 1) letGo(account);
  }

  /** One message of the client has been answered. */
  giveBack(client: string): void {
    const account = this.#accounts.get(client);
    if (account === undefined) return;
    account.bytes -= account.onWay.shift() ?? 0;
    letGo(account);
  }

  /** An answer is on its way back; returns what to call when the client has taken it. While too much waits to be taken nothing new is let go. */
  answers(client: string, bytes: number): () => void {
    const account = this.#account(client);
    account.untakenBytes += bytes;
    return () => {
      account.untakenBytes -= bytes;
      letGo(account);
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#accounts.clear();
  }

  #account(client: string): Account {
    const known = this.#accounts.get(client);
    if (known !== undefined) return known;
    const account: Account = { onWay: [], bytes: 0, untakenBytes: 0, waiting: [] };
    this.#accounts.set(client, account);
    return account;
  }

  #forget(): void {
    for (const [client, account] of this.#accounts) {
      if (account.waiting.length === 0 && account.untakenBytes === 0) this.#accounts.delete(client);
      account.onWay.length = 0;
      account.bytes = 0;
      letGo(account);
    }
  }
}

const letGo = (account: Account): void => {
  const { onWay, waiting } = account;
  while (onWay.length < MESSAGES && account.bytes < BYTES && account.untakenBytes < BYTES) {
    const next = waiting.shift();
    if (next === undefined) return;
    onWay.push(next.bytes);
    account.bytes += next.bytes;
    next.go();
  }
};
