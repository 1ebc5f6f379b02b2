/** The panic of a DRM device: surfaces are made while all is well, and drawn on when it is not (drm_panic.c). */
import { asLabError, LabError } from '#bus/errors.ts';
import type { DrmDevice } from './drm-device.ts';
import type { Framebuffer } from './framebuffer.ts';
import { type PanicFormat, PIXEL_FORMATS } from './panic/pixel-formats.ts';
import { reportWords } from './panic/report.ts';
import type { PanicScreen } from './panic/screen.ts';
import { MemorySurface } from './panic/surface.ts';
import { pixelsOf, type Rect, rectAt, sameRect } from './rect.ts';

interface Scanout {
  readonly fb: Framebuffer;
  /** The part of it on the screen. */
  readonly shown: Rect;
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
    const { fb = null, ...state } =
      this.#device.planes.find(({ is, state }) => is.type === 'Primary' && state.visible)?.state ?? {};
    const shown = 'srcX' in state ? pixelsOf(rectAt(state.srcX, state.srcY, state.srcW, state.srcH)) : NOTHING;
    if (fb !== null && this.#scanout?.fb === fb && sameRect(this.#scanout.shown, shown)) return;
    this.#scanout = undefined;
    if (fb === null || this.#screen === undefined) return;
    try {
      this.#scanout = { fb, shown, surface: surfaceOn(fb, shown) };
    } catch (thrown) {
      const { message } = asLabError(thrown);
      if (message !== this.#refused) this.#device.kernel.pr.warning(`a panic could not be shown: ${message}`);
      this.#refused = message;
    }
  }

  /** Resolves when the picture is out; false when nothing could be drawn on. */
  async panic(description: string): Promise<boolean> {
    if (this.done) return false;
    const { kernel, is } = this.#device;
    const screen = this.#screen;
    const scanout = this.#scanout;
    kernel.pr.emerg(`Kernel panic - not syncing: ${description}`);
    this.done = true;
    if (screen === undefined || scanout === undefined) {
      kernel.pr.emerg('no screen to show the panic on');
      return false;
    }
    screen.draw(scanout.surface, description);
    // From here on allocations are the bus's own.
    kernel.reportState('failed', new LabError('EIO', `Kernel panic: ${description}`));
    await is.panicFlush?.(scanout.fb);
    kernel.pr.emerg(reportWords(screen.report));
    this.#turnPages(screen, scanout);
    return true;
  }

  /** The codes of an animated panic, one after the other, for ever. */
  #turnPages(screen: PanicScreen, { fb, surface }: Scanout): void {
    const { kernel, is } = this.#device;
    let part = 0;
    if (screen.report.parts < 2) return;
    const turn = kernel.delayedWork(async () => {
      part = (part + 1) % screen.report.parts;
      if (screen.drawPart(surface, part)) await is.panicFlush?.(fb);
      turn.schedule(PAGE_NS);
    });
    turn.schedule(PAGE_NS);
  }
}

const PAGE_NS = 700e6;

/** On the part that is shown, where pixels are whole bytes in one piece; else on all of the framebuffer. */
const surfaceOn = (fb: Framebuffer, { x1, y1, x2, y2 }: Rect): MemorySurface => {
  const { format, planes } = fb;
  const [first] = planes;
  const [layout] = format.planes;
  if (first === undefined || planes.some(({ buffer }) => buffer !== first.buffer))
    throw new LabError('EOPNOTSUPP', `${format.name} in several buffers`);
  if (!isPanicFormat(format.name)) throw new LabError('EOPNOTSUPP', `no way to draw on ${format.name}`);
  const { bytes } = first.buffer;
  const pitchBytes = planes.map((plane) => plane.pitchBytes);
  const pixelBits = layout?.bitsPerSample ?? 0;
  if (planes.length > 1 || pixelBits % 8 !== 0 || format.name === 'YUYV') {
    const offsetBytes = planes.map((plane) => plane.offsetBytes);
    return new MemorySurface({
      format: format.name,
      width: fb.width,
      height: fb.height,
      bytes,
      pitchBytes,
      offsetBytes,
    });
  }
  const offsetBytes = [first.offsetBytes + y1 * first.pitchBytes + (x1 * pixelBits) / 8];
  return new MemorySurface({ format: format.name, width: x2 - x1, height: y2 - y1, bytes, pitchBytes, offsetBytes });
};

const NOTHING = rectAt(0, 0, 0, 0);
const isPanicFormat = (name: string): name is PanicFormat => Object.hasOwn(PIXEL_FORMATS, name);
