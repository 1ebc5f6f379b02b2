/** The I2C master in SFRs F4h to F7h. Source of addresses and bits: analysis of the public firmware, section 3.6; the rest is our choice. */

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

/** What hangs on the two wires. `device` is the address byte with bit 0 clear. */
export interface I2cDevices {
  read(device: number, address: number): number | undefined;
  write(device: number, address: number, value: number): void;
  /** Somebody holds SDA low. */
  stuck(): boolean;
}

export class I2cMaster {
  readonly #now: () => number;
  readonly #devices: I2cDevices;
  #address = 0;
  #byte = 0;
  #divider = 0;
  #busyUntil = 0;
  #failed = false;
  /** Addressed for writing: whether the next byte is the word address or a value. */
  #phase: 'idle' | 'word-address' | 'values' | 'reading' = 'idle';
  /** Every device keeps its own word address. */
  readonly #pointers = new Map<number, number>();

  constructor(now: () => number, devices: I2cDevices) {
    this.#now = now;
    this.#devices = devices;
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

  reset(): void {
    this.#address = this.#byte = this.#divider = 0;
    this.#busyUntil = 0;
    this.#failed = false;
    this.#phase = 'idle';
  }

  snapshot(): I2cSnapshot {
    return {
      registers: [this.#address, this.#byte, this.#divider],
      busyFor: Math.max(0, this.#busyUntil - this.#now()),
      failed: this.#failed,
      phase: this.#phase,
      pointers: [...this.#pointers],
    };
  }

  restore({ registers, busyFor, failed, phase, pointers }: I2cSnapshot): void {
    [this.#address = 0, this.#byte = 0, this.#divider = 0] = registers;
    this.#busyUntil = this.#now() + busyFor;
    this.#failed = failed;
    this.#phase = phase;
    this.#pointers.clear();
    for (const [device, pointer] of pointers) this.#pointers.set(device, pointer);
  }

  #status(): number {
    if (this.#devices.stuck()) return I2C_STATUS.STUCK | (this.#failed ? I2C_STATUS.FAILED : 0);
    const busy = this.#now() < this.#busyUntil ? I2C_STATUS.BUSY : 0;
    return I2C_STATUS.FREE | busy | (this.#failed ? I2C_STATUS.FAILED : 0);
  }

  #command(command: number): void {
    if (this.#devices.stuck()) {
      this.#failed = true;
      return;
    }
    let bits = 0;
    if ((command & START) !== 0) bits += this.#start();
    if ((command & TRANSFER) !== 0) bits += this.#transfer((command & START) !== 0);
    if ((command & STOP) !== 0) bits += 1;
    this.#busyUntil = this.#now() + bits * CLOCKS_PER_DIVIDER * this.#divider;
  }

  #start(): number {
    const reading = (this.#address & 1) === 1;
    this.#phase = reading ? 'reading' : 'word-address';
    this.#failed = this.#devices.read(this.#device, this.#pointer) === undefined;
    return 1 + BITS_PER_BYTE;
  }

  /** One byte behind the address. A START for reading takes none yet: the command after it does. */
  #transfer(started: boolean): number {
    if (this.#failed || this.#phase === 'idle' || (started && this.#phase === 'reading')) return 0;
    if (this.#phase === 'reading') {
      const byte = this.#devices.read(this.#device, this.#pointer);
      this.#failed = byte === undefined;
      this.#byte = byte ?? 0xff;
      this.#advance();
    } else if (this.#phase === 'word-address') {
      this.#pointers.set(this.#device, this.#byte);
      this.#phase = 'values';
    } else {
      this.#devices.write(this.#device, this.#pointer, this.#byte);
      this.#advance();
    }
    return BITS_PER_BYTE;
  }

  get #device(): number {
    return this.#address & 0xfe;
  }

  get #pointer(): number {
    return this.#pointers.get(this.#device) ?? 0;
  }

  #advance(): void {
    this.#pointers.set(this.#device, (this.#pointer + 1) & 0xff);
  }
}

export interface I2cSnapshot {
  readonly registers: readonly number[];
  readonly busyFor: number;
  readonly failed: boolean;
  readonly phase: 'idle' | 'word-address' | 'values' | 'reading';
  readonly pointers: readonly (readonly [device: number, pointer: number])[];
}
