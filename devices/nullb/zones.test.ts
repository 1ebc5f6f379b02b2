/** The zone state machine: each cell of the table, limits, reports, read-only and offline zones. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BlockOp, BlockStatus } from '#bus/block.ts';
import { ZONE_COND, type ZoneCondName } from '#datasheets/null-blk.ts';
import { bench, SECTOR } from './bench.ts';

/** Zones of 1 MiB; zone 0 is conventional, zone 2 is the one under test. */
const ZONE = 2048;
const START = 2 * ZONE;

const zoned = (attributes: Record<string, string> = {}, compat: 'linux' | 'strict' = 'linux') => {
  const on = bench(
    {
      zoned: '1',
      memory_backed: '1',
      size: '16',
      zone_size: '1',
      zone_nr_conv: '1',
      irqmode: '0',
      max_sectors: '4096',
      ...attributes,
    },
    { compat },
  );
  const descriptor = (zone: number) => {
    const data = on.run('zone_report', zone * ZONE, 1)?.data ?? new Uint8Array(64);
    const view = new DataView(data.buffer, data.byteOffset);
    const names = Object.entries(ZONE_COND).find(([, code]) => code === view.getUint8(25));
    const wp = view.getBigUint64(16, true);
    return {
      start: Number(view.getBigUint64(0, true)),
      length: Number(view.getBigUint64(8, true)),
      wp: wp === 2n ** 64n - 1n ? -1 : Number(wp),
      type: view.getUint8(24),
      condition: names?.[0] as ZoneCondName,
      capacity: Number(view.getBigUint64(32, true)),
    };
  };
  const condition = (zone: number): ZoneCondName => descriptor(zone).condition;
  /** Brings zone 2 (or another) into a condition, by what a driver can do. */
  const bring = (to: ZoneCondName, zone = 2): void => {
    const start = zone * ZONE;
    if (to === 'IMP_OPEN' || to === 'CLOSED' || to === 'EXP_OPEN') on.write(start, 8, zone);
    if (to === 'EXP_OPEN') on.status('zone_open', start);
    if (to === 'CLOSED') on.status('zone_close', start);
    if (to === 'FULL') on.status('zone_finish', start);
    if (to === 'READONLY') on.device.writeAttribute('zone_readonly', String(start));
    if (to === 'OFFLINE') on.device.writeAttribute('zone_offline', String(start));
    expect(condition(zone)).toBe(to);
  };
  return { ...on, descriptor, condition, bring };
};

type Verb = 'write at wp' | 'write elsewhere' | 'append' | BlockOp;
type Cell = readonly [from: ZoneCondName, verb: Verb, status: BlockStatus, to: ZoneCondName];

