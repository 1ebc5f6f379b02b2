/** One DRM device: its objects, its clients, its hotplug; what a display driver builds and clients open. */
import { LabError } from '#bus/errors.ts';
import type { Kernel } from '../kernel/module.ts';
import { uncaughtWords } from '../kernel/panic-chain.ts';
import { checkAtomic } from './atomic-check.ts';
import { AtomicState, type Pipeline } from './atomic-state.ts';
import { createBlob } from './blob.ts';
import type { Buffer } from './buffer.ts';
import { Committer, type Submission } from './commit.ts';
import { probeConnector } from './connector-probe.ts';
import { bindConnector } from './connector-properties.ts';
import { bindCrtc } from './crtc-properties.ts';
import { DrmFile } from './drm-file.ts';
import type { Lease } from './drm-lease.ts';
import { DrmPanic } from './drm-panic.ts';
import type { Framebuffer } from './framebuffer.ts';
import { LINK_STATUS } from './kms-state.ts';
import { ObjectSpace } from './mode-object.ts';
import {
  Connector,
  type ConnectorDeclaration,
  Crtc,
  type CrtcDeclaration,
  Encoder,
  Plane,
  type PlaneDeclaration,
} from './pipeline.ts';
import { bindPlane, inFormatsBytes } from './plane-properties.ts';
import { PropertyShelf } from './property-shelf.ts';
import type { Rect } from './rect.ts';
import { Vblank } from './vblank.ts';

export interface DrmDeclaration {
  /** `bochs-drm`. */
  readonly name: string;
  readonly minWidth: number;
  readonly minHeight: number;
  readonly maxWidth: number;
  readonly maxHeight: number;
  readonly cursorWidth: number;
  readonly cursorHeight: number;
  readonly pitchAlignBytes: number;
  /** Absent: no dumb buffers. */
  readonly dumb?: boolean;
  /** ADDFB2 with modifiers. */
  readonly modifiers?: boolean;
  /** Absent: legacy calls only. */
  readonly atomic?: boolean;
  /** Flips that do not wait for the vblank. */
  readonly asyncFlip?: boolean;
  /** Lets go of what the driver keeps for a buffer. */
  freeBuffer?(buffer: Buffer): void;
  /** Puts that part of a buffer on the screen by the shortest way, over everything. */
  panicFlush?(fb: Framebuffer, drawn: Rect): Promise<void>;
}

/** HOTPLUG=1, with the object it is about. */
export interface Uevent {
  readonly connectorId?: number;
  readonly propertyId?: number;
  /** LEASE=1: that lease has ended. */
  readonly leaseId?: number;
}

export class DrmDevice implements Pipeline {
  readonly is: DrmDeclaration;
  readonly kernel: Kernel;
  readonly objects = new ObjectSpace();
  readonly planes: Plane[] = [];
  readonly crtcs: Crtc[] = [];
  readonly connectors: Connector[] = [];
  readonly files = new Set<DrmFile>();
  readonly panicking: DrmPanic;
  readonly #shelf = new PropertyShelf(this.objects);
  readonly #committer: Committer;
  readonly #uevents = new Set<(event: Uevent) => void>();
  master: DrmFile | undefined;
  #leases = 0;
  #gone: LabError | undefined;

