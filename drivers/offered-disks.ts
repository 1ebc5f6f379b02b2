/** The disks of a driver as the lab reaches them: each request on the driver's own topic is a bio, its result the answer. */
import type { BusClient } from '#bus/client.ts';
import type { Disk } from '#bus/disk.ts';
import { decodeDiskRequest, encodeDiskAnswer } from '#bus/disk-wire.ts';
import { asLabError, LabError, unknownName } from '#bus/errors.ts';
import { decodeRequest, encodeReply } from '#bus/message.ts';
import { topics } from '#bus/topics.ts';

/** Bios on their way; one more is answered EAGAIN. */
const AT_ONCE = 256;

export class OfferedDisks {
  readonly #client: BusClient;
  readonly #disks = new Map<string, Disk>();
  #listening = false;
  #onWay = 0;

  constructor(client: BusClient) {
    this.#client = client;
  }

  /** Returns the way to take it away; EEXIST when the name is taken. */
  add(disk: Disk): () => void {
    if (this.#disks.has(disk.name)) throw new LabError('EEXIST', `there is a disk ${disk.name} already`);
    this.#disks.set(disk.name, disk);
    if (!this.#listening) this.#listen();
    return () => {
      if (this.#disks.get(disk.name) === disk) this.#disks.delete(disk.name);
    };
  }

  clear(): void {
    this.#disks.clear();
  }

  #listen(): void {
    const { client, lab, link } = this.#client;
    this.#listening = true;
    link
      .subscribe(topics(lab).diskRequest(client), (_, payload) => void this.#hear(payload))
      .catch(() => {
        this.#listening = false; // the broker went: the driver is loaded anew when it is back
      });
  }

  async #hear(payload: Uint8Array): Promise<void> {
    const request = decodeRequest(payload);
    if ('error' in request || request.kind !== 'io') return; // none of the lab's
    const answer = await this.#perform(request.body).catch((thrown: unknown) => asLabError(thrown));
    const { client, lab, link } = this.#client;
    link.post(topics(lab).diskAnswer(client), encodeReply('io', request.correlation, answer));
  }

  async #perform(body: Uint8Array): Promise<Uint8Array> {
    const { disk, bio } = decodeDiskRequest(body);
    const [only] = this.#disks.values();
    const found = disk === null ? only : this.#disks.get(disk);
    if (found === undefined) throw unknownName('disk', disk ?? '', [...this.#disks.keys()], 'ENODEV');
    if (this.#onWay >= AT_ONCE)
      throw new LabError('EAGAIN', `${this.#onWay} requests are on their way to ${found.name}`);
    this.#onWay++;
    try {
      return encodeDiskAnswer(await found.submit(bio));
    } finally {
      this.#onWay--;
    }
  }
}
