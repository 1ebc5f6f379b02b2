/** The firmware's mailbox through which a host reaches the module over I2C: 3.D100h to 3.D103h. */

import type { MicroBus } from './micro.ts';
import { diagnosticsAt } from './module-memory.ts';
import { X } from './xdata.ts';

const BLOCK = 0x01;
const GO = 0x02;
const RESULT = 0x0c;
const DONE = 0x04;
const FAILED = 0x0c;
const WRITE = 0x20;
const A2 = 0x40;
const ANY_DEVICE = 0x80;
/** At 100 kHz a byte takes about four commands. */
const BYTE_MS = 0.5;
const BLOCK_MS = 30;

export class Mailbox {
  readonly #bus: MicroBus;

  constructor(bus: MicroBus) {
    this.#bus = bus;
  }

  /** How long the request takes; undefined when there is none. */
  waitMs(): number | undefined {
    const control = this.#control();
    if ((control & GO) === 0) return undefined;
    return (control & BLOCK) !== 0 && (control & ANY_DEVICE) === 0 ? BLOCK_MS : BYTE_MS;
  }

  /** Does what the mailbox asks for, clears go, leaves the result. */
  serve(): void {
    const control = this.#control();
    if ((control & GO) === 0) return;
    const done = (control & ANY_DEVICE) !== 0 ? this.#anyDevice(control) : this.#module(control);
    this.#bus.xdata[X.MAILBOX_CTRL] = (control & ~(GO | RESULT)) | (done ? DONE : FAILED);
  }

  #anyDevice(control: number): boolean {
    const { xdata } = this.#bus;
    const device = (xdata[X.MAILBOX_DEVICE] ?? 0) & 0xfe;
    const byte = this.#bus.readModule(device, xdata[X.MAILBOX_ADDR] ?? 0);
    if (byte === undefined) return false;
    // The lab's modules keep their memory write-protected: a write is acknowledged and lost.
    if ((control & WRITE) === 0) xdata[X.MAILBOX_VALUE] = byte;
    return true;
  }

  #module(control: number): boolean {
    const { xdata } = this.#bus;
    const device = (control & A2) !== 0 ? 0xa2 : 0xa0;
    const from = (control & BLOCK) !== 0 ? 0 : (xdata[X.MAILBOX_ADDR] ?? 0);
    const count = (control & BLOCK) !== 0 ? 0x100 : 1;
    for (let n = from; n < from + count; n++) {
      const byte = this.#bus.readModule(device, n);
      if (byte === undefined) return false;
      if ((control & WRITE) !== 0) continue;
      if (device === 0xa0) xdata[n] = byte;
      else this.#bus.writeRegister(diagnosticsAt(this.#bus) + n, byte);
    }
    return true;
  }

  #control(): number {
    return this.#bus.xdata[X.MAILBOX_CTRL] ?? 0;
  }
}
