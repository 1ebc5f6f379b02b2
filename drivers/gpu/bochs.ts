/** bochs driver: the DISPI half of the display, as Linux drivers/gpu/drm/tiny/bochs.c drives QEMU's standard VGA. */
import { LabError } from '#bus/errors.ts';
import type { MmioAccess, MmioPort } from '#bus/mmio.ts';
import { BYTE_ORDER, DISPI_ID, DISPLAY, EDID_WINDOW_BYTES, VRAM_SPAN } from '#datasheets/display.ts';
import { encode } from '#regmap/codec.ts';
import { number } from '#regmap/params.ts';
import { defineModule, type Kernel } from '../kernel/module.ts';
import { bindDisplay } from './bind-display.ts';
import { pollConnector } from './connector-poll.ts';
import { sourceOf } from './damage.ts';
import { CLIENT_PARAMS, startClient } from './drm-client.ts';
import { DrmDevice } from './drm-device.ts';
import { EDID_BLOCK_BYTES } from './edid.ts';
import { formatNamed } from './fourcc.ts';
import type { Framebuffer } from './framebuffer.ts';
import type { PlaneState } from './kms-state.ts';
import { frameDurationNs, type Mode } from './modes.ts';
import { PANIC_PARAMS } from './panic/panic-options.ts';
import { type Connector, NO_SCALING, type Plane } from './pipeline.ts';
import { VblankTimer } from './vblank-timer.ts';
import { VramBuffers } from './vram-buffers.ts';

const BLOCK_64K = 65_536;
const MOST_PIXELS = 8192;
const CONNECTOR_VIRTUAL = 15;
/** Maker, product, serial number and date end there. */
const EDID_IDENTITY_END = 18;
const U16 = 2;
const BYTES_PER_PIXEL = 4;
const LITTLE = formatNamed('XRGB8888')?.code ?? 0;
const BIG = formatNamed('BGRX8888')?.code ?? 0;
const ON = encode(DISPLAY.DISPI_ENABLE, { ENABLED: true, LFB: true, NOCLEARMEM: true });

const BOCHS_PARAMS = {
  modes_x: number('Width of the preferred mode without an EDID', { min: 640, max: 8192, default: 1024, whole: true }),
  modes_y: number('Height of the preferred mode without an EDID', { min: 480, max: 8192, default: 768, whole: true }),
} as const;

/** Binds the driver to its device; the way to it for programs of the same process. */
export const probeBochs = async (
  kernel: Kernel,
  preferred: readonly [number, number] = [1024, 768],
): Promise<DrmDevice> => {
  const port = kernel.mmio();
  const [id = 0, blocks = 0] = await port.transfer([
    { op: 'read', at: DISPLAY.DISPI_ID.at, width: U16 },
    { op: 'read', at: DISPLAY.DISPI_MEM_64K.at, width: U16 },
  ]);
  if ((id & 0xfff0) !== (DISPI_ID & 0xfff0)) throw new LabError('ENODEV', `DISPI id ${id.toString(16)}h, not B0Cxh`);
  kernel.pr.info(`DISPI ${id.toString(16)}h, ${blocks * 64} KiB of video memory`);
  return build(kernel, port, blocks * BLOCK_64K, preferred);
};

const build = async (
  kernel: Kernel,
  port: MmioPort,
  vramBytes: number,
  preferred: readonly [number, number],
): Promise<DrmDevice> => {
  const buffers = new VramBuffers(port, VRAM_SPAN, vramBytes);
  const device = new DrmDevice(
    {
      name: 'bochs-drm',
      minWidth: 320, // rows so short that Y_OFFSET could not reach the end of memory are not for it
      minHeight: 1,
      maxWidth: MOST_PIXELS,
      maxHeight: MOST_PIXELS,
      cursorWidth: 0,
      cursorHeight: 0,
      pitchAlignBytes: 64,
      dumb: true,
      atomic: true,
      freeBuffer: (buffer) => buffers.free(buffer),
      panicFlush: (fb, drawn) => buffers.write(fb, [drawn]),
    },
    kernel,
  );
  const modeValid = ({ hdisplay, vdisplay }: Mode): string | undefined =>
    hdisplay * vdisplay * BYTES_PER_PIXEL > vramBytes
      ? `${hdisplay}x${vdisplay} needs more than ${vramBytes} bytes of video memory`
      : undefined;
  device.addCrtc((vblank) => {
    const timer = new VblankTimer(kernel, vblank);
    return {
      funcs: {
        modeValid,
        async atomicEnable({ mode }) {
          if (mode === null) return;
          await port.transfer(modeAccesses(mode));
          timer.restart(frameDurationNs(mode));
        },
        atomicDisable: () => port.write(DISPLAY.DISPI_ENABLE.at, 0, U16),
        atomicFlush: async () => 'at-next-vblank',
        enableVblank: () => timer.enable(),
        disableVblank: () => timer.disable(),
        queryVblank: () => timer.query(),
      },
    };
  });
  const plane: Plane = device.addPlane({
    type: 'Primary',
    possibleCrtcs: 1,
    formats: [LITTLE, BIG],
    scaling: NO_SCALING,
    canPosition: false,
    funcs: {
      atomicCheck({ fb }) {
        if (fb !== null && (fb.planes[0]?.pitchBytes ?? 0) % BYTES_PER_PIXEL !== 0)
          throw new LabError('EINVAL', `a pitch of ${fb.planes[0]?.pitchBytes} bytes; it must be whole pixels`);
      },
      prepareFb: ({ fb }) => void (fb !== null && buffers.pin(fb)),
      cleanupFb: ({ fb }) => void (fb !== null && buffers.unpin(fb)),
      async atomicUpdate(now, _, damage) {
        if (now.fb === null) return;
        await buffers.upload(plane, now.fb, damage, sourceOf(now));
        await port.transfer(baseAccesses(now, now.fb, buffers.address(now.fb, 0)));
      },
      async atomicDisable() {},
    },
  });
  const connector: Connector = device.addConnector({
    name: 'Virtual-1',
    type: CONNECTOR_VIRTUAL,
    possibleCrtcs: 1,
    generic: { width: MOST_PIXELS, height: MOST_PIXELS, preferred },
    funcs: { detect: async () => 'connected', readEdid: () => readEdid(port), modeValid },
  });
  kernel.onExit(() => port.write(DISPLAY.DISPI_ENABLE.at, 0, U16));
  // No interrupt tells of another monitor: it shows in who made it, and in the sum over all bytes.
  const signature = async (): Promise<string> =>
    [...(await readBytes(port, 0, EDID_IDENTITY_END)), ...(await readBytes(port, EDID_BLOCK_BYTES - 2, 2))].join();
  let seen = await signature();
  await device.probe(connector);
  pollConnector(device, connector, async () => {
    const before = seen;
    seen = await signature();
    return seen !== before;
  });
  kernel.reportLink('up');
  return device;
};

