/** One process that composes 1080p frames of three planes on a virtual display, and prints the processor's seconds for each frame: what it takes on a machine that does nothing else. */
import { bench, FULL_HD, type Shown } from '#devices/display/bench.ts';

const [scene = 'blend', frames = '40'] = process.argv.slice(2);
const [WIDTH, HEIGHT] = [1920, 1080];
const FRAME_BYTES = WIDTH * HEIGHT * 4;
const OVERLAY = FRAME_BYTES;
const CURSOR = 2 * FRAME_BYTES;

const NV12 = { format: 'NV12', bases: [0, WIDTH * HEIGHT], pitches: [WIDTH, WIDTH] };
const whole = (width: number, height: number) =>
  ({ source: [0, 0, width, height], target: [0, 0, WIDTH, HEIGHT] }) as const;

/** A primary of some kind, an overlay with an alpha in each pixel, and a cursor with one too. */
const SCENES: Readonly<Record<string, { readonly primary: Shown; readonly alpha?: number; readonly window?: true }>> = {
  blend: { primary: { ...whole(WIDTH, HEIGHT), pitch: WIDTH * 4 } },
  window: { primary: { ...whole(WIDTH, HEIGHT), pitch: WIDTH * 4 }, window: true },
  'plane-alpha': { primary: { ...whole(WIDTH, HEIGHT), pitch: WIDTH * 4 }, alpha: 0xc000 },
  scaled: { primary: { ...whole(1280, 720), pitch: 5120, control: { FILTER: 'bilinear' } } },
  yuv: { primary: { ...whole(WIDTH, HEIGHT), ...NV12 } },
  'yuv-scaled': { primary: { ...whole(1280, 720), ...NV12, control: { FILTER: 'bilinear' } } },
};

const on = bench({ vramMib: 32 });
const shown = SCENES[scene];
if (shown === undefined) throw new Error(`no scene '${scene}'; there is ${Object.keys(SCENES).join(', ')}`);
on.mode(FULL_HD);
// colours already multiplied by an alpha that is different in each pixel
const pixels = new Uint8Array(2 * FRAME_BYTES + 256 * 256 * 4);
for (let i = 0; i < pixels.length; i += 4) {
  const noise = Math.imul(i + 1, 2_654_435_761) >>> 0;
  const alpha = i < OVERLAY ? 255 : shown.window && i < CURSOR ? windowAlpha(i - OVERLAY) : noise >>> 24;
  for (let channel = 0; channel < 3; channel++)
    pixels[i + channel] = Math.floor((((noise >>> (8 * channel)) & 0xff) * alpha) / 255);
  pixels[i + 3] = alpha;
}
on.store(0, pixels);
on.plane('PRIMARY', shown.primary);
on.plane('OVERLAY', {
  ...whole(WIDTH, HEIGHT),
  format: 'AR24',
  base: OVERLAY,
  pitch: WIDTH * 4,
  order: { ALPHA: shown.alpha ?? 0xffff },
});
on.plane('CURSOR', {
  format: 'AR24',
  base: CURSOR,
  pitch: 256,
  source: [0, 0, 64, 64],
  target: [900, 500, 64, 64],
});
on.now();
const all = on.display.span('vram')?.length ?? 0;
for (let frame = 0; frame < Number(frames); frame++) {
  on.display.wroteSpan('vram', 0, all);
  const began = process.cpuUsage();
  on.display.frame();
  const { user, system } = process.cpuUsage(began);
  process.stdout.write(`${(user + system) / 1e6}\n`);
}

/** Opaque inside, 32 pixels of shadow around it, nothing beyond: three quarters of the screen. */
function windowAlpha(byte: number): number {
  const [x, y] = [(byte / 4) % WIDTH, Math.floor(byte / 4 / WIDTH)];
  const outside = Math.max(120 - x, x - 1800, 70 - y, y - 1010, 0);
  return Math.max(0, 255 - outside * 8);
}
