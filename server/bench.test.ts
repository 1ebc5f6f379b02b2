import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { RealClock, seconds, VirtualClock } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import { c45Registers } from '#bus/mdio.ts';
import { Trace, type TraceRecord } from '#bus/trace.ts';
import { QT2025_ALL as R } from '#datasheets/qt2025.ts';
import { Bench } from './bench.ts';
import { type BenchSpec, checkBench, loadBench } from './bench-spec.ts';
import { DEFAULT_BENCH } from './default-bench.ts';

const dir = mkdtempSync(join(tmpdir(), 'ferrolab-bench-'));
afterAll(() => rmSync(dir, { recursive: true }));
const file = (text: string): string => {
  const path = join(dir, 'bench.yaml');
  writeFileSync(path, text);
  return path;
};

const bench = (spec: BenchSpec = DEFAULT_BENCH, seed = 1) => {
  const clock = new VirtualClock();
  const trace = new Trace(1000);
  return { clock, trace, bench: new Bench({ clock, trace, seed, spec, firmware: () => Uint8Array.of(2) }) };
};
const rows = (trace: Trace): readonly (TraceRecord & { readonly text: string | undefined })[] =>
  Array.from({ length: trace.last }, (_, i) => trace.at(i + 1)!).map((record) => ({
    ...record,
    text: trace.names.texts[record.aux],
  })); // every number from first to last is kept

test('puts a PHY with a module and light at port address 1 by default', async () => {
  const { bench: made, clock } = bench();
  const { bus, device } = made.device('phy0');
  const read = c45Registers(bus.port('test'), 1).read(R.HW_REV.at);
  await clock.run(seconds(1));
  expect((await read) >>> 8).toBe(0xb3);
  expect(device.inspect()).toMatchObject({ prtad: 1, cage: { module: { kind: 'sr' } }, light: { detected: true } });
});

test('takes the standard’s 2.5 MHz on the wire in virtual time, and none in real time', async () => {
  const { bench: made, clock } = bench();
  let done = false;
  const port = c45Registers(made.device('phy0').bus.port('test'), 1);
  void port.read(R.HW_REV.at).then(() => {
    done = true;
  });
  await clock.run(seconds(1), () => done);
  expect(clock.now()).toBe(51_200);

  const real = new Bench({ clock: new RealClock(), trace: new Trace(10), seed: 1, spec: DEFAULT_BENCH });
  const frames = real.device('phy0').bus.execute(new Uint32Array(), 'test');
  expect(frames).toHaveLength(0);
});

test('replaces a device of the same name as a power cycle would', () => {
  const { bench: made } = bench();
  const before = made.device('phy0');
  before.poke(R.HW_REV.at, 0xa100, 'test');
  const after = made.place('phy0', { device: 'qt2025', prtad: 1, module: null });
  expect(made.device('phy0')).toBe(after);
  expect(after.device.peek(R.HW_REV.at) >>> 8).toBe(0xb3);
  expect(after.device.inspect()).toMatchObject({ cage: { module: null } });
});

test('records faults with on and off, controls and pokes under who did them', () => {
  const { bench: made, trace } = bench();
  const phy = made.device('phy0');
  phy.fault('rx-loss', {}, 'scenario');
  phy.fault('weak-light', { rx_dbm: -13 }, 'scenario');
  phy.clear('rx-loss', 'dashboard');
  phy.clear('rx-loss', 'dashboard');
  phy.clear(undefined, 'dashboard');
  phy.control('light', { dbm: -5 }, 'dashboard');
  phy.poke(R.HW_REV.at, 0xa100, 'dashboard');
  const told = rows(trace).filter(({ op }) => op !== 'irq');
  expect(told.map(({ op, outcome, text }) => [op, outcome, text])).toEqual([
    ['fault', 'on', 'rx-loss'],
    ['fault', 'on', 'weak-light rx_dbm=-13'],
    ['fault', 'off', 'rx-loss'],
    ['fault', 'off', 'weak-light'],
    ['note', 'ok', 'light dbm=-5'],
    ['note', 'ok', 'poke'],
  ]);
  expect(told.at(-1)).toMatchObject({ at: R.HW_REV.at, value: 0xa100 });
  expect(told.map(({ requester }) => trace.names.requesters[requester])).toEqual([
    ...['scenario', 'scenario', 'dashboard', 'dashboard', 'dashboard', 'dashboard'],
  ]);
});

