/** The seam between the PHY and its 8051: what the chip tells the core, and what a program on the core may touch. */

/** What a program may touch: its memories, the chip's registers, the receiver's verdict, the module's I2C bus. */
export interface MicroBus {
  /** Program memory, 0000h to 5FFFh. */
  readonly sram: Uint8Array;
  /** XDATA 0000h to 07FFh, shared with the host as 3.D000h to 3.D7FFh. */
  readonly xdata: Uint8Array;
  /** MDIO registers through the gateway: what a bus read would return; latches stay for the host. */
  readRegister(at: number): number;
  writeRegister(at: number, value: number): void;
  /** Pins and monitors of the receive path. Source: analysis of the public firmware, XDATA 2000h block. */
  receiver(): ReceiverSignals;
  /** One byte of the module over I2C; undefined: no acknowledge. */
  readModule(device: number, address: number): number | undefined;
}

export interface ReceiverSignals {
  /** 2007h.6 and 2002h.2: signal there, clock recovered. */
  readonly locked: boolean;
  /** 2049h.1: loss of signal. */
  readonly lost: boolean;
  /** Upper minus lower eye level; more than 30 is needed to leave status 50h. */
  readonly eye: number;
}

export interface Micro {
  /** Runs SRAM from 0000h with SFR reset values; XDATA keeps its contents. */
  start(): void;
  /** Reset line low, or the boot ROM has the core: nothing runs, memories keep their contents. */
  stop(): void;
  /** Power was away: as `stop`, and nothing of the past is remembered. */
  powerOff(): void;
  readonly running: boolean;
  /** The tick interrupt is served. */
  readonly beating: boolean;
  /** A register, a pin or the receiver may have changed: for cores that wait instead of polling. */
  changed(): void;
  /** The host wrote a byte of XDATA. */
  wroteXdata(offset: number): void;
  /** Brings memory up to this moment: called before anybody looks at XDATA. */
  sync(): void;
  /** The core stands still, interrupts too. */
  freeze(frozen: boolean): void;
  /** Everything takes this many times longer; 1 is normal. */
  slow(factor: number): void;
  /** The main program hangs in status 00h at this start or the next; `cured` is called when another start gets past it. */
  jam(jammed: boolean): void;
  snapshot(): unknown;
  restore(snapshot: unknown): void;
}

export interface MicroOptions {
  readonly bus: MicroBus;
  /** A start got past a jam. */
  readonly cured: () => void;
}
