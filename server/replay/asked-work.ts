/** What users ask of a driver while it runs: work for its disk, pictures for its screen. */
import type { CardProgram } from '#bus/card.ts';
import type { Clock } from '#bus/clock.ts';
import type { Bio, Disk } from '#bus/disk.ts';
import { LabError } from '#bus/errors.ts';
import { DriverOffers } from '../driver-offers.ts';
import { DrawWork, Painter } from '../scenario/draw-work.ts';
import { IoWork } from '../scenario/io-work.ts';
import type { DrawDeed, IoDeed } from '../scenario/model.ts';

/** Of one piece of work: a record may say anything. */
const MOST_SECTORS = 65_536;
const SECTOR_BYTES = 512;

export class AskedWork {
  readonly #device: string;
  readonly #clock: Clock;
  /** How the driver offers what it has. */
  readonly offers = new DriverOffers();
  #painter: { readonly mode: string | null; readonly painter: Promise<Painter> } | undefined;
  #last: { readonly over: boolean } | undefined;

  constructor(device: string, clock: Clock) {
    this.#device = device;
    this.#clock = clock;
  }

  /** What was asked last, and is waited for, has ended. */
  get over(): boolean {
    return this.#last?.over !== false;
  }

  io(deed: IoDeed): void {
    this.#follow(deed, new IoWork(deed, async (bio) => this.#disk().submit(bio)));
  }

  draw(deed: DrawDeed): void {
    this.#follow(deed, new DrawWork(deed, () => this.#paint(deed), this.#clock));
  }

  /** One request; what is written is zeroes. */
  request(bio: Bio): void {
    const carries = bio.op === 'write' || bio.op === 'zone_append';
    const data = carries ? new Uint8Array(Math.min(bio.sectors, MOST_SECTORS) * SECTOR_BYTES) : undefined;
    const work = async () => this.#disk().submit(data === undefined ? bio : { ...bio, data });
    work().catch(() => undefined); // without a disk nothing is asked, and that is what is found
  }

  /** The driver comes or goes: programs of that time are over. */
  forget(): void {
    this.offers.clear();
    this.#painter = undefined;
  }

  /** Work under a name goes on beside what comes next. */
  #follow({ as }: { readonly as: string | null }, work: { readonly over: boolean }): void {
    if (as === null) this.#last = work;
  }

  #disk(): Disk {
    const { disk } = this.offers;
    if (disk === undefined) throw new LabError('ENODEV', `the driver offers no disk for ${this.#device}`);
    return disk;
  }

  async #paint({ mode }: DrawDeed): Promise<Painter> {
    const before = this.#painter;
    if (before !== undefined && (mode === null || before.mode === mode)) return before.painter;
    const painter = this.#open(mode, before?.painter);
    this.#painter = { mode, painter };
    return painter;
  }

  async #open(mode: string | null, before: Promise<Painter> | undefined): Promise<Painter> {
    await (await before)?.program.close();
    const { card } = this.offers;
    if (card === undefined) throw new LabError('ENODEV', `the driver offers no card for ${this.#device}`);
    const program: CardProgram = await card.open('scenario', mode ?? undefined);
    return new Painter(program, mode);
  }
}
