/** One client of a DRM device: its handles, framebuffers and blobs, its rights, and the calls it makes (drm_file.c, drm_ioctl.c). */
import { LabError } from '#bus/errors.ts';
import { type AtomicRequest, atomicCall } from './atomic-request.ts';
import { Blob, createBlob } from './blob.ts';
import { Buffer, type DumbRequest, type DumbSize, dumbSize } from './buffer.ts';
import type { DrmDevice } from './drm-device.ts';
import { EventQueue } from './drm-event.ts';
import { FenceTable } from './fence.ts';
import { legacyFormat } from './fourcc.ts';
import { type AddFb2, checkFramebuffer, Framebuffer } from './framebuffer.ts';
import { type DirtyRequest, dirtyFb, type FlipRequest, pageFlip, type SetCrtc, setCrtc } from './legacy-calls.ts';
import { OBJECT_TYPE, type ObjectKind } from './mode-object.ts';
import { type Binding, Connector, Crtc, type Encoder, Plane } from './pipeline.ts';
import { Property, type UserValue } from './property.ts';
import { removeFramebuffers } from './remove-fb.ts';
import { type QueueSequence, queueSequence, type WaitVblank, waitVblank } from './vblank-calls.ts';

export type ClientCap = 'universal_planes' | 'atomic' | 'writeback_connectors';

export class DrmFile {
  readonly device: DrmDevice;
  readonly name: string;
  readonly events = new EventQueue();
  readonly fences = new FenceTable();
  readonly caps = new Set<ClientCap>();
  readonly #buffers = new Map<number, Buffer>();
  readonly #fbs = new Set<Framebuffer>();
  readonly #blobs = new Set<Blob>();
  #nextHandle = 1;
  #closed = false;

  constructor(device: DrmDevice, name: string) {
    this.device = device;
    this.name = name;
  }

  get isMaster(): boolean {
    return this.device.master === this;
  }

  setMaster(): void {
    if (this.device.master !== undefined && !this.isMaster)
      throw new LabError('EBUSY', `${this.device.master.name} is master`);
    this.device.master = this;
  }

  dropMaster(): void {
    if (!this.isMaster) throw new LabError('EINVAL', `${this.name} is not master`);
    this.device.master = undefined;
  }

  /** EACCES for whoever may only look on; ENODEV once the device is gone. */
  mustBeMaster(): void {
    this.mustBeOpen();
    if (!this.isMaster) throw new LabError('EACCES', `${this.name} is not master of ${this.device.is.name}`);
  }