/** Linux zoned.c as a table: from, what, how it ends, to. */
const TABLE: readonly Cell[] = [
  ['NOT_WP', 'write at wp', 'OK', 'NOT_WP'],
  ['NOT_WP', 'write elsewhere', 'OK', 'NOT_WP'],
  ['NOT_WP', 'append', 'IOERR', 'NOT_WP'],
  ['NOT_WP', 'zone_open', 'IOERR', 'NOT_WP'],
  ['NOT_WP', 'zone_close', 'IOERR', 'NOT_WP'],
  ['NOT_WP', 'zone_finish', 'IOERR', 'NOT_WP'],
  ['NOT_WP', 'zone_reset', 'IOERR', 'NOT_WP'],
  ['EMPTY', 'write at wp', 'OK', 'IMP_OPEN'],
  ['EMPTY', 'write elsewhere', 'IOERR', 'EMPTY'],
  ['EMPTY', 'append', 'OK', 'IMP_OPEN'],
  ['EMPTY', 'zone_open', 'OK', 'EXP_OPEN'],
  ['EMPTY', 'zone_close', 'IOERR', 'EMPTY'],
  ['EMPTY', 'zone_finish', 'OK', 'FULL'],
  ['EMPTY', 'zone_reset', 'OK', 'EMPTY'],
  ['IMP_OPEN', 'write at wp', 'OK', 'IMP_OPEN'],
  ['IMP_OPEN', 'write elsewhere', 'IOERR', 'IMP_OPEN'],
  ['IMP_OPEN', 'append', 'OK', 'IMP_OPEN'],
  ['IMP_OPEN', 'zone_open', 'OK', 'EXP_OPEN'],
  ['IMP_OPEN', 'zone_close', 'OK', 'CLOSED'],
  ['IMP_OPEN', 'zone_finish', 'OK', 'FULL'],
  ['IMP_OPEN', 'zone_reset', 'OK', 'EMPTY'],
  ['EXP_OPEN', 'write at wp', 'OK', 'EXP_OPEN'],
  ['EXP_OPEN', 'write elsewhere', 'IOERR', 'EXP_OPEN'],
  ['EXP_OPEN', 'append', 'OK', 'EXP_OPEN'],
  ['EXP_OPEN', 'zone_open', 'OK', 'EXP_OPEN'],
  ['EXP_OPEN', 'zone_close', 'OK', 'CLOSED'],
  ['EXP_OPEN', 'zone_finish', 'OK', 'FULL'],
  ['EXP_OPEN', 'zone_reset', 'OK', 'EMPTY'],
  ['CLOSED', 'write at wp', 'OK', 'IMP_OPEN'],
  ['CLOSED', 'write elsewhere', 'IOERR', 'CLOSED'],
  ['CLOSED', 'append', 'OK', 'IMP_OPEN'],
  ['CLOSED', 'zone_open', 'OK', 'EXP_OPEN'],
  ['CLOSED', 'zone_close', 'OK', 'CLOSED'],
  ['CLOSED', 'zone_finish', 'OK', 'FULL'],
  ['CLOSED', 'zone_reset', 'OK', 'EMPTY'],
  ['FULL', 'write at wp', 'IOERR', 'FULL'],
  ['FULL', 'write elsewhere', 'IOERR', 'FULL'],
  ['FULL', 'append', 'IOERR', 'FULL'],
  ['FULL', 'zone_open', 'IOERR', 'FULL'],
  ['FULL', 'zone_close', 'IOERR', 'FULL'],
  ['FULL', 'zone_finish', 'OK', 'FULL'],
  ['FULL', 'zone_reset', 'OK', 'EMPTY'],
  ...(['READONLY', 'OFFLINE'] as const).flatMap((cond): Cell[] =>
    (['write at wp', 'write elsewhere', 'append', 'zone_open', 'zone_close', 'zone_finish', 'zone_reset'] as const).map(
      (verb) => [cond, verb, 'IOERR', cond],
    ),
  ),
];

describe.each(['linux', 'strict'] as const)('%s', (compat) => {
  test.each(TABLE)('%s, %s: %s -> %s', (from, verb, status, to) => {
    const on = zoned({}, compat);
    const zone = from === 'NOT_WP' ? 0 : 2;
    if (zone === 2) on.bring(from);
    const start = zone * ZONE;
    const wp = Math.max(on.descriptor(zone).wp, start);
    const at = wp >= start + ZONE ? start : wp;
    const ended = ((): BlockStatus | undefined => {
      switch (verb) {
        case 'write at wp':
          return on.write(at, 8, 1);
        case 'write elsewhere':
          return on.write(at + 8, 8, 1);
        case 'append':
          return on.status('zone_append', start, 8, { data: new Uint8Array(8 * SECTOR) });
        default:
          return on.status(verb, start, 0);
      }
    })();
    expect([ended, on.condition(zone)]).toEqual([status, to]);
  });
});

test.each(['IMP_OPEN', 'EXP_OPEN'] as const)('%s with nothing written closes to EMPTY', (cond) => {
  const on = zoned();
  on.device.writeAttribute('badblocks', `+${START}-${START}`);
  if (cond === 'IMP_OPEN') on.write(START, 8, 1);
  else on.status('zone_open', START);
  expect(on.condition(2)).toBe(cond);
  expect(on.status('zone_close', START)).toBe('OK');
  expect(on.condition(2)).toBe('EMPTY');
});

test('a first write that fails opens the zone under linux, and leaves it alone under strict', () => {
  const after = (compat: 'linux' | 'strict') => {
    const on = zoned({}, compat);
    on.device.writeAttribute('badblocks', `+${START}-${START}`);
    expect(on.write(START, 8, 1)).toBe('IOERR');
    return on.descriptor(2);
  };
  expect(after('linux')).toMatchObject({ condition: 'IMP_OPEN', wp: START });
  expect(after('strict')).toMatchObject({ condition: 'EMPTY', wp: START });
});

