/** The public firmware's main program as steps: what it waits for, what it writes, where it goes next. */
import { MODULE_TYPE, QT2025, QT2025_REVISION, UC_STATUS } from '#datasheets/qt2025.ts';
import { encode } from '#regmap/codec.ts';
import type { Pokes, Register } from '#regmap/declare.ts';
import { type ImageHeader, readHeader, sumOf } from './firmware-image.ts';
import type { MicroBus } from './micro.ts';
import { classifyModule, clearModule, is1G, readModuleMemory, writeModuleClass } from './module-memory.ts';
import { X } from './xdata.ts';

export type Step =
  | 'off'
  | 'crashed'
  | 'jammed'
  | 'checksum'
  | 'sum-bad'
  | 'too-old'
  | 'held'
  | 'power-down'
  | 'look'
  | 'empty'
  | 'reading'
  | 'refused'
  | 'unusable'
  | 'set-up'
  | 'attempt'
  | 'search'
  | 'locking'
  | 'almost'
  | 'tracking'
  | 'losing'
  | 'flash';

/** Steps in which the main loop serves the mailbox and the diagnostics. */
export const SERVING: ReadonlySet<Step> = new Set(['search', 'locking', 'almost', 'tracking']);

/** What the program needs of the core it runs on. */
export interface Core {
  readonly step: Step;
  /** Goes to a step; `next` is called when its time is over, never without a time. */
  enter(step: Step, afterMs?: number, status?: number): void;
  /** The tick counters have been cleared: ticks count from here. */
  ticksFromHere(): void;
  /** The main loop comes round to the mailbox and the diagnostics, or leaves them. */
  serves(): void;
}

/** Milliseconds in each step. Source: the public image on an 8051 emulator at 125 MHz, qt2025-firmware facts. */
const T = {
  checksum: 17,
  powerDown: 65,
  emptyAfter: 8,
  readModule: 460,
  refused: 1,
  setUp: 416,
  attempt: 7,
  search: 75,
  lock: 148,
  almost: 47,
  losing: 20,
  flash: 1,
} as const;
const ATTEMPTS = 100;
/** Upper minus lower eye level needed. */
const EYE_NEEDED = 30;

export class FirmwareProgram {
  readonly #bus: MicroBus;
  readonly #core: Core;
  /** Attempts in the dark since the last lock. */
  attempts = 0;

  constructor(bus: MicroBus, core: Core) {
    this.#bus = bus;
    this.#core = core;
  }

  /** From 0000h. */
  start(): void {
    this.#core.enter('checksum', T.checksum, UC_STATUS.starting);
  }

  /** The time of the present step is over. */
  next(): void {
    this.#next[this.#core.step]?.();
  }

