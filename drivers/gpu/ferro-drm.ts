/** ferro-drm driver: the whole of the virtual display, planes to writeback, through the DRM core. */
import { seconds } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import {
  DISPLAY,
  DISPLAY_INTERRUPT,
  DISPLAY_MOST_PIXELS,
  GAMMA_BYTES,
  GAMMA_ENTRIES,
  GAMMA_SPAN,
  VRAM_SPAN,
} from '#datasheets/display.ts';
import { PIXEL_FORMATS, WRITEBACK_FORMATS } from '#datasheets/display-formats.ts';
import { PLANE_MOST_PIXELS, type PlaneName } from '#datasheets/display-planes.ts';
import { defineModule, type Kernel } from '../kernel/module.ts';
import { bindDisplay } from './bind-display.ts';
import { sourceOf } from './damage.ts';
import { CLIENT_PARAMS, startClient } from './drm-client.ts';
import { DrmDevice } from './drm-device.ts';
import { FerroHardware } from './ferro-hardware.ts';
import { formatNamed, minPitchBytes } from './fourcc.ts';
import type { Framebuffer } from './framebuffer.ts';
import type { Mode } from './modes.ts';
import { PANIC_PARAMS } from './panic/panic-options.ts';
import {
  type Connector,
  type Crtc,
  type CrtcState,
  type Plane,
  type PlaneState,
  type PlaneType,
  ROTATION,
} from './pipeline.ts';
import { rectAt } from './rect.ts';
import { VramBuffers } from './vram-buffers.ts';

const VERSION = 1;
const WRITEBACK_LIMIT_NS = seconds(1);
const MOST_TOTAL = 0xffff;
/** One interrupt is looked at so often before the line counts as stuck. */
const LOOKS = 1000;
const LINE_OF: Readonly<Record<PlaneType, PlaneName>> = { Primary: 'PRIMARY', Overlay: 'OVERLAY', Cursor: 'CURSOR' };
const SCALING = { min: 65536 / 16, max: 65536 * 16 };
const ALL_ROTATIONS = Object.values(ROTATION).reduce((mask, bit) => mask | bit, 0);

/** Binds the driver to its device; the way to it for programs of the same process. */
export const probeFerro = async (kernel: Kernel): Promise<DrmDevice> => {
  const hardware = new FerroHardware(kernel.mmio());
  const { there, major, vramBytes } = await hardware.identify();
  if (!there) throw new LabError('ENODEV', 'the display has no extension block; the bochs driver needs none');
  if (major !== VERSION) throw new LabError('ENODEV', `extension block version ${major}; this driver knows ${VERSION}`);
  const driver = new FerroDrm(kernel, hardware, vramBytes);
  await driver.start();
  return driver.device;
};

class FerroDrm {
  readonly device: DrmDevice;
  readonly #kernel: Kernel;
  readonly #hardware: FerroHardware;
  readonly #buffers: VramBuffers;
  readonly #crtc: Crtc;
  readonly #connector: Connector;
  #connection: { readonly connected: boolean; readonly edidBytes: number } = { connected: false, edidBytes: 0 };
  #written: (() => void) | undefined;
  #serving = false;
  #asserted = false;

  constructor(kernel: Kernel, hardware: FerroHardware, vramBytes: number) {
    this.#kernel = kernel;
    this.#hardware = hardware;
    this.#buffers = new VramBuffers(kernel.mmio(), VRAM_SPAN, vramBytes);
    this.device = new DrmDevice(
      {
        name: 'ferro-drm',
        minWidth: 1,
        minHeight: 1,
        maxWidth: DISPLAY_MOST_PIXELS,
        maxHeight: DISPLAY_MOST_PIXELS,
        cursorWidth: 512,
        cursorHeight: 512,
        pitchAlignBytes: 64,
        dumb: true,
        modifiers: true,
        atomic: true,
        freeBuffer: (buffer) => this.#buffers.free(buffer),
        panicFlush: (fb) => this.#panicFlush(fb),
      },
      kernel,
    );
    this.#crtc = this.#addCrtc();
    for (const type of ['Primary', 'Overlay', 'Cursor'] as const) this.#addPlane(type);
    this.#connector = this.#addConnector();
    this.#addWriteback();
  }

