/** Codes on whole screens, in every format, read by a scanner nobody here wrote; and our compressor beside classic zlib. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { noise } from '#bus/random.ts';
import { Deflater } from './deflate.ts';
import { PanicLog } from './panic-log.ts';
import { panicSettings } from './panic-options.ts';
import { greyOfSurface, pngOfGrey } from './picture-rig.ts';
import { type PanicFormat, PIXEL_FORMATS } from './pixel-formats.ts';
import { PanicScreen } from './screen.ts';
import { MemorySurface } from './surface.ts';

const FORMATS = Object.keys(PIXEL_FORMATS) as PanicFormat[];
const IDENTITY = { machine: 'x86_64', release: '6.15.0' };
const URL = 'http://127.0.0.1:8025/panic#';
const hasScanner = spawnSync('zbarimg', ['--version']).error === undefined;
const scanned = test.skipIf(!hasScanner);

const folder = mkdtempSync(join(tmpdir(), 'ferrolab-panic-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a phone would read in each of the files, in their order. */
const scan = (files: readonly string[]): string[] => {
  const { stdout, stderr } = spawnSync(
    'zbarimg',
    ['-q', '--raw', '--nodbus', '-Sdisable', '-Sqrcode.enable', ...files],
    {
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    },
  );
  const codes = stdout.split('\n').filter((line) => line !== '');
  if (codes.length !== files.length) throw new Error(`${codes.length} codes in ${files.length} pictures: ${stderr}`);
  return codes;
};

const saveGrey = (name: string, width: number, height: number, grey: Uint8Array): string => {
  const path = join(folder, `${name}.png`);
  writeFileSync(path, pngOfGrey(width, height, grey));
  return path;
};
const save = (name: string, surface: MemorySurface): string =>
  saveGrey(name, surface.width, surface.height, greyOfSurface(surface));

/** A log hard enough to compress that the code is as large as the screen lets it be. */
const busyLog = (): PanicLog => {
  const log = new PanicLog();
  for (let i = 0; i < 300; i++) {
    const word = (n: number): string => Math.floor(noise(n, i) * 2 ** 48).toString(16);
    log.append('info', i * 37_123_456, `RIP: 0010:${word(1)} RSP: ${word(2)} RAX: ${word(3)} CPU#${i % 16} ${word(4)}`);
  }
  return log;
};

const bytesOfDigits = (digits: string): Uint8Array =>
  Uint8Array.from(
    (digits.match(/\d{1,17}/g) ?? []).flatMap((chunk) =>
      Array.from({ length: Math.floor((chunk.length * 2) / 5) + (chunk.length === 17 ? 1 : 0) }, (_, i) =>
        Number((BigInt(chunk) >> BigInt(8 * i)) & 0xffn),
      ),
    ),
  );

const logIn = (code: string): string => inflateSync(bytesOfDigits(/&z=(\d+)$/.exec(code)?.[1] ?? '')).toString();

scanned.each([
  [1920, 1080],
  [1024, 768],
  [640, 480],
])('zbar reads the log off a screen of %i x %i in every format', (width, height) => {
  const log = busyLog();
  const screen = new PanicScreen(log, panicSettings({ panic_qr_url: URL }), IDENTITY);
  // every format shows the same picture to the last pixel, so one scan is a scan of each
  const pictures = FORMATS.map((format) => {
    const surface = new MemorySurface({ format, width, height });
    screen.draw(surface, 'Fatal exception in interrupt');
    expect(screen.report.screen).toBe('qr_code');
    expect(screen.report.version).toBeGreaterThan(30);
    return greyOfSurface(surface);
  });
  const [picture = new Uint8Array()] = pictures;
  expect(FORMATS.filter((_, i) => !Buffer.from(picture).equals(pictures[i] ?? picture.subarray(1)))).toEqual([]);
  const codes = scan([saveGrey(`all-${width}`, width, height, picture)]);
  expect(codes[0]?.startsWith('http://127.0.0.1:8025/panic#?a=x86_64&v=6.15.0&z=')).toBe(true);
  const text = logIn(codes[0] ?? '');
  const newest = new Uint8Array(20_000);
  const kept = Buffer.from(newest.subarray(0, log.copyNewest(newest, newest.length))).toString();
  expect(kept.endsWith(text)).toBe(true);
  expect(text.split('\n')).toHaveLength(screen.report.linesIn + 1);
});

