import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seconds } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import { QT2025, QT2025_XDATA } from '#datasheets/qt2025.ts';
import { parseScenario } from './parse.ts';
import { ScenarioSchema, schemaText } from './schema.ts';
import { MAX_CHARACTERS } from './source.ts';

const DRIVERS = ['qt2025', 'qt202x'];
const HEAD = 'title: A title\nteaches: A fact\nbench: { phy0: { device: qt2025 } }\nsteps:\n';
const steps = (...lines: string[]): string => HEAD + lines.map((line) => `  - ${line}\n`).join('');
const parse = (text: string) => parseScenario(text, 'a/flap.yaml', { drivers: DRIVERS });

/** The message of the LabError that a text gets. */
const refusal = (text: string): string => {
  try {
    parse(text);
  } catch (error) {
    expect(error).toMatchObject({ name: 'LabError', code: 'EINVAL' });
    return error instanceof Error ? error.message : '';
  }
  throw new Error('the text was accepted');
};

test('resolves names to addresses and bits, and times to nanoseconds', () => {
  const scenario = parse(
    `limit: 1.5s\nseed: 7\n${steps(
      'insmod: { driver: qt2025, device: phy0, params: { poll_ms: 100 } }',
      'at: 100ms\n    poke: { phy0: { PCS_STAT1: { LSTATUS: false, FAULT: true } } }',
      'after: 250us\n    expect: { register: phy0.UC_STATUS, STATUS: tracking, within: 2s }',
      'on: { device: phy0, register: 3.9000h, nth: 2 }\n    fault: { phy0: rx-loss }',
      'expect: { device: phy0, accesses: [read HW_REV, write 3.E854 40h] }',
    )}`,
  );
  expect(scenario).toMatchObject({ name: 'flap', seed: 7, limitNs: seconds(1.5), title: 'A title', teaches: 'A fact' });
  expect(scenario.steps).toEqual([
    {
      start: { kind: 'after', ns: 0 },
      title: null,
      deeds: [{ kind: 'insmod', driver: 'qt2025', device: 'phy0', params: { poll_ms: 100 } }],
    },
    {
      start: { kind: 'at', ns: 100_000_000 },
      title: null,
      deeds: [{ kind: 'poke', device: 'phy0', at: QT2025.PCS_STAT1.at, bits: { mask: 0x84, value: 0x80 } }],
    },
    {
      start: { kind: 'after', ns: 250_000 },
      title: null,
      deeds: [
        {
          kind: 'expect',
          withinNs: seconds(2),
          that: { kind: 'register', device: 'phy0', at: QT2025_XDATA.UC_STATUS.at, bits: { mask: 0xff, value: 0x70 } },
        },
      ],
    },
    {
      start: { kind: 'on', access: { device: 'phy0', at: 0x39000, op: 'write', nth: 2 } },
      title: null,
      deeds: [{ kind: 'fault', device: 'phy0', name: 'rx-loss', params: {} }],
    },
    {
      start: { kind: 'after', ns: 0 },
      title: null,
      deeds: [
        {
          kind: 'expect',
          withinNs: 0,
          that: {
            kind: 'accesses',
            device: 'phy0',
            wanted: [
              { op: 'read', at: QT2025.HW_REV.at, value: null },
              { op: 'write', at: QT2025.MICRO_BOOT.at, value: 0x40 },
            ],
          },
        },
      ],
    },
  ]);
});

