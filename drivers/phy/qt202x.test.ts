/** The qt202x driver's bring-up and workarounds, access by access, and every way they can fail. */
import { expect, test } from 'vitest';
import { ms, seconds } from '#bus/clock.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import { Qt2025, type Qt2025Options } from '#devices/qt2025/qt2025.ts';
import { VirtualBench } from '../kernel/virtual-bench.ts';
import { qt202x } from './qt202x.ts';
import { shippedImage } from './qt2025-image.ts';

/** As the public image is: 24,543 bytes, version 2.0.3.3. */
const IMAGE = shippedImage({ length: 24_543, version: [0x20, 0x03, 0x03] });

const bench = (options: Partial<Qt2025Options> = {}) =>
  new VirtualBench((clock) => new Qt2025({ clock, seed: 1, bootEeprom: IMAGE, ...options }));

/** A board that has been on for a while. */
const warm = async (options: Partial<Qt2025Options> = {}) => {
  const lab = bench(options);
  await lab.pass(seconds(3));
  return lab;
};

const SETTLE = [
  'W 1.D006h 000A',
  'W 1.D007h 0009',
  'R 4.0003h A400',
  'R 4.0002h 0043',
  'R 3.D7F0h 0020',
  'R 3.D7F1h 0025',
  'R 3.D7F2h 0001',
  'R 3.D7F3h 0020',
  'R 3.D7F4h 0003',
  'R 3.D7F5h 0003',
  expect.stringMatching(/^R 3\.D7F6h/),
  expect.stringMatching(/^R 3\.D7F7h/),
  expect.stringMatching(/^R 3\.D7F8h/),
];
const SELF_TEST = ['R 1.0002h 0043', 'R 4.0005h 001E', 'R 4.0006h 0000'];
const isHeartbeat = (line: string) => line.startsWith('R 3.D7EEh');

test('makes exactly the accesses of the Solarflare driver on a board that runs', async () => {
  const lab = await warm();
  const { kernel } = await lab.insmod(qt202x);
  const seen = lab.accesses();
  expect(seen.slice(0, 2).every(isHeartbeat)).toBe(true);
  expect(seen.slice(2, -3)).toEqual([
    'R 3.D7FDh 0070',
    ...SETTLE,
    'R 1.C319h 0039',
    expect.stringMatching(/^R 1\.C309h/),
    'R 1.0000h 2040',
    'R 3.0000h 2040',
    'R 4.0000h 2040',
    'R 4.C000h 0000',
    ...SELF_TEST,
  ]);
  expect(seen.slice(-3)).toEqual([
    expect.stringMatching(/^R 1\.0008h [89AB]/),
    expect.stringMatching(/^R 3\.0008h [89AB]/),
    expect.stringMatching(/^R 4\.0008h [89AB]/),
  ]);
  expect(kernel.lines).toContainEqual(
    expect.stringMatching(/^info: firmware 2025r1 v2\.0\.3\.3 \[20\d\d-\d\d-\d\d\]$/),
  );
  expect(kernel.status.state).toBe('live');
});

test('waits for the heartbeat while the boot ROM still loads the EEPROM', async () => {
  const lab = bench();
  const { kernel } = await lab.insmod(qt202x);
  expect(lab.accesses().filter(isHeartbeat).length).toBeGreaterThan(5);
  await lab.pass(seconds(3));
  expect(kernel.status).toMatchObject({ state: 'live', link: 'up' });
});

test('reads each MMD twice around its faults, and says what changed', async () => {
  const lab = await warm();
  const { kernel } = await lab.insmod(qt202x);
  await lab.pass(ms(10)); // the first look clears what has latched since power-on
  const from = lab.trace.last + 1;
  await lab.pass(seconds(1));
  expect(lab.accesses(from)).toEqual(
    [1, 3, 4].flatMap((mmd) => [
      `R ${mmd}.0001h 0006`,
      expect.stringMatching(new RegExp(`^R ${mmd}\\.0008h`)),
      `R ${mmd}.0001h 0006`,
    ]),
  );
  expect(kernel.links).toEqual(['up']);
  expect(kernel.lines.at(-1)).toBe('info: link up at 10000Mbps full-duplex');
});

