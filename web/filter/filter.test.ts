/** The filter: what it lets through, what it says of mistakes, and that no text breaks it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alsoWith, COMPARES, type Expression, print, type Term } from '#bus/query/expression.ts';
import { FilterError } from '#bus/query/filter-error.ts';
import { parse } from '#bus/query/parse.ts';
import { TRACE_OPS, TRACE_OUTCOMES, type TraceNames, type TraceRecord } from '#bus/trace.ts';
import { c45, Mmd } from '#datasheets/c45.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import { compile, readFilter } from './compile.ts';
import { complete } from './complete.ts';
import type { Lab } from './sheets.ts';

const lab: Lab = {
  kindOf: (d) => (d === 'phy0' ? 'qt2025' : undefined),
  devices: ['', 'phy0', 'phy1'],
  requesters: ['', 'qt2025', 'dashboard'],
};
const names: TraceNames = {
  devices: lab.devices,
  requesters: lab.requesters,
  texts: ['', 'bit flip at 1A2Ch', 'LASI'],
};
const record = (of: Partial<TraceRecord> = {}): TraceRecord => ({
  seq: 7,
  device: 1,
  requester: 1,
  op: 'read',
  outcome: 'ok',
  time: 3.17e9,
  at: QT2025.PCS_STAT1.at,
  value: 0x0006,
  old: 0x0002,
  aux: 51_200,
  ...of,
});
const passes = (filter: string, of: Partial<TraceRecord> = {}): boolean => {
  const reading = readFilter(filter, lab);
  if (!reading.ok) throw new Error(`${filter}: ${reading.reason}`);
  return reading.test(record(of), names);
};
const reason = (filter: string): { reason: string; at: string } => {
  const reading = readFilter(filter, lab);
  if (reading.ok) throw new Error(`${filter} is valid`);
  return { reason: reading.reason, at: filter.slice(reading.from, reading.to) };
};

test.each([
  ['', true],
  ['dev == phy0', true],
  ['dev == phy1', false],
  ['dev != phy1 && mmd == 3', true],
  ['mmd in {1, 3..4}', true],
  ['mmd in {1, 4}', false],
  ['reg == 1', true],
  ['reg == 0x0001', true],
  ['reg == PCS_STAT1', true],
  ['reg == 3.0001h', true],
  ['reg == 3.1', true],
  ['reg == PMA_STAT1', false],
  ['reg in {PCS_CTRL1..PCS_STAT2}', true],
  ['reg in {0x8000..0xbfff}', false],
  ['reg >= 2', false],
  ['reg > PCS_CTRL1', true],
  ['PCS_STAT1', true],
  ['PCS_STAT1 == 6h', true],
  ['PCS_STAT1.LSTATUS == 1', true],
  ['PCS_STAT1.LSTATUS', true],
  ['PCS_STAT1.FAULT', false],
  ['!PCS_STAT1.FAULT', true],
  ['PCS_STAT1.LSTATUS == false', false],
  ['value & 0x2', true],
  ['value & 0x8', false],
  ['value & 6 == 6', true],
  ['value & 6 == 2', false],
  ['changed', true],
  ['changed == false', false],
  ['op == read', true],
  ['op == R', true],
  ['op in {write, irq}', false],
  ['requester == qt2025', true],
  ['by contains "2025"', true],
  ['outcome == ok and result != undriven', true],
  ['text contains stat', true],
  ['seq in {5..7}', true],
  ['time > 3.1 && time < 3200ms', true],
  ['latency > 50', true],
  ['latency > 52us', false],
  ['(op == write || op == read) && !(mmd == 1)', true],
  ['op == write || op == read && mmd == 1', false],
] as const)('%s lets a read of PCS_STAT1 through: %s', (filter, expected) => {
  expect(passes(filter)).toBe(expected);
});

test('questions about registers never match faults, interrupts and notes', () => {
  const fault = { op: 'fault', outcome: 'on', at: 0, value: 0, old: 0, aux: 1 } as const;
  for (const filter of [
    'reg',
    'reg == 0',
    'reg != 5',
    'reg < 5',
    'mmd == 0',
    'value == 0',
    'value < 9',
    'changed',
    'latency < 1s',
  ])
    expect(passes(filter, fault), filter).toBe(false);
  expect(passes('text contains "BIT flip"', fault)).toBe(true);
  expect(passes('op == fault && outcome == on', fault)).toBe(true);
});

test('a span of memory is a name', () => {
  expect(passes('reg == SRAM', { at: c45(Mmd.PHYXS, 0x9fff) })).toBe(true);
  expect(passes('reg in {SRAM}', { at: c45(Mmd.PHYXS, 0xa000) })).toBe(false);
});

test.each([
  ['dev = phy0', '=', "equality is '=='"],
  ['PCS_STAT9', 'PCS_STAT9', 'did you mean PCS_STAT'],
  ['PCS_STAT1.LSTATSU == 1', 'LSTATSU', 'did you mean LSTATUS?'],
  ['MICRO_BOOT.FROM == srm', 'srm', 'did you mean sram?'],
  ['op == wirte', 'wirte', 'did you mean write?'],
  ['phy0', 'phy0', 'dev == phy0'],
  ['value == red', 'red', 'no number'],
  ['reg == PCS_STATT1', 'PCS_STATT1', 'did you mean PCS_STAT1?'],
  ['reg in {1..PCS_STAT1}', '1..PCS_STAT1', 'two registers or two plain numbers'],
  ['mmd == 3 mmd == 4', 'mmd', '&& or ||'],
  ['(mmd == 3', '', "')' is expected"],
  ['mmd ==', '', 'a value is expected'],
  ['mmd in 3', '3', "'{'"],
  ['dev > phy0', 'dev', 'is a word'],
  ['text contains "open', '"open', 'not closed'],
  ['dev == phy0 )', ')', 'does not fit'],
])('%s is refused at %j, saying %s', (filter, at, says) => {
  const found = reason(filter);
  expect(found.at).toBe(at);
  expect(found.reason).toContain(says);
});

test('says when a valid filter asks for a device nobody has seen', () => {
  expect(readFilter('dev == phy3', lab)).toMatchObject({ ok: true, hint: "no dev 'phy3' so far; did you mean phy0?" });
});

const term = (text: fc.Arbitrary<string>): fc.Arbitrary<Term> =>
  fc.record({ text, quoted: fc.boolean(), from: fc.constant(0), to: fc.constant(0) });
const subject: fc.Arbitrary<Term> = fc
  .constantFrom('dev', 'mmd', 'reg', 'value', 'PCS_STAT1', 'PCS_STAT1.LSTATUS', 'changed')
  .map((text) => ({ text, quoted: false, from: 0, to: 0 }));
const value = term(
  fc.oneof(fc.constantFrom('0x10', '3.8000h', 'phy0', 'and', 'a-b', 'x..y', ''), fc.string({ maxLength: 8 })),
);
const compare = fc.constantFrom(...COMPARES);
const condition = fc.oneof(
  fc.constant({ is: 'present' } as const),
  fc.record({ is: fc.constant('compare' as const), compare, value }),
  fc.record({ is: fc.constant('contains' as const), value }),
  fc.record({
    is: fc.constant('in' as const),
    items: fc.array(fc.record({ low: value, high: fc.option(value) }), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ is: fc.constant('mask' as const), mask: value, compare: fc.constant(null), value: fc.constant(null) }),
  fc.record({ is: fc.constant('mask' as const), mask: value, compare, value }),
);
const expression: fc.Arbitrary<Expression> = fc.letrec<{ node: Expression }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('test' as const), subject, condition }),
    fc.record({ kind: fc.constantFrom('or' as const, 'and' as const), left: tie('node'), right: tie('node') }),
    fc.record({ kind: fc.constant('not' as const), of: tie('node') }),
  ),
})).node;
/** The tree without places and quotes, which printing does not keep. */
const shape = (tree: unknown): unknown =>
  JSON.parse(
    JSON.stringify(tree, (key, v: unknown) => (key === 'from' || key === 'to' || key === 'quoted' ? undefined : v)),
  );

