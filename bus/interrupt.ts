/** Interrupt lines on the bus: each change of a line is one numbered message, device to drivers. */
import { LabError } from './errors.ts';

export interface Interrupt {
  /** Counts every interrupt of the device from 1; a gap means that some were missed. */
  readonly seq: number;
  /** `LASI`. */
  readonly line: string;
  readonly asserted: boolean;
  /** Nanoseconds since the lab began. */
  readonly time: number;
}

export const encodeInterrupt = (interrupt: Interrupt): string => JSON.stringify(interrupt);

/** Throws EPROTO for anything that is no interrupt. */
export const parseInterrupt = (payload: Uint8Array): Interrupt => {
  let said: unknown;
  try {
    said = JSON.parse(new TextDecoder().decode(payload.subarray(0, 1024)));
  } catch (cause) {
    throw new LabError('EPROTO', 'an interrupt message is no JSON', { cause });
  }
  const { seq, line, asserted, time } = (said ?? {}) as Partial<Record<keyof Interrupt, unknown>>;
  if (
    Number.isSafeInteger(seq) &&
    typeof line === 'string' &&
    typeof asserted === 'boolean' &&
    typeof time === 'number'
  )
    return { seq: seq as number, line, asserted, time };
  throw new LabError('EPROTO', 'an interrupt message takes seq, line, asserted and time');
};

/** How the lines of a device stand, and the number of the interrupt that left them so. */
export interface Lines {
  readonly seq: number;
  readonly lines: Readonly<Record<string, boolean>>;
}

/** Throws EPROTO for anything else. */
export const parseLines = (payload: Uint8Array): Lines => {
  try {
    const { seq, lines } = JSON.parse(new TextDecoder().decode(payload)) as { seq?: unknown; lines?: unknown };
    if (Number.isSafeInteger(seq) && typeof lines === 'object' && lines !== null)
      return {
        seq: seq as number,
        lines: Object.fromEntries(Object.entries(lines).map(([line, asserted]) => [line, asserted === true])),
      };
  } catch {
    // said below
  }
  throw new LabError('EPROTO', 'the state of interrupt lines takes seq and lines');
};

/** Passes interrupts on in order, each once; after a hole, what the lines came to be. */
export class InterruptOrder {
  readonly #pass: (interrupt: Interrupt) => void;
  readonly #levels = new Map<string, boolean>();
  #early: Interrupt[] = [];
  /** Undefined until the first is heard: what came before we listened is not missing. */
  #next: number | undefined;
  #asked = false;

  constructor(pass: (interrupt: Interrupt) => void) {
    this.#pass = pass;
  }

  get gap(): boolean {
    return this.#early.length > 0;
  }

  /** Number of the latest interrupt passed on; null before the first. */
  get last(): number | null {
    return this.#next === undefined ? null : this.#next - 1;
  }

  /** The device counts anew. */
  begin(): void {
    this.#next = undefined;
    this.#early = [];
    this.#levels.clear();
  }

  take(interrupt: Interrupt): void {
    const next = this.#next ?? interrupt.seq;
    if (interrupt.seq < next) return; // heard before
    if (interrupt.seq > next) {
      if (this.#early.length < EARLY) this.#early.push(interrupt);
      return;
    }
    this.#next = interrupt.seq + 1;
    this.#levels.set(interrupt.line, interrupt.asserted);
    this.#pass(interrupt);
    const early = this.#early;
    this.#early = [];
    for (const one of early) this.take(one);
  }

  /** True when nobody is asking for the lines yet; then the caller does. */
  mayAsk(): boolean {
    if (this.#asked) return false;
    this.#asked = true;
    return true;
  }

  /** The answer: lines that stand otherwise than last heard have changed. */
  settle({ seq, lines }: Lines): void {
    this.#asked = false;
    const early = this.#early;
    this.#early = [];
    const time = early.at(-1)?.time ?? 0;
    this.#next = Math.max(this.#next ?? 0, seq + 1);
    for (const [line, asserted] of Object.entries(lines)) {
      if ((this.#levels.get(line) ?? false) === asserted) continue;
      this.#levels.set(line, asserted);
      this.#pass({ seq, line, asserted, time });
    }
    for (const one of early) this.take(one);
  }

  giveUp(): void {
    this.#asked = false;
  }
}

/** Interrupts held while the lines are asked for. */
const EARLY = 1024;