const readBytes = (port: MmioPort, from: number, count: number): Promise<readonly number[]> =>
  port.transfer(Array.from({ length: count }, (_, i) => ({ op: 'read', at: from + i, width: 1 }) as const));

/** Byte by byte from offset 0; undefined without the header an EDID begins with. */
const readEdid = async (port: MmioPort): Promise<Uint8Array | undefined> => {
  const base = await readBytes(port, 0, EDID_BLOCK_BYTES);
  if (base.slice(0, 8).some((byte, i) => byte !== (i === 0 || i === 7 ? 0 : 255))) return undefined;
  const end = Math.min(EDID_WINDOW_BYTES, EDID_BLOCK_BYTES * (1 + (base[EDID_BLOCK_BYTES - 2] ?? 0)));
  return Uint8Array.from([...base, ...(await readBytes(port, EDID_BLOCK_BYTES, end - EDID_BLOCK_BYTES))]);
};

const word = ({ at }: { readonly at: number }, value: number): MmioAccess => ({ op: 'write', at, value, width: U16 });

const modeAccesses = ({ hdisplay, vdisplay }: Mode): readonly MmioAccess[] => [
  word(DISPLAY.DISPI_BPP, 8 * BYTES_PER_PIXEL),
  word(DISPLAY.DISPI_XRES, hdisplay),
  word(DISPLAY.DISPI_YRES, vdisplay),
  word(DISPLAY.DISPI_BANK, 0),
  word(DISPLAY.DISPI_ENABLE, ON),
];

/** Any place in memory is a row and a pixel in it: that is how this hardware flips. */
const baseAccesses = (
  { srcX, srcY, crtcX, crtcY }: PlaneState,
  fb: Framebuffer,
  address: number,
): readonly MmioAccess[] => {
  const pitch = fb.planes[0]?.pitchBytes ?? 0;
  // A picture that begins left of the screen or above it is cut there.
  const [left, top] = [Math.floor(srcX / 65536) - crtcX, Math.floor(srcY / 65536) - crtcY];
  const from = address + top * pitch + left * BYTES_PER_PIXEL;
  const order = fb.format.code === BIG ? BYTE_ORDER.big : BYTE_ORDER.little;
  return [
    { op: 'write', at: DISPLAY.QEXT_BYTE_ORDER.at, value: order },
    word(DISPLAY.DISPI_VIRT_WIDTH, pitch / BYTES_PER_PIXEL),
    word(DISPLAY.DISPI_VIRT_HEIGHT, Math.min(0xffff, fb.height)),
    word(DISPLAY.DISPI_X_OFFSET, (from % pitch) / BYTES_PER_PIXEL),
    word(DISPLAY.DISPI_Y_OFFSET, Math.floor(from / pitch)),
  ];
};

export const bochs = defineModule({
  name: 'bochs',
  description: 'QEMU-compatible display through the DISPI registers, after Linux drivers/gpu/drm/tiny/bochs.c',
  author: 'Ferrolab',
  license: 'Apache-2.0',
  drives: ['display'],
  params: { ...BOCHS_PARAMS, ...CLIENT_PARAMS, ...PANIC_PARAMS },
  async init(given) {
    const { params } = given;
    const probe = (kernel: Kernel) => probeBochs(kernel, [params.modes_x, params.modes_y]);
    startClient(await bindDisplay(given, probe, params), params);
  },
});
