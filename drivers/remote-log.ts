/** Kernel log lines on their way to the lab: kept while the broker is away, sent in bursts. */
import type { LogLevel } from '#bus/api.ts';
import type { BusClient, ClientLogLine } from '#bus/client.ts';
import type { Clock } from '#bus/clock.ts';

/** Lines kept while the broker is away; older ones are lost. */
const LIMIT = 500;

export class RemoteLog {
  readonly #client: BusClient;
  readonly #clock: Clock;
  readonly #facility: string;
  /** Milliseconds since 1970 when the clock began. */
  readonly #began: number;
  readonly #lines: ClientLogLine[] = [];

  constructor(client: BusClient, clock: Clock, facility: string, since: string) {
    this.#client = client;
    this.#clock = clock;
    this.#facility = facility;
    this.#began = Date.parse(since);
  }

  add(level: LogLevel, text: string): void {
    this.#lines.push({ level, facility: this.#facility, text, at: this.#began + this.#clock.now() / 1e6 });
    if (this.#lines.length > LIMIT) this.#lines.shift();
    if (this.#lines.length === 1) queueMicrotask(() => void this.flush());
  }

  async flush(): Promise<void> {
    if (this.#lines.length === 0 || !this.#client.connected) return;
    const lines = this.#lines.splice(0);
    await this.#client.publishLog(lines).catch(() => void this.#lines.unshift(...lines));
  }
}
