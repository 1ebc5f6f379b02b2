/** The lab's end of drivers' disks: asks the driver of a device over the bus, and waits for its answer. */
import type { BusClient } from '#bus/client.ts';
import type { Bio, BioResult } from '#bus/disk.ts';
import { decodeDiskAnswer, encodeDiskRequest } from '#bus/disk-wire.ts';
import { LabError } from '#bus/errors.ts';
import { decodeReply, encodeRequest } from '#bus/message.ts';
import { topics } from '#bus/topics.ts';

export interface DiskLineOptions {
  readonly client: BusClient;
  /** The client id of a device's driver; null without one. */
  readonly driver: (device: string) => string | null;
  /** Called when that driver's hold of the device ends; returns the way to stop listening. */
  readonly onChange: (changed: () => void) => () => void;
}

/** A driver ends each request by its own timeout, 30 s with Linux's default: no answer after this means no driver. */
const ANSWER_MS = 60_000;

interface Waiting {
  readonly device: string;
  readonly driver: string;
  readonly settle: (answer: Uint8Array | LabError) => void;
}

export class DiskLine {
  readonly #options: DiskLineOptions;
  readonly #waiting = new Map<number, Waiting>();
  #correlation = 0;
  #stops: (() => void)[] = [];

  private constructor(options: DiskLineOptions) {
    this.#options = options;
  }

  static async open(options: DiskLineOptions): Promise<DiskLine> {
    const { client, onChange } = options;
    const line = new DiskLine(options);
    line.#stops.push(
      await client.link.subscribe(topics(client.lab).diskAnswer('+'), (topic, payload) => line.#hear(topic, payload)),
      onChange(() => line.#checkDrivers()),
    );
    return line;
  }

  /** Rejects with ENODEV without a driver, or when it goes before it answers. */
  async io(device: string, bio: Bio): Promise<BioResult> {
    const { client, driver: driverOf } = this.#options;
    const driver = driverOf(device);
    if (driver === null) throw new LabError('ENODEV', `no driver is loaded for ${device}`);
    const body = encodeDiskRequest({ disk: null, bio });
    const correlation = ++this.#correlation >>> 0;
    const answer = Promise.withResolvers<Uint8Array>();
    const timer = setTimeout(
      () => this.#settle(correlation, new LabError('ETIMEDOUT', `the driver of ${device} did not answer ${bio.op}`)),
      ANSWER_MS,
    );
    this.#waiting.set(correlation, {
      device,
      driver,
      settle: (given) => {
        clearTimeout(timer);
        if (given instanceof LabError) answer.reject(given);
        else answer.resolve(given);
      },
    });
    const message = encodeRequest({ kind: 'io', deadlineMs: ANSWER_MS, correlation, client: client.client, body });
    if (!client.link.post(topics(client.lab).diskRequest(driver), message))
      this.#settle(correlation, new LabError('ENODEV', `${device} cannot be asked: the broker is not there`));
    return decodeDiskAnswer(await answer.promise);
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    for (const correlation of [...this.#waiting.keys()])
      this.#settle(correlation, new LabError('ECANCELED', 'the lab is closing'));
  }

  #hear(topic: string, payload: Uint8Array): void {
    let reply: ReturnType<typeof decodeReply>;
    try {
      reply = decodeReply(payload);
    } catch {
      return; // not a driver of ours: the deadline speaks for it
    }
    const waiting = this.#waiting.get(reply.correlation);
    const { client } = this.#options;
    if (waiting !== undefined && topic === topics(client.lab).diskAnswer(waiting.driver))
      this.#settle(reply.correlation, reply.result);
  }

  #checkDrivers(): void {
    for (const [correlation, { device, driver }] of [...this.#waiting])
      if (this.#options.driver(device) !== driver)
        this.#settle(correlation, new LabError('ENODEV', `the driver of ${device} has gone before its answer`));
  }

  #settle(correlation: number, answer: Uint8Array | LabError): void {
    const waiting = this.#waiting.get(correlation);
    this.#waiting.delete(correlation);
    waiting?.settle(answer);
  }
}
