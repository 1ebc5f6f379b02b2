/** Two drivers from two sources against one device: where their opinions of it must differ, and where not. */
import { expect, test } from 'vitest';
import { ms, seconds } from '#bus/clock.ts';
import type { DriverModule } from '#bus/kernel-port.ts';
import { QT2025, QT2025_XDATA } from '#datasheets/qt2025.ts';
import type { Qt2025Fault } from '#datasheets/qt2025-catalogue.ts';
import { Qt2025 } from '#devices/qt2025/qt2025.ts';
import { VirtualBench } from '../kernel/virtual-bench.ts';
import { qt202x } from './qt202x.ts';
import { QT2025_FIRMWARE, qt2025 } from './qt2025.ts';
import { shippedImage } from './qt2025-image.ts';

const IMAGE = shippedImage({ length: 24_543 });

/** Rust brings its firmware along; Solarflare's board has it in an EEPROM, and has been on for a while. */
const benchFor = async (driver: DriverModule, image = IMAGE) => {
  const eeprom = driver === qt202x ? { bootEeprom: image } : {};
  const lab = new VirtualBench((clock) => new Qt2025({ clock, seed: 1, ...eeprom }), { [QT2025_FIRMWARE]: image });
  if (driver === qt202x) await lab.pass(seconds(3));
  return lab;
};

/** Up and polled, then 400 ms before the next poll. */
const up = async (driver: DriverModule) => {
  const lab = await benchFor(driver);
  const { kernel } = await lab.insmod(driver);
  await lab.pass(ms(3600));
  expect(kernel.status.link).toBe('up');
  return { lab, kernel, seen: kernel.links.length };
};

const bring = async (driver: DriverModule, change: (device: Qt2025) => void, image = IMAGE) => {
  const lab = await benchFor(driver, image);
  change(lab.device);
  const { kernel } = await lab.insmod(driver);
  await lab.pass(seconds(4));
  return { lab, kernel };
};

type Opinion = 'up' | 'down';
const RUNTIME: readonly [fault: Qt2025Fault, linux: Opinion, solarflare: Opinion, why: string][] = [
  ['rx-loss', 'down', 'down', 'no light is no link to anybody'],
  ['weak-light', 'up', 'down', 'the PMA holds, the PCS reports high BER'],
  ['high-ber', 'up', 'down', 'likewise without a power warning'],
  ['bit-errors', 'up', 'up', 'sporadic errors only count'],
  ['xaui-down', 'up', 'down', 'only 4.1 shows it'],
  ['tx-fault', 'up', 'down', 'only the fault bit 1.1.7 shows it'],
  ['module-out', 'down', 'down', 'the light goes with the module'],
  ['over-temperature', 'up', 'up', 'no driver reads diagnostics'],
  ['heartbeat-stuck', 'up', 'up', 'the heartbeat counts at bring-up only'],
  ['absent', 'up', 'down', 'FFFFh has the link bit set, and the fault bit too'],
];

for (const [fault, linux, solarflare, why] of RUNTIME)
  test.each([
    ['qt2025', qt2025, linux],
    ['qt202x', qt202x, solarflare],
  ] as const)(`with ${fault} $0 reports $2: ${why}`, async (_, driver, link) => {
    const { lab, kernel } = await up(driver);
    lab.device.fault(fault);
    await lab.pass(seconds(3));
    expect(kernel.status).toMatchObject({ state: 'live', link });
    lab.device.clear(fault);
    await lab.pass(seconds(5));
    expect(kernel.status.link).toBe('up');
  });

const flap = async (driver: DriverModule) => {
  const { lab, kernel, seen } = await up(driver);
  lab.device.poke(QT2025.PMA_STAT1.at, lab.device.peek(QT2025.PMA_STAT1.at) & ~0x04);
  await lab.pass(ms(20));
  lab.device.poke(QT2025.PMA_STAT1.at, lab.device.peek(QT2025.PMA_STAT1.at) | 0x04);
  await lab.pass(seconds(4));
  return kernel.links.slice(seen);
};

test('a flap between two polls is one down and one up to qt2025', async () => {
  expect(await flap(qt2025)).toEqual(['down', 'up']);
});

test('a flap between two polls does not exist for qt202x', async () => {
  expect(await flap(qt202x)).toEqual([]);
});

test('a stuck PCS stays up to qt2025, which never looks at it', async () => {
  const { lab, kernel, seen } = await up(qt2025);
  lab.device.fault('pcs-stuck');
  await lab.pass(seconds(10));
  expect(kernel.links.slice(seen)).toEqual([]);
  expect(lab.device.activeFaults.map(({ name }) => name)).toEqual(['pcs-stuck']);
});

