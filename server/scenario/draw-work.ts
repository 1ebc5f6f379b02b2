/** What a scenario has drawn on a screen: a program that paints frames, commits them and waits for its flips. */
import type { CardBuffer, CardFrame, CardProgram, CardRect } from '#bus/card.ts';
import type { Clock } from '#bus/clock.ts';
import { asLabError, type LabError } from '#bus/errors.ts';
import type { DrawDeed } from './model.ts';
import { linesOf, type Picture, pictureNamed } from './pictures.ts';

interface Canvas {
  readonly buffer: CardBuffer;
  /** What is painted on it, and which of its lines are a moving picture's own. */
  name: string;
  band: readonly [number, number] | null;
}

/** A program with two buffers, one on the screen and one to paint on. */
export class Painter {
  readonly program: CardProgram;
  /** As it was asked for; null: the preferred one. */
  readonly mode: string | null;
  readonly #canvases: Canvas[] = [];
  #turn = 0;
  /** The lines that the frame before had for its own; undefined when it was another picture. */
  #last: { readonly name: string; readonly band: readonly [number, number] } | undefined;

  constructor(program: CardProgram, mode: string | null) {
    this.program = program;
    this.mode = mode;
  }

  /** Paints the next frame; `rowBytes` where the program lays its rows other than it was told. */
  async paint(name: string, index: number, rowBytes: number | null): Promise<CardFrame> {
    const { width, height } = this.program.mode;
    const picture = pictureNamed(name, index);
    const band = picture.band?.(height) ?? null;
    const canvas = await this.#canvas(width, height);
    const step = rowBytes ?? canvas.buffer.pitchBytes;
    const known = canvas.name === `${name} ${step}`;
    if (!known || band === null || canvas.band === null) await this.#write(canvas, picture, step, 0, height);
    else await Promise.all([canvas.band, band].map((lines) => this.#write(canvas, picture, step, ...lines)));
    canvas.name = `${name} ${step}`;
    canvas.band = band;
    const before = this.#last;
    this.#last = band === null ? undefined : { name: canvas.name, band };
    const { id: buffer } = canvas.buffer;
    if (band === null || before?.name !== canvas.name) return { buffer };
    return { buffer, damage: [linesRect(width, before.band), linesRect(width, band)] };
  }

  async #canvas(width: number, height: number): Promise<Canvas> {
    const turn = this.#turn++ % 2;
    const canvas = this.#canvases[turn] ?? { buffer: await this.program.buffer(width, height), name: '', band: null };
    this.#canvases[turn] = canvas;
    return canvas;
  }

  async #write({ buffer }: Canvas, picture: Picture, step: number, from: number, to: number): Promise<void> {
    const { width, height } = this.program.mode;
    await this.program.write(buffer.id, from * step, linesOf(picture, width, height, step, from, to));
  }
}

const linesRect = (width: number, [y1, y2]: readonly [number, number]): CardRect => ({ x1: 0, y1, x2: width, y2 });

export class DrawWork {
  /** Frames that came on the screen. */
  frames = 0;
  /** Vertical blanks between two of them that showed nothing new. */
  missed = 0;
  error: LabError | undefined;
  over = false;
  #pending = 0;
  #last: number | undefined;

  constructor(deed: DrawDeed, open: () => Promise<Painter>, clock: Clock) {
    this.#run(deed, open, clock).then(
      () => {
        this.over = true;
      },
      (thrown: unknown) => {
        this.error ??= asLabError(thrown);
        this.over = true;
      },
    );
  }

  /** True when it ended with this errno; null: well. */
  held(error: string | null): boolean {
    return this.over && (this.error?.code ?? null) === error;
  }

  /** `600 frames, 0 vblanks missed`; `1 frame, EBUSY: …`. */
  get found(): string {
    const frames = `${this.frames} frame${this.frames === 1 ? '' : 's'}${this.over ? '' : ' so far'}`;
    if (this.error !== undefined) return `${frames}, ${this.error.code}: ${this.error.message}`;
    return `${frames}, ${this.missed} vblank${this.missed === 1 ? '' : 's'} missed`;
  }

  async #run(deed: DrawDeed, open: () => Promise<Painter>, clock: Clock): Promise<void> {
    const painter = await open();
    const { program } = painter;
    try {
      for (let i = 0; i < deed.frames; i++) {
        if (deed.paced) await this.#flipped(program);
        const frame = await painter.paint(deed.picture, i, deed.rowBytes);
        if (deed.takesNs > 0) await clock.sleep(deed.takesNs);
        await program.commit(i === 0 && deed.modeset ? { ...frame, modeset: true } : frame);
        this.#pending++;
      }
    } catch (thrown) {
      this.error = asLabError(thrown);
    }
    while (this.#pending > 0) await this.#flipped(program);
  }

  async #flipped(program: CardProgram): Promise<void> {
    if (this.#pending === 0) return;
    const { count } = await program.flip();
    this.#pending--;
    this.frames++;
    if (this.#last !== undefined) this.missed += Math.max(0, count - this.#last - 1);
    this.#last = count;
  }
}
