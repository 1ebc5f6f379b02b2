/** Fences: something that will have happened, as a client passes it on by a number (sync_file). */
import { LabError } from '#bus/errors.ts';

export class Fence {
  readonly #done = Promise.withResolvers<void>();
  signalled = false;

  signal(): void {
    this.signalled = true;
    this.#done.resolve();
  }

  wait(): Promise<void> {
    return this.#done.promise;
  }
}

/** One client's fences by descriptor, and its memory that the kernel writes descriptors into. */
export class FenceTable {
  readonly #fences = new Map<number, Fence>();
  readonly #cells = new Map<number, { value: number }>();
  #nextFd = 3;
  #nextCell = 0x1000;

  add(fence: Fence): number {
    const fd = this.#nextFd++;
    this.#fences.set(fd, fence);
    return fd;
  }

  find(fd: number): Fence | undefined {
    return this.#fences.get(fd);
  }

  close(fd: number): void {
    this.#fences.delete(fd);
  }

  /** A cell of the client's memory, by its address: what OUT_FENCE_PTR takes. */
  cell(): { readonly address: number; readonly value: number } {
    const address = this.#nextCell;
    this.#nextCell += 8;
    const cell = { value: 0 };
    this.#cells.set(address, cell);
    return {
      address,
      get value() {
        return cell.value;
      },
    };
  }

  /** Writes where the client asked for it; EFAULT when that is none of its memory. */
  put(address: number, fd: number): void {
    const cell = this.#cells.get(address);
    if (cell === undefined) throw new LabError('EFAULT', `nothing of this client at ${address.toString(16)}h`);
    cell.value = fd;
  }
}