test.each([
  [
    'a step nobody knows',
    steps('expext: { driver: phy0, link: up }'),
    "flap.yaml:5:5: 'expext' is unknown here; did you mean 'expect'?",
  ],
  [
    'a device kind nobody knows',
    `${HEAD.replace('qt2025', 'qt2052')}  - wait: 1s`,
    ':3:26: bench.phy0.device is "qt2052"; did you mean \'qt2025\'?',
  ],
  [
    'a bench word nobody knows',
    `${HEAD.replace('qt2025 }', 'qt2025, modul: sr }')}  - wait: 1s`,
    ":3:34: 'modul' is unknown here; did you mean 'module'?",
  ],
  [
    'a driver nobody knows',
    steps('insmod: { driver: qt2052, device: phy0 }'),
    ":5:23: no driver 'qt2052'; did you mean 'qt2025'?",
  ],
  ['a device not on the bench', steps('rmmod: phy1'), ":5:12: no device 'phy1'; did you mean 'phy0'?"],
  ['a fault nobody knows', steps('fault: { phy0: rx-los }'), ":5:20: no fault 'rx-los'; did you mean 'rx-loss'?"],
  [
    'a fault parameter out of range',
    steps('fault: { phy0: { name: weak-light, rx_dbm: 5 } }'),
    'rx_dbm is 5, it takes a number from -20 to -9 dBm',
  ],
  [
    'a control nobody knows',
    steps('control: { phy0: { inzert: { kind: sr } } }'),
    "no control 'inzert'; did you mean 'insert'?",
  ],
  ['a control parameter nobody knows', steps('control: { phy0: { insert: { sort: sr } } }'), "no parameter 'sort'"],
  [
    'a register nobody knows',
    steps('expect: { register: phy0.PCS_STAT9, LSTATUS: true }'),
    ":5:25: no register 'PCS_STAT9'; did you mean 'PCS_STAT1'?",
  ],
  [
    'an address with nothing behind',
    steps('read: { phy0: 3.1234h }'),
    '3.1234h is neither a register nor memory of phy0',
  ],
  [
    'a field nobody knows',
    steps('poke: { phy0: { PCS_STAT1: { LSTATS: true } } }'),
    ":5:34: no field of PCS_STAT1 'LSTATS'; did you mean 'LSTATUS'?",
  ],
  ['a word no field has', steps('expect: { register: phy0.UC_STATUS, STATUS: trakcing }'), "did you mean 'tracking'?"],
  [
    'a number where a flag is',
    steps('poke: { phy0: { PCS_STAT1: { LSTATUS: 2 } } }'),
    'LSTATUS is 2, it takes true or false',
  ],
  ['a value too wide', steps('write: { phy0: { PMA_CTRL1: 0x10000 } }'), '65536 does not fit; it takes 0 to 65535'],
  [
    'a time without unit',
    steps('wait: 5'),
    ':5:11: steps.0.wait is 5; it takes: Lets time pass, as 250us, 100ms or 3s',
  ],
  ['a step that does nothing', steps('title: x'), 'this step does nothing; it takes one of insmod, rmmod'],
  ['a step that does two things', steps('wait: 1s\n    rmmod: phy0'), 'a step does one thing; here are rmmod and wait'],
  [
    'a step that begins two ways',
    steps('wait: 1s\n    at: 1s\n    after: 1s'),
    'a step begins one way; here it has at and after',
  ],
  [
    'an expectation of nothing',
    steps('expect: { within: 1s }'),
    'this looks for nothing; it takes one of driver, register',
  ],
  [
    'a stray word in an expectation',
    steps('expect: { driver: phy0, stat: live }'),
    "'stat' does not go with 'driver'; did you mean 'state'?",
  ],
  ['never without an end', steps('never: { driver: phy0, link: down }'), "'never' lacks 'for'"],
  [
    'a driver in the bench',
    `${HEAD.replace('qt2025 }', 'qt2025, driver: qt2025 }')}  - wait: 1s`,
    'a scenario loads drivers by an insmod step',
  ],
  [
    'a wait inside an access',
    steps('on: { device: phy0, register: HW_REV, op: read }\n    wait: 1s'),
    'wait cannot happen inside an access',
  ],
  ['a broken expression', steps('expect: { log: "(" }'), 'Unterminated group'],
  [
    'a missing title',
    'teaches: y\nbench: { phy0: { device: qt2025 } }\nsteps: [{ wait: 1s }]',
    ":1:1: the scenario lacks 'title'",
  ],
  ['broken YAML', 'title: [', ':1:9: '],
  ['a key said twice', 'title: a\ntitle: b', ':2:1: Map keys must be unique'],
  ['an alias', 'title: &a x\nteaches: *a', 'Alias resolution is disabled'],
  ['an endless alias', 'a: &a [*a]', 'Alias'],
  ['nothing at all', '', ':1:1: the scenario is null'],
  ['brackets without end', '['.repeat(60_000), 'nested deeper than 40 levels'],
  ['too many characters', 'x'.repeat(MAX_CHARACTERS + 1), `${MAX_CHARACTERS} are allowed`],
])('refuses %s and says where', (_what, text, message) => {
  expect(refusal(text)).toContain(message);
  expect(refusal(text)).toMatch(/^a\/flap\.yaml:\d+:\d+: /);
});

