/** Tags: handed out once, in turn, and fairly. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TagPool, TagSet } from './tag-set.ts';

test('maps work to default, read and poll queues, numbered in that order', () => {
  const set = new TagSet({ nrHwQueues: 3, readQueues: 1, pollQueues: 2, depth: 4 });
  expect(set.maps).toEqual({ default: [0, 1], read: [2], poll: [3, 4] });
  set.mapQueues(1);
  expect(set.maps).toEqual({ default: [0], read: [2], poll: [3, 4] });
  set.mapQueues(9);
  expect(set.maps.default).toEqual([0, 1]);
});

test('has a pool for each hardware queue, or one for all when tags are shared', () => {
  const own = new TagSet({ nrHwQueues: 2, depth: 4 });
  expect(own.pool(0)).not.toBe(own.pool(1));
  const shared = new TagSet({ nrHwQueues: 2, depth: 4, sharedTags: true });
  expect(shared.pool(0)).toBe(shared.pool(1));
  expect(() => own.pool(2)).toThrowError(/no hardware queue 2; there are 2/);
});

test.each([
  { nrHwQueues: 0, depth: 1 },
  { nrHwQueues: 1, depth: 0 },
  { nrHwQueues: 1, depth: 10241 },
  { nrHwQueues: 2, readQueues: 2, depth: 1 },
  { nrHwQueues: 1, depth: 1.5 },
])('refuses %o', (options) => {
  expect(() => new TagSet(options)).toThrowError(/are allowed/);
});

test("takes the kernel's 30 s as its timeout unless told", () => {
  expect(new TagSet({ nrHwQueues: 1, depth: 1 }).timeoutNs).toBe(30e9);
  expect(new TagSet({ nrHwQueues: 1, depth: 1, timeoutNs: 5e9 }).timeoutNs).toBe(5e9);
});

test('lets those without a tag wait, first come first served', () => {
  const pool = new TagPool(1);
  const got: string[] = [];
  const disk = {};
  for (const name of ['first', 'second', 'third']) pool.acquire(disk, () => void got.push(name));
  expect(got).toEqual(['first']);
  expect(pool.waiting).toBe(2);
  pool.release(disk, 0);
  expect(got).toEqual(['first', 'second']);
  pool.cancel(disk);
  pool.release(disk, 0);
  expect(got).toEqual(['first', 'second']);
  expect(pool.inUse).toBe(0);
});

test('gives each of two disks its share while both want more (blktests block/035)', () => {
  const pool = new TagPool(16);
  const [slow, fast] = [{}, {}];
  const held = { slow: 0, fast: 0 };
  for (let i = 0; i < 100; i++) pool.acquire(slow, () => void held.slow++);
  expect(held.slow).toBe(16);
  for (let i = 0; i < 100; i++) pool.acquire(fast, () => void held.fast++);
  for (let tag = 0; tag < 8; tag++) pool.release(slow, tag);
  expect(held.fast).toBe(8);
});

test('gives a tag to the disk that has waited longest', () => {
  const pool = new TagPool(1);
  const [first, second] = [{}, {}];
  const order: string[] = [];
  pool.acquire(first, () => {});
  pool.acquire(second, () => void order.push('waited longer'));
  pool.acquire(first, () => void order.push('came later'));
  pool.release(first, 0);
  pool.release(second, 0);
  expect(order).toEqual(['waited longer', 'came later']);
});

test('throws when a tag is given back twice', () => {
  const pool = new TagPool(2);
  const disk = {};
  pool.acquire(disk, () => {});
  pool.release(disk, 0);
  expect(() => pool.release(disk, 0)).toThrowError(/twice/);
});

test('never has a tag out twice, never leaves one idle that somebody may have', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 2 })), { maxLength: 200 }),
      (depth, steps) => {
        const pool = new TagPool(depth);
        const disks = [{}, {}, {}] as const;
        const out = new Map<number, object>();
        const asked: number[][] = [[], [], []];
        const granted: number[][] = [[], [], []];
        steps.forEach(([take, which], order) => {
          const disk = disks[which];
          if (disk === undefined) return;
          if (take) {
            asked[which]?.push(order);
            pool.acquire(disk, (tag) => {
              expect(out.has(tag)).toBe(false);
              expect(tag).toBeLessThan(depth);
              out.set(tag, disk);
              granted[which]?.push(order);
            });
          } else {
            const held = [...out].find(([, owner]) => owner === disk);
            if (held === undefined) return;
            out.delete(held[0]);
            pool.release(disk, held[0]);
          }
          expect(pool.inUse).toBe(out.size);
        });
        for (const [which, grants] of granted.entries()) expect(asked[which]?.slice(0, grants.length)).toEqual(grants);
        for (let rounds = 0; out.size > 0 && rounds < 1000; rounds++)
          for (const [tag, disk] of [...out]) {
            out.delete(tag);
            pool.release(disk, tag);
          }
        expect(granted).toEqual(asked);
      },
    ),
    { numRuns: 200 },
  );
});