  mustBeOpen(): void {
    if (this.#closed) throw new LabError('EINVAL', `${this.name} is closed`);
    this.device.mustBeThere();
  }

  /** DRM_IOCTL_SET_CLIENT_CAP. */
  setClientCap(cap: ClientCap, value: number): void {
    this.mustBeOpen();
    if (value !== 0 && value !== 1) throw new LabError('EINVAL', `client cap ${cap}: ${value}; it takes 0 or 1`);
    if (cap === 'atomic' && this.device.is.atomic !== true)
      throw new LabError('EOPNOTSUPP', `${this.device.is.name} is not atomic`);
    if (cap === 'writeback_connectors' && !this.caps.has('atomic'))
      throw new LabError('EINVAL', 'writeback connectors are for atomic clients');
    for (const one of cap === 'atomic' ? (['atomic', 'universal_planes'] as const) : [cap])
      if (value === 1) this.caps.add(one);
      else this.caps.delete(one);
  }

  /** DRM_IOCTL_MODE_GETRESOURCES and GETPLANERESOURCES. */
  resources() {
    this.mustBeOpen();
    const { is, crtcs, connectors, planes } = this.device;
    const shown = connectors.filter(({ is }) => is.writeback === undefined || this.caps.has('writeback_connectors'));
    return {
      crtcs: crtcs.map(({ id }) => id),
      connectors: shown.map(({ id }) => id),
      encoders: shown.map(({ encoderId }) => encoderId),
      planes: planes
        .filter(({ is: { type } }) => type === 'Overlay' || this.caps.has('universal_planes'))
        .map(({ id }) => id),
      fbs: [...this.#fbs].map(({ id }) => id),
      minWidth: is.minWidth,
      maxWidth: is.maxWidth,
      minHeight: is.minHeight,
      maxHeight: is.maxHeight,
    };
  }

  /** DRM_IOCTL_MODE_GETCONNECTOR; probing asks the hardware again. */
  async connector(id: number, probe = true) {
    this.mustBeOpen();
    const connector = this.object(id, Connector, 'connector');
    if (probe) await this.device.probe(connector);
    const { is, status, modes, encoderId, edid, state } = connector;
    const physical = { widthMm: edid?.widthMm ?? 0, heightMm: edid?.heightMm ?? 0 };
    return { id, name: is.name, type: is.type, status, modes, encoderId, crtcId: state.crtc?.id ?? 0, ...physical };
  }

  crtc(id: number) {
    this.mustBeOpen();
    const { state, index } = this.object(id, Crtc, 'crtc');
    return { id, index, active: state.active, mode: state.mode };
  }

  plane(id: number) {
    this.mustBeOpen();
    const { state, is } = this.object(id, Plane, 'plane');
    const { type, possibleCrtcs, formats } = is;
    return { id, type, possibleCrtcs, formats, crtcId: state.crtc?.id ?? 0, fbId: state.fb?.id ?? 0 };
  }

  /** DRM_IOCTL_MODE_OBJ_GETPROPERTIES: names and values; 0 as the kind means any. */
  properties(id: number, type = 0): ReadonlyMap<string, { readonly id: number; readonly value: number }> {
    this.mustBeOpen();
    const found = this.device.objects.find(id);
    if (found === undefined || (type !== 0 && OBJECT_TYPE[found.kind] !== type))
      throw new LabError('ENOENT', `no object ${id} of that kind`);
    const seen = new Map<string, { readonly id: number; readonly value: number }>();
    const add = <S>(bindings: ReadonlyMap<number, Binding<S>>, state: S): void => {
      for (const { property, get } of bindings.values())
        if (!property.atomic || this.caps.has('atomic'))
          seen.set(property.name, { id: property.id, value: get(state) });
    };
    if (found instanceof Plane) add(found.bindings, found.state);
    else if (found instanceof Crtc) add(found.bindings, found.state);
    else if (found instanceof Connector) add(found.bindings, found.state);
    else throw new LabError('EINVAL', `${found.kind} ${id} has no properties`);
    return seen;
  }

  /** DRM_IOCTL_MODE_GETPROPERTY. */
  property(id: number) {
    this.mustBeOpen();
    const found = this.device.objects.find(id);
    if (!(found instanceof Property)) throw new LabError('ENOENT', `no property ${id}`);
    return found;
  }

  createDumb(request: DumbRequest): DumbSize & { readonly handle: number } {
    this.mustBeOpen();
    const { dumb, pitchAlignBytes, freeBuffer } = this.device.is;
    if (dumb !== true) throw new LabError('ENOSYS', `${this.device.is.name} has no dumb buffers`);
    if ((request.flags ?? 0) !== 0) throw new LabError('EINVAL', `a dumb buffer with flags ${request.flags}`);
    const size = dumbSize(request, pitchAlignBytes);
    if (size.sizeBytes > MAX_BUFFER_BYTES)
      throw new LabError(
        'ENOMEM',
        `a dumb buffer of ${size.sizeBytes} bytes; at most ${MAX_BUFFER_BYTES} are to be had`,
      );
    const handle = this.#nextHandle++;
    this.#buffers.set(handle, new Buffer(new Uint8Array(size.sizeBytes), (buffer) => freeBuffer?.(buffer)));
    return { handle, ...size };
  }

  /** The memory of a buffer: what mmap of the offset of MAP_DUMB gives. */
  map(handle: number): Uint8Array {
    this.mustBeOpen();
    return this.#bufferOf(handle).bytes;
  }

  destroyDumb(handle: number): void {
    this.mustBeOpen();
    this.#bufferOf(handle).put();
    this.#buffers.delete(handle);
  }

  addFb2(request: AddFb2): number {
    this.mustBeOpen();
    const { is, planes, objects } = this.device;
    const checked = checkFramebuffer(
      request,
      {
        ...is,
        modifiers: is.modifiers ?? false,
        formats: (code) =>
          planes.some(({ formats }) => formats.has(code)) ||
          this.device.connectors.some(({ is: { writeback } }) => writeback?.includes(code)),
      },
      (handle) => this.#buffers.get(handle),
    );
    const fb = objects.add((id) => new Framebuffer(id, checked));
    this.#fbs.add(fb);
    return fb.id;
  }

  /** The legacy call: bits and depth name the format. */
  addFb(of: { width: number; height: number; pitch: number; bpp: number; depth: number; handle: number }): number {
    const format = legacyFormat(of.bpp, of.depth);
    if (format === undefined) throw new LabError('EINVAL', `no format of ${of.bpp} bits and depth ${of.depth}`);
    const { width, height, pitch, handle } = of;
    return this.addFb2({ width, height, fourcc: format.code, handles: [handle], pitches: [pitch] });
  }

  /** ENOENT when unknown or another client's. What shows it is turned off. */
  async rmFb(id: number): Promise<void> {
    this.mustBeOpen();
    const fb = [...this.#fbs].find((one) => one.id === id);
    if (fb === undefined) throw new LabError('ENOENT', `no framebuffer ${id} of this client`);
    this.#fbs.delete(fb);
    await removeFramebuffers(this.device, [fb]);
  }

  /** DRM_IOCTL_MODE_GETFB2; only the master is told the handles. */
  getFb(id: number) {
    this.mustBeOpen();
    const { width, height, format, planes } = this.object(id, Framebuffer, 'fb');
    const handles = planes.map(({ buffer }) => {
      if (!this.isMaster) return 0;
      for (const [handle, mine] of this.#buffers) if (mine === buffer) return handle;
      const handle = this.#nextHandle++;
      this.#buffers.set(handle, buffer.get());
      return handle;
    });
    const pitches = planes.map(({ pitchBytes }) => pitchBytes);
    return { width, height, fourcc: format.code, handles, pitches, offsets: planes.map((p) => p.offsetBytes) };
  }

  createBlob(bytes: Uint8Array): number {
    this.mustBeOpen();
    const blob = createBlob(this.device.objects, bytes);
    this.#blobs.add(blob);
    return blob.id;
  }

  getBlob(id: number): Uint8Array {
    this.mustBeOpen();
    return Uint8Array.from(this.object(id, Blob, 'blob').bytes);
  }

  /** ENOENT when unknown, EPERM when another made it. It lives on while a state holds it. */
  destroyBlob(id: number): void {
    this.mustBeOpen();
    const blob = this.object(id, Blob, 'blob');
    if (!this.#blobs.delete(blob)) throw new LabError('EPERM', `blob ${id} is another's`);
    blob.put();
  }

  async atomic(request: AtomicRequest): Promise<void> {
    this.mustBeMaster();
    await atomicCall(this, request);
  }

  async pageFlip(request: FlipRequest): Promise<void> {
    this.mustBeMaster();
    await pageFlip(this, request);
  }

  async setCrtc(request: SetCrtc): Promise<void> {
    this.mustBeMaster();
    await setCrtc(this, request);
  }

  async dirtyFb(request: DirtyRequest): Promise<void> {
    this.mustBeMaster();
    await dirtyFb(this, request);
  }

  /** A connector's property by the legacy call; EINVAL when it is not attached. */
  async setProperty(objectId: number, propertyId: number, value: UserValue): Promise<void> {
    this.mustBeMaster();
    await atomicCall(this, { objects: [{ id: objectId, properties: [[propertyId, value]] }], flags: 0x400 }, true);
  }

  waitVblank(request: WaitVblank) {
    this.mustBeOpen();
    return waitVblank(this, request);
  }

  /** DRM_IOCTL_CRTC_GET_SEQUENCE. */
  async sequence(crtcId: number) {
    this.mustBeOpen();
    const { vblank } = this.object(crtcId, Crtc, 'crtc');
    return { active: vblank.on, ...(vblank.on ? await vblank.now() : vblank.last) };
  }

  queueSequence(request: QueueSequence) {
    this.mustBeOpen();
    return queueSequence(this, request);
  }

  /** An object by id and kind; ENOENT. */
  object<O extends Plane | Crtc | Connector | Encoder | Framebuffer | Blob>(
    id: number,
    kind: new (...args: never[]) => O,
    word: ObjectKind,
  ): O {
    const found = this.device.objects.find(id);
    if (!(found instanceof kind)) throw new LabError('ENOENT', `no ${word} ${id}`);
    return found;
  }

  /** Its framebuffers go, and what showed them is turned off; so do its buffers, blobs and events. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.events.close();
    this.device.files.delete(this);
    if (this.isMaster) this.device.master = undefined;
    try {
      await removeFramebuffers(this.device, [...this.#fbs]);
    } catch (thrown) {
      this.device.complain(thrown);
    }
    for (const blob of this.#blobs) blob.put();
    for (const buffer of this.#buffers.values()) buffer.put();
    this.#fbs.clear();
    this.#blobs.clear();
    this.#buffers.clear();
  }

  #bufferOf(handle: number): Buffer {
    const buffer = this.#buffers.get(handle);
    if (buffer === undefined) throw new LabError('ENOENT', `no buffer ${handle} of this client`);
    return buffer;
  }
}

/** Far more than any picture here takes. */
const MAX_BUFFER_BYTES = 2 ** 30;
