/** Framebuffers of one client: ADDFB, ADDFB2, RMFB, CLOSEFB, GETFB, GETFB2 (drm_framebuffer.c). */
import { LabError } from '#bus/errors.ts';
import type { DrmFile } from './drm-file.ts';
import { legacyFormat } from './fourcc.ts';
import { type AddFb2, checkFramebuffer, Framebuffer } from './framebuffer.ts';
import { removeFramebuffers } from './remove-fb.ts';

/** The legacy call: bits and depth name the format. */
export interface AddFb {
  readonly width: number;
  readonly height: number;
  readonly pitch: number;
  readonly bpp: number;
  readonly depth: number;
  readonly handle: number;
}

export class FileFramebuffers {
  readonly #file: DrmFile;
  readonly #fbs = new Set<Framebuffer>();

  constructor(file: DrmFile) {
    this.#file = file;
  }

  get ids(): readonly number[] {
    return [...this.#fbs].map(({ id }) => id);
  }

  /** Checked, and nobody's yet: cursors of the legacy call are made so. */
  make(request: AddFb2): Framebuffer {
    const { device, buffers } = this.#file;
    const { is, planes, connectors, objects } = device;
    const takes = (code: number): boolean =>
      planes.some(({ formats }) => formats.has(code)) ||
      connectors.some(({ is: { writeback } }) => writeback?.includes(code));
    const limits = { ...is, modifiers: is.modifiers ?? false, formats: takes };
    const checked = checkFramebuffer(request, limits, (handle) => buffers.find(handle));
    return objects.add((id) => new Framebuffer(id, checked));
  }

  add2(request: AddFb2): number {
    const fb = this.make(request);
    this.#fbs.add(fb);
    return fb.id;
  }

  add({ width, height, pitch, bpp, depth, handle }: AddFb): number {
    const format = legacyFormat(bpp, depth);
    if (format === undefined) throw new LabError('EINVAL', `no format of ${bpp} bits and depth ${depth}`);
    return this.add2({ width, height, fourcc: format.code, handles: [handle], pitches: [pitch] });
  }

  /** ENOENT when unknown or another client's. What shows it is turned off. */
  async remove(id: number): Promise<void> {
    await removeFramebuffers(this.#file.device, [this.#take(id)]);
  }

  /** As `remove`, but what shows it goes on showing it. */
  close(id: number, pad: number): void {
    if (pad !== 0) throw new LabError('EINVAL', `CLOSEFB with padding of ${pad}, not 0`);
    const fb = this.#take(id);
    this.#file.device.objects.remove(fb);
    fb.put();
  }

  /** GETFB2. Handles are new ones, the same for planes of the same buffer; only the master is told them. */
  describe(id: number) {
    const { file, fb } = this.#looked(id);
    const handles = new Map<unknown, number>();
    for (const { buffer } of file.isMaster ? fb.planes : [])
      if (!handles.has(buffer)) handles.set(buffer, file.buffers.share(buffer));
    const { width, height, format, planes } = fb;
    return {
      ...{ width, height, fourcc: format.code },
      handles: planes.map(({ buffer }) => handles.get(buffer) ?? 0),
      pitches: planes.map(({ pitchBytes }) => pitchBytes),
      offsets: planes.map(({ offsetBytes }) => offsetBytes),
    };
  }

  /** GETFB: EINVAL for what it cannot describe, which is more than one plane. */
  describeLegacy(id: number) {
    const { format } = this.#looked(id).fb;
    const [plane] = format.planes;
    if (plane === undefined || format.planes.length > 1)
      throw new LabError('EINVAL', `framebuffer ${id} of ${format.name} has several planes: ask by GETFB2`);
    const { width, height, handles, pitches } = this.describe(id);
    const { bitsPerSample: bpp } = plane;
    return { width, height, bpp, depth: depthOf(bpp, format.code), pitch: pitches[0] ?? 0, handle: handles[0] ?? 0 };
  }

  /** All of them, at the end of their client. */
  async closeAll(): Promise<void> {
    const all = [...this.#fbs];
    this.#fbs.clear();
    await removeFramebuffers(this.#file.device, all);
  }

  #looked(id: number) {
    return { file: this.#file, fb: this.#file.object(id, Framebuffer, 'fb') };
  }

  #take(id: number): Framebuffer {
    const fb = [...this.#fbs].find((one) => one.id === id);
    if (fb === undefined) throw new LabError('ENOENT', `no framebuffer ${id} of this client`);
    this.#fbs.delete(fb);
    return fb;
  }
}

/** The depth that with so many bits names the format; 0 for formats the legacy call has no name for. */
const depthOf = (bpp: number, code: number): number =>
  [8, 15, 16, 24, 30, 32].find((depth) => legacyFormat(bpp, depth)?.code === code) ?? 0;
