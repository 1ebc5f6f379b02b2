/** The qt2025 driver's probe, access by access, and every way it can fail. */
import { expect, test } from 'vitest';
import { ms, seconds } from '#bus/clock.ts';
import { QT2025_SRAM_BYTES } from '#datasheets/qt2025.ts';
import { Qt2025, type Qt2025Options } from '#devices/qt2025/qt2025.ts';
import { VirtualBench } from '../kernel/virtual-bench.ts';
import { QT2025_FIRMWARE, qt2025 } from './qt2025.ts';
import { shippedImage } from './qt2025-image.ts';

const IMAGE = shippedImage({ length: 24_543 });

const bench = (options: Partial<Qt2025Options> = {}, firmware: Uint8Array | null = IMAGE, mdcHz = 0) =>
  new VirtualBench(
    (clock) => new Qt2025({ clock, seed: 1, ...options }),
    firmware === null ? {} : { [QT2025_FIRMWARE]: firmware },
    mdcHz,
  );

/** Discovery and steps 1 to 12 of the Linux driver. */
const BEFORE_UPLOAD = [
  ...['R 1.0006h 0000', 'R 1.0005h 001E'],
  ...[1, 2, 3, 4].flatMap((mmd) => [`R ${mmd}.0002h 0043`, `R ${mmd}.0003h A400`]),
  'R 1.D001h B300',
  'W 1.C300h 0000',
  'W 1.C302h 0004',
  'W 1.C319h 0038',
  'W 1.C31Ah 0098',
  'W 3.0026h 0E00',
  'W 3.0027h 0893',
  'W 3.0028h A528',
  'W 3.0029h 0003',
  'W 1.A30Ah 06E1',
  'W 1.C300h 0002',
  'W 3.E854h 00C0',
];

const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');

test('makes exactly the accesses of the Linux driver, in order, each once', async () => {
  const lab = bench();
  const { kernel } = await lab.insmod(qt2025);
  const seen = lab.accesses();

  expect(seen.slice(0, BEFORE_UPLOAD.length)).toEqual(BEFORE_UPLOAD);
  const upload = seen.slice(BEFORE_UPLOAD.length, BEFORE_UPLOAD.length + IMAGE.length);
  expect(upload).toEqual(
    Array.from(IMAGE, (byte, i) =>
      i < 0x4000
        ? `W 3.${hex(0x8000 + i, 4)}h 00${hex(byte, 2)}`
        : `W 4.${hex(0x8000 + i - 0x4000, 4)}h 00${hex(byte, 2)}`,
    ),
  );
  const after = seen.slice(BEFORE_UPLOAD.length + IMAGE.length);
  expect(after[0]).toBe('W 3.E854h 0040');
  const polls = after.slice(1, -1);
  expect(new Set(polls.slice(0, -1))).toEqual(new Set(['R 3.D7FDh 0000', 'R 3.D7FDh 0010']));
  expect(polls.at(-1)).toBe('R 3.D7FDh 0050');
  expect(after.at(-1)).toBe('R 1.0008h BD81');
  expect(kernel.status).toMatchObject({ state: 'live', error: null });
  expect(lab.clock.now()).toBeLessThan(seconds(1.1));
  const records = Array.from({ length: lab.trace.last }, (_, i) => lab.trace.at(i + 1));
  expect(new Set(records.map((record) => lab.trace.names.requesters[record?.requester ?? 0]))).toEqual(
    new Set(['qt2025']),
  );
});

test('forces 10 Gb/s after the probe, then polls 1.1 and 1.0 once a second', async () => {
  const lab = bench();
  await lab.insmod(qt2025);
  const from = lab.trace.last + 1;
  await lab.pass(ms(3010));
  expect(lab.accesses(from)).toEqual([
    'R 1.0000h 2040',
    'R 1.0007h 0007',
    'W 1.0000h 2040',
    'W 1.0007h 0009',
    'R 1.000Bh 0000',
    'R 7.0000h FFFF',
    'W 7.0000h EDFF',
    ...['R 1.0001h 0082', 'R 1.0001h 0082', 'R 1.0000h 2040'],
    ...['R 1.0001h 0082', 'R 1.0001h 0086', 'R 1.0000h 2040'],
    ...['R 1.0001h 0086', 'R 1.0000h 2040'],
    ...['R 1.0001h 0086', 'R 1.0000h 2040'],
  ]);
});