test('a printed tree reads back as the same tree', () => {
  fc.assert(
    fc.property(expression, (tree) => {
      expect(shape(parse(print(tree)))).toEqual(shape(tree));
    }),
  );
});

const pieces = fc.constantFrom(
  ...'&& || ! ( ) { } .. , == != > & in contains not dev mmd reg value op PCS_STAT1 PCS_STAT1.LSTATUS 3.8000h 0x5 7 "a" " \\ 💥 time'.split(
    ' ',
  ),
);
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(pieces, { maxLength: 24 }).map((words) => words.join(' ')),
);
const anyRecord: fc.Arbitrary<TraceRecord> = fc.record({
  seq: fc.nat(),
  device: fc.integer({ min: 0, max: 255 }),
  requester: fc.integer({ min: 0, max: 255 }),
  op: fc.constantFrom(...TRACE_OPS),
  outcome: fc.constantFrom(...TRACE_OUTCOMES),
  time: fc.nat(),
  at: fc.integer({ min: 0, max: 0xffffffff }),
  value: fc.nat(),
  old: fc.nat(),
  aux: fc.nat(),
});

test('no text makes it throw anything but a FilterError, and every valid filter answers for every record', () => {
  fc.assert(
    fc.property(anyText, anyRecord, (text, any) => {
      let tree: Expression | null;
      try {
        tree = parse(text);
      } catch (error) {
        expect(error).toBeInstanceOf(FilterError);
        const { from, to } = error as FilterError;
        expect(from >= 0 && from <= to && to <= text.length).toBe(true);
        return;
      }
      const reading = readFilter(text, lab);
      if (reading.ok) expect(typeof reading.test(any, names)).toBe('boolean');
      if (tree !== null && reading.ok) expect(compile(tree, lab)(any, names)).toBe(reading.test(any, names));
    }),
    { numRuns: 1000 },
  );
});