test('with partial transfers the write pointer moves by the good part, though the write fails', () => {
  const on = zoned({ badblocks_partial_io: '1' });
  on.device.writeAttribute('badblocks', `+${START + 3}-${START + 3}`);
  expect(on.write(START, 8, 9)).toBe('IOERR');
  expect(on.descriptor(2)).toMatchObject({ condition: 'IMP_OPEN', wp: START + 3 });
  on.device.writeAttribute('badblocks', `-${START + 3}-${START + 3}`);
  expect(on.read(START, 4)).toEqual([9, 9, 9, 0xff]);
});

test('writing up to the capacity makes a zone full there; finish makes it full at its end', () => {
  const on = zoned({ size: '64', zone_size: '4', zone_capacity: '3' });
  const start = 8192;
  for (let i = 0; i < 3; i++) expect(on.write(start + i * 2048, 2048, 1)).toBe('OK');
  const full = on.run('zone_report', start, 2)?.data ?? new Uint8Array();
  const view = new DataView(full.buffer);
  expect([view.getUint8(25), Number(view.getBigUint64(16, true))]).toEqual([ZONE_COND.FULL, start + 6144]);
  on.status('zone_finish', 2 * 8192);
  const next = new DataView((on.run('zone_report', 2 * 8192, 1)?.data ?? new Uint8Array()).buffer);
  expect(Number(next.getBigUint64(16, true))).toBe(3 * 8192);
  expect(on.write(3 * 8192 - 8, 16, 1)).toBe('IOERR');
});

test('a write that does not fit is refused whole', () => {
  const on = zoned();
  on.write(START, 2040, 1);
  expect(on.write(START + 2040, 16, 1)).toBe('IOERR');
  expect(on.descriptor(2).wp).toBe(START + 2040);
  expect(on.write(START + 2040, 8, 1)).toBe('OK');
  expect(on.condition(2)).toBe('FULL');
});

describe('limits', () => {
  test('opening one zone too many closes an implicitly open one, in turn', () => {
    const on = zoned({ zone_max_open: '2' });
    for (const zone of [1, 2, 3]) expect(on.write(zone * ZONE, 8, 1)).toBe('OK');
    expect([1, 2, 3].map(on.condition)).toEqual(['CLOSED', 'IMP_OPEN', 'IMP_OPEN']);
    on.write(4 * ZONE, 8, 1);
    expect([1, 2, 3, 4].map(on.condition)).toEqual(['CLOSED', 'CLOSED', 'IMP_OPEN', 'IMP_OPEN']);
    expect(on.device.inspect().zones).toMatchObject({ open: 2, active: 4 });
  });

  test.each([
    ['write', 'ZONE_OPEN_RESOURCE'],
    ['zone_open', 'ZONE_OPEN_RESOURCE'],
    ['zone_finish', 'ZONE_OPEN_RESOURCE'],
  ] as const)('explicitly open zones are not closed for a %s of an empty one', (op, status) => {
    const on = zoned({ zone_max_open: '2' });
    for (const zone of [1, 3]) on.status('zone_open', zone * ZONE);
    expect(op === 'write' ? on.write(START, 8, 1) : on.status(op, START)).toBe(status);
    expect(on.condition(2)).toBe('EMPTY');
  });

  test.each(['write', 'zone_open', 'zone_finish'] as const)(
    'a %s of an empty zone past the active limit is refused',
    (op) => {
      const on = zoned({ zone_max_active: '2' });
      for (const zone of [1, 3]) on.bring('CLOSED', zone);
      expect(op === 'write' ? on.write(START, 8, 1) : on.status(op, START)).toBe('ZONE_ACTIVE_RESOURCE');
      on.status('zone_reset', ZONE);
      expect(op === 'write' ? on.write(START, 8, 1) : on.status(op, START)).toBe('OK');
    },
  );

  test.each([
    ['write', 'IMP_OPEN'],
    ['zone_open', 'EXP_OPEN'],
    ['zone_finish', 'FULL'],
  ] as const)('a %s of a closed zone asks for an open slot only', (op, to) => {
    const on = zoned({ zone_max_open: '1' });
    on.bring('CLOSED');
    on.status('zone_open', ZONE);
    const wp = START + 8;
    const go = () => (op === 'write' ? on.write(wp, 8, 1) : on.status(op, START));
    expect([go(), on.condition(2)]).toEqual(['ZONE_OPEN_RESOURCE', 'CLOSED']);
    on.status('zone_close', ZONE);
    expect([go(), on.condition(2)]).toEqual(['OK', to]);
  });

  test('a closed zone at the active limit cannot displace an open one: as Linux has it', () => {
    const on = zoned({ zone_max_open: '1', zone_max_active: '2' });
    on.bring('CLOSED');
    on.write(3 * ZONE, 8, 1);
    expect(on.write(START + 8, 8, 1)).toBe('ZONE_OPEN_RESOURCE');
  });

  test('full, reset, read-only and offline zones give their slots back', () => {
    const on = zoned({ zone_max_open: '1', zone_max_active: '1' });
    const frees: ((zone: number) => void)[] = [
      (zone) => void on.write(zone * ZONE + 8, ZONE - 8, 1),
      (zone) => void on.status('zone_finish', zone * ZONE),
      (zone) => void on.status('zone_reset', zone * ZONE),
      (zone) => on.device.writeAttribute('zone_readonly', String(zone * ZONE)),
      (zone) => on.device.writeAttribute('zone_offline', String(zone * ZONE)),
    ];
    for (const [i, free] of frees.entries()) {
      expect([i, on.write((i + 1) * ZONE, 8, 1)]).toEqual([i, 'OK']);
      free(i + 1);
    }
    expect(on.device.inspect().zones).toMatchObject({ open: 0, active: 0 });
  });
});