  constructor(is: DrmDeclaration, kernel: Kernel) {
    this.is = is;
    this.kernel = kernel;
    this.panicking = new DrmPanic(this);
    this.#committer = new Committer({
      clock: kernel.clock,
      pr: kernel.pr,
      oops: (thrown) => this.oops(thrown),
      swapped: () => this.panicking.prepare(),
    });
    kernel.onExit(() => this.unplug());
  }

  addCrtc(make: (vblank: Vblank) => CrtcDeclaration): Crtc {
    const vblank = new Vblank(this.kernel.clock, (thrown) => this.complain(thrown));
    const is = make(vblank);
    const { enableVblank = async () => {}, disableVblank = async () => {} } = is.funcs;
    vblank.drive({
      enable: () => enableVblank.call(is.funcs),
      disable: () => disableVblank.call(is.funcs),
      ...(is.funcs.queryVblank === undefined ? {} : { query: is.funcs.queryVblank.bind(is.funcs) }),
    });
    const crtc = this.objects.add((id) => new Crtc(id, this.crtcs.length, is, vblank));
    this.crtcs.push(crtc);
    bindCrtc(this.#shelf, crtc);
    return crtc;
  }

  addPlane(is: PlaneDeclaration): Plane {
    const plane = this.objects.add((id) => new Plane(id, is));
    this.planes.push(plane);
    bindPlane(this.#shelf, plane, createBlob(this.objects, inFormatsBytes(is.formats)));
    return plane;
  }

  addConnector(is: ConnectorDeclaration): Connector {
    const encoder = this.objects.add((id) => new Encoder(id, is.possibleCrtcs));
    const connector = this.objects.add((id) => new Connector(id, encoder.id, is));
    this.connectors.push(connector);
    const codes = is.writeback === undefined ? null : createBlob(this.objects, codesAsBytes(is.writeback));
    bindConnector(this.#shelf, connector, codes);
    return connector;
  }

  /** A client; the first without a master becomes it. ENODEV when the device is gone. */
  open(name = 'client'): DrmFile {
    this.mustBeThere();
    const file = new DrmFile(this, name);
    this.files.add(file);
    this.master ??= file;
    return file;
  }

  /** A client that sees only what `make` puts into its lease. */
  lend(name: string, make: (id: number) => Lease): DrmFile {
    const file = new DrmFile(this, name, make(++this.#leases));
    this.files.add(file);
    return file;
  }

  /** Throws once the device is gone, or the kernel has panicked. */
  mustBeThere(): void {
    if (this.#gone !== undefined) throw this.#gone;
    if (this.panicking.done) throw new LabError('EIO', 'the kernel has panicked: its screen stays');
  }

  /** Checks what `build` makes, and makes it so unless only tested. */
  async commit(build: () => Submission, how: { nonblock?: boolean; testOnly?: boolean } = {}): Promise<void> {
    this.mustBeThere();
    if (how.testOnly === true) build();
    else await this.#committer.submit(build, how.nonblock ?? false);
  }

  /** A state of the kernel's own: no client, no events, modesets allowed. */
  async commitKernel(fill: (atomic: AtomicState) => void): Promise<void> {
    await this.commit(() => {
      const atomic = new AtomicState(this, { allowModeset: true });
      fill(atomic);
      checkAtomic(atomic);
      return { atomic };
    });
  }

  idle(): Promise<void> {
    return this.#committer.idle();
  }

  /** Asks a connector what is plugged in; tells clients when that has changed. */
  async probe(connector: Connector): Promise<void> {
    if (await probeConnector(this, connector)) this.uevent({ connectorId: connector.id });
  }

  /** The hardware lost its link: clients are asked for a new modeset. */
  linkLost(connector: Connector): void {
    if (connector.state.linkStatus === LINK_STATUS.Bad) return;
    connector.state = { ...connector.state, linkStatus: LINK_STATUS.Bad };
    this.kernel.pr.warning(`[CONNECTOR:${connector.id}:${connector.is.name}] link-status bad: a new modeset is needed`);
    const propertyId = this.propertyNamed(connector, 'link-status')?.id;
    this.uevent({ connectorId: connector.id, ...(propertyId === undefined ? {} : { propertyId }) });
  }

  onUevent(listener: (event: Uevent) => void): () => void {
    this.#uevents.add(listener);
    return () => void this.#uevents.delete(listener);
  }

  uevent(event: Uevent): void {
    for (const listener of [...this.#uevents]) listener(event);
  }

  propertyNamed(object: Plane | Crtc | Connector, name: string) {
    for (const { property } of object.bindings.values()) if (property.name === name) return property;
    return undefined;
  }

  complain(thrown: unknown): void {
    if (!(thrown instanceof LabError)) this.oops(thrown);
    else if (thrown.code !== 'ECANCELED') this.kernel.pr.err(`${thrown.code}: ${thrown.message}`);
  }

  /** An error nobody caught, which is a bug: the kernel panics. */
  oops(thrown: unknown): void {
    this.panic(uncaughtWords(thrown)).catch(() => {}); // the bus may be what broke
  }

  /** Draws the panic screen, and nothing after it: the first line says why, the others join the log. False when there is no picture to draw on. */
  panic(description: string): Promise<boolean> {
    return this.panicking.panic(description);
  }

  /** The device is taken away: clients are closed, and calls are refused from now on. */
  async unplug(): Promise<void> {
    if (this.#gone !== undefined) return;
    if (!this.panicking.done) {
      for (const file of [...this.files]) await file.close();
      await this.idle();
    }
    this.#gone = new LabError('ENODEV', `${this.is.name} is gone`);
    for (const { vblank } of this.crtcs) vblank.stop();
  }
}

const codesAsBytes = (codes: readonly number[]): Uint8Array => {
  const view = new DataView(new ArrayBuffer(4 * codes.length));
  for (const [i, code] of codes.entries()) view.setUint32(4 * i, code, true);
  return new Uint8Array(view.buffer);
};