test('never throws anything but an EINVAL for any text', () => {
  const good = steps(
    'insmod: { driver: qt2025, device: phy0 }',
    'fault: { phy0: { name: weak-light, rx_dbm: -12 } }',
    'expect: { read: phy0.PCS_STAT1, LSTATUS: false, within: 1s }',
    'never: { driver: phy0, link: up, for: 10ms }',
  );
  const broken = fc
    .array(fc.tuple(fc.nat(good.length), fc.nat(3), fc.string({ unit: 'grapheme-ascii', maxLength: 4 })), {
      maxLength: 6,
    })
    .map((cuts) => cuts.reduce((text, [at, gone, put]) => text.slice(0, at) + put + text.slice(at + gone), good));
  fc.assert(
    fc.property(fc.oneof(broken, fc.string(), fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
      try {
        parse(text);
      } catch (error) {
        if (!(error instanceof LabError && error.code === 'EINVAL')) throw error;
        expect(error.message).toMatch(/^a\/flap\.yaml:\d+:\d+: /);
      }
    }),
    { numRuns: 1500 },
  );
}, 60_000);

test('never throws anything but an EINVAL for any shape of values', () => {
  const words = [
    ...Object.keys(ScenarioSchema.properties),
    'phy0',
    'qt2025',
    'device',
    'expect',
    'fault',
    'driver',
    '1s',
    '__proto__',
  ];
  const word = fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 8 }));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      word,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('value'), { maxLength: 4 }),
    map: fc.dictionary(word, tie('value'), { maxKeys: 4 }),
  }));
  fc.assert(
    fc.property(value, value, value, (bench, list, other) => {
      const text = JSON.stringify({
        title: 'x',
        teaches: 'y',
        bench,
        steps: list,
        ...(typeof other === 'object' ? other : {}),
      });
      try {
        parse(text);
      } catch (error) {
        if (!(error instanceof LabError && error.code === 'EINVAL')) throw error;
      }
    }),
    { numRuns: 500 },
  );
}, 60_000);

test('steps made of any mapping get an EINVAL or a scenario', () => {
  const names = Object.keys(ScenarioSchema.properties.steps.items.properties);
  const scalar = fc.oneof(
    fc.constantFrom('phy0', 'all', 'rx-loss', '1s', 'phy0.PCS_STAT1', 'constructor'),
    fc.integer(),
    fc.boolean(),
  );
  const inner = fc.dictionary(
    fc.constantFrom('phy0', 'device', 'driver', 'register', 'name', 'toString', 'for', 'read', 'value'),
    scalar,
  );
  const step = fc.dictionary(
    fc.constantFrom(...names),
    fc.oneof(scalar, inner, fc.dictionary(fc.constant('phy0'), inner)),
    { maxKeys: 3 },
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 3 }), (list) => {
      try {
        parse(`${HEAD.replace('steps:\n', '')}steps: ${JSON.stringify(list)}`);
      } catch (error) {
        if (!(error instanceof LabError && error.code === 'EINVAL')) throw error;
      }
    }),
    { numRuns: 1000 },
  );
}, 60_000);

test('the JSON Schema for editors is the one the parser uses', () => {
  const file = new URL('../../scenarios/scenario.schema.json', import.meta.url);
  expect(readFileSync(file, 'utf8'), 'run: node server/scenario/write-schema.ts').toBe(schemaText());
});
