/** Everything around the core on this chip, by address: what MOVX and the special function registers reach. */
import type { MicroBus, ReceiverSignals } from '../micro.ts';
import type { Peripherals } from './cpu.ts';
import { GATEWAY, Gateway, type GatewayAccess } from './gateway.ts';
import { I2C, I2cMaster, type I2cSnapshot } from './i2c-master.ts';
import { OneShot } from './one-shot.ts';
import { RECEIVE_PATH, readMonitor } from './receive-path.ts';
import { SNAPSHOT_SFR, SnapshotStrobe } from './snapshot.ts';
import { TCON } from './timer.ts';

/** What the surroundings need of the core. */
export interface Core {
  now(): number;
  reconsider(): void;
  /** Sets a request flag in TCON. */
  raise(flag: number): void;
}

export interface SurroundingsOptions {
  readonly bus: MicroBus;
  /** Every register access of the program, as it happens. */
  readonly accessed?: (access: GatewayAccess) => void;
}

export interface SurroundingsSnapshot {
  readonly oneShots: readonly (readonly number[])[];
  readonly control: number;
  readonly analogue: readonly number[];
  readonly gateway: readonly number[];
  readonly i2c: I2cSnapshot;
}

/** XDATA of the analogue block: no side effect is known, plain memory. */
const ANALOGUE = { from: 0x1000, bytes: 0x300 } as const;
const ONE_SHOTS = { from: 0x4010, to: 0x401b, control: 0x4054 } as const;
/** 4054h bit 5 is a strap, as the low bits of 2051h are. */
const SAVES = 0x20;
const EEPROM_STRAPS = 0x2051;
/** Load/hold bits in 4054h and the flags the timers set: A and B. */
const HOLD = [0x01, 0x02] as const;
const EXPIRED = [TCON.IE0, TCON.IE1] as const;

export class Surroundings implements Peripherals {
  readonly sfrs = [SNAPSHOT_SFR, I2C.ADDRESS, I2C.COMMAND, I2C.BYTE, I2C.DIVIDER];
  dueAt = Number.POSITIVE_INFINITY;
  readonly #bus: MicroBus;
  readonly #core: Core;
  readonly #gateway: Gateway;
  readonly #i2c: I2cMaster;
  readonly #strobe: SnapshotStrobe;
  readonly #oneShots: readonly [OneShot, OneShot];
  readonly #analogue = new Uint8Array(ANALOGUE.bytes);
  /** 4054h. */
  #control = 0;
  /** Programs poll the receiver in tight loops: asked once, until something changes. */
  #signals: ReceiverSignals | undefined;

  constructor(core: Core, { bus, accessed = () => undefined }: SurroundingsOptions) {
    const now = () => core.now();
    this.#core = core;
    this.#bus = bus;
    this.#gateway = new Gateway(bus, accessed);
    this.#strobe = new SnapshotStrobe(now);
    this.#oneShots = [new OneShot(now), new OneShot(now)];
    this.#i2c = new I2cMaster(now, bus.i2c);
  }

  readSfr(address: number): number {
    return address === SNAPSHOT_SFR ? this.#strobe.read() : this.#i2c.read(address);
  }

  writeSfr(address: number, value: number): void {
    if (address === SNAPSHOT_SFR) this.#strobe.write(value);
    else this.#i2c.write(address, value);
  }

  readXdata(page: number, address: number): number {
    const { xdata } = this.#bus;
    if (page !== 0) return this.#gateway.readPage(page, address);
    if (address < xdata.length) return xdata[address] ?? 0;
    if (address === GATEWAY.readHigh || address === GATEWAY.writeHigh) return this.#gateway.readHigh(address);
    if (address === ONE_SHOTS.control) return (this.#control & ~SAVES) | (this.#bus.straps().saves ? SAVES : 0);
    if (address === EEPROM_STRAPS) return this.#bus.straps().eeprom;
    if (address >= RECEIVE_PATH.from && address <= RECEIVE_PATH.to) return readMonitor(address, this.#receiver);
    return this.#analogue[address - ANALOGUE.from] ?? 0;
  }

  writeXdata(page: number, address: number, value: number): void {
    const { xdata } = this.#bus;
    if (page !== 0) this.#gateway.writePage(page, address, value);
    else if (address < xdata.length) xdata[address] = value;
    else if (address === GATEWAY.writeHigh) this.#gateway.writeHigh(value);
    else if (address === ONE_SHOTS.control) this.#hold(value);
    else if (address >= ONE_SHOTS.from && address <= ONE_SHOTS.to && (address & 4) === 0)
      this.#oneShots[(address >> 3) & 1]?.write(address & 3, value);
    else if (address >= ANALOGUE.from && address < ANALOGUE.from + ANALOGUE.bytes)
      this.#analogue[address - ANALOGUE.from] = value;
  }

  /** A pin, a register or the light changed. */
  changed(): void {
    this.#signals = undefined;
  }

  due(): void {
    const now = this.#core.now();
    for (const [i, oneShot] of this.#oneShots.entries())
      if (now >= oneShot.dueAt) {
        oneShot.expire();
        this.#core.raise(EXPIRED[i] ?? 0);
      }
    this.#plan();
  }

  /** The I2C master stays busy from its next command on. */
  hangI2c(hung: boolean): void {
    this.#i2c.hang(hung);
  }

  /**
   * The core's reset: SFRs of the chip, timers and I2C; memories and the gateway's cells keep what they hold. True when it
   * freed a hung I2C master.
   */
  reset(): boolean {
    this.#signals = undefined;
    this.#strobe.reset();
    const freed = this.#i2c.reset();
    for (const oneShot of this.#oneShots) oneShot.reset();
    this.#control = 0;
    this.#plan();
    return freed;
  }

  /** Power was away: what made the I2C master hang may do so again. */
  clear(): void {
    if (this.reset()) this.#i2c.hang(true);
    this.#analogue.fill(0);
    this.#gateway.restore([]);
  }

  snapshot(): SurroundingsSnapshot {
    return {
      oneShots: this.#oneShots.map((oneShot) => oneShot.snapshot()),
      control: this.#control,
      analogue: [...this.#analogue],
      gateway: this.#gateway.snapshot(),
      i2c: this.#i2c.snapshot(),
    };
  }

  restore({ oneShots, control, analogue, gateway, i2c }: SurroundingsSnapshot): void {
    this.#signals = undefined;
    this.#strobe.reset();
    for (const [i, oneShot] of this.#oneShots.entries()) oneShot.restore(oneShots[i] ?? []);
    this.#control = control;
    this.#analogue.set(analogue);
    this.#gateway.restore(gateway);
    this.#i2c.restore(i2c);
    this.#plan();
  }

  readonly #receiver = (): ReceiverSignals => {
    this.#signals ??= this.#bus.receiver();
    return this.#signals;
  };

  #hold(control: number): void {
    this.#control = control;
    for (const [i, oneShot] of this.#oneShots.entries()) oneShot.hold((control & (HOLD[i] ?? 0)) !== 0);
    this.#plan();
    this.#core.reconsider();
  }

  #plan(): void {
    this.dueAt = Math.min(...this.#oneShots.map(({ dueAt }) => dueAt));
  }
}
