/** The I2C master in SFRs F4h to F7h. Source of addresses and bits: analysis of the public firmware, section 3.6; the rest is our choice. */
import type { I2cWires } from '../micro.ts';

export const I2C = { ADDRESS: 0xf4, COMMAND: 0xf5, BYTE: 0xf6, DIVIDER: 0xf7 } as const;
/** Bits of a command. */
const TRANSFER = 0x01;
const START = 0x02;
const STOP = 0x04;
/** Bits of the status. */
export const I2C_STATUS = { BUSY: 0x01, FAILED: 0x02, FREE: 0x20, STUCK: 0x40 } as const;

/** Source: SCL = clock / (16 x divider). */
const CLOCKS_PER_DIVIDER = 16;
const BITS_PER_BYTE = 9;

/** `armed`: hangs at its next command. */
type Hang = 'no' | 'armed' | 'hung';

export class I2cMaster {
  readonly #now: () => number;
  readonly #wires: I2cWires;
  #address = 0;
  #byte = 0;
  #divider = 0;
  #busyUntil = 0;
  #failed = false;
  #hang: Hang = 'no';
  #phase: 'idle' | 'writing' | 'reading' = 'idle';

  constructor(now: () => number, wires: I2cWires) {
    this.#now = now;
    this.#wires = wires;
  }

  read(address: number): number {
    if (address === I2C.COMMAND) return this.#status();
    return address === I2C.ADDRESS ? this.#address : address === I2C.BYTE ? this.#byte : this.#divider;
  }

  write(address: number, value: number): void {
    if (address === I2C.COMMAND) this.#command(value);
    else if (address === I2C.ADDRESS) this.#address = value;
    else if (address === I2C.BYTE) this.#byte = value;
    else this.#divider = value;
  }

  /** Hangs at the next command and stays busy; false: what hung is over. */
  hang(hung: boolean): void {
    this.#hang = hung ? 'armed' : 'no';
  }

  /** The core's reset; true when it freed a master that hung. */
  reset(): boolean {
    this.#address = this.#byte = this.#divider = 0;
    this.#busyUntil = 0;
    this.#failed = false;
    this.#phase = 'idle';
    const freed = this.#hang === 'hung';
    if (freed) this.#hang = 'no';
    return freed;
  }

  snapshot(): I2cSnapshot {
    return {
      registers: [this.#address, this.#byte, this.#divider],
      busyFor: Math.max(0, this.#busyUntil - this.#now()),
      failed: this.#failed,
      phase: this.#phase,
      hang: this.#hang,
    };
  }

  restore({ registers, busyFor, failed, phase, hang }: I2cSnapshot): void {
    [this.#address = 0, this.#byte = 0, this.#divider = 0] = registers;
    this.#busyUntil = this.#now() + busyFor;
    this.#failed = failed;
    this.#phase = phase;
    this.#hang = hang;
  }

  #status(): number {
    const failed = this.#failed ? I2C_STATUS.FAILED : 0;
    if (this.#wires.stuck()) return I2C_STATUS.STUCK | failed;
    const busy = this.#hang === 'hung' || this.#now() < this.#busyUntil ? I2C_STATUS.BUSY : 0;
    return I2C_STATUS.FREE | busy | failed;
  }

  #command(command: number): void {
    if (this.#wires.stuck()) {
      this.#failed = true;
      return;
    }
    if (this.#hang !== 'no') {
      this.#hang = 'hung';
      return;
    }
    let bits = 0;
    if ((command & START) !== 0) bits += this.#start();
    if ((command & TRANSFER) !== 0) bits += this.#transfer((command & START) !== 0);
    if ((command & STOP) !== 0) bits += this.#stop();
    this.#busyUntil = this.#now() + bits * CLOCKS_PER_DIVIDER * this.#divider;
  }

  #start(): number {
    const reading = (this.#address & 1) === 1;
    this.#phase = reading ? 'reading' : 'writing';
    this.#failed = !this.#wires.address(this.#device, reading);
    return 1 + BITS_PER_BYTE;
  }

  /** One byte behind the address. A START for reading takes none yet: the command after it does. */
  #transfer(started: boolean): number {
    if (this.#failed || this.#phase === 'idle' || (started && this.#phase === 'reading')) return 0;
    if (this.#phase === 'reading') {
      const byte = this.#wires.take(this.#device);
      this.#failed = byte === undefined;
      this.#byte = byte ?? 0xff;
    } else this.#wires.put(this.#device, this.#byte);
    return BITS_PER_BYTE;
  }

  #stop(): number {
    this.#wires.stop(this.#device);
    return 1;
  }

  get #device(): number {
    return this.#address & 0xfe;
  }
}

export interface I2cSnapshot {
  readonly registers: readonly number[];
  readonly busyFor: number;
  readonly failed: boolean;
  readonly phase: 'idle' | 'writing' | 'reading';
  readonly hang: Hang;
}
