/** Panics as a monitor shows them: driver, registers and scanout between the drawing and the picture that a scanner reads. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { noise } from '#bus/random.ts';
import { PIXEL_FORMATS } from '#datasheets/display-formats.ts';
import { Display } from '#devices/display/display.ts';
import { defineModule } from '../kernel/module.ts';
import { ATOMIC_FLAG } from './atomic-request.ts';
import { bindDisplay } from './bind-display.ts';
import { openCard } from './card.ts';
import { DisplayRig } from './display-rig.ts';
import { probeFerro } from './ferro-drm.ts';
import { bufferIn, requestFor } from './ferro-rig.ts';
import { encodeMode } from './modes.ts';
import { panicSettings } from './panic/panic-options.ts';
import { pngOfGrey } from './panic/picture-rig.ts';

const hasScanner = spawnSync('zbarimg', ['--version']).error === undefined;
const folder = mkdtempSync(join(tmpdir(), 'ferrolab-composed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a phone would read off the picture. */
const scan = (name: string, { width, height, rgba }: ReturnType<Display['frame']>): string => {
  const path = join(folder, `${name}.png`);
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i++) grey[i] = rgba[4 * i + 1] ?? 0;
  writeFileSync(path, pngOfGrey(width, height, grey));
  const options = ['-q', '--raw', '--nodbus', '-Sdisable', '-Sqrcode.enable', path];
  return spawnSync('zbarimg', options, { encoding: 'utf8', maxBuffer: 1 << 20 }).stdout.trim();
};

const bytesOfDigits = (digits: string): Uint8Array =>
  Uint8Array.from(
    (digits.match(/\d{1,17}/g) ?? []).flatMap((chunk) =>
      Array.from({ length: Math.floor((chunk.length * 2) / 5) + (chunk.length === 17 ? 1 : 0) }, (_, i) =>
        Number((BigInt(chunk) >> BigInt(8 * i)) & 0xffn),
      ),
    ),
  );

/** The lines of the log in a code, without their stamps. */
const linesIn = (code: string): readonly string[] =>
  inflateSync(bytesOfDigits(/&z=(\d+)$/.exec(code)?.[1] ?? ''))
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\[ *\d+\.\d{6}\] /, ''));

