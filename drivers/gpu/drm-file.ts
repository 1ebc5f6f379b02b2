/** One client of a DRM device: its rights, what it has made, and the calls it makes (drm_file.c, drm_ioctl.c). */
import { LabError } from '#bus/errors.ts';
import { type AtomicRequest, atomicCall } from './atomic-request.ts';
import { Blob, createBlob } from './blob.ts';
import type { DumbRequest, DumbSize } from './buffer.ts';
import { type ClientCap, setClientCap } from './client-caps.ts';
import type { DrmDevice } from './drm-device.ts';
import { EventQueue } from './drm-event.ts';
import { createLease, isLeasable, type Lease, lesseesOf, revokeLease } from './drm-lease.ts';
import { FenceTable } from './fence.ts';
import { FileBuffers } from './file-buffers.ts';
import type { AddFb2, Framebuffer } from './framebuffer.ts';
import { type AddFb, FileFramebuffers } from './framebuffer-calls.ts';
import { type GammaTable, getGamma, setGamma } from './gamma-calls.ts';
import { capabilityOf, connectorOf, crtcOf, planeOf, propertiesOf, resourcesOf } from './kms-queries.ts';
import { type DirtyRequest, dirtyFb, type FlipRequest, pageFlip, type SetCrtc, setCrtc } from './legacy-calls.ts';
import type { ObjectKind } from './mode-object.ts';
import { type Connector, Crtc, type Encoder, type Plane } from './pipeline.ts';
import { type SetCursor, type SetPlane, setCursor, setPlane } from './plane-calls.ts';
import { Property, type UserValue } from './property.ts';
import { setProperty } from './property-call.ts';
import { type QueueSequence, queueSequence, type WaitVblank, waitVblank } from './vblank-calls.ts';

export class DrmFile {
  readonly device: DrmDevice;
  readonly name: string;
  readonly events = new EventQueue();
  readonly fences = new FenceTable();
  readonly caps = new Set<ClientCap>();
  readonly buffers: FileBuffers;
  readonly framebuffers = new FileFramebuffers(this);
  /** What it sees, when that is not all. */
  readonly lease: Lease | undefined;
  readonly #blobs = new Set<Blob>();
  #closed = false;

  constructor(device: DrmDevice, name: string, lease?: Lease) {
    this.device = device;
    this.name = name;
    this.lease = lease;
    this.buffers = new FileBuffers(device.is);
  }

  /** Of all, or of what it has on lease. */
  get isMaster(): boolean {
    return this.device.master === this || this.lease !== undefined;
  }

  /** False for planes, CRTCs and connectors that its lease does not have. */
  sees(id: number): boolean {
    return this.lease === undefined || this.lease.has(id) || !isLeasable(this.device.objects.find(id));
  }

  setMaster(): void {
    if (this.lease !== undefined) return;
    if (this.device.master !== undefined && !this.isMaster)
      throw new LabError('EBUSY', `${this.device.master.name} is master`);
    this.device.master = this;
  }

  dropMaster(): void {
    if (this.device.master !== this) throw new LabError('EINVAL', `${this.name} is not master`);
    this.device.master = undefined;
  }

  /** EACCES for whoever may only look on; ENODEV once the device is gone. */
  mustBeMaster(): this {
    this.mustBeOpen();
    if (!this.isMaster) throw new LabError('EACCES', `${this.name} is not master of ${this.device.is.name}`);
    return this;
  }

