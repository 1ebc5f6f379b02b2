/** Writeback of the virtual display: the composed picture into a buffer of a program (drm_writeback.c). */
import { type Clock, seconds } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import type { MmioPort } from '#bus/mmio.ts';
import { DISPLAY, VRAM_SPAN } from '#datasheets/display.ts';
import { WRITEBACK_FORMATS } from '#datasheets/display-formats.ts';
import type { DrmDevice } from './drm-device.ts';
import type { FerroHardware } from './ferro-hardware.ts';
import { formatNamed, minPitchBytes } from './fourcc.ts';
import type { Framebuffer } from './framebuffer.ts';
import type { VramBuffers } from './vram-buffers.ts';

const LIMIT_NS = seconds(1);
/** DRM_MODE_CONNECTOR_WRITEBACK. */
const CONNECTOR_WRITEBACK = 18;

export class FerroWriteback {
  readonly #port: MmioPort;
  readonly #clock: Clock;
  readonly #hardware: FerroHardware;
  readonly #buffers: VramBuffers;
  #written: (() => void) | undefined;

  constructor(port: MmioPort, clock: Clock, hardware: FerroHardware, buffers: VramBuffers) {
    this.#port = port;
    this.#clock = clock;
    this.#hardware = hardware;
    this.#buffers = buffers;
  }

  addTo(device: DrmDevice): void {
    device.addConnector({
      name: 'Writeback-1',
      type: CONNECTOR_WRITEBACK,
      possibleCrtcs: 1,
      writeback: WRITEBACK_FORMATS.flatMap((name) => formatNamed(name)?.code ?? []),
      funcs: { detect: async () => 'unknown', writeback: (fb) => this.#write(fb) },
    });
  }

  /** The interrupt has come. */
  done(): void {
    this.#written?.();
  }

  async #write(fb: Framebuffer): Promise<void> {
    const [plane] = fb.planes;
    const [layout] = fb.format.planes;
    if (plane === undefined || layout === undefined) return;
    const bytes = (fb.height - 1) * plane.pitchBytes + minPitchBytes(layout, fb.width);
    const room = this.#buffers.scratch(bytes);
    try {
      const done = this.#promise();
      await this.#hardware.write(DISPLAY.WB_FORMAT, { VALUE: fb.format.code });
      await this.#hardware.write(DISPLAY.WB_BASE, { VALUE: room.offset });
      await this.#hardware.write(DISPLAY.WB_PITCH, { VALUE: plane.pitchBytes });
      await this.#hardware.write(DISPLAY.WB_SIZE, { WIDTH: fb.width, HEIGHT: fb.height });
      await this.#hardware.write(DISPLAY.WB_CTRL, { GO: true });
      await done;
      const { FAILED } = await this.#hardware.read(DISPLAY.WB_STATUS);
      if (FAILED) throw new LabError('EIO', 'the writeback wrote nothing');
      const picture = await this.#port.readSpan(VRAM_SPAN, room.offset, bytes);
      plane.buffer.bytes.set(picture, plane.offsetBytes);
    } finally {
      this.#written = undefined;
      room.give();
    }
  }

  #promise(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const limit = this.#clock.after(LIMIT_NS, () => reject(new LabError('ETIMEDOUT', 'the writeback did not end')));
    this.#written = () => {
      limit.cancel();
      resolve();
    };
    promise.catch(() => {}); // awaited below, unless a register write fails first
    return promise;
  }
}
