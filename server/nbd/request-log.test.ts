import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OUTSIDE_ROWS, type OutsideRequests } from '#bus/block.ts';
import { COMMAND_FLAG } from '#bus/nbd-codec.ts';
import { FAILED_EACH, RequestLog } from './request-log.ts';

const rig = () => {
  const told: OutsideRequests[] = [];
  let now = 0;
  const log = new RequestLog({ now: () => ++now, tell: (requests) => told.push(requests) });
  const all = () => told.flatMap(({ rows }) => rows);
  return {
    log,
    told,
    asked: () => all().filter(({ answer }) => answer === undefined),
    answered: () => all().filter(({ answer }) => answer !== undefined),
    leftOut: () => told.reduce((sum, { leftOut = 0 }) => sum + leftOut, 0),
  };
};

test('however requests fall on intervals, those with rows and those left out are all', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3 * OUTSIDE_ROWS), { maxLength: 20 }), (bursts) => {
      const { log, asked, leftOut } = rig();
      for (const burst of bursts) {
        for (let i = 0; i < burst; i++) log.begin(1, 'read', 512 * i, 512, 0);
        log.turn();
      }
      const most = bursts.reduce((sum, burst) => sum + Math.min(burst, OUTSIDE_ROWS), 0);
      expect(asked()).toHaveLength(most);
      expect(asked().length + leftOut()).toBe(bursts.reduce((sum, burst) => sum + burst, 0));
    }),
  );
});

test('an interval without requests says nothing', () => {
  const { log, told } = rig();
  log.turn();
  log.turn();
  expect(told).toEqual([]);
});

test('a request says where it went and how it was asked, and its answer says it again', () => {
  const { log, asked, answered } = rig();
  const shown = log.begin(1, 'write_zeroes', 3 * 2 ** 42, 1024, COMMAND_FLAG.fua | COMMAND_FLAG.noHole);
  expect(shown).not.toBeNull();
  if (shown !== null) log.end(shown, 'MEDIUM');
  log.turn();
  const row = { op: 'write_zeroes', number: 0, sector: 3 * 2 ** 33, sectors: 2, fua: true, noUnmap: true };
  expect(asked()).toMatchObject([{ ...row, time: 1 }]);
  expect(answered()).toMatchObject([{ ...row, time: 2, answer: { status: 'MEDIUM', latencyNs: 1 } }]);
});

test('in a flood failures are told beyond the rows of an interval, up to a bound, and are counted once', () => {
  const { log, asked, answered, leftOut } = rig();
  for (let i = 0; i < 1000; i++) {
    const shown = log.begin(1, 'read', 0, 512, 0);
    if (shown === null) log.failed(1, 'read', 0, 512, 0, 'MEDIUM');
  }
  log.turn();
  expect(answered()).toHaveLength(FAILED_EACH);
  expect(asked()).toHaveLength(OUTSIDE_ROWS);
  expect(leftOut()).toBe(1000 - OUTSIDE_ROWS);
});