test('gives each device a seed of its own, the same every time', () => {
  const serial = (made: Bench, name: string) =>
    (made.device(name).device.inspect() as { cage: { module: { serial: string } } }).cage.module.serial;
  const two: BenchSpec = { phy0: { device: 'qt2025' }, phy1: { device: 'qt2025' } };
  const { bench: first } = bench(two);
  const { bench: again } = bench(two);
  const { bench: other } = bench(two, 2);
  expect(serial(first, 'phy0')).toBe(serial(again, 'phy0'));
  expect(serial(first, 'phy0')).not.toBe(serial(first, 'phy1'));
  expect(serial(first, 'phy0')).not.toBe(serial(other, 'phy0'));
});

test('builds a block device with its attributes, of either personality', () => {
  const { bench: made } = bench({
    a: { device: 'nullb', attributes: { size: 8, memory_backed: true }, trace_every: 7 },
    b: { device: 'nullb', personality: 'rnull', compat: 'strict', attributes: { blocksize: '512' } },
  });
  const a = made.device('a');
  expect([a.readAttribute('size'), a.readAttribute('memory_backed')]).toEqual(['8', '1']);
  expect(a.buses.block?.traceEvery).toBe(7);
  expect(a.buses.block?.identify().capacitySectors).toBe(16_384);
  expect(
    made
      .device('b')
      .attributes()
      .map(({ name }) => name),
  ).toEqual(expect.arrayContaining(['power', 'blocksize', 'rotational', 'size', 'irqmode']));
  expect(() => a.bus).toThrow(
    expect.objectContaining({ code: 'EOPNOTSUPP', message: expect.stringMatching(/has block/) }),
  );
  expect(() => made.device('a').writeAttribute('size', '9', 'test')).toThrow(
    expect.objectContaining({ code: 'EBUSY' }),
  );
});

test('an attribute that the device refuses keeps the bench from being built, with the device’s errno', () => {
  expect(() => bench({ a: { device: 'nullb', attributes: { size: 'big' } } })).toThrow(
    expect.objectContaining({ code: 'EINVAL' }),
  );
});

test('says which device is meant where there is none of that name', () => {
  expect(() => bench().bench.device('phyO')).toThrow(/phy0/);
});

test('loads a bench from YAML', () => {
  const spec = loadBench(file('phy0: { device: qt2025, module: dac, length_m: 5, params: { poll_ms: 500 } }\n'));
  expect(spec).toEqual({ phy0: { device: 'qt2025', module: 'dac', length_m: 5, params: { poll_ms: 500 } } });
  expect(bench(spec).bench.device('phy0').device.inspect()).toMatchObject({ cage: { module: { lengthM: 5 } } });
});

test.each([
  ['', 'EINVAL', /bench/],
  ['phy0: { device: qt2026 }', 'EINVAL', /phy0/],
  ['phy0: { device: qt2025, prtad: 32 }', 'EINVAL', /phy0\.prtad/],
  ['phy0: { device: qt2025, colour: red }', 'EINVAL', /phy0/],
  ['"a/b": { device: qt2025 }', 'EINVAL', /bench/],
  ['phy0: [', 'EINVAL', /bench/],
  ['nullb0: { device: nullb, prtad: 1 }', 'EINVAL', /nullb0.*'prtad'; it takes/],
  ['nullb0: { device: nullb, personalty: rnull }', 'EINVAL', /did you mean 'personality'/],
  ['nullb0: { device: nullb, personality: linux }', 'EINVAL', /nullb0\.personality/],
  ['nullb0: { device: nullb, trace_every: 0 }', 'EINVAL', /nullb0\.trace_every/],
  ['a: &a { device: qt2025 }\nb: *a', 'EINVAL', /alias/i],
])('refuses %j as a bench', (text, code, message) => {
  const path = file(text);
  expect(() => loadBench(path)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  expect(() => loadBench(path)).toThrow(path);
});

test('refuses a bench file that is too long', () => {
  const path = file(`# ${'x'.repeat(70_000)}`);
  expect(() => loadBench(path)).toThrow(expect.objectContaining({ code: 'EFBIG' }));
});

test('takes anything for a bench or refuses it with EINVAL', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.dictionary(fc.string(), fc.anything())), (given) => {
      try {
        checkBench(given);
      } catch (error) {
        expect(error).toBeInstanceOf(LabError);
        expect(error).toMatchObject({ code: 'EINVAL' });
      }
    }),
  );
});
