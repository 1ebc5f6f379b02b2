/** Which accesses of the 8051 to the chip's registers are worth telling: all that are news, not the polling between them. */
import type { OwnAccess } from '#bus/device.ts';
import type { GatewayAccess } from './micro/gateway.ts';

export interface GatewayLogOptions {
  readonly now: () => number;
  /** The level before the access. */
  readonly level: (at: number) => number;
  readonly outcome: (access: GatewayAccess) => OwnAccess['outcome'];
}

/**
 * A program polls some registers thousands of times a second and rewrites others as often. Told are writes, unless the
 * program wrote that value there last and it still stands, and reads that found another value than the program knew.
 */
export class GatewayLog {
  readonly #options: GatewayLogOptions;
  readonly #listeners = new Set<(access: OwnAccess) => void>();
  readonly #known = new Map<number, number>();

  constructor(options: GatewayLogOptions) {
    this.#options = options;
  }

  listen(listener: (access: OwnAccess) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The access is about to happen. */
  access(access: GatewayAccess): void {
    const { op, at, value } = access;
    const known = this.#known.get(at);
    if (known === value && (op === 'read' || this.#options.level(at) === value)) return;
    this.#known.set(at, value);
    if (this.#listeners.size === 0) return;
    const old = op === 'read' ? (known ?? 0) : this.#options.level(at);
    this.#tell({ op, at, value, old, outcome: this.#options.outcome(access), time: this.#options.now(), text: '' });
  }

  /** The program is caught at something no program should do. */
  note(text: string): void {
    this.#tell({ op: 'note', at: 0, value: 0, old: 0, outcome: 'refused', time: this.#options.now(), text });
  }

  /** Another program, or the same from its beginning: it knows nothing yet. */
  forget(): void {
    this.#known.clear();
  }

  snapshot(): readonly (readonly [at: number, value: number])[] {
    return [...this.#known].sort(([a], [b]) => a - b);
  }

  restore(known: readonly (readonly [number, number])[]): void {
    this.#known.clear();
    for (const [at, value] of known) this.#known.set(at, value);
  }

  #tell(access: OwnAccess): void {
    for (const listener of [...this.#listeners]) listener(access);
  }
}
