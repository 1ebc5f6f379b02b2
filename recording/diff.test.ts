import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packTag, type TraceEntry } from '#bus/trace.ts';
import { recordAt } from './decode.ts';
import { DIFF_KINDS, diffSections, NO_RECORD } from './diff.ts';
import { differencesIn, stretchesOf } from './diff-fold.ts';
import { access, anyEntry, sectionOf } from './made-section.ts';
import { TupleIds } from './tuple-ids.ts';

const counts = (a: readonly TraceEntry[], b: readonly TraceEntry[]) => {
  const { equal, changed, removed, added } = diffSections(sectionOf(a), sectionOf(b));
  return { equal, changed, removed, added };
};
const writes = (values: readonly number[], of: Partial<TraceEntry> = {}) =>
  values.map((value, i) => access('write', 0x38000 + i, value, 1000 * i, { old: i, ...of }));

test('two recordings that differ in one write show one changed row', () => {
  const a = writes([1, 2, 3, 4, 5]);
  const b = writes([1, 2, 30, 4, 5]);
  expect(counts(a, b)).toEqual({ equal: 4, changed: 1, removed: 0, added: 0 });
  const [lane] = diffSections(sectionOf(a), sectionOf(b)).lanes;
  expect([...(lane?.kinds ?? [])].map((kind) => DIFF_KINDS[kind])).toEqual([
    'equal',
    'equal',
    'changed',
    'equal',
    'equal',
  ]);
  expect([lane?.a[2], lane?.b[2]]).toEqual([2, 2]);
});

test('two uploads of different images are changed row by row, whatever is equal by chance', () => {
  const image = (seed: number) => writes(Array.from({ length: 400 }, (_, i) => (i * seed) % 7));
  const { changed, removed, added } = counts(image(3), image(5));
  expect({ removed, added }).toEqual({ removed: 0, added: 0 });
  expect(changed).toBeGreaterThan(200);
});

test('one poll more is one row, though the answers come later', () => {
  const poll = (answers: readonly number[]) => answers.map((value, i) => access('read', 0x10001, value, 1000 * i));
  expect(counts(poll([0, 0, 0, 4, 6]), poll([0, 0, 0, 0, 4, 6]))).toEqual({
    equal: 5,
    changed: 0,
    removed: 0,
    added: 1,
  });
});

test('time, and who asked, make no difference', () => {
  const a = writes([1, 2, 3]);
  const b = writes([1, 2, 3], { requester: 'another', wireNs: 0, time: 77 });
  expect(counts(a, b)).toEqual({ equal: 3, changed: 0, removed: 0, added: 0 });
});

test('an access more or less is added or removed, and the rest stays equal', () => {
  const a = writes([1, 2, 3, 4]);
  const extra = access('read', 0x10001, 6, 50);
  expect(counts(a, [...a.slice(0, 2), extra, ...a.slice(2)])).toEqual({ equal: 4, changed: 0, removed: 0, added: 1 });
  expect(counts(a, [...a.slice(0, 1), ...a.slice(2)])).toEqual({ equal: 3, changed: 0, removed: 1, added: 0 });
});

test('how two devices, or a device and its firmware, take turns makes no difference', () => {
  const bus = writes([1, 2, 3]);
  const firmware = writes([7, 8], { requester: 'micro' });
  const disk = writes([9], { device: 'nullb0' });
  expect(counts([...bus, ...firmware, ...disk], [...disk, ...firmware, ...bus])).toEqual({
    equal: 6,
    changed: 0,
    removed: 0,
    added: 0,
  });
});

test('the tag and the time of a request make no difference, its place and its end do', () => {
  const asked = (tag: number, at = 8): TraceEntry => ({
    ...access('read', at, 8, 10),
    device: 'nullb0',
    old: packTag({ tag, hctx: 0, detail: 0 }),
    wireNs: 0,
  });
  const done = (tag: number, detail: number, wireNs: number): TraceEntry => ({
    ...asked(tag),
    op: 'done',
    old: packTag({ tag, hctx: 0, detail }),
    wireNs,
  });
  expect(counts([asked(1), done(1, 0, 100)], [asked(2), done(2, 0, 900)])).toMatchObject({ equal: 2, changed: 0 });
  expect(counts([asked(1), done(1, 0, 100)], [asked(1), done(1, 3, 100)])).toMatchObject({ equal: 1, changed: 1 });
  expect(counts([asked(1)], [asked(1, 16)])).toMatchObject({ removed: 1, added: 1 });
});

