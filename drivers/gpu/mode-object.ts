/** Mode objects: everything a client names by a number, in one space of 32-bit ids (drm_mode_object.c). */

export const OBJECT_TYPE = {
  crtc: 0xcccccccc,
  connector: 0xc0c0c0c0,
  encoder: 0xe0e0e0e0,
  mode: 0xdededede,
  property: 0xb0b0b0b0,
  fb: 0xfbfbfbfb,
  blob: 0xbbbbbbbb,
  plane: 0xeeeeeeee,
} as const;
export type ObjectKind = keyof typeof OBJECT_TYPE;

export interface ModeObject {
  readonly kind: ObjectKind;
  readonly id: number;
}

export class ObjectSpace {
  readonly #objects = new Map<number, ModeObject>();
  #next = 1;

  /** Makes an object with the next free id; 0 is never one. */
  add<O extends ModeObject>(make: (id: number) => O): O {
    while (this.#next === 0 || this.#objects.has(this.#next)) this.#next = (this.#next + 1) >>> 0;
    const object = make(this.#next);
    this.#next = (this.#next + 1) >>> 0;
    this.#objects.set(object.id, object);
    return object;
  }

  find(id: number): ModeObject | undefined {
    return this.#objects.get(id);
  }

  remove(object: ModeObject): void {
    if (this.#objects.get(object.id) === object) this.#objects.delete(object.id);
  }

  get size(): number {
    return this.#objects.size;
  }
}
