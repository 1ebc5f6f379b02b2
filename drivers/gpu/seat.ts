/** Whose the screen is: a program's while one has it, else the driver's own. */

/** The driver's own use of the screen. */
export interface Host {
  /** Resolves when it has let go of the screen. */
  leave(): Promise<void>;
  /** The screen is free again. */
  back(): void;
}

export class Seat {
  #host: Host | undefined;
  #taken = 0;

  /** True while a program has it, or is about to. */
  get taken(): boolean {
    return this.#taken > 0;
  }

  host(host: Host): void {
    this.#host = host;
  }

  /** Resolves when the driver's own use has ended. */
  async take(): Promise<void> {
    if (++this.#taken === 1) await this.#host?.leave();
  }

  give(): void {
    if (--this.#taken === 0) this.#host?.back();
  }
}
