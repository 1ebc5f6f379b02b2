/** Drivers that are led: what is on its way is waited for, and who does not follow holds nobody up. */
import { expect, test } from 'vitest';
import { LabError } from '#bus/errors.ts';
import { encodeTimeAnswer, parseTimeAsk, type TimeAnswer } from '#bus/time-word.ts';
import { DriverClocks } from './driver-clocks.ts';

const REST: TimeAnswer = { now: 0, next: null, last: null, waiting: [], told: 0, interrupts: null };

const bench = (answer: (ask: { at: number; n: number }) => Promise<TimeAnswer>, patienceMs = 2000) => {
  const asked: number[] = [];
  const said: string[] = [];
  const standing = { last: null as number | null, open: [] as number[], told: 0, interrupts: 0 };
  const owner = { client: 'drv', session: 'one' };
  const clocks = new DriverClocks({
    line: {
      ask: async (_device, _kind, _what, body) => {
        const { at } = parseTimeAsk(body);
        asked.push(at);
        return encodeTimeAnswer(await answer({ at, n: asked.length }));
      },
    },
    devices: () => ['phy0'],
    port: () => ({ owner: () => owner, standing: () => standing }),
    log: (text) => said.push(text),
    patienceMs,
  });
  return { clocks, asked, said, standing, owner };
};

test('a driver is asked until its numbers and those of its device agree: then nothing is on its way', async () => {
  const { clocks, asked, standing } = bench(async ({ n }) => ({ ...REST, last: 6 + n, told: n, next: 5000 }));
  standing.last = 9;
  standing.told = 3;
  await clocks.rest(1000);
  expect(asked).toEqual([1000, 1000, 1000]);
  expect(clocks.next).toEqual([{ device: 'phy0', at: 5000 }]);
  await clocks.rest(1000);
  expect(asked).toHaveLength(3);
  standing.told = 4;
  standing.last = 10;
  await clocks.rest(2000);
  expect(asked).toEqual([1000, 1000, 1000, 2000]);
});

test('a request that waits in its device is at rest, one whose answer is on its way is not', async () => {
  const { clocks, asked, standing } = bench(async ({ n }) => ({ ...REST, last: 7, waiting: n < 4 ? [7] : [] }));
  standing.last = 7;
  standing.open = [7];
  await clocks.rest(0);
  expect(asked).toHaveLength(1);
  standing.open = [];
  await clocks.rest(0);
  expect(asked).toHaveLength(4);
});

test('interrupts from before it listened are not waited for, later ones are', async () => {
  const { clocks, asked, standing } = bench(async ({ n }) => ({ ...REST, interrupts: n < 3 ? null : 41 }));
  standing.interrupts = 40;
  await clocks.rest(0);
  expect(asked).toHaveLength(1);
  standing.interrupts = 41;
  await clocks.rest(0);
  expect(asked).toHaveLength(3);
});

test('a driver that never answers is an older one: it is left to its own clock, once, and said so', async () => {
  const { clocks, asked, said } = bench(() => new Promise(() => {}), 20);
  await clocks.rest(0);
  await clocks.rest(1);
  await clocks.goOn('phy0', 2);
  expect(asked).toEqual([0]);
  expect(said).toEqual([expect.stringMatching(/phy0 \(drv\) does not follow/)]);
  expect(clocks.drivers).toEqual([{ device: 'phy0', client: 'drv', follows: false }]);
});

test('a driver that comes in its place is asked anew; one that never rests is left behind, and said so', async () => {
  const { clocks, said, owner, standing } = bench(async () => REST, 20);
  await clocks.rest(0);
  expect(clocks.drivers).toMatchObject([{ follows: true }]);
  owner.session = 'two';
  expect(clocks.drivers).toMatchObject([{ follows: null }]);
  standing.told = 1; // which it never hears
  await clocks.rest(0);
  expect(said).toEqual([expect.stringMatching(/does not come to rest/)]);
});

test('a driver that goes while it is asked holds nobody up', async () => {
  const { clocks, asked } = bench(async () => {
    throw new LabError('ENODEV', 'it has gone');
  }, 20);
  await clocks.rest(0);
  expect(asked.length).toBeGreaterThan(0);
  expect(clocks.next).toEqual([]);
});
