/** Work for a disk that a scenario asked for: so many bios, so many at a time, and how they ended. */
import type { BlockStatus } from '#bus/block.ts';
import type { Bio, BioResult } from '#bus/disk.ts';
import { asLabError } from '#bus/errors.ts';
import { fillPattern, mismatch } from '#bus/pattern.ts';
import type { IoDeed } from './model.ts';

export class IoWork {
  readonly #deed: IoDeed;
  readonly #submit: (bio: Bio) => Promise<BioResult>;
  readonly #endings = new Map<BlockStatus, number>();
  /** The first thing that was wrong besides a status: data, or no driver at all. */
  #wrong: string | undefined;
  #begun = 0;
  #ended = 0;

  constructor(deed: IoDeed, submit: (bio: Bio) => Promise<BioResult>) {
    this.#deed = deed;
    this.#submit = submit;
    for (let i = 0; i < Math.min(deed.depth, deed.count); i++) this.#next();
  }

  get over(): boolean {
    return this.#ended === this.#deed.count;
  }

  /** True when every one ended with this status and with the data it should; null: with whatever status. */
  held(status: BlockStatus | null): boolean {
    if (!this.over || this.#wrong !== undefined) return false;
    return status === null || [...this.#endings.keys()].every((found) => found === status);
  }

  /** `15 OK, 1 IOERR`; `3 of 16 ended, 3 OK`. */
  get found(): string {
    const counts = [...this.#endings].map(([status, count]) =>
      this.#deed.count === 1 ? status : `${count} ${status}`,
    );
    const open = this.over ? '' : `${this.#ended} of ${this.#deed.count} ended`;
    return [open, ...counts, this.#wrong ?? ''].filter((part) => part !== '').join(', ');
  }

  #next(): void {
    const { bio: first, count, pattern } = this.#deed;
    if (this.#begun >= count) return;
    const bio = { ...first, sector: first.sector + this.#begun++ * first.sectors };
    const data = bio.op !== 'read' && pattern !== null ? fillPattern(pattern, bio.sector, bio.sectors) : undefined;
    this.#submit(data === undefined ? bio : { ...bio, data }).then(
      (result) => this.#end(bio, result),
      (thrown: unknown) => {
        const { code, message } = asLabError(thrown);
        this.#wrong ??= `${code}: ${message}`;
        this.#ended = count; // a disk that is not there gets no more work
      },
    );
  }

  #end(bio: Bio, { status, data }: BioResult): void {
    this.#endings.set(status, (this.#endings.get(status) ?? 0) + 1);
    if (this.over) return;
    this.#ended++;
    const { pattern } = this.#deed;
    if (bio.op === 'read' && pattern !== null && status === 'OK') {
      const at = data === undefined ? 0 : mismatch(pattern, bio.sector, data);
      if (data === undefined) this.#wrong ??= 'no data: the device is not memory backed';
      else if (at >= 0) {
        const place = bio.sector + Math.floor(at / 512);
        this.#wrong ??= `byte ${at % 512} of sector ${place} is ${data[at]?.toString(16).padStart(2, '0')}h, not the pattern's`;
      }
    }
    this.#next();
  }
}