test('every record is in exactly one part, in the order of its lane', () => {
  fc.assert(
    fc.property(
      fc.array(anyEntry, { maxLength: 25 }),
      fc.array(anyEntry, { maxLength: 25 }),
      fc.nat(25),
      (x, y, keep) => {
        const [a, b] = [sectionOf(x), sectionOf([...x.slice(0, keep), ...y])];
        const { lanes, ...sums } = diffSections(a, b);
        const seenA: number[] = [];
        const seenB: number[] = [];
        for (const lane of lanes) {
          const mine = [...lane.a].filter((index) => index !== NO_RECORD);
          const theirs = [...lane.b].filter((index) => index !== NO_RECORD);
          for (const [row, code] of lane.kinds.entries()) {
            const kind = DIFF_KINDS[code];
            expect(lane.a[row] === NO_RECORD).toBe(kind === 'added');
            expect(lane.b[row] === NO_RECORD).toBe(kind === 'removed');
            if (kind === 'removed' || kind === 'added') continue;
            const [one, other] = [recordAt(a, lane.a[row]!), recordAt(b, lane.b[row]!)];
            expect(one.op).toBe(other.op);
            if (kind === 'equal') expect(one.value).toBe(other.value);
          }
          expect(mine).toEqual([...mine].sort((one, other) => one - other));
          expect(theirs).toEqual([...theirs].sort((one, other) => one - other));
          seenA.push(...mine);
          seenB.push(...theirs);
        }
        expect(seenA.sort((one, other) => one - other)).toEqual(x.map((_, i) => i));
        expect(seenB).toHaveLength(b.count);
        expect(sums.equal + sums.changed + sums.removed).toBe(a.count);
        expect(sums.equal + sums.changed + sums.added).toBe(b.count);
      },
    ),
  );
});

test('a recording has no differences from itself', () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { maxLength: 40 }), (entries) => {
      const section = sectionOf(entries);
      expect(diffSections(section, section)).toMatchObject({
        equal: section.count,
        changed: 0,
        removed: 0,
        added: 0,
      });
    }),
  );
});

test('one write changed in a long row of accesses is exactly one changed row', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 60 }),
      fc.nat(),
      fc.integer({ min: 1, max: 0xffff }),
      (values, nth, bits) => {
        const at = nth % values.length;
        const changed = values.map((value, i) => (i === at ? value ^ bits : value));
        expect(counts(writes(values), writes(changed))).toEqual({
          equal: values.length - 1,
          changed: 1,
          removed: 0,
          added: 0,
        });
      },
    ),
  );
});

test('folded and shown rows add up, nothing that differs is folded, and so many rows stand around each difference', () => {
  const anyKinds = fc.array(fc.constantFrom(0, 0, 0, 0, 1, 2, 3), { maxLength: 80 });
  fc.assert(
    fc.property(anyKinds, fc.nat(5), (list, context) => {
      const kinds = Uint8Array.from(list);
      const stretches = stretchesOf(kinds, context);
      expect(stretches[0]?.from ?? 0).toBe(0);
      for (const [nth, { to }] of stretches.entries()) expect(stretches[nth + 1]?.from ?? kinds.length).toBe(to);
      const differs = list.flatMap((kind, row) => (kind === 0 ? [] : [row]));
      for (const { from, to, folded } of stretches) {
        expect(to).toBeGreaterThan(from);
        if (!folded) continue;
        for (let row = from; row < to; row++)
          expect(differs.every((other) => Math.abs(other - row) > context)).toBe(true);
      }
      const starts = [...differencesIn(kinds)];
      expect(starts).toEqual(differs.filter((row) => !differs.includes(row - 1)));
    }),
  );
});

test('equal tuples have equal numbers, and no others do', () => {
  const word = fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 0xffffffff }));
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word, word, word), { maxLength: 900 }), (tuples) => {
      const ids = new TupleIds();
      const known = new Map<string, number>();
      for (const tuple of tuples) {
        const key = tuple.join();
        const id = ids.of(...tuple);
        expect(id).toBe(known.get(key) ?? known.size);
        known.set(key, id);
      }
      expect(ids.count).toBe(known.size);
    }),
    { numRuns: 30 },
  );
});
