/** The seam between the PHY and its 8051: what the chip tells the core, and what a program on the core may touch. */

/** What a program may touch: its memories, the chip's registers, the receiver's verdict, the wires of the I2C bus. */
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
  /** What hangs on the I2C bus. */
  readonly i2c: I2cWires;
  /** Straps of the board: 2051h, half the address of the boot EEPROM; 4054h bit 5, the program shall save itself there. */
  straps(): { readonly eeprom: number; readonly saves: boolean };
}

export interface ReceiverSignals {
  /** 2007h.6 and 2002h.2: signal there, clock recovered. */
  readonly locked: boolean;
  /** 2049h.1: loss of signal. */
  readonly lost: boolean;
  /** Upper minus lower eye level; more than 30 is needed to leave status 50h. */
  readonly eye: number;
  /** 2006h.0 and .5: the line side and the XAUI side are linked; a program that drives the LEDs looks there. */
  readonly lineUp: boolean;
  readonly hostUp: boolean;
}

/** The two wires as a master finds them; `device` is the address byte with bit 0 clear. */
export interface I2cWires {
  /** START and an address byte: true when somebody acknowledges. */
  address(device: number, reading: boolean): boolean;
  /** A byte to whoever is addressed. */
  put(device: number, byte: number): void;
  /** A byte from whoever is addressed; several at once pull each other's ones low. Undefined: nobody drives. */
  take(device: number): number | undefined;
  stop(device: number): void;
  /** Somebody holds SDA low. */
  stuck(): boolean;
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
  /** A debugger made it stand still. */
  readonly held: boolean;
  /** A register, a pin or the receiver may have changed. */
  changed(): void;
  /** Brings memory up to this moment: called before anybody looks at the chip or touches it. */
  sync(): void;
  /** The core's clock stands: interrupts too. */
  freeze(frozen: boolean): void;
  /** The core's clock is divided: everything takes this many times longer; 1 is normal. */
  slow(factor: number): void;
  /** The I2C master stays busy from its next command on, until the core is started anew. */
  hangI2c(hung: boolean): void;
  snapshot(): unknown;
  restore(snapshot: unknown): void;
}

export interface MicroOptions {
  readonly bus: MicroBus;
  /** A start of the core freed a hung I2C master. */
  readonly cured: () => void;
}