describe('append', () => {
  test('answers where it wrote', () => {
    const on = zoned();
    on.write(START, 8, 1);
    const done = on.run('zone_append', START, 8, { data: new Uint8Array(8 * SECTOR).fill(2) });
    expect(done).toMatchObject({ status: 'OK', sector: START + 8 });
    expect(on.read(START, 24)).toEqual([...Array(8).fill(1), ...Array(8).fill(2), ...Array(8).fill(0xff)]);
  });

  test('is refused past its limit, and by a device that takes none', () => {
    const data = new Uint8Array(16 * SECTOR);
    expect(zoned({ zone_append_max_sectors: '8' }).status('zone_append', START, 16, { data })).toBe('INVAL');
    expect(zoned({ zone_append_max_sectors: '0' }).status('zone_append', START, 16, { data })).toBe('IOERR');
  });
});

describe('data', () => {
  test('at and after the write pointer reads as FFh, in a conventional zone as zero', () => {
    const on = zoned();
    on.write(START, 8, 3);
    expect(on.read(START, 16)).toEqual([...Array(8).fill(3), ...Array(8).fill(0xff)]);
    expect(on.read(0, 2)).toEqual([0, 0]);
    expect(on.read(ZONE - 2, 4)).toEqual([0, 0, 0xff, 0xff]);
  });

  test('is gone after a reset, and after a reset of all; conventional zones keep theirs', () => {
    const on = zoned();
    on.write(0, 8, 1);
    for (const zone of [1, 2]) on.write(zone * ZONE, 8, 2);
    on.status('zone_reset', ZONE);
    expect(on.device.inspect().storedBytes).toBe(2 * 4096);
    expect(on.status('zone_reset_all')).toBe('OK');
    expect(on.device.inspect().storedBytes).toBe(4096);
    expect([1, 2].map(on.condition)).toEqual(['EMPTY', 'EMPTY']);
    expect(on.read(0, 1)).toEqual([1]);
  });

  test('of a read-only zone reads on, of an offline zone does not', () => {
    const on = zoned();
    on.write(START, 8, 4);
    on.device.writeAttribute('zone_readonly', String(START + 100));
    expect(on.read(START, 8)).toEqual(Array(8).fill(4));
    expect(on.descriptor(2)).toMatchObject({ condition: 'READONLY', wp: -1 });
    on.device.writeAttribute('zone_offline', String(START));
    expect(on.status('read', START, 8)).toBe('IOERR');
    expect(on.status('read', START - 8, 16)).toBe('IOERR');
  });

  test('is gone when the same condition is written again: the zone is empty', () => {
    const on = zoned();
    on.write(START, 8, 4);
    on.device.writeAttribute('zone_readonly', String(START));
    on.device.writeAttribute('zone_readonly', String(START));
    expect(on.descriptor(2)).toMatchObject({ condition: 'EMPTY', wp: START });
    expect(on.device.inspect().storedBytes).toBe(0);
    expect(on.status('zone_reset_all')).toBe('OK');
  });

  test('reset of all leaves read-only and offline zones as they are', () => {
    const on = zoned();
    on.bring('READONLY', 3);
    on.bring('OFFLINE', 4);
    on.bring('FULL', 5);
    on.status('zone_reset_all');
    expect([3, 4, 5].map(on.condition)).toEqual(['READONLY', 'OFFLINE', 'EMPTY']);
  });
});

