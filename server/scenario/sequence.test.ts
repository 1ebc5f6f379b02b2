/** Expected sequences: what is let through, what ends them, what the failure says; names checked by the datasheet. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabError } from '#bus/errors.ts';
import type { DriverModule } from '#bus/kernel-port.ts';
import { c45Registers } from '#bus/mdio.ts';
import type { TraceRecord } from '#bus/trace.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import type { RegisterPort } from '#regmap/access.ts';
import type { SequenceAccess } from './model.ts';
import { parseScenario } from './parse.ts';
import { runScenario } from './runner.ts';
import { SequencePlace } from './sequence-watch.ts';
import { virtualEnv } from './virtual-env.ts';

const record = (op: 'read' | 'write', at: number, value = 0): TraceRecord => ({
  seq: 1,
  device: 1,
  requester: 1,
  op,
  outcome: 'ok',
  time: 0,
  at,
  value,
  old: 0,
  aux: 0,
});
const write = (at: number, count: number | null = 1): SequenceAccess => ({
  op: 'write',
  text: `write ${at}`,
  spans: [[at, at]],
  bits: null,
  sectors: null,
  request: null,
  count,
});

const registers = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 });
const reads = fc.array(fc.nat(9), { maxLength: 3 });

test('any number of reads may come between the accesses', () => {
  fc.assert(
    fc.property(registers, fc.array(reads, { minLength: 12, maxLength: 12 }), (order, between) => {
      const place = new SequencePlace(order.map((at) => write(at)));
      for (const [i, at] of order.entries()) {
        expect(place.done).toBe(false);
        expect(place.index).toBe(i);
        for (const extra of between[i] ?? []) expect(place.take(record('read', extra))).toBe(true);
        expect(place.take(record('write', at))).toBe(true);
      }
      expect(place.done).toBe(true);
    }),
  );
});

test('the first write out of order ends it, wherever it is, unless it is besides', () => {
  fc.assert(
    fc.property(registers, fc.nat(11), fc.integer({ min: 6, max: 9 }), (order, where, stray) => {
      const at = where % order.length;
      for (const besides of [[], [[stray, stray]]] as const) {
        const place = new SequencePlace(
          order.map((one) => write(one)),
          besides,
        );
        for (const one of order.slice(0, at)) place.take(record('write', one));
        expect(place.take(record('write', stray))).toBe(besides.length > 0);
        expect(place.index).toBe(at);
      }
    }),
  );
});

test('memory is written as often as the driver likes, or exactly as often as is asked for', () => {
  const take = (count: number | null, times: number) => {
    const place = new SequencePlace([write(1, count), write(2)]);
    for (let i = 0; i < times; i++) if (!place.take(record('write', 1))) return 'refused';
    return place.take(record('write', 2)) && place.done;
  };
  expect([take(null, 1), take(null, 7), take(3, 3)]).toEqual([true, true, true]);
  expect([take(null, 0), take(3, 2), take(3, 4)]).toEqual([false, false, 'refused']);
});

const driver = (probe: (regs: RegisterPort) => Promise<void>): DriverModule => ({
  info: {
    name: 'walker',
    description: 'Walks',
    author: 'test',
    license: 'Apache-2.0',
    version: '1',
    drives: ['qt2025'],
    firmware: [],
    params: {},
  },
  async load({ ports }) {
    if (ports.mdio === undefined) throw new LabError('ENODEV', 'no port');
    await probe(c45Registers(ports.mdio, 1));
    return { exit: async () => {} };
  },
});

const scenario = (wanted: string, head = '') =>
  `title: T\nteaches: F\n${head}\nbench: { phy0: { device: qt2025 } }\nsteps:\n  - insmod: { driver: walker, device: phy0 }\n  - expect: { device: phy0, sequence: ${wanted}, within: 1s }\n  - wait: 10ms\n`;

const run = async (text: string, probe: (regs: RegisterPort) => Promise<void>) => {
  const parsed = parseScenario(text, 'walk.yaml');
  const open = () => virtualEnv(parsed, { seed: 1, loadDriver: () => driver(probe), firmware: () => undefined });
  return (await runScenario(parsed, open, { seed: 1 })).view;
};

test('a driver that keeps the order passes, with values, fields and reads of its own', async () => {
  const view = await run(scenario('[read HW_REV, write 3.8000h 0012h, write MICRO_BOOT FROM=rom]'), async (regs) => {
    await regs.read(0x1d001);
    await regs.read(0x10001);
    await regs.write(0x38000, 0x12);
    await regs.read(0x10001);
    await regs.write(0x3e854, 0xc0);
  });
  expect(view).toMatchObject({ verdict: 'pass', findings: [] });
  expect(view.evidence?.text).toContain('write MICRO_BOOT of phy0 = 00C0h');
});

test('the failure names the access of the sequence, what it was instead, and the row', async () => {
  const view = await run(scenario('[read HW_REV, write MICRO_BOOT 00C0h, read UC_STATUS]'), async (regs) => {
    await regs.read(0x1d001);
    await regs.write(0x3e854, 0x40);
    await regs.write(0x3e854, 0xc0);
  });
  expect(view.verdict).toBe('driver-bug');
  expect(view.evidence).toEqual({
    seq: 2,
    text: expect.stringMatching(/^#2 at .*: walker write MICRO_BOOT of phy0 = 0040h/),
  });
  expect(view.steps[1]).toMatchObject({ state: 'failed' });
  expect(view.steps[1]?.found).toMatch(/^access 2 of 3: expected `write MICRO_BOOT 00C0h`, but it was #2 at /);
  expect(view.virtualMs).toBeLessThan(1000); // known at once, not when time is up
});

test('a driver that stops half way is told of what it did last', async () => {
  const view = await run(
    scenario('[read HW_REV, write OP_MODE 0038h]'),
    async (regs) => void (await regs.read(0x1d001)),
  );
  expect(view.steps[1]?.found).toMatch(
    /^access 2 of 2: expected `write OP_MODE 0038h`; the last access was #1 .*HW_REV/,
  );
});

test('strict mode ends the run at the access, with its class and row; without it the class is in the findings', async () => {
  const bad = async (regs: RegisterPort) => {
    await regs.read(0x1d001);
    await regs.write(0x10001, 0xffff); // a status register
    await regs.write(QT2025.PMA_TXDIS.at, 0x8000); // a bit that no field has
    await regs.read(0x1ffff);
    await regs.read(0x3d7f9);
  };
  const strict = await run(scenario('[read HW_REV]', 'strict: true'), bad);
  expect(strict).toMatchObject({ verdict: 'driver-bug', evidence: { seq: 2 } });
  expect(strict.reason).toMatch(/^Expected no access against the datasheet \(strict\), found read-only: #2 /);
  const some = await run(scenario('[read HW_REV]', 'strict: [unmapped]'), bad);
  expect(some.reason).toMatch(/found unmapped: #4 at .* 1\.FFFFh of phy0/);
  const lax = await run(scenario('[read HW_REV]'), bad);
  expect(lax.verdict).toBe('pass');
  for (const [i, what] of ['read-only', 'reserved', 'unmapped', 'undocumented'].entries())
    expect(lax.findings[i]).toMatch(new RegExp(`\\[${what}\\] \\(#\\d+\\)$`));
});

test.each([
  ['[write OP_MODES 0038h]', "did you mean 'OP_MODE'?"],
  ['[read UC_STATUS STATUS=trackin]', "did you mean 'tracking'?"],
  ['[write OP_MODE MOED=1]', "did you mean 'MODE'?"],
  ['[poke OP_MODE 1]', "'poke OP_MODE 1' is no access"],
  ['[write SRAM 12h]', 'SRAM is memory'],
  ['[write OP_MODE 12345h]', 'does not fit'],
])('refuses %s with a place and a hint', (wanted, hint) => {
  const refusal = refusalOf(scenario(wanted));
  expect(refusal).toMatch(/^walk\.yaml:\d+:\d+: /);
  expect(refusal).toContain(hint);
});

test('block devices have requests in a sequence', () => {
  const disk = (wanted: string) =>
    `title: T\nteaches: F\nbench: { d: { device: nullb } }\nsteps:\n  - expect: { device: d, sequence: ${wanted} }\n`;
  expect(parseScenario(disk('[write @4096+8, flush, zone_reset @0 x2]'), 'walk.yaml').steps).toHaveLength(1);
  expect(refusalOf(disk('[flish]'))).toContain("did you mean 'flush'?");
  expect(refusalOf(disk('[write 4096]'))).toContain('it takes');
});

test('a snapshot is gone back to by the name it was kept under', () => {
  const steps = (...lines: string[]) =>
    `title: T\nteaches: F\nbench: { phy0: { device: qt2025 } }\nsteps:\n${lines.map((line) => `  - ${line}\n`).join('')}`;
  expect(parseScenario(steps('snapshot: early', 'restore: early'), 'walk.yaml').steps).toHaveLength(2);
  expect(refusalOf(steps('snapshot: early', 'restore: earli'))).toContain("did you mean 'early'?");
  expect(refusalOf(steps('restore: early', 'snapshot: early'))).toContain('a step before must keep it');
  expect(refusalOf(steps('snapshot: early', 'snapshot: early'))).toContain('another snapshot already');
});

test('any words are a sequence or refused with a place', () => {
  const word = fc.constantFrom(
    'read',
    'write',
    'OP_MODE',
    'SRAM',
    '0038h',
    'MODE=1',
    'x3',
    '3.1',
    'flush',
    '@4+4',
    '=',
    '',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 8 })), { maxLength: 5 }), (words) => {
      const text = scenario(JSON.stringify([words.join(' ')]));
      expect(refusalOf(text) ?? 'walk.yaml:1:1: ').toMatch(/^walk\.yaml:\d+:\d+: /);
    }),
  );
});

const refusalOf = (text: string): string | undefined => {
  try {
    parseScenario(text, 'walk.yaml');
    return undefined;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(LabError);
    return thrown instanceof LabError ? thrown.message : '';
  }
};
