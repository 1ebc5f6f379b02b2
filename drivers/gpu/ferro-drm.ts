/** ferro-drm driver: the whole of the virtual display, planes to writeback, through the DRM core. */
import { ms } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import { DISPLAY, DISPLAY_INTERRUPT, DISPLAY_MOST_PIXELS, VRAM_SPAN } from '#datasheets/display.ts';
import { onOff, type Settings, settle } from '#regmap/params.ts';
import { readPollTimeout } from '../kernel/iopoll.ts';
import { defineModule, type Kernel } from '../kernel/module.ts';
import { bindDisplay } from './bind-display.ts';
import { CLIENT_PARAMS, startClient } from './drm-client.ts';
import { DrmDevice } from './drm-device.ts';
import { addCrtc } from './ferro-crtc.ts';
import { FerroFindings } from './ferro-findings.ts';
import { FerroHardware } from './ferro-hardware.ts';
import { addPlane } from './ferro-planes.ts';
import { FerroWriteback } from './ferro-writeback.ts';
import type { Framebuffer } from './framebuffer.ts';
import { type PlaneState, ROTATION, SCALING_FILTER } from './kms-state.ts';
import { PANIC_PARAMS } from './panic/panic-options.ts';
import type { Connector, Crtc, Plane } from './pipeline.ts';
import { type Rect, rectAt } from './rect.ts';
import { VramBuffers } from './vram-buffers.ts';

const VERSION = 1;
/** Longer than a frame at 24 Hz. */
const LAST_FLIP = { until: 'no flip is pending', everyNs: ms(1), timeoutNs: ms(50) } as const;
/** One interrupt is looked at so often before the line counts as stuck. */
const LOOKS = 1000;
/** DRM_MODE_CONNECTOR_VIRTUAL. */
const CONNECTOR_VIRTUAL = 15;

/** As vkms has them, but all there from the start. */
const FERRO_PARAMS = {
  enable_cursor: onOff('A cursor plane', true),
  enable_overlay: onOff('An overlay plane', true),
  enable_writeback: onOff('A writeback connector', true),
} as const;

/** Binds the driver to its device; the way to it for programs of the same process. */
export const probeFerro = async (
  kernel: Kernel,
  params: Settings<typeof FERRO_PARAMS> = settle(FERRO_PARAMS, {}),
): Promise<DrmDevice> => {
  const hardware = new FerroHardware(kernel.mmio());
  const { there, major, vramBytes } = await hardware.identify();
  if (!there) throw new LabError('ENODEV', 'the display has no extension block; the bochs driver needs none');
  if (major !== VERSION) throw new LabError('ENODEV', `extension block version ${major}; this driver knows ${VERSION}`);
  const driver = new FerroDrm(kernel, hardware, vramBytes, params);
  await driver.start();
  return driver.device;
};

class FerroDrm {
  readonly device: DrmDevice;
  readonly #kernel: Kernel;
  readonly #hardware: FerroHardware;
  readonly #buffers: VramBuffers;
  readonly #writeback: FerroWriteback;
  readonly #findings: FerroFindings;
  readonly #primary: Plane;
  readonly #crtc: Crtc;
  readonly #connector: Connector;
  #connection: { readonly connected: boolean; readonly edidBytes: number } = { connected: false, edidBytes: 0 };
  #serving = false;
  #asserted = false;

