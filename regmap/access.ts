/** Typed access to registers over a port: what a driver holds in its hand. */
import { decode, encode } from './codec.ts';
import type { Register, Values, Writes } from './declare.ts';

/** The raw port below: 16- or 32-bit registers by address. */
export interface RegisterPort {
  read(at: number): Promise<number>;
  write(at: number, value: number): Promise<void>;
  /** Many writes in one message, in order. */
  writeAll(writes: readonly (readonly [at: number, value: number])[]): Promise<void>;
}

/** Reads and writes whole registers by their declaration; the types refuse read-only fields and unknown names. */
export class Registers {
  readonly port: RegisterPort;

  constructor(port: RegisterPort) {
    this.port = port;
  }

  async read<R extends Register>(register: R): Promise<Values<R>> {
    return decode(register, await this.port.read(register.at));
  }

  readRaw(register: Register): Promise<number> {
    return this.port.read(register.at);
  }

  /** Fields that are not named are written 0. */
  write<R extends Register>(register: R, values: Writes<R>): Promise<void> {
    return this.port.write(register.at, encode(register, values));
  }

  writeRaw(register: Register, value: number): Promise<void> {
    return this.port.write(register.at, value);
  }

  /** Read, change the named fields, write back only if something changed (as `mdio_set_flag` does). */
  async modify<R extends Register>(register: R, values: Writes<R>): Promise<boolean> {
    const old = await this.port.read(register.at);
    const now = encode(register, values, old);
    if (now === old) return false;
    await this.port.write(register.at, now);
    return true;
  }
}
