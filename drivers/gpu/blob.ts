/** Property blobs: byte arrays under an id, alive as long as a client or a state holds them. */
import { LabError } from '#bus/errors.ts';
import type { ModeObject, ObjectSpace } from './mode-object.ts';

export class Blob implements ModeObject {
  readonly kind = 'blob';
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly #freed: (blob: Blob) => void;
  #references = 1;

  constructor(id: number, bytes: Uint8Array, freed: (blob: Blob) => void) {
    this.id = id;
    this.bytes = bytes;
    this.#freed = freed;
  }

  get(): this {
    this.#references++;
    return this;
  }

  put(): void {
    this.#references--;
    if (this.#references === 0) this.#freed(this);
  }
}

/** The bytes are copied. */
export const createBlob = (objects: ObjectSpace, bytes: Uint8Array): Blob => {
  if (bytes.length === 0 || bytes.length > MAX_BLOB_BYTES)
    throw new LabError('EINVAL', `a blob of ${bytes.length} bytes; it takes 1 to ${MAX_BLOB_BYTES}`);
  return objects.add((id) => new Blob(id, Uint8Array.from(bytes), (blob) => objects.remove(blob)));
};

/** The kernel has no bound but memory; a lab does. */
const MAX_BLOB_BYTES = 2 ** 20;
