/** Which faults of a catalogue are on, with settled parameters. */
import type { ActiveFault } from '#bus/device.ts';
import { asLabError, LabError, unknownName } from '#bus/errors.ts';
import type { Catalogue } from '#regmap/actions.ts';
import { type Settings, settle } from '#regmap/params.ts';

export class FaultBoard<C extends Catalogue> {
  readonly #catalogue: C;
  readonly #on = new Map<string, ActiveFault>();

  constructor(catalogue: C) {
    this.#catalogue = catalogue;
  }

  get active(): readonly ActiveFault[] {
    return [...this.#on.values()];
  }

  /** How many are on. */
  get size(): number {
    return this.#on.size;
  }

  /** Switches on or changes; returns the catalogue's name. */
  set(name: string, params: Readonly<Record<string, unknown>>, since: number): keyof C & string {
    const settled = settleAction('fault', this.#catalogue, name, params);
    this.#on.set(name, { name, params: settled, since: this.#on.get(name)?.since ?? since });
    return name;
  }

  /** True when it was on. */
  delete(name: string): boolean {
    if (!Object.hasOwn(this.#catalogue, name)) throw unknownName('fault', name, Object.keys(this.#catalogue));
    return this.#on.delete(name);
  }

  has(name: keyof C & string): boolean {
    return this.#on.has(name);
  }

  /** The parameters of a fault that is on. */
  params<N extends keyof C & string>(name: N): Settings<C[N]['params']> | undefined {
    return this.#on.get(name)?.params as Settings<C[N]['params']> | undefined; // settled by the same catalogue
  }

  restore(active: readonly ActiveFault[]): void {
    this.#on.clear();
    for (const fault of active) this.#on.set(fault.name, fault);
  }
}

/** Parameters of a catalogue's entry; a LabError names what is wrong and what is allowed. */
export const settleAction = <C extends Catalogue>(
  what: string,
  catalogue: C,
  name: string,
  params: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => {
  const entry = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
  if (entry === undefined) throw unknownName(what, name, Object.keys(catalogue));
  if (typeof params !== 'object' || params === null || Array.isArray(params))
    throw new LabError('EINVAL', `${what} '${name}': its parameters are no object of name and value`);
  try {
    return settle(entry.params, params);
  } catch (thrown) {
    throw new LabError('EINVAL', `${what} '${name}': ${asLabError(thrown).message}`, { cause: thrown });
  }
};