test('deep nesting and long text are refused, not crashed on', () => {
  expect(reason(`${'('.repeat(900)}mmd == 1`).reason).toContain('nested deeper');
  expect(reason('!'.repeat(1500)).reason).toContain('nested deeper');
  expect(reason('a'.repeat(3000)).reason).toContain('at most');
});

test('and-ing a clause keeps the meaning of what was there', () => {
  expect(alsoWith('mmd == 1 || mmd == 3', 'op == read', 'or')).toBe('(mmd == 1 || mmd == 3) && op == read');
  expect(alsoWith('mmd == 1', 'op == read', 'other')).toBe('mmd == 1 && op == read');
  expect(alsoWith('  ', 'op == read', 'empty')).toBe('op == read');
});

test('completes columns, operators, values and registers', () => {
  const at = (text: string) => complete(text, text.length, lab).options.map((o) => o.text);
  expect(at('de')[0]).toBe('dev');
  expect(at('dev ')).toContain('==');
  expect(at('dev == ')).toEqual(['phy0', 'phy1']);
  expect(at('op in {read, ')).toContain('write');
  expect(at('PCS_ST')).toContain('PCS_STAT1');
  expect(at('mmd == 1 && PCS_STAT1.')).toContain('PCS_STAT1.LSTATUS');
  expect(at('MICRO_BOOT.FROM == ')).toContain('sram');
  expect(at('reg == SR')).toContain('SRAM');
  expect(at('mmd == 3 ')).toEqual(['&&', '||']);
  expect(complete('dev == ph && op == read', 9, lab)).toMatchObject({
    from: 7,
    to: 9,
    options: [{ text: 'phy0' }, { text: 'phy1' }],
  });
  expect(at('text contains "')).toEqual([]);
});

test('every option it offers, put in place, can be read so far', () => {
  for (const begun of ['', 'dev == ', 'PCS_STAT1.', 'reg == ', 'MICRO_BOOT.FROM == ', 'op == ', 'LED0.MODE == ']) {
    const { from, options } = complete(begun, begun.length, lab);
    expect(options.length, begun).toBeGreaterThan(0);
    for (const { text } of options) {
      const reading = readFilter(begun.slice(0, from) + text, lab);
      if (!reading.ok) expect(`${begun}${text}: ${reading.reason}`).toBe('valid');
    }
  }
});

test('what is learned of a device later holds from then on', () => {
  let kind: string | undefined;
  let kindsFrom = {};
  const later: Lab = {
    kindOf: () => kind,
    get kindsFrom() {
      return kindsFrom;
    },
    devices: lab.devices,
    requesters: lab.requesters,
  };
  const reading = readFilter('sectors == 6', later);
  if (!reading.ok) throw new Error(reading.reason);
  expect(reading.test(record(), names)).toBe(false); // taken for a PHY
  kind = 'nullb';
  kindsFrom = {};
  expect(reading.test(record(), names)).toBe(true);
});

test('a name that stands for another device in the next session is asked about again', () => {
  const reading = readFilter('dev == phy0', lab);
  if (!reading.ok) throw new Error(reading.reason);
  expect(reading.test(record({ device: 1 }), names)).toBe(true);
  expect(reading.test(record({ device: 1 }), { ...names, devices: ['', 'card0', 'phy0'] })).toBe(false);
  expect(reading.test(record({ device: 2 }), { ...names, devices: ['', 'card0', 'phy0'] })).toBe(true);
});