  async start(): Promise<void> {
    this.#kernel.onInterrupt((line, asserted) => {
      if (line === DISPLAY_INTERRUPT && asserted) this.#interrupt();
    });
    this.#kernel.onExit(() => this.#hardware.disableInterrupts());
    await this.#hardware.enableInterrupts(false);
    await this.device.probe(this.#connector);
    this.#kernel.reportLink(this.#connection.connected ? 'up' : 'down');
  }

  #addCrtc(): Crtc {
    const hardware = this.#hardware;
    const control = ({ gammaLut, vrrEnabled }: CrtcState) => ({ gamma: gammaLut !== null, vrr: vrrEnabled });
    return this.device.addCrtc(() => ({
      gammaEntries: GAMMA_ENTRIES,
      vrr: true,
      background: true,
      funcs: {
        modeValid: tooLarge,
        atomicEnable: async (now) => {
          await this.#loadGamma(now, undefined);
          await this.#setVrrRange();
          if (now.mode !== null) await hardware.start(now.mode, control(now));
        },
        atomicDisable: () => hardware.stop(),
        atomicFlush: async (now, old) => {
          await this.#loadGamma(now, old);
          const [is, was] = [control(now), control(old)];
          const changed = is.gamma !== was.gamma || is.vrr !== was.vrr;
          if (now.mode !== null) await hardware.flip(now.mode, now.background, changed ? is : undefined);
          return 'flip-done-follows';
        },
        enableVblank: () => hardware.enableInterrupts(true),
        disableVblank: () => hardware.enableInterrupts(false),
        queryVblank: () => hardware.vblank(),
      },
    }));
  }

  #addPlane(type: PlaneType): void {
    const name = LINE_OF[type];
    const zpos = ['Primary', 'Overlay', 'Cursor'].indexOf(type);
    const plane: Plane = this.device.addPlane({
      type,
      possibleCrtcs: 1,
      formats: PIXEL_FORMATS.map(({ code }) => code).filter((code) => type !== 'Cursor' || code === CURSOR_FORMAT),
      scaling: SCALING,
      canPosition: true,
      zpos: { min: 0, max: 7, initially: zpos },
      rotations: ALL_ROTATIONS,
      alpha: true,
      blendModes: ['Pre-multiplied', 'Coverage', 'None'],
      colorEncoding: type !== 'Cursor',
      scalingFilter: true,
      funcs: {
        atomicCheck: checkSize,
        prepareFb: ({ fb }) => void (fb !== null && this.#buffers.pin(fb)),
        cleanupFb: ({ fb }) => void (fb !== null && this.#buffers.unpin(fb)),
        atomicUpdate: async (now, _, damage) => {
          const { fb } = now;
          if (fb === null) return;
          await this.#buffers.upload(plane, fb, damage, sourceOf(now));
          this.#hardware.setPlane(name, now, (i) => this.#buffers.address(fb, i));
        },
        atomicDisable: async () => this.#hardware.clearPlane(name),
      },
    });
  }

  #addConnector(): Connector {
    return this.device.addConnector({
      name: 'Virtual-1',
      type: CONNECTOR_VIRTUAL,
      possibleCrtcs: 1,
      generic: { width: 1920, height: 1080, preferred: [1024, 768] },
      linkStatus: true,
      vrrCapable: true,
      funcs: {
        detect: async () => {
          const { CONNECTED, EDID_BYTES } = await this.#hardware.read(DISPLAY.CONNECTOR);
          this.#connection = { connected: CONNECTED, edidBytes: EDID_BYTES };
          return CONNECTED ? 'connected' : 'disconnected';
        },
        readEdid: async () =>
          this.#connection.edidBytes === 0 ? undefined : await this.#hardware.edid(this.#connection.edidBytes),
      },
    });
  }

  #addWriteback(): void {
    this.device.addConnector({
      name: 'Writeback-1',
      type: CONNECTOR_WRITEBACK,
      possibleCrtcs: 1,
      writeback: WRITEBACK_FORMATS.flatMap((name) => formatNamed(name)?.code ?? []),
      funcs: { detect: async () => 'unknown', writeback: (fb) => this.#writeback(fb) },
    });
  }

  /** Status first, cleared with the next look: the line stays high for what comes in between. */
  #interrupt(): void {
    this.#asserted = true;
    if (this.#serving) return;
    this.#serving = true;
    this.#serve()
      .catch((thrown: unknown) => this.device.complain(thrown))
      .finally(() => {
        this.#serving = false;
      });
  }

  async #serve(): Promise<void> {
    while (this.#asserted) {
      this.#asserted = false;
      let seen = await this.#hardware.interrupts(0);
      for (let looks = 0; seen.raw !== 0; looks++) {
        const { raw, is, flip } = seen;
        if (looks === LOOKS) throw new LabError('EIO', `interrupt status ${raw.toString(16)}h does not clear`);
        // Cleared before it is acted upon: what is asked for next may be done before the answer is here.
        seen = await this.#hardware.interrupts(raw);
        if (is.FLIP_DONE) this.#crtc.vblank.flipDone(flip);
        if (is.VBLANK) this.#crtc.vblank.handle(seen.vblank);
        if (is.WRITEBACK_DONE) this.#written?.();
        if (is.UNDERRUN) this.#kernel.pr.warning('underrun: lines of the frame are missing');
        if (is.PANIC_BUTTON) await this.device.panic('Panic button pressed');
        if (is.HOTPLUG) this.#hotplug().catch((thrown: unknown) => this.device.complain(thrown));
      }
    }
  }

  async #hotplug(): Promise<void> {
    await this.device.probe(this.#connector);
    const { CONNECTED, LINK_BAD } = await this.#hardware.read(DISPLAY.CONNECTOR);
    this.#kernel.reportLink(CONNECTED && !LINK_BAD ? 'up' : 'down');
    if (CONNECTED && LINK_BAD) this.device.linkLost(this.#connector);
  }

  async #loadGamma({ gammaLut }: CrtcState, old: CrtcState | undefined): Promise<void> {
    if (gammaLut === null || gammaLut === old?.gammaLut) return;
    const from = new DataView(gammaLut.bytes.buffer, gammaLut.bytes.byteOffset);
    const to = new DataView(new ArrayBuffer(GAMMA_BYTES));
    for (let i = 0; i < GAMMA_ENTRIES; i++)
      for (let channel = 0; channel < 3; channel++)
        to.setUint16(6 * i + 2 * channel, from.getUint16(8 * i + 2 * channel, true), true);
    await this.#kernel.mmio().writeSpan(GAMMA_SPAN, 0, new Uint8Array(to.buffer));
  }

  async #setVrrRange(): Promise<void> {
    const range = this.#connector.edid?.refreshHz;
    if (range != null && this.#connector.vrrCapable)
      await this.#hardware.write(DISPLAY.VRR_RANGE, { MIN_HZ: range.min, MAX_HZ: range.max });
  }

  async #writeback(fb: Framebuffer): Promise<void> {
    const [plane] = fb.planes;
    const [layout] = fb.format.planes;
    if (plane === undefined || layout === undefined) return;
    const bytes = (fb.height - 1) * plane.pitchBytes + minPitchBytes(layout, fb.width);
    const room = this.#buffers.scratch(bytes);
    try {
      const done = new Promise<void>((resolve, reject) => {
        const limit = this.#kernel.clock.after(WRITEBACK_LIMIT_NS, () =>
          reject(new LabError('ETIMEDOUT', 'the writeback did not end')),
        );
        this.#written = () => {
          limit.cancel();
          resolve();
        };
      });
      done.catch(() => {});
      await this.#hardware.write(DISPLAY.WB_FORMAT, { VALUE: fb.format.code });
      await this.#hardware.write(DISPLAY.WB_BASE, { VALUE: room.offset });
      await this.#hardware.write(DISPLAY.WB_PITCH, { VALUE: plane.pitchBytes });
      await this.#hardware.write(DISPLAY.WB_SIZE, { WIDTH: fb.width, HEIGHT: fb.height });
      await this.#hardware.write(DISPLAY.WB_CTRL, { GO: true });
      await done;
      const { FAILED } = await this.#hardware.read(DISPLAY.WB_STATUS);
      if (FAILED) throw new LabError('EIO', 'the writeback wrote nothing');
      const picture = await this.#kernel.mmio().readSpan(VRAM_SPAN, room.offset, bytes);
      plane.buffer.bytes.set(picture, plane.offsetBytes);
    } finally {
      this.#written = undefined;
      room.give();
    }
  }

  /** The primary plane alone, as it lies in memory, over all of the screen. */
  async #panicFlush(fb: Framebuffer): Promise<void> {
    const primary = this.device.planes.find(({ is }) => is.type === 'Primary');
    if (primary === undefined) return;
    await this.#buffers.write(fb, [rectAt(0, 0, fb.width, fb.height)]);
    const { state } = primary;
    const plain: PlaneState = { ...state, rotation: ROTATION.rotate0, alpha: 0xffff };
    this.#hardware.setPlane('PRIMARY', plain, (i) => this.#buffers.address(fb, i));
    this.#hardware.clearPlane('OVERLAY');
    this.#hardware.clearPlane('CURSOR');
    await this.#hardware.flipNow();
  }
}