  /** Something outside may have changed: leave the steps that wait for it. */
  look(): void {
    const { locked, lost, eye } = this.#bus.receiver();
    const good = locked && !lost;
    switch (this.#core.step) {
      case 'held':
        if (!this.#register(QT2025.OP_MODE, 'HOLD')) this.#configure();
        return;
      case 'empty':
        if (!this.#absent()) this.#core.enter(this.#selfConfigures() ? 'reading' : 'losing', T.readModule);
        else if (!this.#selfConfigures() && this.#register(QT2025.PMA_CTRL1, 'LOOPBACK')) this.#attempt();
        return;
      case 'unusable':
        if (this.#absent()) this.#powerDown();
        return;
      case 'search':
        if (good && eye > EYE_NEEDED) this.#core.enter('locking', T.lock);
        return;
      case 'locking':
        if (!good) this.#core.enter('search', T.search);
        return;
      case 'tracking':
      case 'almost':
        if (!good || this.#loopbackChanged()) this.#core.enter('losing', T.losing);
        else if (this.#register(QT2025.OP_MODE, 'HOLD')) this.start();
        return;
    }
  }

  /** What follows when a step's time is over. */
  readonly #next: Readonly<Partial<Record<Step, () => void>>> = {
    checksum: () => this.#begin(),
    'power-down': () => {
      if (this.#absent()) this.#core.enter('look', T.emptyAfter);
      else this.#core.enter('reading', T.readModule);
    },
    look: () => this.#core.enter('empty', undefined, UC_STATUS['no-module']),
    reading: () => this.#classify(),
    refused: () => {
      this.#core.enter('unusable', undefined, UC_STATUS['bad-module']);
      this.#core.serves();
    },
    'set-up': () => this.#attempt(),
    losing: () => this.#attempt(),
    flash: () => this.#attempt(),
    attempt: () => this.#search(),
    search: () => this.#searchAgain(),
    locking: () => this.#locked(),
    almost: () => this.#track(),
  };

  #begin(): void {
    const { sram, xdata } = this.#bus;
    const header = readHeader(sram);
    const sum = sumOf(sram, header.length);
    const good = sum === header.sum && header.length > 0 && header.length <= sram.length;
    [xdata[X.SUM_VERDICT0], xdata[X.SUM_VERDICT1]] = good ? [0xf6, 0x28] : [0xde, 0xad];
    [xdata[X.SUM_HI], xdata[X.SUM_LO]] = [sum >> 8, sum & 0xff];
    if (good) this.#named(header);
    else this.#core.enter('sum-bad', undefined, UC_STATUS['checksum-wrong']);
  }

  /** The checksum is right: clean variables, version, then on. */
  #named(header: ImageHeader): void {
    const { xdata } = this.#bus;
    const restarts = xdata[X.RESTARTS] ?? 0;
    xdata.fill(0, 0x720, 0x800);
    xdata[X.RESTARTS] = (restarts + 1) & 0xff;
    this.#core.ticksFromHere();
    xdata.set([0x20, 0x25, 0x0b, ...header.version, ...header.built], X.FW_PRODUCT_HI);
    xdata[X.CHECKPOINT] = 0xff;
    const revision = this.#bus.readRegister(QT2025.HW_REV.at) >> 8;
    xdata[X.FW_HW_REV] = revision;
    if (revision < QT2025_REVISION) this.#core.enter('too-old', undefined, UC_STATUS['revision-too-old']);
    else if (this.#register(QT2025.OP_MODE, 'HOLD')) this.#core.enter('held', undefined, UC_STATUS.held);
    else this.#configure();
  }

  /** The configuration mailbox, then self-configure or straight on. */
  #configure(): void {
    const { xdata } = this.#bus;
    const read = (register: Register): number => this.#bus.readRegister(register.at);
    if (read(QT2025.CFG_SIGNATURE) === 0xa528) {
      const [word0, word1, word3] = [read(QT2025.CFG_WORD0), read(QT2025.CFG_WORD1), read(QT2025.CFG_WORD3)];
      xdata.set([word0 >> 8, word0 & 0xff, word1 >> 8, word1 & 0xff], X.CFG0_HI);
      xdata[X.LENGTH_LIMIT] = word3 & 15;
      xdata[X.FORCED_TYPE] = (word3 >> 4) & 15;
    }
    const mode = read(QT2025.OP_MODE);
    xdata[X.CFG_LANWAN] = read(QT2025.LAN_WAN) & 0xff;
    xdata[X.OPTIONS_LO] = xdata[X.CFG1_LO] ?? 0;
    xdata[X.OPTIONS_HI] = xdata[X.CFG1_HI] ?? 0;
    xdata[X.MODE_ASKED] = (mode >> 3) & 7;
    if ((mode & 1) === 0) xdata[X.CFG_MODE] = mode & 0xff;
    if ((mode & 1) === 0 && this.#selfConfigures()) this.#powerDown();
    else this.#setUp();
  }

  #powerDown(): void {
    clearModule(this.#bus);
    this.#set(QT2025.OP_MODE, { CONFIGURED: false });
    this.#set(QT2025.LASI_STAT, { NOMOD: true });
    this.#set(QT2025.LASI_CTRL, { FW: true });
    this.#set(QT2025.PCS_VEND1, { RX_ENABLE: false });
    this.#set(QT2025.MICRO_RESETN, { PATH_POWER: 0, BIT2: true });
    this.#core.enter('power-down', T.powerDown);
  }

  #classify(): void {
    const bus = this.#bus;
    readModuleMemory(bus);
    const type = classifyModule(bus);
    if (type === MODULE_TYPE.invalid) this.#core.enter('refused', T.refused, UC_STATUS.refused);
    else {
      writeModuleClass(bus, type);
      this.#set(QT2025.LASI_STAT, { NOMOD: false });
      this.#set(QT2025.OP_MODE, { CONFIGURED: true });
      this.start();
    }
  }

  #setUp(): void {
    const wide = (this.#bus.xdata[X.CFG_LANWAN] ?? 0) & 1;
    this.#bus.writeRegister(QT2025.MICRO_RESETN.at, 0x00ff);
    this.#bus.writeRegister(QT2025.PRODUCT_FW.at, wide ? 0x2035 : 0x2025);
    this.#bus.writeRegister(QT2025.PCS_VEND1.at, 0x0030);
    if (((this.#bus.xdata[X.OPTIONS_HI] ?? 0) & 0x08) === 0) this.#set(QT2025.PCS_VEND1, { RX_ENABLE: true });
    this.#core.enter('set-up', T.setUp, UC_STATUS.configured);
  }

  #attempt(): void {
    if (((this.#bus.xdata[X.OPTIONS_HI] ?? 0) & 0x08) !== 0) this.#set(QT2025.PCS_VEND1, { RX_ENABLE: false });
    this.#followLoopback();
    this.#core.enter('attempt', T.attempt, UC_STATUS.acquiring);
    this.#core.serves();
  }

  #search(): void {
    const usable = !this.#absent() || this.#register(QT2025.PMA_CTRL1, 'LOOPBACK');
    if (usable) {
      this.#set(QT2025.PMA_C030, { RX_RESET: true });
      this.#set(QT2025.PMA_C030, { RX_RESET: false });
      this.#core.enter('search', T.search, UC_STATUS.searching);
      this.#core.serves();
    } else if (this.#selfConfigures()) this.#powerDown();
    else this.#core.enter('empty', undefined, UC_STATUS['no-module']);
  }

  #searchAgain(): void {
    this.attempts++;
    if (this.#loopbackChanged()) this.#attempt();
    else if (this.attempts < ATTEMPTS) this.#search();
    else {
      this.attempts = 0;
      this.#core.enter('flash', T.flash, UC_STATUS['almost-tracking']);
    }
  }

  #locked(): void {
    this.attempts = 0;
    this.#set(QT2025.PCS_VEND1, { RX_ENABLE: true });
    if (is1G(this.#bus.xdata[X.MOD_TYPE] ?? 0)) this.#track();
    else this.#core.enter('almost', T.almost, UC_STATUS['almost-tracking']);
  }

  #track(): void {
    this.#core.enter('tracking', undefined, UC_STATUS.tracking);
    this.#core.serves();
  }

  /** PMA loopback inverts the receiver's polarity; D704h bit 6 remembers that the firmware did it. */
  #followLoopback(): void {
    if (!this.#loopbackChanged()) return;
    const { xdata } = this.#bus;
    const loopback = this.#register(QT2025.PMA_CTRL1, 'LOOPBACK') === 1;
    xdata[X.CFG_LANWAN] = ((xdata[X.CFG_LANWAN] ?? 0) & ~0x40) | (loopback ? 0x40 : 0);
    this.#set(QT2025.PMA_MODE, { RXIN_SEL: loopback });
  }

  #loopbackChanged(): boolean {
    const followed = ((this.#bus.xdata[X.CFG_LANWAN] ?? 0) & 0x40) !== 0;
    return (this.#register(QT2025.PMA_CTRL1, 'LOOPBACK') === 1) !== followed;
  }

  #selfConfigures(): boolean {
    const mode = this.#bus.xdata[X.MODE_ASKED];
    return mode === 7 || mode === 5;
  }

  #absent(): boolean {
    return this.#register(QT2025.PIN_STATUS, 'MOD_ABS') === 1;
  }

  #register<R extends Register>(register: R, field: keyof R['fields'] & string): number {
    const { hi, lo } = register.fields[field]!;
    return (this.#bus.readRegister(register.at) >>> lo) & (2 ** (hi - lo + 1) - 1);
  }

  /** Read, change, write: as the firmware does, so that what the host set survives. */
  #set<R extends Register>(register: R, values: Pokes<R>): void {
    this.#bus.writeRegister(register.at, encode(register, values, this.#bus.readRegister(register.at)));
  }
}
