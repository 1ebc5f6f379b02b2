/** What a driver in this process offers to the lab's users: its disks, and its card. */
import type { OfferedCard } from '#bus/card.ts';
import type { Disk } from '#bus/disk.ts';
import { LabError } from '#bus/errors.ts';
import type { KernelPort } from '#bus/kernel-port.ts';

export class DriverOffers implements Pick<KernelPort, 'addDisk' | 'addCard'> {
  readonly #disks = new Map<string, Disk>();
  #card: OfferedCard | undefined;

  /** The first one; undefined where there is none. */
  get disk(): Disk | undefined {
    const [disk] = this.#disks.values();
    return disk;
  }

  get card(): OfferedCard | undefined {
    return this.#card;
  }

  readonly addDisk = (disk: Disk): (() => void) => {
    if (this.#disks.has(disk.name)) throw new LabError('EEXIST', `there is a disk ${disk.name} already`);
    this.#disks.set(disk.name, disk);
    return () => void this.#disks.delete(disk.name);
  };

  readonly addCard = (card: OfferedCard): (() => void) => {
    if (this.#card !== undefined) throw new LabError('EEXIST', `there is a card ${this.#card.name} already`);
    this.#card = card;
    return () => {
      if (this.#card === card) this.#card = undefined;
    };
  };

  clear(): void {
    this.#disks.clear();
    this.#card = undefined;
  }
}
