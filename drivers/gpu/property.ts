/** Properties: typed names a client sets values of, and which values each takes (drm_property.c). */
import { LabError } from '#bus/errors.ts';
import type { ModeObject, ObjectKind, ObjectSpace } from './mode-object.ts';

export type PropertyType =
  | { readonly type: 'range' | 'signed-range'; readonly min: number; readonly max: number }
  | { readonly type: 'enum' | 'bitmask'; readonly names: Readonly<Record<string, number>> }
  | { readonly type: 'blob' }
  | { readonly type: 'object'; readonly of: ObjectKind };

export interface PropertyDeclaration {
  readonly name: string;
  readonly is: PropertyType;
  /** Only the kernel changes it. */
  readonly immutable?: boolean;
  /** Seen only by clients that have asked for atomic. */
  readonly atomic?: boolean;
}

/** A value as a client passes it: 64 bits; negative numbers of a signed range may be passed as what they are. */
export type UserValue = number | bigint;

export class Property implements ModeObject {
  readonly kind = 'property';
  readonly id: number;
  readonly name: string;
  readonly is: PropertyType;
  readonly immutable: boolean;
  readonly atomic: boolean;

  constructor(id: number, { name, is, immutable = false, atomic = false }: PropertyDeclaration) {
    this.id = id;
    this.name = name;
    this.is = is;
    this.immutable = immutable;
    this.atomic = atomic;
  }

  /** The value if this property takes it; throws EINVAL if not. An object is looked up, 0 means none. */
  check(given: UserValue, objects: ObjectSpace): number {
    const value = this.#number(given);
    if (this.immutable) throw this.#refusal('only the kernel sets it');
    const { is } = this;
    if ('min' in is) {
      if (value < is.min || value > is.max) throw this.#refusal(`${value}; it takes ${is.min} to ${is.max}`);
    } else if (is.type === 'enum') {
      if (!Object.values(is.names).includes(value))
        throw this.#refusal(
          `${value}; there is ${Object.entries(is.names)
            .map(([name, code]) => `${name}=${code}`)
            .join(', ')}`,
        );
    } else if (is.type === 'bitmask') {
      const all = Object.values(is.names).reduce((mask, bit) => mask + 2 ** bit, 0);
      if (value > all || (value & ~all) !== 0) throw this.#refusal(`${value} has bits that none of its names has`);
    } else if (value !== 0) {
      const kind = 'of' in is ? is.of : 'blob';
      const found = objects.find(value);
      if (found?.kind !== kind)
        throw this.#refusal(`${value} is ${found === undefined ? 'nothing' : `a ${found.kind}`}, not a ${kind}`);
    }
    return value;
  }

  #number(given: UserValue): number {
    if (typeof given === 'bigint')
      return Number(this.is.type === 'signed-range' ? BigInt.asIntN(64, given) : BigInt.asUintN(64, given));
    if (!Number.isInteger(given) || (given < 0 && this.is.type !== 'signed-range'))
      throw this.#refusal(`${given} is no whole number from 0`);
    return given;
  }

  #refusal(text: string): LabError {
    return new LabError('EINVAL', `property ${this.name}: ${text}`);
  }
}

export const range = (name: string, min: number, max: number, more: Partial<PropertyDeclaration> = {}) => ({
  name,
  is: { type: 'range', min, max } as const,
  ...more,
});
export const signed = (name: string, min: number, max: number, more: Partial<PropertyDeclaration> = {}) => ({
  name,
  is: { type: 'signed-range', min, max } as const,
  ...more,
});
export const named = (
  name: string,
  names: Readonly<Record<string, number>>,
  more: Partial<PropertyDeclaration> = {},
) => ({ name, is: { type: 'enum', names } as const, ...more });
export const bitmask = (
  name: string,
  names: Readonly<Record<string, number>>,
  more: Partial<PropertyDeclaration> = {},
) => ({ name, is: { type: 'bitmask', names } as const, ...more });
export const blobOf = (name: string, more: Partial<PropertyDeclaration> = {}) => ({
  name,
  is: { type: 'blob' } as const,
  ...more,
});
export const objectOf = (name: string, of: ObjectKind, more: Partial<PropertyDeclaration> = {}) => ({
  name,
  is: { type: 'object', of } as const,
  ...more,
});
