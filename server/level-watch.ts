/** Which registers changed: levels of every declared register, each with the look at which it last changed. */
import type { Bench } from './bench.ts';

export type Levels = Readonly<Record<string, Readonly<Record<string, readonly [level: number, next: number]>>>>;

export class LevelWatch {
  readonly #bench: Bench;
  readonly #cells = new Map<string, Map<number, { level: number; next: number; version: number }>>();
  #version = 0;

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  /** Counts looks. */
  get version(): number {
    return this.#version;
  }

  /** Looks at every register, without side effects. */
  look(): void {
    const version = ++this.#version;
    for (const name of this.#cells.keys()) if (!this.#bench.devices.has(name)) this.#cells.delete(name);
    for (const { name, device } of this.#bench.devices.values()) {
      const cells = this.#cells.get(name) ?? new Map<number, { level: number; next: number; version: number }>();
      this.#cells.set(name, cells);
      for (const { at } of Object.values(device.registers)) {
        const level = device.peek(at);
        const next = device.look(at);
        const cell = cells.get(at);
        if (cell === undefined) cells.set(at, { level, next, version });
        else if (cell.level !== level || cell.next !== next) Object.assign(cell, { level, next, version });
      }
    }
  }

  /** What changed after a look, by device and address. */
  since(version: number, only?: ReadonlySet<string>): Levels {
    const changed: Record<string, Record<string, readonly [number, number]>> = {};
    for (const [name, cells] of this.#cells) {
      if (only?.has(name) === false) continue;
      const mine: Record<string, readonly [number, number]> = {};
      for (const [at, cell] of cells) if (cell.version > version) mine[at] = [cell.level, cell.next];
      if (Object.keys(mine).length > 0) changed[name] = mine;
    }
    return changed;
  }
}