test('says in the log and to the lab when the link comes up', async () => {
  const lab = bench();
  const { kernel } = await lab.insmod(qt2025);
  await lab.pass(seconds(3));
  expect(kernel.links).toEqual(['down', 'up']);
  expect(kernel.lines.filter((line) => line.includes('Link'))).toEqual([
    'info: Link is Down',
    'info: Link is Up - 10Gbps/Full',
  ]);
});

test('uploads the largest image whole: the last byte goes to 4.9FFFh', async () => {
  const lab = bench({}, shippedImage({ length: QT2025_SRAM_BYTES }));
  await lab.insmod(qt2025);
  expect(lab.accesses().filter((line) => /^W [34]\.[89AB]/.test(line))).toHaveLength(24_576);
  expect(lab.accesses().some((line) => line.startsWith('W 4.9FFFh'))).toBe(true);
});

test('takes the standard wire 1.257 s for the public image size', async () => {
  const lab = bench({}, IMAGE, 2_500_000);
  await lab.insmod(qt2025);
  const at = (line: number) => lab.trace.at(line)?.time ?? 0;
  const first = BEFORE_UPLOAD.length + 1;
  expect((at(first + IMAGE.length) - at(first)) / 1e9).toBeCloseTo(1.257, 2);
});

test('takes another firmware file by its parameter', async () => {
  const lab = new VirtualBench((clock) => new Qt2025({ clock, seed: 1 }), { 'mine.fw': IMAGE });
  const { kernel } = await lab.insmod(qt2025, { firmware: 'mine.fw' });
  expect(kernel.status.state).toBe('live');
});

test('leaves the chip in its boot ROM with ENOENT when the file is missing', async () => {
  const lab = bench({}, null);
  await expect(lab.insmod(qt2025)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(lab.accesses()).toEqual(BEFORE_UPLOAD);
  expect(lab.device.inspect().micro.from).toBe('rom');
});

test('refuses a file that does not fit with EFBIG, before the first byte', async () => {
  const lab = bench({}, new Uint8Array(QT2025_SRAM_BYTES + 1));
  await expect(lab.insmod(qt2025)).rejects.toMatchObject({ code: 'EFBIG', message: expect.stringContaining('24576') });
  expect(lab.accesses()).toEqual(BEFORE_UPLOAD);
});

test('refuses silicon it does not know with ENODEV, and writes nothing', async () => {
  const lab = bench({ revision: 0xa1 });
  await expect(lab.insmod(qt2025)).rejects.toMatchObject({ code: 'ENODEV', message: expect.stringContaining('0xa1') });
  expect(lab.accesses().filter((line) => line.startsWith('W'))).toEqual([]);
});

test('finds the PHY at another port address when it may scan', async () => {
  const lab = bench({ prtad: 2 });
  await lab.insmod(qt2025, { prtad: -1 });
  expect(lab.accesses().slice(0, 126)).toEqual([
    ...Array.from({ length: 124 }, () => expect.stringMatching(/^R .* FFFF$/)),
    'R 1.0006h 0000',
    'R 1.0005h 001E',
  ]);
});

test('says ENODEV after 62 reads when nobody is at its port address', async () => {
  const lab = bench({ prtad: 2 });
  await expect(lab.insmod(qt2025, { prtad: 1 })).rejects.toMatchObject({ code: 'ENODEV' });
  expect(lab.accesses()).toHaveLength(62);
});

test('waits 3 s for the firmware, looking every 50 ms, then says ETIMEDOUT', async () => {
  const lab = bench();
  lab.device.fault('slow-boot', { factor: 50 });
  await expect(lab.insmod(qt2025)).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: expect.stringContaining('3000 ms'),
  });
  expect(lab.clock.now()).toBe(ms(3050));
  expect(lab.accesses().filter((line) => line.startsWith('R 3.D7FDh'))).toHaveLength(63);
});

test('stops polling when it is unloaded', async () => {
  const lab = bench();
  const { exit } = await lab.insmod(qt2025);
  await lab.pass(seconds(2));
  await exit();
  const { last } = lab.trace;
  await lab.pass(seconds(10));
  expect(lab.trace.last).toBe(last);
});