describe('report', () => {
  test('starts at the zone that holds the sector, and is empty past the end', () => {
    const on = zoned();
    expect(on.run('zone_report', ZONE + 5, 3)?.data?.length).toBe(3 * 64);
    expect(on.run('zone_report', 0, 0)?.data?.length).toBe(16 * 64);
    expect(on.run('zone_report', 15 * ZONE, 8)?.data?.length).toBe(64);
    expect(on.run('zone_report', 16 * ZONE, 8)).toMatchObject({ status: 'OK', data: new Uint8Array(0) });
  });

  test('zone_full starts sequential zones full, at their capacity', () => {
    const on = zoned({ zone_full: '1' });
    expect(on.descriptor(2)).toMatchObject({ condition: 'FULL', wp: START + ZONE });
    expect(on.condition(0)).toBe('NOT_WP');
  });

  test('a device without zones answers NOTSUPP to all of it', () => {
    const on = bench();
    for (const op of [
      'zone_report',
      'zone_open',
      'zone_close',
      'zone_finish',
      'zone_reset',
      'zone_reset_all',
      'zone_append',
    ] as const)
      expect([op, on.status(op, 0, 8)]).toEqual([op, 'NOTSUPP']);
  });
});

test('whatever is done, slots are counted right, pointers stay in their zones and limits hold', () => {
  const verb = fc.constantFrom<BlockOp>(
    'write',
    'zone_append',
    'zone_open',
    'zone_close',
    'zone_finish',
    'zone_reset',
    'zone_reset_all',
  );
  const step = fc.record({
    verb,
    zone: fc.nat({ max: 7 }),
    sectors: fc.constantFrom(8, 512, 1024, 2048),
    mark: fc.nat({ max: 30 }),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.nat({ max: 3 }),
      fc.nat({ max: 4 }),
      (steps, maxOpen, maxActive) => {
        const on = zoned({
          size: '8',
          zone_max_open: String(maxOpen),
          zone_max_active: String(maxActive),
          memory_backed: '0',
        });
        const limits = on.device.identify().zoned;
        for (const { verb: op, zone, sectors, mark } of steps) {
          if (mark === 0 && zone > 0) on.device.writeAttribute('zone_readonly', String(zone * ZONE));
          else if (mark === 1 && zone > 0) on.device.writeAttribute('zone_offline', String(zone * ZONE));
          else if (op === 'write')
            on.write(Math.max(zone * ZONE, Math.min(on.descriptor(zone).wp, zone * ZONE + ZONE - sectors)), sectors, 1);
          else
            on.status(
              op,
              zone * ZONE,
              op === 'zone_append' ? 8 : 0,
              op === 'zone_append' ? { data: new Uint8Array(8 * SECTOR) } : {},
            );
        }
        const zones = Array.from({ length: 8 }, (_, zone) => on.descriptor(zone));
        const having = (...conds: ZoneCondName[]) => zones.filter(({ condition }) => conds.includes(condition)).length;
        const view = on.device.inspect().zones;
        expect(view?.open).toBe(having('IMP_OPEN', 'EXP_OPEN'));
        expect(view?.active).toBe(having('IMP_OPEN', 'EXP_OPEN', 'CLOSED'));
        if (limits?.maxOpen) expect(view?.open).toBeLessThanOrEqual(limits.maxOpen);
        if (limits?.maxActive) expect(view?.active).toBeLessThanOrEqual(limits.maxActive);
        for (const { wp, start, length, condition } of zones)
          if (condition !== 'READONLY' && condition !== 'OFFLINE')
            expect(wp >= start && wp <= start + length).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});
