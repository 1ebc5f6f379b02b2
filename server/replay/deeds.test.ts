import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '#bus/clock.ts';
import { Trace } from '#bus/trace.ts';
import { textOf } from '#bus/trace-words.ts';
import type { Catalogue } from '#regmap/actions.ts';
import { type Param, settle } from '#regmap/params.ts';
import { Bench } from '../bench.ts';
import type { BenchSpec } from '../bench-spec.ts';
import { deedOf, doAgain } from './deeds.ts';

const SPEC: BenchSpec = { phy0: { device: 'qt2025' }, nullb0: { device: 'nullb' }, card0: { device: 'display' } };
const lab = () => {
  const trace = new Trace(64);
  return { trace, bench: new Bench({ clock: new VirtualClock(), trace, seed: 1, spec: SPEC }) };
};
const shared = lab();
const { devices } = shared.bench;

const anyValue = (param: Param): fc.Arbitrary<unknown> => {
  if (param.kind === 'flag') return fc.boolean();
  if (param.kind === 'choice') return fc.constantFrom(...param.among);
  if (param.kind === 'text') return fc.constant(param.default);
  const { min, max, whole } = param;
  return whole ? fc.integer({ min: Math.ceil(min), max: Math.floor(max) }) : fc.double({ min, max, noNaN: true });
};
/** One entry of one device's catalogue, with parameters. */
const anyOf = (which: (device: string) => Catalogue) =>
  fc
    .constantFrom(
      ...[...devices.keys()].flatMap((name) => Object.entries(which(name)).map((entry) => [name, ...entry] as const)),
    )
    .chain(([device, name, { params }]) =>
      fc
        .record(Object.fromEntries(Object.entries(params).map(([param, of]) => [param, anyValue(of)])))
        .map((given) => ({ device, name, params, given })),
    );

test('a fault is read back from its row with the parameters it was switched on with', () => {
  fc.assert(
    fc.property(
      anyOf((name) => devices.get(name)!.device.faults),
      ({ device, name, params, given }) => {
        const { trace, bench } = shared;
        bench.device(device).fault(name, given, 'scenario');
        const rows = Array.from({ length: trace.last - trace.first + 1 }, (_, i) => trace.at(trace.first + i)!);
        const record = rows.findLast(({ op, outcome }) => op === 'fault' && outcome === 'on')!; // just made
        bench.device(device).clear(undefined, 'scenario');
        const deed = deedOf(record, 'scenario', textOf(record, trace.names), bench.device(device));
        expect(deed).toMatchObject({ kind: 'fault', name });
        if (deed?.kind !== 'fault') return;
        expect(settle(params, deed.params)).toEqual(settle(params, given));
      },
    ),
    { numRuns: 60 },
  );
});

test('what is read back does again what was done', () => {
  const { trace, bench } = lab();
  const card = bench.device('card0');
  card.control('panic-button', { text: 'two words, a = sign' }, 'scenario');
  bench.device('phy0').poke(0x1d001, 0xa100, 'scenario');
  bench.device('phy0').fault('pcs-stuck', {}, 'scenario');
  bench.device('phy0').clear('pcs-stuck', 'scenario');
  bench.device('nullb0').writeAttribute('power', '0', 'scenario');
  const again = lab();
  for (let seq = 1; seq <= trace.last; seq++) {
    const record = trace.at(seq)!;
    const requester = trace.names.requesters[record.requester] ?? '';
    const device = again.bench.device(trace.names.devices[record.device] ?? '');
    const deed = deedOf(record, requester, textOf(record, trace.names), device);
    if (deed !== undefined) doAgain(deed, device, record, requester);
  }
  for (const [name, { device }] of bench.devices)
    expect(again.bench.device(name).device.snapshot()).toEqual(device.snapshot());
});

test('rows of a firmware, of a breakpoint and of a bus fault are nothing that somebody did', () => {
  const { trace, bench } = lab();
  const device = bench.device('phy0');
  for (const requester of ['micro', 'breakpoint', 'filter', 'nbd', 'nbd:3']) {
    const seq = trace.record({ device: 'phy0', requester, op: 'fault', outcome: 'on', time: 0, text: 'pcs-stuck' });
    expect(deedOf(trace.at(seq)!, requester, 'pcs-stuck', device)).toBeUndefined();
  }
});