test('replays the boot EEPROM to change the mode for a loopback, nine STOPs on the I2C bus included', async () => {
  const lab = await warm();
  await lab.insmod(qt202x, { loopback: 'pcs' });
  const seen = lab.accesses();
  const replay = seen.slice(seen.indexOf('W 1.C300h 0000'), seen.indexOf('W 3.E854h 0040') + 1);
  const stop = ['W 1.C303h 0900', 'W 1.D008h 0005', 'W 1.C303h 0920', 'W 1.D008h 0004'];
  expect(replay).toEqual([
    'W 1.C300h 0000',
    ...['W 1.C303h 0920', 'W 1.D008h 0004'],
    ...Array.from({ length: 9 }, () => stop).flat(),
    ...['W 1.C303h 4900', 'W 1.C303h 4900'],
    ...['W 1.C302h 0004', 'W 1.C316h 0013', 'W 1.C318h 0054', 'W 1.C319h 0020', 'W 1.C31Ah 0098'],
    ...['W 3.0026h 0E00', 'W 3.0027h 0013', 'W 3.0028h A528'],
    ...['W 1.D006h 000A', 'W 1.D007h 0009', 'W 1.D008h 0004', 'W 1.C317h 00FF'],
    expect.stringMatching(/^R 1\.C301h/),
    'W 1.C300h 0002',
    ...['W 3.E854h 00C0', 'W 3.E854h 0040'],
  ]);
  expect(seen.some((line) => /^W 1\.C309h [2367ABEF]/.test(line))).toBe(true);
  expect(seen).toContain('W 3.0000h 6040');
});

test('bit-bangs the STOPs over other pins on an old board', async () => {
  const lab = await warm();
  await lab.insmod(qt202x, { loopback: 'pcs', board: 'old' });
  const pins = lab.accesses().filter((line) => line.startsWith('W 1.C303h'));
  expect(pins).toEqual(
    ['4498', ...Array.from({ length: 9 }, () => ['4488', '4480', '4490', '4498']).flat(), '4900'].map(
      (value) => `W 1.C303h ${value}`,
    ),
  );
});

test('does not switch the mode of firmware that is too old for it', async () => {
  const lab = await warm({ bootEeprom: shippedImage({ version: [0x20, 0x00, 0x00] }) });
  await lab.insmod(qt202x, { loopback: 'pcs' });
  expect(lab.accesses().some((line) => line.startsWith('R 1.C319h') || line === 'W 1.C300h 0000')).toBe(false);
});

test.each([
  ['pma', true],
  ['pcs', true],
  ['phyxs', true],
  ['phyxs-ws', false],
] as const)('with loopback=%s in the dark reports link up: %s', async (loopback, up) => {
  const lab = await warm({ lightDbm: -40 });
  const { kernel } = await lab.insmod(qt202x, { loopback });
  await lab.pass(seconds(5));
  expect(kernel.status.link).toBe(up ? 'up' : 'down');
});

test.each(['pma', 'pcs', 'phyxs'] as const)('with loopback=%s an empty cage does not matter', async (loopback) => {
  const lab = await warm({ module: null });
  const { kernel, exit } = await lab.insmod(qt202x, { loopback });
  await lab.pass(seconds(5));
  expect(kernel.status.link).toBe('up');
  await exit();
  const again = await lab.insmod(qt202x);
  await lab.pass(seconds(5));
  expect(again.kernel.status.link).toBe('down');
});

test('keeps the transmitter dark when told to', async () => {
  const lab = await warm();
  expect(lab.device.inspect().light.transmitting).toBe(true);
  await lab.insmod(qt202x, { tx_disable: 'on' });
  expect(lab.device.inspect().light.transmitting).toBe(false);
  await lab.insmod(qt202x);
  expect(lab.device.inspect().light.transmitting).toBe(true);
});