  constructor(
    kernel: Kernel,
    hardware: FerroHardware,
    vramBytes: number,
    { enable_cursor, enable_overlay, enable_writeback }: Settings<typeof FERRO_PARAMS>,
  ) {
    this.#kernel = kernel;
    this.#hardware = hardware;
    const port = kernel.mmio();
    this.#buffers = new VramBuffers(port, VRAM_SPAN, vramBytes);
    this.#writeback = new FerroWriteback(port, kernel.clock, hardware, this.#buffers);
    this.#findings = new FerroFindings(kernel);
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
        asyncFlip: true,
        freeBuffer: (buffer) => this.#buffers.free(buffer),
        panicFlush: (fb, drawn) => this.#panicFlush(fb, drawn),
      },
      kernel,
    );
    this.#crtc = addCrtc(this.device, port, hardware, () => this.#connector);
    this.#primary = addPlane(this.device, 'Primary', hardware, this.#buffers);
    if (enable_overlay) addPlane(this.device, 'Overlay', hardware, this.#buffers);
    if (enable_cursor) addPlane(this.device, 'Cursor', hardware, this.#buffers);
    this.#connector = this.#addConnector();
    if (enable_writeback) this.#writeback.addTo(this.device);
  }

  async start(): Promise<void> {
    this.#kernel.onInterrupt((line, asserted) => {
      if (line === DISPLAY_INTERRUPT && asserted) this.#interrupt();
    });
    this.#kernel.onExit(() => this.#hardware.disableInterrupts());
    await this.#lastFlip();
    await this.#hardware.enableInterrupts(false);
    await this.device.probe(this.#connector);
    this.#kernel.reportLink(this.#connection.connected ? 'up' : 'down');
  }

  /** A driver that was here before may have asked for one; asked for another with it, the display would make one of both. */
  async #lastFlip(): Promise<void> {
    const read = () => this.#hardware.read(DISPLAY.FLIP_STATUS);
    const waited = readPollTimeout(this.#kernel, read, ({ PENDING }) => !PENDING, LAST_FLIP);
    await waited.catch((error: LabError) => {
      if (error.code !== 'ETIMEDOUT') throw error;
      this.#kernel.pr.warning(`a flip of an earlier driver is still pending: ${error.message}`);
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
        const { raw, is, flip, found } = seen;
        if (looks === LOOKS) throw new LabError('EIO', `interrupt status ${raw.toString(16)}h does not clear`);
        // Cleared before it is acted upon: what is asked for next may be done before the answer is here.
        seen = await this.#hardware.interrupts(raw, found);
        if (is.FLIP_DONE) {
          this.#findings.seen(found);
          this.#crtc.vblank.flipDone(flip);
        }
        if (is.VBLANK) this.#crtc.vblank.handle(seen.vblank);
        if (is.WRITEBACK_DONE) this.#writeback.done();
        if (is.UNDERRUN) this.#kernel.pr.warning('underrun: lines of the frame are missing');
        if (is.PANIC_BUTTON) await this.device.panic((await this.#hardware.panicText()) || 'Panic button pressed');
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

  /** What was drawn and nothing else: as large as whole pixels let it be, in the middle, in its own colours. */
  async #panicFlush(fb: Framebuffer, { x1, y1, x2, y2 }: Rect): Promise<void> {
    const { mode, vrrEnabled } = this.#crtc.state;
    if (mode === null) return;
    const [width, height] = [x2 - x1, y2 - y1];
    const scale = Math.max(1, Math.floor(Math.min(mode.hdisplay / width, mode.vdisplay / height)));
    await this.#buffers.write(fb, [rectAt(x1, y1, width, height)]);
    const plain: PlaneState = {
      ...this.#primary.state,
      ...{ srcX: x1 * 65536, srcY: y1 * 65536, srcW: width * 65536, srcH: height * 65536 },
      ...{ crtcW: scale * width, crtcH: scale * height },
      crtcX: (mode.hdisplay - scale * width) >> 1,
      crtcY: (mode.vdisplay - scale * height) >> 1,
      ...{ rotation: ROTATION.rotate0, alpha: 0xffff, filter: SCALING_FILTER['Nearest Neighbor'] },
    };
    this.#hardware.setPlane('PRIMARY', plain, (i) => this.#buffers.address(fb, i));
    this.#hardware.clearPlane('OVERLAY');
    this.#hardware.clearPlane('CURSOR');
    await this.#hardware.flip(mode, 0, { gamma: false, vrr: vrrEnabled }, true);
  }
}

export const ferroDrm = defineModule({
  name: 'ferro_drm',
  description: 'The virtual display with all it can do',
  author: 'Ferrolab',
  license: 'Apache-2.0',
  drives: ['display'],
  params: { ...FERRO_PARAMS, ...CLIENT_PARAMS, ...PANIC_PARAMS },
  async init(given) {
    const { params } = given;
    startClient(await bindDisplay(given, (kernel) => probeFerro(kernel, params), params), params);
  },
});
