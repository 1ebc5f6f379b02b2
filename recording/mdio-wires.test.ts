import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unpackFrame } from '#bus/mdio.ts';
import type { TraceEntry } from '#bus/trace.ts';
import { Op } from '#datasheets/c45.ts';
import type { RecordedSection } from './decode.ts';
import { access, sectionOf } from './made-section.ts';
import { edgesOf } from './mdio-wires.ts';

/** What a listener on the wires makes of them: MDIO as it stands at each rising edge of MDC, a released line pulled up. */
const heard = (section: RecordedSection) => {
  const levels: string[] = [];
  const times: number[] = [];
  let [mdc, mdio] = ['0', '1'];
  for (const { ns, wire, level } of edgesOf(section, 'phy0', 3, 0)) {
    if (wire === 'mdio') mdio = level;
    else {
      if (level === '1' && mdc === '0') {
        levels.push(mdio);
        times.push(ns);
      }
      mdc = level;
    }
  }
  const frames: { readonly bits: string; readonly ns: number }[] = [];
  for (let i = 0; i < levels.length; i += 64)
    frames.push({ bits: levels.slice(i, i + 64).join(''), ns: times[i] ?? 0 });
  return frames.map(({ bits, ns }) => ({
    preamble: bits.slice(0, 32),
    turn: bits.slice(46, 48),
    ns,
    ...unpackFrame(Number.parseInt(bits.slice(32).replaceAll('z', '1'), 2)),
  }));
};

/** Address and data of each access that the frames make. */
const accesses = (section: RecordedSection) => {
  let address = 0;
  const found: { op: string; at: number; value: number }[] = [];
  for (const { op, devad, data, prtad, preamble, st } of heard(section)) {
    expect({ preamble, st, prtad }).toEqual({ preamble: '1'.repeat(32), st: 0, prtad: 3 });
    if (op === Op.address) address = data;
    else found.push({ op: op === Op.write ? 'write' : 'read', at: devad * 0x10000 + address, value: data });
    if (op === Op.readIncrement) address++;
  }
  return found;
};

const anyAccess = fc.record({
  op: fc.constantFrom('read' as const, 'write' as const),
  at: fc.integer({ min: 0x10000, max: 0x1fffff }),
  value: fc.integer({ min: 0, max: 0xffff }),
  waitNs: fc.integer({ min: 0, max: 200_000 }),
});

test('the frames on the wires are the accesses of the trace, in order', () => {
  fc.assert(
    fc.property(fc.array(anyAccess, { maxLength: 20 }), fc.constantFrom(0, 5120, 51_200), (list, wireNs) => {
      let time = 30_000;
      const entries: TraceEntry[] = list.map(({ op, at, value, waitNs }) => {
        time += wireNs + waitNs;
        return access(op, at, value, time, { wireNs });
      });
      expect(accesses(sectionOf(entries))).toEqual(list.map(({ op, at, value }) => ({ op, at, value })));
    }),
  );
});

test('a frame takes 64 clocks of its time, the data frame from when its access was recorded', () => {
  const [address, data] = heard(sectionOf([access('write', 0x3e854, 0x40, 100_000)]));
  expect(address).toMatchObject({ op: Op.address, devad: 3, data: 0xe854, turn: '10' });
  expect(data).toMatchObject({ op: Op.write, devad: 3, data: 0x40, turn: '10' });
  // a bit takes 400 ns, its rising edge is in the middle
  expect([address?.ns, data?.ns]).toEqual([100_000 - 25_600 + 200, 100_000 + 200]);
});

test('the turnaround of a read is released, then driven low; nobody home leaves it high', () => {
  const turns = (outcome: 'ok' | 'undriven', value: number) =>
    heard(sectionOf([access('read', 0x10002, value, 50_000, { outcome })])).at(-1);
  expect(turns('ok', 0x43)).toMatchObject({ op: Op.read, turn: 'z0', data: 0x43 });
  expect(turns('undriven', 0xffff)).toMatchObject({ op: Op.read, turn: 'z1', data: 0xffff });
});

test('reads that follow one another without an address frame were read-increment', () => {
  const entries = [0, 1, 2].map((n) => access('read', 0x38000 + n, n, 100_000 + n * 25_600));
  const frames = heard(sectionOf(entries));
  expect(frames.map(({ op }) => op)).toEqual([Op.address, Op.readIncrement, Op.readIncrement, Op.read]);
  expect(accesses(sectionOf(entries)).map(({ at }) => at)).toEqual([0x38000, 0x38001, 0x38002]);
});

test('where the lab gives the wires no time, frames queue at 25 MHz', () => {
  const entries = [0, 0].map((_, n) => access('write', 0x38000 + n, n, 1_000_000, { wireNs: 0 }));
  const frames = heard(sectionOf(entries));
  const first = 1_000_000 - 64 * 40;
  expect(frames.map(({ ns }) => ns - 20 - first)).toEqual([0, 2560, 5120, 7680]);
});

test('what the chip does by itself, and what was held or turned away, is not on the wires', () => {
  const entries = [
    access('write', 0x38000, 1, 100_000, { requester: 'micro' }),
    access('write', 0x38000, 2, 200_000, { outcome: 'held' }),
    access('write', 0x38000, 3, 300_000, { outcome: 'refused' }),
    access('write', 0x38000, 4, 400_000),
  ];
  expect(accesses(sectionOf(entries)).map(({ value }) => value)).toEqual([4]);
});
