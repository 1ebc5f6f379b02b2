/** phylib around a driver: binding, callbacks, the state machine, and a bus that fails. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ms, seconds } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import type { MdioFilter, MdioPort } from '#bus/mdio.ts';
import { QT2025_PHY_ID } from '#datasheets/qt2025.ts';
import { Qt2025 } from '#devices/qt2025/qt2025.ts';
import { VirtualBench } from '../kernel/virtual-bench.ts';
import { genphyC45Loopback, genphyC45ReadStatus, genphyC45SoftReset } from './genphy-c45.ts';
import { definePhyDriver, type PhyDriver } from './phylib.ts';
import { shippedImage } from './qt2025-image.ts';
import { printSpeed } from './state-machine.ts';

const phyDriver = (rest: Partial<PhyDriver>) =>
  definePhyDriver({
    name: 'mine',
    description: 'A driver of your own',
    author: 'You',
    license: 'MIT',
    drives: ['qt2025'],
    phyId: QT2025_PHY_ID,
    ...rest,
  });

/** A PHY that boots by itself, so that a driver needs to do nothing. */
const bench = async () => {
  const lab = new VirtualBench((clock) => new Qt2025({ clock, seed: 1, bootEeprom: shippedImage() }));
  await lab.pass(seconds(3));
  return lab;
};

test('needs nothing but an identifier to report the link', async () => {
  const lab = await bench();
  const { kernel } = await lab.insmod(phyDriver({}));
  await lab.pass(ms(1));
  expect(kernel.status).toMatchObject({ state: 'live', link: 'up' });
  expect(kernel.lines).toContain('info: PHY at port address 1: 10000baseSR');
});

test('says what it found when no identifier matches', async () => {
  const lab = await bench();
  await expect(lab.insmod(phyDriver({ phyId: 0x12345678 }))).rejects.toMatchObject({
    code: 'ENODEV',
    message: 'mine binds to PHY id 0x12345678; found 0x0043a400 at 1',
  });
});

test('calls probe, soft reset, configuration, negotiation, status and removal in that order', async () => {
  const lab = await bench();
  const called: string[] = [];
  const { exit } = await lab.insmod(
    phyDriver({
      probe: async () => void called.push('probe'),
      softReset: async () => void called.push('softReset'),
      configInit: async () => void called.push('configInit'),
      configAneg: async () => void called.push('configAneg'),
      readStatus: async (phy) => {
        called.push('readStatus');
        return genphyC45ReadStatus(phy);
      },
      remove: async () => void called.push('remove'),
    }),
    { poll_ms: 100 },
  );
  await lab.pass(ms(150));
  await exit();
  expect(called).toEqual(['probe', 'softReset', 'configInit', 'configAneg', 'readStatus', 'readStatus', 'remove']);
});

test('resets through 1.0 bit 15 in 50 ms steps, and gives up after 600 ms', async () => {
  const lab = await bench();
  await lab.insmod(phyDriver({ softReset: (phy) => genphyC45SoftReset(phy) }));
  expect(lab.accesses()).toContain('W 1.0000h 8000');
  lab.device.fault('reset-stuck');
  const began = lab.clock.now();
  await expect(lab.insmod(phyDriver({ softReset: (phy) => genphyC45SoftReset(phy) }))).rejects.toMatchObject({
    code: 'ETIMEDOUT',
  });
  expect((lab.clock.now() - began) / 1e6).toBe(650);
});

test('loops back inside the PCS with one write, and none when it is so already', async () => {
  const lab = await bench();
  const changed: boolean[] = [];
  await lab.insmod(
    phyDriver({
      configInit: async (phy) => {
        for (const on of [true, true, false]) changed.push(await genphyC45Loopback(phy, on));
      },
    }),
  );
  expect(changed).toEqual([true, false, true]);
  expect(lab.accesses().filter((line) => line.startsWith('W 3.0000h'))).toEqual(['W 3.0000h 6040', 'W 3.0000h 2040']);
});

test('says once that the bus fails, goes on asking, and configures anew when it is answered', async () => {
  const lab = await bench();
  let broken: LabError | undefined;
  const working = lab.bus.port('mine');
  const port: MdioPort = {
    transfer: (frames) => (broken === undefined ? working.transfer(frames) : Promise.reject(broken)),
  };
  const kernel = lab.kernel('mine');
  const module = phyDriver({});
  await lab.until(module.load({ ...kernel, ports: { mdio: port }, report: kernel.report }, {}));
  await lab.pass(seconds(1.5));
  broken = new LabError('ETIMEDOUT', 'phy0 does not answer');
  await lab.pass(seconds(5));
  expect(kernel.status).toMatchObject({ state: 'waiting', link: 'down', error: { code: 'ETIMEDOUT' } });
  expect(kernel.lines.filter((line) => line.includes('does not answer'))).toHaveLength(1);
  broken = undefined;
  const from = lab.trace.last + 1;
  await lab.pass(seconds(1));
  expect(kernel.status).toMatchObject({ state: 'live', link: 'up', error: null });
  expect(lab.accesses(from)[2]).toBe('W 1.0000h 2040');
});

test('reports exactly the changes, whatever the link bit does from poll to poll', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 15 }), async (levels) => {
      const lab = await bench();
      let level = true;
      const force: MdioFilter = (access, next) => {
        const answer = next(access);
        const isStatus = access.op === 'read' && access.at === 0x10001;
        return isStatus ? { ...answer, value: level ? 0x0006 : 0x0002 } : answer;
      };
      lab.bus.filters.add(force);
      const { kernel } = await lab.insmod(phyDriver({}), { poll_ms: 100 });
      await lab.pass(ms(50));
      const expected = ['up'];
      for (level of levels) {
        await lab.pass(ms(100));
        const now = level ? 'up' : 'down';
        if (expected.at(-1) !== now) expected.push(now);
      }
      expect(kernel.links).toEqual(expected);
    }),
    { numRuns: 12 },
  );
});

test.each([
  [10_000, '10Gbps'],
  [2500, '2.5Gbps'],
  [100, '100Mbps'],
  [undefined, 'Unknown'],
])('prints %s Mb/s as %s', (mbps, words) => {
  expect(printSpeed(mbps)).toBe(words);
});
