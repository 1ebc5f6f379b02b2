/** Pictures between their arrival and the page's next drawing: the next one comes while this one waits, and no more than that. */
import type { Frame } from '#bus/frame-wire.ts';

export interface FrameQueueOptions {
  /** Calls once, when the page is drawn next; a hidden page is drawn never. */
  readonly whenDrawn: (draw: () => void) => void;
  /** In the order they came; the last one ends a picture. */
  readonly paint: (frames: readonly Frame[]) => void;
}

export class FrameQueue {
  readonly #options: FrameQueueOptions;
  #frames: Frame[] = [];
  /** How many of them are whole pictures, or end one. */
  #whole = 0;
  #held: (() => void)[] = [];

  constructor(options: FrameQueueOptions) {
    this.#options = options;
  }

  /**
   * `ready` is called when more may be sent: at once for a part of a picture, and for a picture that is the only one; for a
   * second one when both are painted. So one is on its way while one waits, and a page that is not drawn asks for no third.
   */
  take(frame: Frame, ready: () => void): void {
    this.#frames.push(frame);
    if (frame.more) {
      ready();
      return;
    }
    this.#whole++;
    if (this.#whole > 1) {
      this.#held.push(ready);
      return;
    }
    this.#options.whenDrawn(() => this.#draw());
    ready();
  }

  #draw(): void {
    const end = this.#frames.findLastIndex(({ more }) => !more) + 1;
    const frames = this.#frames.splice(0, end); // of what follows only a part is here
    const held = this.#held.splice(0);
    this.#whole = 0;
    try {
      this.#options.paint(frames);
    } finally {
      for (const ready of held) ready();
    }
  }

  /** Nothing of it is painted any more. */
  clear(): void {
    this.#frames = [];
    this.#held = [];
    this.#whole = 0;
  }
}
