/** The card of a driver, offered to the lab's programs: buffers, commits and flips of a client of the DRM device. */
import type { CardFlip, CardFrame, CardMode, CardProgram, OfferedCard } from '#bus/card.ts';
import { LabError, unknownName } from '#bus/errors.ts';
import { type Card, openCard, type Picture } from './card.ts';
import type { DrmDevice } from './drm-device.ts';
import { cvtReduced } from './mode-list.ts';
import { type Mode, refreshHz } from './modes.ts';
import type { Seat } from './seat.ts';

export class CardOffer implements OfferedCard {
  readonly name: string;
  readonly #device: DrmDevice;
  readonly #seat: Seat;
  readonly #programs = new Set<Program>();

  constructor(device: DrmDevice, seat: Seat) {
    this.name = device.is.name;
    this.#device = device;
    this.#seat = seat;
  }

  async open(name: string, mode?: string): Promise<CardProgram> {
    await this.#seat.take();
    try {
      const seen: Mode[] = [];
      let wanted: Mode | undefined;
      const card = await openCard(this.#device, {
        name,
        mode(modes) {
          seen.push(...modes);
          wanted = mode === undefined ? modes[0] : (modes.find((one) => one.name === mode) ?? ownMode(mode));
          return wanted;
        },
      });
      if (mode !== undefined && wanted === undefined) {
        await card.close();
        const known = [...new Set(seen.map((one) => one.name))];
        throw unknownName('mode', mode.slice(0, 40), known, 'EINVAL');
      }
      const program = new Program(card, seen.map(shownMode), () => {
        this.#programs.delete(program);
        this.#seat.give();
      });
      this.#programs.add(program);
      return program;
    } catch (thrown) {
      this.#seat.give();
      throw thrown;
    }
  }

  /** The driver goes: programs hear of it in what they wait for. */
  async close(): Promise<void> {
    for (const program of [...this.#programs]) await program.close();
  }
}

class Program implements CardProgram {
  readonly modes: readonly CardMode[];
  readonly #card: Card;
  readonly #gone: () => void;
  readonly #pictures = new Map<number, Picture>();
  readonly #flips: CardFlip[] = [];
  readonly #waiting: PromiseWithResolvers<CardFlip>[] = [];
  #closed = false;

  constructor(card: Card, modes: readonly CardMode[], gone: () => void) {
    this.#card = card;
    this.modes = modes;
    this.#gone = gone;
    card.file.events.listen(({ type, count, timeNs }) => {
      if (type !== 'flip') return;
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#flips.push({ count, timeNs });
      else waiting.resolve({ count, timeNs });
    });
  }

  get mode(): CardMode {
    return shownMode(this.#card.mode);
  }

  async buffer(width: number, height: number) {
    this.#mustBeOpen();
    const picture = this.#card.picture(width, height);
    const { fbId: id, pitchBytes, bytes } = picture;
    this.#pictures.set(id, picture);
    return { id, pitchBytes, sizeBytes: bytes.length };
  }

  async write(buffer: number, offsetBytes: number, bytes: Uint8Array): Promise<void> {
    this.#mustBeOpen();
    const memory = this.#picture(buffer).bytes;
    if (offsetBytes + bytes.length > memory.length)
      throw new LabError(
        'EFAULT',
        `${bytes.length} bytes at ${offsetBytes} of buffer ${buffer}, which has ${memory.length}`,
      );
    memory.set(bytes, offsetBytes);
  }

  async commit({ buffer, damage, modeset }: CardFrame): Promise<void> {
    this.#mustBeOpen();
    const picture = this.#picture(buffer);
    if (modeset === true) this.#card.setMode(this.#card.mode);
    await this.#card.submit({ primary: { picture, ...(damage === undefined ? {} : { damage }) } });
  }

  flip(): Promise<CardFlip> {
    const ready = this.#flips.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    if (this.#closed) return Promise.reject(gone());
    const waiting = Promise.withResolvers<CardFlip>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#card.close();
    } finally {
      for (const waiting of this.#waiting.splice(0)) waiting.reject(gone());
      this.#gone();
    }
  }

  #picture(buffer: number): Picture {
    const picture = this.#pictures.get(buffer);
    if (picture === undefined) throw new LabError('ENOENT', `no buffer ${buffer} of this program`);
    return picture;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw gone();
  }
}

/** `640x480@24`: a mode line of the program's own, with reduced blanking; the card may refuse it. */
const ownMode = (asked: string): Mode | undefined => {
  const [, width, height, hz] = /^([1-9][0-9]{0,3})x([1-9][0-9]{0,3})@([1-9][0-9]{0,2})$/.exec(asked) ?? [];
  return hz === undefined ? undefined : cvtReduced(Number(width), Number(height), Number(hz));
};

const gone = (): LabError => new LabError('ENODEV', 'this program has the screen no longer');

const shownMode = (mode: Mode): CardMode => ({
  name: mode.name,
  width: mode.hdisplay,
  height: mode.vdisplay,
  refreshHz: mode.vrefreshHz || refreshHz(mode),
});
