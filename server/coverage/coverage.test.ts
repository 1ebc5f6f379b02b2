/** Coverage: what counts as touched, sums over runs, the file, the minimum. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import { addressFrame, readFrame, writeFrame } from '#bus/mdio.ts';
import { Trace } from '#bus/trace.ts';
import { mmdOf } from '#datasheets/c45.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import { Bench } from '#server/bench.ts';
import { type BenchSpec, DEVICE_KINDS } from '#server/bench-spec.ts';
import { CoverageSum, coverageOf } from './coverage.ts';
import { coverageFile, parseCoverage } from './coverage-file.ts';
import { coverageText } from './coverage-text.ts';
import { parseMinimum, shortfalls } from './minimum.ts';
import { sheetOf } from './sheet.ts';
import { touchedBy } from './touched.ts';

const spec: BenchSpec = {
  phy0: { device: 'qt2025', module: 'sr' },
  disk: { device: 'nullb', attributes: { memory_backed: true, irqmode: 0 } },
};

const bench = () => {
  const clock = new VirtualClock();
  const trace = new Trace(4096);
  const on = new Bench({ clock, trace, seed: 1, spec });
  const phy = on.device('phy0');
  const execute = (...frames: number[]) => void phy.bus.execute(Uint32Array.from(frames), 'driver');
  const read = (at: number) => execute(addressFrame(1, at), readFrame(1, mmdOf(at)));
  const write = (at: number, value: number) => execute(addressFrame(1, at), writeFrame(1, mmdOf(at), value));
  const coverage = (name = 'a') =>
    coverageOf(name, touchedBy({ bench: spec, records: trace.slice(1), names: trace.names }));
  return { on, phy, clock, trace, read, write, coverage };
};

test('nothing is touched before anybody touches it; attributes of the bench are', () => {
  const { devices, scenarios } = bench().coverage();
  expect(scenarios).toEqual(['a']);
  expect(devices.qt2025).toMatchObject({ touched: 0, percent: 0 });
  expect(devices.nullb?.categories.attributes?.times).toEqual({ memory_backed: 1, irqmode: 1 });
  expect(devices.nullb?.categories.registers).toBeUndefined();
  expect(devices.display).toBeUndefined();
});

test('a read touches a register and all its fields, a write those it changes and their transitions', () => {
  const { read, write, coverage } = bench();
  read(QT2025.HW_REV.at);
  write(QT2025.MICRO_RESETN.at, 0);
  write(QT2025.MICRO_RESETN.at, 2);
  write(QT2025.MICRO_RESETN.at, 2);
  const { categories } = coverage().devices.qt2025 ?? {};
  expect(categories?.registers?.times).toEqual({ HW_REV: 1, MICRO_RESETN: 3 });
  expect(categories?.operations?.times).toEqual({ 'read HW_REV': 1, 'write MICRO_RESETN': 3 });
  expect(categories?.fields?.times).toEqual({ 'HW_REV.REV': 1, 'HW_REV.LOW': 1, 'MICRO_RESETN.RELEASE': 2 });
  expect(categories?.transitions?.times).toEqual({ 'MICRO_RESETN.RELEASE 0 → 1': 1, 'MICRO_RESETN.RELEASE 1 → 0': 1 });
});

test('faults, controls, attributes and requests count once each time; a refusal does not', () => {
  const { on, phy, coverage } = bench();
  const disk = on.device('disk');
  phy.fault('rx-loss', {}, 'scenario');
  phy.clear(undefined, 'scenario');
  phy.fault('rx-loss', {}, 'scenario');
  phy.control('remove', {}, 'scenario');
  expect(() => disk.writeAttribute('submit_queues', '0', 'scenario')).toThrow(LabError);
  void disk.buses.block
    ?.port('driver')
    .submit([{ op: 'flush', tag: 0, generation: 1, hctx: 0, sector: 0, sectors: 0 }]);
  const { devices } = coverage();
  expect(devices.qt2025?.categories.faults?.times).toEqual({ 'rx-loss': 2 });
  expect(devices.qt2025?.categories.controls?.times).toEqual({ remove: 1 });
  expect(devices.nullb?.categories.operations?.times).toEqual({ flush: 1, 'answer OK': 1 });
  expect(devices.nullb?.categories.attributes?.times).not.toHaveProperty('submit_queues');
});

test('a bus fault is no fault of the device, though some have the same name', () => {
  const { trace, coverage } = bench();
  const row = { op: 'fault', outcome: 'on', time: 0, device: 'disk', text: 'error of every access' } as const;
  trace.record({ ...row, requester: 'filter' });
  expect(coverage().devices.nullb?.categories.faults?.touched).toBe(0);
  trace.record({ ...row, requester: 'scenario' });
  expect(coverage().devices.nullb?.categories.faults?.times).toEqual({ error: 1 });
});

test('what its own firmware does touches no register in anybody’s name, but moves fields', () => {
  const { trace, coverage } = bench();
  const row = { device: 'phy0', requester: 'micro', op: 'write', outcome: 'ok', time: 0 } as const;
  trace.record({ ...row, at: QT2025.MICRO_RESETN.at, old: 0, value: 2 });
  const { categories } = coverage().devices.qt2025 ?? {};
  expect(categories?.registers?.touched).toBe(0);
  expect(categories?.transitions?.times).toEqual({ 'MICRO_RESETN.RELEASE 0 → 1': 1 });
});

test('the parts of any runs add up to the runs together, by records and by file', () => {
  const places = Object.values(QT2025).map(({ at }) => at);
  const accesses = fc.array(fc.tuple(fc.constantFrom(...places), fc.nat(0xffff)), { maxLength: 12 });
  fc.assert(
    fc.property(accesses, accesses, (one, two) => {
      const [first, second] = [bench(), bench()];
      for (const [at, value] of one) value % 2 === 0 ? first.read(at) : first.write(at, value);
      for (const [at, value] of two) value % 2 === 0 ? second.read(at) : second.write(at, value);
      const [a, b] = [first.coverage('a'), second.coverage('b')];
      const sum = new CoverageSum();
      sum.addCoverage(parseCoverage(coverageFile('-', 'a.json', a), 'a.json'));
      sum.addCoverage(b);
      const { coverage } = sum;
      expect(coverage.scenarios).toEqual(['a', 'b']);
      for (const kind of ['qt2025', 'nullb'] as const)
        for (const [category, of] of Object.entries(coverage.devices[kind]?.categories ?? {})) {
          const never = sheetOf(kind)[category as keyof ReturnType<typeof sheetOf>].filter(
            (name) => !(name in of.times),
          );
          expect(of.never).toEqual(never);
          expect(of.touched + of.never.length).toBe(of.total);
        }
      const count = (c: typeof a) => c.devices.qt2025?.categories.registers?.times ?? {};
      for (const [name, times] of Object.entries(count(coverage)))
        expect(times).toBe((count(a)[name] ?? 0) + (count(b)[name] ?? 0));
    }),
    { numRuns: 15 },
  );
});

test.each(DEVICE_KINDS)('no name of the sheet of %s is there twice', (kind) => {
  for (const names of Object.values(sheetOf(kind))) expect(new Set(names).size).toBe(names.length);
});

test('below the minimum, what was never touched is listed', () => {
  const { read, coverage } = bench();
  read(QT2025.HW_REV.at);
  const minimum = parseMinimum('--coverage-min', 'registers=0.5,faults=50%');
  const lines = shortfalls(coverage(), minimum, 2);
  expect(lines).toEqual([
    expect.stringMatching(/^nullb: 0 % of the faults/),
    expect.stringMatching(/^qt2025: 0 % of the faults was touched, 50 % is asked for; never \S+, \S+ and \d+ more$/),
  ]);
  expect(shortfalls(coverage(), parseMinimum('-', '0'))).toEqual([]);
  expect(coverageText(coverage())).toContain('never PMA_CTRL1');
});

test.each(['', '101', 'x', 'registers', 'register=4', '4,', '-1', '1e2'])('%j is no minimum', (text) => {
  expect(() => parseMinimum('--coverage-min', text)).toThrow(LabError);
});

test('any text is coverage or refused in one line', () => {
  const good = coverageFile('-', 'a.json', bench().coverage());
  expect(parseCoverage(good, 'a.json').scenarios).toEqual(['a']);
  expect(() => parseCoverage(good.replace('"format": 1', '"format": 2'), 'a.json')).toThrow(/a\.json has format 2/);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.nat(good.length - 2).map((n) => good.slice(0, n)),
        fc.json(),
      ),
      (text) => {
        expect(() => parseCoverage(text, 'a.json')).toThrow(/^a\.json [^\n]+$/);
      },
    ),
    { numRuns: 60 },
  );
  expect(() => coverageFile('--coverage', 'x.txt', bench().coverage())).toThrow(/\.json or \.html/);
});

test('the page carries no script, and names cannot break it', () => {
  const page = coverageFile('-', 'a.html', bench().coverage('<script>alert(1)</script>'));
  expect(page).not.toMatch(/<script/);
  expect(page).toContain('&lt;script&gt;');
  expect(page).toContain('never touched');
});
