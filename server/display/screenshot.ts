/** Screenshots: what a display shows as a PNG file, one packed at a time, an unchanged picture once. */
import { LabError } from '#bus/errors.ts';
import type { Display } from '#devices/display/display.ts';
import { png } from './png.ts';

interface Shot {
  readonly version: number;
  readonly file: Promise<Buffer>;
}

export class Screenshots {
  readonly #last = new WeakMap<Display, Shot>();
  #turn: Promise<unknown> = Promise.resolve();

  /** The picture as it is when its turn comes; ENODEV while nothing is on show. */
  async take(display: Display): Promise<Buffer> {
    const taken = this.#turn.then(() => this.#take(display));
    // those who wait have neither pixels nor file yet: many at once cost no memory
    this.#turn = taken.catch(() => undefined);
    return taken;
  }

  #take(display: Display): Promise<Buffer> {
    const { width } = display.scene;
    if (width === 0) throw new LabError('ENODEV', 'nothing is on show: no driver has set a mode');
    const frame = display.frame();
    const last = this.#last.get(display);
    if (last?.version === frame.version) return last.file;
    const shot = { version: frame.version, file: png(frame) };
    this.#last.set(display, shot);
    return shot.file;
  }
}
