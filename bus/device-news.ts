/** What a served device says unasked: events to its owner, and interrupt lines to everybody; and what it says again when asked. */
import { LabError } from './errors.ts';
import { type EventKind, EventStream, encodeEvents } from './events.ts';
import { encodeInterrupt } from './interrupt.ts';
import { bodyToFrames, encodeTold } from './message.ts';
import { topics } from './topics.ts';

export interface DeviceNewsOptions {
  readonly lab: string;
  readonly device: string;
  readonly post: (topic: string, payload: Uint8Array) => void;
}

export class DeviceNews {
  readonly #options: DeviceNewsOptions;
  readonly #events = new EventStream();
  /** How each interrupt line stands. */
  readonly #lines = new Map<string, boolean>();
  #interrupts = 0;

  constructor(options: DeviceNewsOptions) {
    this.#options = options;
  }

  /** Number of the last event of this lease. */
  get last(): number {
    return this.#events.last;
  }

  /** Number of the last interrupt. */
  get interrupts(): number {
    return this.#interrupts;
  }

  /** A new lease counts anew. */
  begin(): void {
    this.#events.reset();
  }

  tell(owner: string, kind: EventKind, body: Uint8Array): void {
    const { lab, device, post } = this.#options;
    const event = this.#events.add(kind, body);
    post(topics(lab).reply(owner), encodeTold({ device, body: encodeEvents([event]) }));
  }

  interrupt(line: string, asserted: boolean, timeNs: number): void {
    const { lab, device, post } = this.#options;
    this.#lines.set(line, asserted);
    const message = encodeInterrupt({ seq: ++this.#interrupts, line, asserted, time: timeNs });
    post(topics(lab).interrupt(device), new TextEncoder().encode(message));
  }

  /** Events from a number on. Throws EPROTO, ESTALE. */
  again(body: Uint8Array): Uint8Array {
    const [from] = bodyToFrames(body);
    if (from === undefined) throw new LabError('EPROTO', 'a resync takes the number of the first event, 32 bits');
    return encodeEvents(this.#events.from(from));
  }

  lines(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify({ seq: this.#interrupts, lines: Object.fromEntries(this.#lines) }));
  }
}
