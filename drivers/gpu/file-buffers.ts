/** One client's buffers under handles of its own: made, mapped, shared with framebuffers, let go (drm_gem.c, drm_dumb_buffers.c). */
import { LabError } from '#bus/errors.ts';
import { Buffer, type DumbRequest, type DumbSize, dumbSize } from './buffer.ts';
import type { DrmDeclaration } from './drm-device.ts';

/** Far more than any picture here takes. */
const MAX_BUFFER_BYTES = 2 ** 30;

export class FileBuffers {
  readonly #is: DrmDeclaration;
  readonly #buffers = new Map<number, Buffer>();
  #nextHandle = 1;

  constructor(is: DrmDeclaration) {
    this.#is = is;
  }

  create(request: DumbRequest): DumbSize & { readonly handle: number } {
    const { dumb, name, pitchAlignBytes, freeBuffer } = this.#is;
    if (dumb !== true) throw new LabError('ENOSYS', `${name} has no dumb buffers`);
    if ((request.flags ?? 0) !== 0) throw new LabError('EINVAL', `a dumb buffer with flags ${request.flags}`);
    const size = dumbSize(request, pitchAlignBytes);
    if (size.sizeBytes > MAX_BUFFER_BYTES)
      throw new LabError(
        'ENOMEM',
        `a dumb buffer of ${size.sizeBytes} bytes; at most ${MAX_BUFFER_BYTES} are to be had`,
      );
    return { handle: this.#add(new Buffer(new Uint8Array(size.sizeBytes), (buffer) => freeBuffer?.(buffer))), ...size };
  }

  find(handle: number): Buffer | undefined {
    return this.#buffers.get(handle);
  }

  /** ENOENT when this client has none by that handle. */
  get(handle: number): Buffer {
    const buffer = this.#buffers.get(handle);
    if (buffer === undefined) throw new LabError('ENOENT', `no buffer ${handle} of this client`);
    return buffer;
  }

  /** Another handle for a buffer: each has to be destroyed. */
  share(buffer: Buffer): number {
    return this.#add(buffer.get());
  }

  destroy(handle: number): void {
    this.get(handle).put();
    this.#buffers.delete(handle);
  }

  close(): void {
    for (const buffer of this.#buffers.values()) buffer.put();
    this.#buffers.clear();
  }

  #add(buffer: Buffer): number {
    const handle = this.#nextHandle++;
    this.#buffers.set(handle, buffer);
    return handle;
  }
}
