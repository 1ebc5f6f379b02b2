/** The EEPROM beside the PHY that the boot ROM loads the program from, and that a program may write itself into. */
import { ms } from '#bus/clock.ts';
import { QT2025_BOOT_EEPROM, QT2025_SRAM_BYTES } from '#datasheets/qt2025.ts';
import { I2cMemory } from './i2c-memory.ts';

const { headerBytes, pageBytes, writeMs } = QT2025_BOOT_EEPROM;
const PROGRAM_BYTES = QT2025_SRAM_BYTES - headerBytes;

export class BootEeprom {
  readonly bytes = new Uint8Array(QT2025_SRAM_BYTES).fill(0xff);
  /** As the I2C bus has it: no acknowledge while a page is being written. */
  readonly wire: I2cMemory;
  #busyUntil = 0;

  /** `program` as it shall lie in program memory; an empty one leaves the EEPROM blank. */
  constructor(program: Uint8Array, now: () => number) {
    if (program.length > 0) this.bytes.set(eepromForm(program));
    this.wire = new I2cMemory({
      wordBytes: 2,
      pageBytes,
      read: (address) => (now() < this.#busyUntil ? undefined : (this.bytes[address] ?? 0xff)),
      write: (address, byte) => {
        if (address < this.bytes.length) this.bytes[address] = byte;
      },
      written: () => {
        this.#busyUntil = now() + ms(writeMs);
      },
    });
  }

  snapshot(): EepromSnapshot {
    return { bytes: toHex(this.bytes), wire: this.wire.snapshot(), busyUntil: this.#busyUntil };
  }

  restore({ bytes, wire, busyUntil }: EepromSnapshot): void {
    for (let i = 0; i < this.bytes.length; i++) this.bytes[i] = Number.parseInt(bytes.slice(2 * i, 2 * i + 2), 16) || 0;
    this.wire.restore(wire);
    this.#busyUntil = busyUntil;
  }
}

export interface EepromSnapshot {
  readonly bytes: string;
  readonly wire: readonly number[];
  readonly busyUntil: number;
}

/** What the EEPROM must hold for the boot ROM to run the program: its sum, its length, and what fits of it. */
export const eepromForm = (program: Uint8Array): Uint8Array => {
  const form = new Uint8Array(QT2025_SRAM_BYTES);
  form.set(program.subarray(0, PROGRAM_BYTES), headerBytes);
  form.set([sumOf(form), PROGRAM_BYTES >> 8, PROGRAM_BYTES & 0xff]);
  return form;
};

/** The program in what was read of an EEPROM; undefined when its sum is wrong or nothing was ever written. */
export const programOf = (form: Uint8Array): Uint8Array | undefined => {
  const length = ((form[1] ?? 0) << 8) | (form[2] ?? 0);
  return form[0] === sumOf(form) && length === PROGRAM_BYTES ? form.subarray(headerBytes) : undefined;
};

const sumOf = (form: Uint8Array): number => {
  let sum = 0;
  for (let i = headerBytes; i < form.length; i++) sum += form[i] ?? 0;
  return sum & 0xff;
};

const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
