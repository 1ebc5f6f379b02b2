/** Tags that commands from the bus have while the device holds them. */
import type { BlockCommand } from '#bus/block.ts';
import { LabError } from '#bus/errors.ts';

const TAGS = 0x10000;

export class TagsInFlight {
  /** One bitmap for all hardware queues. */
  readonly #shared: boolean;
  readonly #depth: number;
  readonly #users = new Map<number, BlockCommand>();

  constructor(depth: number, shared: boolean) {
    this.#depth = depth;
    this.#shared = shared;
  }

  /** Throws when the rules of the port are broken. A tag with another generation is another request: its driver gave the first one up. */
  check({ hctx, tag, generation, op }: BlockCommand, queues: number): void {
    if (!Number.isInteger(hctx) || hctx < 0 || hctx >= queues)
      throw new LabError('EINVAL', `a ${op} went to hardware queue ${hctx}; there are 0 to ${queues - 1}`);
    if (!Number.isInteger(tag) || tag < 0 || tag >= this.#depth)
      throw new LabError('EINVAL', `a ${op} has tag ${tag}; a queue has tags 0 to ${this.#depth - 1}`);
    const user = this.#users.get(this.#slot({ hctx, tag }));
    if (user?.generation === generation)
      throw new LabError(
        'EBUSY',
        `a ${op} uses tag ${tag} of queue ${hctx}, which a ${user.op} at ${user.sector} still has`,
      );
  }

  hold(command: BlockCommand): void {
    this.#users.set(this.#slot(command), command);
  }

  /** Free again, unless somebody else has it by now. */
  release(command: BlockCommand): void {
    const slot = this.#slot(command);
    if (this.#users.get(slot) === command) this.#users.delete(slot);
  }

  clear(): void {
    this.#users.clear();
  }

  #slot({ hctx, tag }: Pick<BlockCommand, 'hctx' | 'tag'>): number {
    return this.#shared ? tag : hctx * TAGS + tag;
  }
}