interface Shown {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  /** Of the framebuffer, when it is not that of the screen. */
  readonly fb?: readonly [width: number, height: number];
  readonly plane?: Readonly<Record<string, number>>;
  readonly inverted?: boolean;
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A program shows a picture, then the kernel panics. */
const panicked = async ({
  format,
  width,
  height,
  fb = [width, height],
  plane = {},
  inverted = false,
  settings = {},
}: Shown) => {
  const rig = new DisplayRig(
    (clock) => new Display({ clock, seed: 1, monitor: 'fhd60', vramMib: width > 1100 ? 24 : 8 }),
  );
  await rig.insmod(
    defineModule({
      name: 'program',
      description: '',
      author: '',
      license: '',
      drives: ['display'],
      async init(given) {
        const panics = panicSettings({ panic_qr_url: 'http://127.0.0.1:8025/panic#', ...settings });
        const { kernel, device } = await bindDisplay(given, (kernel) => probeFerro(kernel), panics);
        for (let i = 0; i < 60; i++) kernel.pr.info(`RAX: ${word(i, 1)} RBX: ${word(i, 2)} RCX: ${word(i, 3)}`);
        const pick = (name: string) => name === `${width}x${height}`;
        const { file, mode } = await openCard(device, { mode: (modes) => modes.find(({ name }) => pick(name)) });
        const { fbId, bytes } = bufferIn(file, format, fb[0], fb[1]);
        bytes.fill(0x5a);
        const [crtcId = 0] = file.resources().crtcs;
        const [sink = 0] = file.resources().connectors;
        const primary = device.planes.find(({ is }) => is.type === 'Primary')?.id ?? 0;
        const whole = { SRC_W: fb[0] * 65536, SRC_H: fb[1] * 65536, CRTC_W: width, CRTC_H: height };
        const scanout = { ACTIVE: 1, MODE_ID: file.createBlob(encodeMode(mode)) };
        const colours = inverted ? { GAMMA_LUT: file.createBlob(downhill()) } : {};
        const objects = [
          requestFor(file, crtcId, { ...scanout, ...colours }),
          requestFor(file, sink, { CRTC_ID: crtcId }),
          requestFor(file, primary, { FB_ID: fbId, CRTC_ID: crtcId, ...whole, ...plane }),
        ];
        await file.atomic({ objects, flags: ATOMIC_FLAG.ALLOW_MODESET });
        const work = kernel.delayedWork(async () => void (await device.panic('Fatal exception\nin: contract test')));
        work.schedule(1e6);
      },
    }),
  );
  await rig.pass(100e6);
  return { rig, frame: rig.display.frame() };
};

const word = (i: number, n: number): string => Math.floor(noise(i, n) * 2 ** 48).toString(16);
/** A gamma table that turns light into dark. */
const downhill = (): Uint8Array => {
  const words = Uint16Array.from({ length: 4 * 256 }, (_, i) => 0xffff - 257 * (i >> 2));
  return new Uint8Array(words.buffer);
};

/** What the log said before the screen was drawn. */
const logOf = ({ kernel }: Awaited<ReturnType<typeof panicked>>['rig']): readonly string[] => {
  const texts = kernel.lines.map((line) => line.replace(/^\w+: /, ''));
  return texts.slice(0, texts.indexOf('in: contract test') + 1);
};

/** Pixels of a module: the shortest run of one colour across the middle of the code. */
const moduleOf = ({ width, height, rgba }: ReturnType<Display['frame']>): number => {
  const row = Array.from({ length: width }, (_, x) => ((rgba[4 * ((height >> 1) * width + x)] ?? 0) > 127 ? 1 : 0));
  const runs = row.join('').match(/0+|1+/g) ?? [];
  return Math.min(...runs.slice(2, -2).map(({ length }) => length));
};

/** Forty-two screens, on a machine that has other things to do. */
const LONG_MS = 180_000;

const judged = test.skipIf(!hasScanner);

judged.each([
  [1920, 1080],
  [1024, 768],
  [640, 480],
])(
  'the code on a screen of %i x %i is the log, in every format of the scanout',
  async (width, height) => {
    const first = await panicked({ format: 'XRGB8888', width, height });
    expect(first.frame).toMatchObject({ width, height });
    const lines = linesIn(scan(`first-${width}`, first.frame));
    expect(lines.length).toBeGreaterThan(20);
    expect(lines).toEqual(logOf(first.rig).slice(-lines.length));
    // Every format shows this very picture, so this scan is a scan of each.
    const picture = Buffer.from(first.frame.rgba);
    const others: string[] = [];
    for (const { name } of PIXEL_FORMATS)
      if (!picture.equals((await panicked({ format: name, width, height })).frame.rgba)) others.push(name);
    expect(others).toEqual([]);
  },
  LONG_MS,
);

judged.each([
  ['a picture twice as large as the screen', { fb: [1280, 960] }, 1],
  ['a small picture, enlarged', { fb: [320, 240] }, 2],
  [
    'a part of a picture',
    { fb: [1000, 700], plane: { SRC_X: 300 * 65536, SRC_Y: 200 * 65536, SRC_W: 640 * 65536, SRC_H: 480 * 65536 } },
    1,
  ],
  ['a picture turned by 90 degrees', { fb: [480, 640], plane: { rotation: 2 } }, 1],
  ['a picture seen through half', { plane: { alpha: 0x8000 } }, 1],
  ['colours turned over by the gamma table', { inverted: true }, 1],
  ['indices of a palette turned over', { inverted: true, format: 'C8' }, 1],
] as const)('%s: the code is whole, and whole pixels', async (_, shown: Partial<Shown>, scale) => {
  const { rig, frame } = await panicked({ format: 'XRGB8888', width: 640, height: 480, ...shown });
  const lines = linesIn(scan('odd', frame));
  expect(lines).toEqual(logOf(rig).slice(-lines.length));
  const own = Number(/(\d+) px a module/.exec(rig.kernel.lines.join())?.[1]);
  expect(moduleOf(frame) / own).toBe(scale);
});
