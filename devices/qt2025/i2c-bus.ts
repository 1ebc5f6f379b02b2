/** The I2C bus of the PHY: which memories answer at an address, and what comes of several answering at once. */
import type { I2cMemory } from './i2c-memory.ts';
import type { I2cWires } from './micro.ts';

export interface I2cBusOptions {
  /** Every memory that listens to a device address. */
  readonly at: (device: number) => readonly I2cMemory[];
  /** Somebody holds SDA low. */
  readonly stuck: () => boolean;
}

export class I2cBus implements I2cWires {
  readonly #options: I2cBusOptions;

  constructor(options: I2cBusOptions) {
    this.#options = options;
  }

  address(device: number, reading: boolean): boolean {
    let answered = false;
    for (const memory of this.#options.at(device)) if (memory.address(reading)) answered = true;
    return answered;
  }

  put(device: number, byte: number): void {
    for (const memory of this.#options.at(device)) memory.put(byte);
  }

  /** Open drain: a one is only there when nobody pulls. */
  take(device: number): number | undefined {
    let level: number | undefined;
    for (const memory of this.#options.at(device)) {
      const byte = memory.take();
      if (byte !== undefined) level = (level ?? 0xff) & byte;
    }
    return level;
  }

  stop(device: number): void {
    for (const memory of this.#options.at(device)) memory.stop();
  }

  stuck(): boolean {
    return this.#options.stuck();
  }
}
