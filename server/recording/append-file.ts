/** A file that only grows: what `append` was given has left this process when it returns, so that a kill loses none of it. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { LabError } from '#bus/errors.ts';

export class AppendFile {
  readonly path: string;
  readonly #fd: number;
  #bytes = 0;
  #open = true;

  /** Begins the file anew; EACCES names the option it came from. */
  constructor(path: string, what: string) {
    this.path = path;
    try {
      this.#fd = openSync(path, 'w');
    } catch (cause) {
      throw new LabError('EACCES', `${what}: ${(cause as Error).message}`, { cause });
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      try {
        done += writeSync(this.#fd, bytes, done);
      } catch (cause) {
        throw new LabError('EIO', `${this.path} cannot be written on: ${(cause as Error).message}`, { cause });
      }
    }
    this.#bytes += bytes.length;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
  }
}