test('straightens the polarity that an earlier PMA loopback left inverted', async () => {
  const lab = await warm();
  const { exit } = await lab.insmod(qt202x, { loopback: 'pma' });
  await lab.pass(seconds(2));
  await exit();
  expect((lab.device.peek(QT2025.PMA_MODE.at) >> 6) & 1).toBe(1);
  const { kernel } = await lab.insmod(qt202x);
  await lab.pass(seconds(4));
  expect((lab.device.peek(QT2025.PMA_MODE.at) >> 6) & 1).toBe(0);
  expect(kernel.status.link).toBe('up');
});

test('says ETIMEDOUT after 5 s without a heartbeat, and names the cable that can cause it', async () => {
  const lab = await warm();
  lab.device.fault('heartbeat-stuck');
  const began = lab.clock.now();
  await expect(lab.insmod(qt202x)).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: expect.stringContaining('direct attach'),
  });
  expect((lab.clock.now() - began) / 1e9).toBeCloseTo(5.1, 1);
});

test('restarts the firmware once when only its status is stuck (bug 17689)', async () => {
  const lab = bench();
  lab.device.fault('status-stuck');
  const { kernel } = await lab.insmod(qt202x);
  expect(lab.accesses().filter((line) => line === 'W 3.E854h 00C0')).toHaveLength(1);
  expect(kernel.lines.some((line) => line.includes('17689'))).toBe(true);
  await lab.pass(seconds(3));
  expect(kernel.status).toMatchObject({ state: 'live', link: 'up' });
});

test('tries no third time: firmware that is far too slow ends in ETIMEDOUT', async () => {
  const lab = bench();
  lab.device.fault('slow-boot', { factor: 100 });
  await expect(lab.insmod(qt202x)).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: expect.stringContaining('20h'),
  });
  expect(lab.accesses().filter((line) => line === 'W 3.E854h 00C0')).toHaveLength(1);
});

test('says ETIMEDOUT when a reset never clears', async () => {
  const lab = await warm();
  lab.device.fault('reset-stuck');
  await expect(lab.insmod(qt202x, { reset: 'on' })).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: expect.stringContaining('4.0000h'),
  });
});

test('resets and goes on when the reset clears in time', async () => {
  const lab = await warm();
  const { kernel } = await lab.insmod(qt202x, { reset: 'on' });
  expect(lab.accesses()[0]).toBe('W 4.0000h 8000');
  await lab.pass(seconds(3));
  expect(kernel.status.link).toBe('up');
});

test('pulses the PMA loopback for 100 ms when the PCS has been stuck for 2 s (bug 17190)', async () => {
  const lab = await warm();
  const { kernel } = await lab.insmod(qt202x);
  await lab.pass(ms(1500));
  lab.device.fault('pcs-stuck');
  const from = lab.trace.last + 1;
  await lab.pass(seconds(2));
  expect(kernel.status.link).toBe('down');
  expect(lab.accesses(from).some((line) => line.startsWith('W'))).toBe(false);
  await lab.pass(seconds(4));
  expect(lab.accesses(from).filter((line) => line.startsWith('W'))).toEqual(['W 1.0000h 2041', 'W 1.0000h 2040']);
  expect(kernel.status.link).toBe('up');
});

test('takes the loopback away again when it is unloaded in the middle of the pulse', async () => {
  const lab = await warm();
  const { exit } = await lab.insmod(qt202x);
  lab.device.fault('pcs-stuck');
  const pulsing = () => (lab.device.peek(QT2025.PMA_CTRL1.at) & 1) === 1;
  await lab.clock.run(lab.clock.now() + seconds(6), pulsing);
  expect(pulsing()).toBe(true);
  await exit();
  expect(pulsing()).toBe(false);
});