/** DRM_MODE_CONNECTOR_VIRTUAL and _WRITEBACK. */
const CONNECTOR_VIRTUAL = 15;
const CONNECTOR_WRITEBACK = 18;
const CURSOR_FORMAT = formatNamed('ARGB8888')?.code;

const tooLarge = ({ hdisplay, vdisplay, htotal, vtotal }: Mode): string | undefined =>
  hdisplay > DISPLAY_MOST_PIXELS || vdisplay > DISPLAY_MOST_PIXELS || htotal > MOST_TOTAL || vtotal > MOST_TOTAL
    ? `${hdisplay}x${vdisplay} is larger than ${DISPLAY_MOST_PIXELS}`
    : undefined;

const checkSize = ({ fb, crtcW, crtcH }: PlaneState): void => {
  if (fb !== null && (crtcW > PLANE_MOST_PIXELS || crtcH > PLANE_MOST_PIXELS))
    throw new LabError('EINVAL', `a plane of ${crtcW}x${crtcH} on the screen; at most ${PLANE_MOST_PIXELS} each way`);
};

export const ferroDrm = defineModule({
  name: 'ferro_drm',
  description: 'The virtual display with all it can do',
  author: 'Ferrolab',
  license: 'Apache-2.0',
  drives: ['display'],
  params: { ...CLIENT_PARAMS, ...PANIC_PARAMS },
  async init(given) {
    startClient(await bindDisplay(given, probeFerro, given.params), given.params);
  },
});
