/** A block port that notes what passes it, so that the layer knows what the device was asked and what it answered. */
import type { BlockCommand, BlockCompletion, BlockEvent, BlockIdentity, BlockPort } from '#bus/block.ts';
import { asLabError } from '#bus/errors.ts';
import type { Printk } from '../kernel/printk.ts';

/** Who is told. */
export interface PortWatcher {
  submitted(command: BlockCommand): void;
  withdrawn(command: BlockCommand): void;
  answered(completion: BlockCompletion): void;
}

type Completions = (completions: readonly BlockCompletion[]) => void;

export class WitnessedPort implements BlockPort {
  readonly #port: BlockPort;
  readonly #pr: Pick<Printk, 'err'>;
  readonly #listeners = new Set<Completions>();
  readonly #release: () => void;
  #watcher: PortWatcher | undefined;

  constructor(port: BlockPort, pr: Pick<Printk, 'err'>) {
    this.#port = port;
    this.#pr = pr;
    this.#release = port.onCompletion((completions) => this.#completed(completions));
  }

  /** Whether the driver hears answers at all. */
  get listening(): boolean {
    return this.#listeners.size > 0;
  }

  /** For the layer. */
  watch(watcher: PortWatcher): void {
    this.#watcher = watcher;
  }

  /** For the layer: after the disk is gone nothing is heard any more. */
  close(): void {
    this.#release();
    this.#listeners.clear();
  }

  identify(): Promise<BlockIdentity> {
    return this.#port.identify();
  }

  async submit(commands: readonly BlockCommand[]): Promise<void> {
    const watcher = this.#watcher;
    for (const command of commands) watcher?.submitted(command);
    try {
      await this.#port.submit(commands);
    } catch (thrown) {
      for (const command of commands) watcher?.withdrawn(command);
      throw thrown;
    }
  }

  async poll(hctx: number): Promise<readonly BlockCompletion[]> {
    const completions = await this.#port.poll(hctx);
    for (const completion of completions) this.#watcher?.answered(completion);
    return completions;
  }

  onCompletion(listener: Completions): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onEvent(listener: (event: BlockEvent) => void): () => void {
    return this.#port.onEvent(listener);
  }

  #completed(completions: readonly BlockCompletion[]): void {
    for (const completion of completions) this.#watcher?.answered(completion);
    for (const listener of [...this.#listeners])
      try {
        listener(completions);
      } catch (thrown) {
        this.#pr.err(`the completion interrupt failed: ${asLabError(thrown).message}`);
      }
  }
}
