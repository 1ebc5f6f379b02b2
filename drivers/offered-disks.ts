/** The disks of a driver as the lab reaches them: each request is a bio, its result the answer. */
import type { BusClient } from '#bus/client.ts';
import type { Disk } from '#bus/disk.ts';
import { decodeDiskRequest, encodeDiskAnswer } from '#bus/disk-wire.ts';
import { LabError, unknownName } from '#bus/errors.ts';
import { Offer } from './offer.ts';

export class OfferedDisks {
  readonly #offer: Offer;
  readonly #disks = new Map<string, Disk>();

  constructor(client: BusClient) {
    this.#offer = new Offer({ client, kind: 'io', atOnce: 256, perform: (body) => this.#perform(body) });
  }

  /** Returns the way to take it away; EEXIST when the name is taken. */
  add(disk: Disk): () => void {
    if (this.#disks.has(disk.name)) throw new LabError('EEXIST', `there is a disk ${disk.name} already`);
    this.#disks.set(disk.name, disk);
    return () => {
      if (this.#disks.get(disk.name) === disk) this.#disks.delete(disk.name);
    };
  }

  /** Resolves when requests are heard. */
  open(): Promise<void> {
    return this.#offer.open();
  }

  clear(): void {
    this.#disks.clear();
  }

  async #perform(body: Uint8Array): Promise<Uint8Array> {
    const { disk, bio } = decodeDiskRequest(body);
    const [only] = this.#disks.values();
    const found = disk === null ? only : this.#disks.get(disk);
    if (disk === null && found === undefined) throw new LabError('ENODEV', 'this driver offers no disk now');
    if (found === undefined) throw unknownName('disk', disk ?? '', [...this.#disks.keys()], 'ENODEV');
    return encodeDiskAnswer(await found.submit(bio));
  }
}
