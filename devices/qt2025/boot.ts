/** Which program the 8051 runs: the reset line, the boot ROM and its EEPROM, the program memory. */
import { ms } from '#bus/clock.ts';
import { type QT2025, QT2025_BOOT_EEPROM, QT2025_SRAM_BYTES } from '#datasheets/qt2025.ts';
import type { RegisterFile } from '#regmap/file.ts';
import type { Timeline } from '../timeline.ts';
import { type BootEeprom, type EepromSnapshot, programOf } from './boot-eeprom.ts';
import type { Micro } from './micro.ts';
import type { ProgramMemory } from './program-memory.ts';

interface BootSnapshot {
  readonly uploaded: number;
  /** Bytes the host stored behind the boot ROM's back while it was loading: it will not come by there again. */
  readonly kept: readonly (readonly [index: number, byte: number])[];
  readonly eeprom: EepromSnapshot | null;
}

export interface BootOptions {
  readonly time: Timeline;
  readonly regs: RegisterFile<typeof QT2025>;
  readonly micro: Micro;
  readonly program: ProgramMemory;
  readonly eeprom: BootEeprom | undefined;
  /** A byte of the EEPROM as the bus carries it. */
  readonly onBus: (byte: number, address: number) => number;
  /** Somebody holds the bus. */
  readonly busStuck: () => boolean;
}

export class Boot {
  readonly #time: Timeline;
  readonly #regs: RegisterFile<typeof QT2025>;
  readonly #micro: Micro;
  readonly #options: BootOptions;
  #uploaded = 0;
  readonly #kept = new Map<number, number>();

  constructor(options: BootOptions) {
    this.#time = options.time;
    this.#regs = options.regs;
    this.#micro = options.micro;
    this.#options = options;
    this.#time.on('boot-rom', () => this.#loaded());
  }

  /** Who has the core. */
  get from(): 'reset' | 'rom' | 'sram' {
    if (!this.#regs.peek('MICRO_RESETN').RELEASE) return 'reset';
    return this.#fromSram() ? 'sram' : 'rom';
  }

  /** Bytes written to program memory since power-on or since the boot ROM last took over. */
  get uploaded(): number {
    return this.#uploaded;
  }

  /** The host stores a byte of program. Whoever writes last wins, the boot ROM too while it is loading. */
  store(index: number, byte: number): void {
    const { program } = this.#options;
    this.#uploaded = Math.min(QT2025_SRAM_BYTES, this.#uploaded + 1);
    program.store(index, byte);
    const left = this.#time.left('boot-rom');
    if (left === undefined) return;
    const passed = 1 - left / ms(QT2025_BOOT_EEPROM.loadMs);
    if (index < passed * QT2025_SRAM_BYTES) this.#kept.set(index, byte);
  }

  powerOn(): void {
    this.#uploaded = 0;
    this.#rom(true);
  }

  /** 1.0 = 8000h: the 8051 starts again with what it ran from; SRAM keeps its contents. */
  restart(reload: boolean, wasSram: boolean): void {
    this.#time.cancel('boot-rom');
    const keeps = wasSram && !(reload && this.#options.eeprom !== undefined);
    if (keeps) this.#regs.poke('MICRO_BOOT', { FROM: 'sram' });
    // A host that holds the reset line by now decides itself when the core goes on.
    if (!this.#released()) return;
    if (keeps) this.#micro.start();
    else this.#rom(reload);
  }

  resetLine(released: boolean, wasReleased: boolean): void {
    if (released === wasReleased) return;
    this.#time.cancel('boot-rom');
    if (!released) this.#micro.stop();
    else if (this.#fromSram()) this.#micro.start();
    else this.#rom(this.#reloads());
  }

  /** 3.E854h was written: bit 7 falling starts SRAM at 0000h, bit 7 rising gives the core to the boot ROM. */
  source(fromRom: boolean, wasRom: boolean): void {
    if (fromRom === wasRom) return;
    this.#time.cancel('boot-rom');
    if (fromRom) {
      this.#uploaded = 0;
      if (this.#released()) this.#rom(this.#reloads());
      else this.#micro.stop();
    } else if (this.#released()) this.#micro.start();
  }

  snapshot(): BootSnapshot {
    const { eeprom } = this.#options;
    return { uploaded: this.#uploaded, kept: [...this.#kept], eeprom: eeprom?.snapshot() ?? null };
  }

  restore({ uploaded, kept, eeprom }: BootSnapshot): void {
    this.#uploaded = uploaded;
    this.#kept.clear();
    for (const [index, byte] of kept) this.#kept.set(index, byte);
    if (eeprom !== null) this.#options.eeprom?.restore(eeprom);
  }

  #rom(reload: boolean): void {
    this.#micro.stop();
    this.#regs.poke('MICRO_BOOT', { FROM: 'rom' });
    this.#kept.clear();
    if (reload && this.#options.eeprom !== undefined) this.#time.set('boot-rom', ms(QT2025_BOOT_EEPROM.loadMs));
  }

  /** What the bus gave of the EEPROM is in program memory. When its sum is right, register settings are made and it runs. */
  #loaded(): void {
    const { eeprom, program, onBus, busStuck } = this.#options;
    if (eeprom === undefined || busStuck()) return;
    const form = eeprom.bytes.map(onBus);
    const bytes = programOf(form);
    for (let i = 0; i < QT2025_SRAM_BYTES; i++)
      program.store(i, this.#kept.get(i) ?? form[QT2025_BOOT_EEPROM.headerBytes + i] ?? 0);
    if (bytes === undefined) return;
    for (const [at, value] of QT2025_BOOT_EEPROM.registers) this.#regs.pokeRaw(at, value);
    this.#regs.poke('MICRO_BOOT', { FROM: 'sram' });
    this.#micro.start();
  }

  #released(): boolean {
    return this.#regs.peek('MICRO_RESETN').RELEASE;
  }

  #fromSram(): boolean {
    return !wantsRom(this.#regs.peek('MICRO_BOOT').FROM);
  }

  #reloads(): boolean {
    return this.#regs.peek('BOOT_RELOAD').WORD !== 0xff;
  }
}

/** Bit 7 of 3.E854h decides; bit 6 is set in both named values. */
export const wantsRom = (from: 'rom' | 'sram' | number): boolean =>
  from === 'rom' || (typeof from === 'number' && (from & 0b10) !== 0);
