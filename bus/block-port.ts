/** A port of a block bus in this process: one requester's verbs, and who listens for its answers. */
import type { BlockCommand, BlockCompletion, BlockEvent, BlockIdentity, BlockPort } from './block.ts';
import { LabError } from './errors.ts';
import { guarded } from './guarded.ts';

/** A port of one requester; closed, it hears nothing more and its tags are free. */
export interface OpenBlockPort extends BlockPort {
  readonly requester: string;
  close(): void;
}

/** What the bus does for its port. */
export interface PortVerbs {
  identify(): BlockIdentity;
  /** A promise while a command is held on its way. */
  submit(commands: readonly BlockCommand[]): Promise<void> | undefined;
  poll(hctx: number): readonly BlockCompletion[];
  closed(): void;
}

export class BusBlockPort implements OpenBlockPort {
  readonly requester: string;
  readonly #verbs: PortVerbs;
  readonly #completions = new Set<(completions: readonly BlockCompletion[]) => void>();
  readonly #events = new Set<(event: BlockEvent) => void>();
  over = false;

  constructor(requester: string, verbs: PortVerbs) {
    this.requester = requester;
    this.#verbs = verbs;
  }

  async identify(): Promise<BlockIdentity> {
    return this.#verbs.identify();
  }

  async submit(commands: readonly BlockCommand[]): Promise<void> {
    if (this.over) throw new LabError('ECANCELED', `${this.requester} has closed this port`);
    if (commands.length === 0) return;
    const held = this.#verbs.submit(commands);
    if (held !== undefined) await held;
  }

  async poll(hctx: number): Promise<readonly BlockCompletion[]> {
    return this.#verbs.poll(hctx);
  }

  onCompletion(listener: (completions: readonly BlockCompletion[]) => void): () => void {
    this.#completions.add(listener);
    return () => void this.#completions.delete(listener);
  }

  onEvent(listener: (event: BlockEvent) => void): () => void {
    this.#events.add(listener);
    return () => void this.#events.delete(listener);
  }

  close(): void {
    if (this.over) return;
    this.over = true;
    this.#verbs.closed();
    this.#completions.clear();
    this.#events.clear();
  }

  complete(completions: readonly BlockCompletion[]): void {
    for (const listener of [...this.#completions]) guarded(() => listener(completions));
  }

  tell(event: BlockEvent): void {
    for (const listener of [...this.#events]) guarded(() => listener(event));
  }
}
