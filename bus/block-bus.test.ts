import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BlockCompletion } from './block.ts';
import { command, makeBlockRig } from './block-rig.ts';
import { ms, VirtualClock } from './clock.ts';
import { fillPattern } from './pattern.ts';
import { unpackTag } from './trace.ts';

const rig = () => {
  const clock = new VirtualClock();
  return { clock, ...makeBlockRig(clock) };
};

test('one request in ten is recorded when asked so: said in the trace, counted exactly, failures always', async () => {
  const { bus, records, trace } = rig();
  bus.traceEvery = 10;
  const port = bus.port('drv');
  for (let i = 0; i < 100; i++) await port.submit([command({ tag: i % 64, generation: i })]);
  await port.submit([command({ op: 'discard', tag: 1, generation: 100 })]); // ends with an error
  await port.submit([command({ op: 'discard', tag: 1, generation: 101 })]);
  const [first] = records();
  expect([first?.op, trace.names.texts[first?.aux ?? 0]]).toEqual(['note', 'one request in 10 is recorded']);
  expect(records().filter(({ op }) => op === 'read')).toHaveLength(10);
  expect(records().filter(({ op, outcome }) => op === 'done' && outcome === 'ok')).toHaveLength(10);
  expect(records().filter(({ outcome }) => outcome === 'failed')).toHaveLength(2);
  expect(bus.counters).toMatchObject({ completed: 102, failed: 2, recorded: 11, inFlight: 0 });
  expect(bus.counters.submitted).toMatchObject({ read: 100, discard: 2 });
  expect(() => {
    bus.traceEvery = 0;
  }).toThrow(/whole number from 1/);
});

test('tells how long a request took, and where it was', async () => {
  const { bus, silicon, clock, records } = rig();
  silicon.prompt = false;
  await bus.port('drv').submit([command({ tag: 3, hctx: 1, sector: 2048 })]);
  clock.advance(ms(3));
  silicon.finish(silicon.taken[0]!);
  const done = records().at(-1);
  expect(done).toMatchObject({ op: 'done', at: 2048, value: 2, aux: ms(3) });
  expect(unpackTag(done?.old ?? 0)).toEqual({ tag: 3, hctx: 1, detail: 0 });
});

test('a driver that submits inside each answer runs a million requests deep without a stack', async () => {
  const { bus } = rig();
  bus.traceEvery = 1_000_000;
  const port = bus.port('drv');
  let generation = 0;
  port.onCompletion(() => {
    if (generation < 100_000) void port.submit([command({ op: 'flush', sectors: 0, generation: ++generation })]);
  });
  await port.submit([command({ op: 'flush', sectors: 0 })]);
  expect(bus.counters).toMatchObject({ completed: 100_001, inFlight: 0 });
});

test('a filter may hold an answer back, repeat it, change it, or swallow a request', async () => {
  const { bus, silicon, clock } = rig();
  const port = bus.port('drv');
  const heard: [number, string][] = [];
  port.onCompletion((all) => void heard.push(...all.map(({ tag, status }): [number, string] => [tag, status])));
  bus.filters.add({
    submit: (passed, next) => (passed.tag === 4 ? undefined : next(passed)),
    complete(passed, next) {
      if (passed.tag === 1) clock.after(ms(1), () => next(passed));
      else if (passed.tag === 2) {
        next(passed);
        next(passed);
      } else next({ ...passed, status: 'MEDIUM' });
    },
  });
  await port.submit([1, 2, 3, 4].map((tag) => command({ tag })));
  expect(heard).toEqual([
    [2, 'OK'],
    [2, 'OK'],
    [3, 'MEDIUM'],
  ]);
  clock.advance(ms(1));
  expect(heard.at(-1)).toEqual([1, 'OK']);
  expect(bus.counters).toMatchObject({ completed: 3, failed: 1, unclaimed: 1, inFlight: 1 });
  expect(silicon.taken.map(({ tag }) => tag)).toEqual([1, 2, 3]);
});

test('an answer to nothing anybody asked is recorded, and told to nobody', () => {
  const { bus, silicon, records } = rig();
  const heard: BlockCompletion[] = [];
  bus.port('drv').onCompletion((all) => void heard.push(...all));
  silicon.completed({ hctx: 0, tag: 12, generation: 5, status: 'OK' });
  expect(heard).toEqual([]);
  expect(records().map(({ op, outcome }) => [op, outcome])).toEqual([['done', 'ignored']]);
});

test('a closed port is ECANCELED, hears nothing, and leaves its tags free', async () => {
  const { bus, silicon } = rig();
  silicon.prompt = false;
  const first = bus.port('one');
  await first.submit([command({ tag: 5 })]);
  first.close();
  await expect(first.submit([command({ tag: 6 })])).rejects.toMatchObject({ code: 'ECANCELED' });
  await bus.port('two').submit([command({ tag: 5 })]);
  expect(bus.counters.inFlight).toBe(1);
});

test('whatever is submitted and however it is answered, counts add up and no answer is heard twice', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('submit' as const), tag: fc.nat(7), write: fc.boolean() }),
    fc.record({ kind: fc.constant('finish' as const), which: fc.nat(20) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const { bus, silicon } = rig();
      silicon.prompt = false;
      const port = bus.port('drv');
      const heard: number[] = [];
      port.onCompletion((all) => void heard.push(...all.map(({ generation }) => generation)));
      const open = new Map<number, number>();
      let generation = 0;
      let refused = 0;
      for (const one of steps) {
        if (one.kind === 'submit') {
          generation++;
          const data = one.write ? { op: 'write' as const, data: fillPattern('5a', 0, 2) } : {};
          const taken = await port.submit([command({ tag: one.tag, generation, ...data })]).then(
            () => true,
            () => false,
          );
          expect(taken).toBe(!open.has(one.tag));
          if (taken) open.set(one.tag, generation);
          else refused++;
        } else {
          const waiting = silicon.taken.filter((taken) => open.get(taken.tag) === taken.generation);
          const next = waiting[one.which % Math.max(1, waiting.length)];
          if (next === undefined) continue;
          open.delete(next.tag);
          silicon.finish(next);
        }
      }
      expect(new Set(heard).size).toBe(heard.length);
      expect(bus.counters).toMatchObject({ inFlight: open.size, completed: heard.length, refused, unclaimed: 0 });
    }),
    { numRuns: 60 },
  );
});