scanned('zbar reads the plain text of a code without an address', () => {
  const log = new PanicLog();
  log.append('emerg', 1e9, 'Kernel panic - not syncing: no address');
  const surface = new MemorySurface({ format: 'XRGB8888', width: 640, height: 480 });
  new PanicScreen(log, panicSettings(), IDENTITY).draw(surface, 'no address');
  expect(scan([save('plain', surface)])).toEqual(['[    1.000000] Kernel panic - not syncing: no address']);
});

scanned('zbar reads all parts of an animated code, and together they hold the log', () => {
  const log = busyLog();
  const settings = panicSettings({ panic_qr_url: URL, panic_qr_version: 20, panic_qr_parts: 3 });
  const screen = new PanicScreen(log, settings, IDENTITY);
  const surface = new MemorySurface({ format: 'RGB565', width: 1024, height: 768 });
  screen.draw(surface, 'parts');
  const { parts } = screen.report;
  expect(parts).toBe(3);
  const codes = scan(
    [0, 1, 2].map((part) => {
      screen.drawPart(surface, part);
      return save(`part-${part}`, surface);
    }),
  );
  const fields = codes.map((code) => /&p=(\d\d)\.(\d\d)\.([0-9a-f]{8})&z=(\d+)$/.exec(code)?.slice(1) ?? []);
  expect(fields.map(([part, of]) => `${part}/${of}`)).toEqual(['01/03', '02/03', '03/03']);
  const stream = Buffer.concat(fields.map(([, , , digits]) => bytesOfDigits(digits ?? '')));
  expect(fields.map(([, , checksum]) => checksum)).toEqual(Array(3).fill(stream.subarray(-4).toString('hex')));
  const lines = inflateSync(stream).toString().split('\n');
  expect(lines).toHaveLength(screen.report.linesIn + 1);
});

/** Some systems bring another zlib than the classic one, with other bytes for the same text. */
const VECTOR =
  '48898b560002433d03308855f04e2dca4bcd512848cccb4c56d055c8cb2f5128aecc4bcecc4bb702328a8b0a154a8a32d3d3538b525314928b128b33b8a2e10618820c700e08b552305008f074b152305470cecfcd056acce00200288a1dae';
const classic = (inputs: readonly Uint8Array[]): string[] =>
  spawnSync(
    'python3',
    [
      '-c',
      'import sys,zlib\nfor l in sys.stdin:\n c=zlib.compressobj(6,zlib.DEFLATED,12,4)\n print((c.compress(bytes.fromhex(l.strip()))+c.flush()).hex())',
    ],
    {
      input: inputs.map((bytes) => `${Buffer.from(bytes).toString('hex')}\n`).join(''),
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    },
  )
    .stdout?.trim()
    .split('\n') ?? [];
const crash =
  '[    1.000000] Kernel panic - not syncing: sysrq triggered crash\n[    1.000100] CPU: 0 PID: 1 Comm: sh\n';
const zlibIsClassic = classic([Buffer.from(crash)])[0] === VECTOR;

test.skipIf(!zlibIsClassic)('compresses logs, noise and runs to the very bytes of classic zlib', () => {
  const deflater = new Deflater();
  const output = new Uint8Array(70_000);
  const inputs = Array.from({ length: 60 }, (_, n) => {
    const length = Math.floor(noise(n, 0) * (n % 6 === 0 ? 60_000 : 9000));
    const words = [
      'usb 1-1: ',
      'Call Trace:\n',
      'RIP: 0010:',
      ' link is up\n',
      '[   12.345678] ',
      'do_syscall_64+0x5b\n',
    ];
    if (n % 3 === 0) return Uint8Array.from({ length }, (_byte, i) => noise(n, i + 1) * 256);
    if (n % 3 === 1) return Uint8Array.from({ length }, (_byte, i) => (noise(n, i + 1) < 0.9 ? 65 : 66));
    let text = '';
    for (let i = 1; text.length < length; i++)
      text += `${words[Math.floor(noise(n, i) * words.length)]}${noise(n, -i) < 0.3 ? Math.floor(noise(n, i) * 1e6) : ''}`;
    return new TextEncoder().encode(text.slice(0, length));
  });
  const ours = inputs.map((bytes) =>
    Buffer.from(output.subarray(0, deflater.deflate(bytes, 0, bytes.length, output))).toString('hex'),
  );
  expect(ours).toEqual(classic(inputs));
});
