import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packTag, type TraceEntry } from '#bus/trace.ts';
import { recordAt } from './decode.ts';
import { diffSections } from './diff.ts';
import { access, anyEntry, sectionOf } from './made-section.ts';

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
  expect(lane?.parts.find(({ kind }) => kind === 'changed')).toEqual({ kind: 'changed', a: 2, b: 2 });
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
        for (const { parts } of lanes) {
          const [mine, theirs]: [number[], number[]] = [[], []];
          for (const part of parts) {
            if (part.kind === 'equal') {
              mine.push(...part.a);
              theirs.push(...part.b);
            } else {
              if (part.kind !== 'added') mine.push(part.a);
              if (part.kind !== 'removed') theirs.push(part.b);
            }
            if (part.kind === 'changed') expect(recordAt(a, part.a).op).toBe(recordAt(b, part.b).op);
            if (part.kind === 'equal')
              expect(part.a.map((i) => recordAt(a, i).value)).toEqual(part.b.map((i) => recordAt(b, i).value));
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
