/** Bits of video memory that turn over by themselves, while the fault is on. */
import type { Random } from '#bus/random.ts';
import type { DISPLAY_FAULTS } from '#datasheets/display-catalogue.ts';
import type { FaultBoard } from '../fault-board.ts';
import type { Timeline } from '../timeline.ts';

const DUE = 'bit-rot';

export interface BitRotOptions {
  readonly time: Timeline;
  readonly board: FaultBoard<typeof DISPLAY_FAULTS>;
  readonly random: Random;
  readonly memory: Uint8Array;
  readonly wrote: (offset: number, length: number) => void;
}

export class BitRot {
  readonly #time: Timeline;
  readonly #board: FaultBoard<typeof DISPLAY_FAULTS>;

  constructor({ time, board, random, memory, wrote }: BitRotOptions) {
    this.#time = time;
    this.#board = board;
    time.on(DUE, () => {
      for (let left = board.params('bit-rot')?.bits ?? 0; left > 0; left--) {
        const at = random.below(memory.length);
        memory[at]! ^= 1 << random.below(8);
        wrote(at, 1);
      }
      this.arm();
    });
  }

  /** The fault was switched, or has just struck. */
  arm(): void {
    const rot = this.#board.params('bit-rot');
    if (rot === undefined) this.#time.cancel(DUE);
    else this.#time.set(DUE, rot.ms * 1e6);
  }
}
