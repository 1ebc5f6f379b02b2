/** Which program the 8051 runs: the reset line, the boot ROM and its EEPROM, the program memory. */
import { ms } from '#bus/clock.ts';
import { type QT2025, QT2025_BOOT_EEPROM } from '#datasheets/qt2025.ts';
import type { RegisterFile } from '#regmap/file.ts';
import type { Timeline } from '../timeline.ts';
import type { Micro } from './micro.ts';

interface BootSnapshot {
  readonly uploaded: number;
}

export class Boot {
  readonly #time: Timeline;
  readonly #regs: RegisterFile<typeof QT2025>;
  readonly #micro: Micro;
  readonly #sram: Uint8Array;
  readonly #eeprom: Uint8Array | undefined;
  #uploaded = 0;

  constructor(
    time: Timeline,
    regs: RegisterFile<typeof QT2025>,
    micro: Micro,
    sram: Uint8Array,
    eeprom: Uint8Array | undefined,
  ) {
    this.#time = time;
    this.#regs = regs;
    this.#micro = micro;
    this.#sram = sram;
    this.#eeprom = eeprom;
    time.on('boot-rom', () => this.#loaded());
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

  wroteSram(): void {
    this.#uploaded = Math.min(this.#sram.length, this.#uploaded + 1);
  }

  powerOn(): void {
    this.#uploaded = 0;
    this.#rom(true);
  }

  /** 1.0 = 8000h: the 8051 starts again with what it ran from; SRAM keeps its contents. */
  restart(reload: boolean, wasSram: boolean): void {
    this.#time.cancel('boot-rom');
    const keeps = wasSram && !(reload && this.#eeprom !== undefined);
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
    return { uploaded: this.#uploaded };
  }

  restore({ uploaded }: BootSnapshot): void {
    this.#uploaded = uploaded;
  }

  #rom(reload: boolean): void {
    this.#micro.stop();
    this.#regs.poke('MICRO_BOOT', { FROM: 'rom' });
    if (reload && this.#eeprom !== undefined) this.#time.set('boot-rom', ms(QT2025_BOOT_EEPROM.loadMs));
  }

  /** The EEPROM is in program memory, its register settings are made: run it. */
  #loaded(): void {
    this.#sram.fill(0);
    this.#sram.set((this.#eeprom ?? new Uint8Array()).subarray(0, this.#sram.length));
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