  mustBeOpen(): this {
    if (this.#closed) throw new LabError('EINVAL', `${this.name} is closed`);
    this.device.mustBeThere();
    return this;
  }

  setClientCap(cap: ClientCap, value: number): void {
    setClientCap(this.mustBeOpen(), cap, value);
  }

  /** DRM_IOCTL_GET_CAP: `async_page_flip`, `cursor_width` and so on. */
  capability(name: string): number {
    return capabilityOf(this.mustBeOpen(), name);
  }

  resources() {
    return resourcesOf(this.mustBeOpen());
  }

  async connector(id: number, probe = true) {
    return connectorOf(this.mustBeOpen(), id, probe);
  }

  crtc(id: number) {
    return crtcOf(this.mustBeOpen(), id);
  }

  plane(id: number) {
    return planeOf(this.mustBeOpen(), id);
  }

  /** Names and values; 0 as the kind means any. */
  properties(id: number, type = 0) {
    return propertiesOf(this.mustBeOpen(), id, type);
  }

  property(id: number): Property {
    this.mustBeOpen();
    const found = this.device.objects.find(id);
    if (!(found instanceof Property)) throw new LabError('ENOENT', `no property ${id}`);
    return found;
  }

  createDumb(request: DumbRequest): DumbSize & { readonly handle: number } {
    return this.mustBeOpen().buffers.create(request);
  }

  /** The memory of a buffer: what mmap of the offset of MAP_DUMB gives. */
  map(handle: number): Uint8Array {
    return this.mustBeOpen().buffers.get(handle).bytes;
  }

  destroyDumb(handle: number): void {
    this.mustBeOpen();
    this.buffers.destroy(handle);
  }

  addFb2(request: AddFb2): number {
    return this.mustBeOpen().framebuffers.add2(request);
  }

  addFb(request: AddFb): number {
    return this.mustBeOpen().framebuffers.add(request);
  }

  async rmFb(id: number): Promise<void> {
    await this.mustBeOpen().framebuffers.remove(id);
  }

  closeFb(id: number, pad = 0): void {
    this.mustBeOpen();
    this.framebuffers.close(id, pad);
  }

  getFb(id: number) {
    return this.mustBeOpen().framebuffers.describeLegacy(id);
  }

  getFb2(id: number) {
    return this.mustBeOpen().framebuffers.describe(id);
  }

  createBlob(bytes: Uint8Array): number {
    this.mustBeOpen();
    const blob = createBlob(this.device.objects, bytes);
    this.#blobs.add(blob);
    return blob.id;
  }

  getBlob(id: number): Uint8Array {
    return Uint8Array.from(this.mustBeOpen().object(id, Blob, 'blob').bytes);
  }

  /** ENOENT when unknown, EPERM when another made it. It lives on while a state holds it. */
  destroyBlob(id: number): void {
    this.mustBeOpen();
    const blob = this.object(id, Blob, 'blob');
    if (!this.#blobs.delete(blob)) throw new LabError('EPERM', `blob ${id} is another's`);
    blob.put();
  }

  async atomic(request: AtomicRequest): Promise<void> {
    await atomicCall(this.mustBeMaster(), request);
  }

  async pageFlip(request: FlipRequest): Promise<void> {
    await pageFlip(this.mustBeMaster(), request);
  }

  async setCrtc(request: SetCrtc): Promise<void> {
    await setCrtc(this.mustBeMaster(), request);
  }

  async dirtyFb(request: DirtyRequest): Promise<void> {
    await dirtyFb(this.mustBeMaster(), request);
  }

  async setPlane(request: SetPlane): Promise<void> {
    await setPlane(this.mustBeMaster(), request);
  }

  async setCursor(request: SetCursor): Promise<void> {
    await setCursor(this.mustBeMaster(), request);
  }

  getGamma(crtcId: number, entries: number): GammaTable {
    return getGamma(this.mustBeOpen(), crtcId, entries);
  }

  async setGamma(crtcId: number, table: GammaTable): Promise<void> {
    await setGamma(this.mustBeMaster(), crtcId, table);
  }

  async setProperty(objectId: number, propertyId: number, value: UserValue): Promise<void> {
    await setProperty(this.mustBeMaster(), objectId, propertyId, value);
  }

  /** A client that is master of these objects, and sees no others. */
  createLease(objectIds: readonly number[], flags = 0, name?: string): DrmFile {
    return createLease(this.mustBeMaster(), objectIds, flags, name);
  }

  lessees(): readonly number[] {
    return lesseesOf(this.mustBeOpen()).flatMap(({ lease }) => lease?.id ?? []);
  }

  revokeLease(lesseeId: number): void {
    revokeLease(this.mustBeMaster(), lesseeId);
  }

  waitVblank(request: WaitVblank) {
    return waitVblank(this.mustBeOpen(), request);
  }

  /** DRM_IOCTL_CRTC_GET_SEQUENCE. */
  async sequence(crtcId: number) {
    this.mustBeOpen();
    const { vblank } = this.object(crtcId, Crtc, 'crtc');
    return { active: vblank.on, ...(vblank.on ? await vblank.now() : vblank.last) };
  }

  queueSequence(request: QueueSequence) {
    return queueSequence(this.mustBeOpen(), request);
  }

  /** An object by id and kind; ENOENT. */
  object<O extends Plane | Crtc | Connector | Encoder | Framebuffer | Blob>(
    id: number,
    kind: new (...args: never[]) => O,
    word: ObjectKind,
  ): O {
    const found = this.device.objects.find(id);
    if (!(found instanceof kind) || !this.sees(id)) throw new LabError('ENOENT', `no ${word} ${id}`);
    return found;
  }

  /** Its framebuffers go, and what showed them is turned off; so do its buffers, blobs and events. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.events.close();
    this.device.files.delete(this);
    if (this.device.master === this) this.device.master = undefined;
    if (this.lease !== undefined) this.device.uevent({ leaseId: this.lease.id });
    for (const { lease } of lesseesOf(this)) lease?.revoke();
    try {
      await this.framebuffers.closeAll();
    } catch (thrown) {
      this.device.complain(thrown);
    }
    for (const blob of this.#blobs) blob.put();
    this.#blobs.clear();
    this.buffers.close();
  }
}
