/** Properties attached to objects: one property serves all that have it, and values name objects by their ids. */
import { LabError } from '#bus/errors.ts';
import type { AtomicState } from './atomic-state.ts';
import { Blob } from './blob.ts';
import { Framebuffer } from './framebuffer.ts';
import type { ObjectSpace } from './mode-object.ts';
import { type Binding, Crtc } from './pipeline.ts';
import { Property, type PropertyDeclaration } from './property.ts';

export const ATOMIC = { atomic: true } as const;
export const FIXED = { immutable: true } as const;

/** One property object serves every object it is attached to. */
export class PropertyShelf {
  readonly #objects: ObjectSpace;
  readonly #made = new Map<string, Property>();

  constructor(objects: ObjectSpace) {
    this.#objects = objects;
  }

  take(declaration: PropertyDeclaration): Property {
    const key = JSON.stringify(declaration);
    const made = this.#made.get(key) ?? this.#objects.add((id) => new Property(id, declaration));
    this.#made.set(key, made);
    return made;
  }

  attach<S>(
    to: { readonly bindings: Map<number, Binding<S>> },
    declaration: PropertyDeclaration,
    get: (state: S) => number,
    set?: (state: S, value: number, atomic: AtomicState) => void,
  ): void {
    const property = this.take(declaration);
    to.bindings.set(property.id, { property, get, ...(set === undefined ? {} : { set }) });
  }
}

/** Fields a number goes into as it is. */
type NumberField<S> = { [K in keyof S]: S[K] extends number ? K : never }[keyof S];

/** Attaches properties whose values go into a state as they are. */
export const plain =
  <S>(shelf: PropertyShelf, to: { readonly bindings: Map<number, Binding<S>> }) =>
  <K extends NumberField<S>>(declaration: PropertyDeclaration, key: K): void =>
    shelf.attach(
      to,
      declaration,
      (state: S) => Number(state[key]),
      (state: S, value) => void Object.assign(state as object, { [key]: value }),
    );

/** EACCES for one that the client has not on lease. */
export const crtcFrom = (atomic: AtomicState, id: number): Crtc | null => {
  if (!atomic.sees(id)) throw new LabError('EACCES', `CRTC ${id} is not on lease`);
  const found = atomic.device.objects.find(id);
  return found instanceof Crtc ? found : null;
};
export const fbFrom = (atomic: AtomicState, id: number): Framebuffer | null => {
  const found = atomic.device.objects.find(id);
  return found instanceof Framebuffer ? found : null;
};
export const blobFrom = (atomic: AtomicState, id: number): Blob | null => {
  const found = atomic.device.objects.find(id);
  return found instanceof Blob ? found : null;
};

/** EINVAL for a blob of another length. */
export const sized = (blob: Blob | null, fits: (bytes: number) => boolean, what: string): Blob | null => {
  if (blob !== null && !fits(blob.bytes.length))
    throw new LabError('EINVAL', `${what}: a blob of ${blob.bytes.length} bytes`);
  return blob;
};
