/** The panic of a DRM device: surfaces are made while all is well, and drawn on when it is not (drm_panic.c). */
import { asLabError, LabError } from '#bus/errors.ts';
import { sourceOf } from './damage.ts';
import type { DrmDevice } from './drm-device.ts';
import type { Framebuffer } from './framebuffer.ts';
import type { Mode } from './modes.ts';
import { type PanicFormat, PIXEL_FORMATS } from './panic/pixel-formats.ts';
import { reportWords } from './panic/report.ts';
import type { PanicScreen } from './panic/screen.ts';
import { MemorySurface } from './panic/surface.ts';
import { type Rect, rectAt, sameRect } from './rect.ts';

interface Scanout {
  readonly fb: Framebuffer;
  /** The part of it that is drawn on. */
  readonly drawn: Rect;
  readonly surface: MemorySurface;
}

export class DrmPanic {
  readonly #device: DrmDevice;
  #screen: PanicScreen | undefined;
  /** The primary plane's buffer, ready to be drawn on. */
  #scanout: Scanout | undefined;
  #refused = '';
  /** The screen is there for good. */
  done = false;

  constructor(device: DrmDevice) {
    this.#device = device;
  }

  /** What is drawn; a device without one does not show panics. */
  show(screen: PanicScreen): void {
    this.#screen = screen;
    this.prepare();
  }

  /** Called at every swap of states, so that the surface is always the one on show. */
  prepare(): void {
    const state = this.#device.planes.find(({ is, state }) => is.type === 'Primary' && state.visible)?.state;
    const { fb = null, crtc = null } = state ?? {};
    const mode = crtc?.state.mode ?? null;
    if (state === undefined || fb === null || mode === null || this.#screen === undefined) {
      this.#scanout = undefined;
      return;
    }
    const drawn = drawnPart(fb, sourceOf(state), mode);
    if (this.#scanout?.fb === fb && sameRect(this.#scanout.drawn, drawn)) return;
    this.#scanout = undefined;
    try {
      this.#scanout = { fb, drawn, surface: surfaceOn(fb, drawn) };
    } catch (thrown) {
      const { message } = asLabError(thrown);
      if (message !== this.#refused) this.#device.kernel.pr.warning(`a panic could not be shown: ${message}`);
      this.#refused = message;
    }
  }

  /** Resolves when the picture is out; false when nothing could be drawn on. */
  async panic(text: string): Promise<boolean> {
    if (this.done) return false;
    const { kernel, is } = this.#device;
    const [description = '', ...more] = text.trim().split('\n');
    const screen = this.#screen;
    const scanout = this.#scanout;
    kernel.pr.emerg(`Kernel panic - not syncing: ${description}`);
    for (const line of more) kernel.pr.crit(line);
    this.done = true;
    if (screen === undefined || scanout === undefined) {
      kernel.pr.emerg('no screen to show the panic on');
      return false;
    }
    screen.draw(scanout.surface, description);
    // From here on allocations are the bus's own.
    kernel.reportState('failed', new LabError('EIO', `Kernel panic: ${description}`));
    await is.panicFlush?.(scanout.fb, scanout.drawn);
    kernel.pr.emerg(reportWords(screen.report));
    this.#turnPages(screen, scanout);
    return true;
  }

  /** The codes of an animated panic, one after the other, for ever. */
  #turnPages(screen: PanicScreen, { fb, drawn, surface }: Scanout): void {
    const { kernel, is } = this.#device;
    let part = 0;
    if (screen.report.parts < 2) return;
    const turn = kernel.delayedWork(async () => {
      part = (part + 1) % screen.report.parts;
      if (screen.drawPart(surface, part)) await is.panicFlush?.(fb, drawn);
      turn.schedule(PAGE_NS);
    });
    turn.schedule(PAGE_NS);
  }
}

const PAGE_NS = 700e6;

/** What is on the screen, where its pixels are whole bytes in one piece, else from the first on; no more than the screen holds. */
const drawnPart = (fb: Framebuffer, shown: Rect, { hdisplay, vdisplay }: Mode): Rect => {
  const { x1, y1, x2, y2 } = isMovable(fb) ? shown : rectAt(0, 0, fb.width, fb.height);
  return rectAt(x1, y1, Math.min(x2 - x1, hdisplay), Math.min(y2 - y1, vdisplay));
};

const isMovable = ({ format: { name, planes } }: Framebuffer): boolean =>
  planes.length === 1 && (planes[0]?.bitsPerSample ?? 1) % 8 === 0 && name !== 'YUYV';

const surfaceOn = ({ format, planes }: Framebuffer, { x1, y1, x2, y2 }: Rect): MemorySurface => {
  if (!isPanicFormat(format.name)) throw new LabError('EOPNOTSUPP', `no way to draw on ${format.name}`);
  return new MemorySurface({
    format: format.name,
    width: x2 - x1,
    height: y2 - y1,
    memory: planes.map(({ buffer }) => buffer.bytes),
    pitchBytes: planes.map(({ pitchBytes }) => pitchBytes),
    offsetBytes: planes.map(
      ({ offsetBytes, pitchBytes }, i) =>
        offsetBytes + y1 * pitchBytes + (x1 * (format.planes[i]?.bitsPerSample ?? 0)) / 8,
    ),
  });
};

const isPanicFormat = (name: string): name is PanicFormat => Object.hasOwn(PIXEL_FORMATS, name);
