/** Attributes as power on reads them, with the changes it makes. */
import { type ErrnoName, LabError } from '#bus/errors.ts';

/** `linux`: as the kernel does it, with its traps. `strict`: what Linux changes in silence is refused, traps are gone. */
export type Compat = 'linux' | 'strict';

/** Reads attributes and keeps the changes that Linux makes to them. */
export class Settings {
  readonly changed: Record<string, string> = {};
  readonly notes: string[] = [];
  readonly #values: Readonly<Record<string, string>>;
  readonly #compat: Compat;

  constructor(values: Readonly<Record<string, string>>, compat: Compat) {
    this.#values = values;
    this.#compat = compat;
  }

  number(name: string): number {
    return Number(this.changed[name] ?? this.#values[name]);
  }

  flag(name: string): boolean {
    return this.number(name) !== 0;
  }

  /** Linux goes on with another value; strict does not. */
  change(name: string, value: number, why: string): void {
    const was = this.changed[name] ?? this.#values[name];
    if (was === String(value)) return;
    if (this.#compat === 'strict') throw refuse(name, `${was}, Linux would make that ${value}`, why);
    this.changed[name] = String(value);
    this.notes.push(`${name}: ${was} becomes ${value}: ${why}`);
  }

  /** A change that even strict makes: it takes nothing away. */
  imply(name: string, value: number, why: string): void {
    const was = this.changed[name] ?? this.#values[name];
    if (was === String(value)) return;
    this.changed[name] = String(value);
    this.notes.push(`${name}: ${was} becomes ${value}: ${why}`);
  }
}

export const refuse = (name: string, found: string, allowed: string, code: ErrnoName = 'EINVAL'): LabError =>
  new LabError(code, `${name} is ${found}: ${allowed}`);