test('a stuck PCS is seen and cured by qt202x', async () => {
  const { lab, kernel, seen } = await up(qt202x);
  lab.device.fault('pcs-stuck');
  await lab.pass(seconds(10));
  expect(kernel.links.slice(seen)).toEqual(['down', 'up']);
  expect(lab.device.activeFaults).toEqual([]);
});

test('a corrupt image passes for ready with qt2025, and gives no link', async () => {
  const image = Uint8Array.from(IMAGE);
  image[0x5000] = (image[0x5000] ?? 0) ^ 0x10;
  const { lab, kernel } = await bring(qt2025, () => {}, image);
  expect(kernel.status).toMatchObject({ state: 'live', link: 'down' });
  expect(lab.device.peek(QT2025_XDATA.UC_STATUS.at)).toBe(0xf0);
  expect(lab.device.peek(QT2025_XDATA.SUM_VERDICT0.at)).toBe(0xde);
});

test('a corrupt EEPROM passes for ready with qt202x, and gives no link', async () => {
  const image = Uint8Array.from(IMAGE);
  image[0x5000] = (image[0x5000] ?? 0) ^ 0x10;
  const { lab, kernel } = await bring(qt202x, () => {}, image);
  expect(kernel.status).toMatchObject({ state: 'live', link: 'down' });
  expect(lab.device.peek(QT2025_XDATA.UC_STATUS.at)).toBe(0xf0);
});

test('wrong silicon is ENODEV to qt2025; qt202x does not ask, and gets no link from firmware that refuses', async () => {
  const wrong = (device: Qt2025) => device.fault('wrong-revision');
  await expect(bring(qt2025, wrong)).rejects.toMatchObject({
    code: 'ENODEV',
    message: expect.stringContaining('0xa1'),
  });
  const lab = new VirtualBench((clock) => new Qt2025({ clock, seed: 1, bootEeprom: IMAGE, revision: 0xa1 }));
  const { kernel } = await lab.insmod(qt202x);
  await lab.pass(seconds(4));
  expect(lab.device.peek(QT2025_XDATA.UC_STATUS.at)).toBe(0xf8);
  expect(kernel.status).toMatchObject({ state: 'live', link: 'down' });
});

test('another chip is ENODEV to qt2025, which names what it found; qt202x only prints the id', async () => {
  const wrong = (device: Qt2025) => device.fault('wrong-id');
  await expect(bring(qt2025, wrong)).rejects.toMatchObject({
    code: 'ENODEV',
    message: expect.stringContaining('0x00221521'),
  });
  const { kernel } = await bring(qt202x, wrong);
  expect(kernel.lines).toContain('info: PHY id 0x00221521');
});

test('an empty bus is ENODEV after 62 reads to qt2025, and 5 s without a heartbeat to qt202x', async () => {
  const gone = (device: Qt2025) => device.fault('absent');
  await expect(bring(qt2025, gone)).rejects.toMatchObject({ code: 'ENODEV' });
  await expect(bring(qt202x, gone)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
});

test('a dead heartbeat is ETIMEDOUT to qt202x; qt2025 only sees a status that stays 00h', async () => {
  const dead = (device: Qt2025) => device.fault('heartbeat-stuck');
  await expect(bring(qt202x, dead)).rejects.toMatchObject({ message: expect.stringContaining('no heartbeat') });
  await expect(bring(qt2025, dead)).rejects.toMatchObject({ message: expect.stringContaining('3.D7FDh') });
});

test('a status stuck at 00h is ETIMEDOUT to qt2025, and restarted by qt202x', async () => {
  const stuck = (device: Qt2025) => device.fault('status-stuck');
  await expect(bring(qt2025, stuck)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  const { kernel } = await bring(qt202x, stuck);
  expect(kernel.status).toMatchObject({ state: 'live', link: 'up' });
});

test('an unknown module is ready to both, and never a link', async () => {
  for (const driver of [qt2025, qt202x]) {
    const { kernel } = await bring(driver, (device) => device.fault('module-unknown'));
    expect(kernel.status).toMatchObject({ state: 'live', link: 'down' });
  }
});

test('a polarity left inverted is link up to qt2025 although no block locks', async () => {
  const lab = await benchFor(qt2025);
  const { kernel } = await lab.insmod(qt2025);
  lab.device.poke(QT2025.PMA_MODE.at, lab.device.peek(QT2025.PMA_MODE.at) | 0x40);
  await lab.pass(seconds(4));
  expect(kernel.status.link).toBe('up');
  expect(lab.device.peek(QT2025.BASER_STAT1.at) & 1).toBe(0);
});
