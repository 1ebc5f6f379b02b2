/** Everything the store keeps: merging, touches, samples, what happened. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeviceView, LogLine, ModuleView } from '#bus/api.ts';
import { Trace } from '#bus/trace.ts';
import { c45, printC45 } from '#datasheets/c45.ts';
import { parseAddress } from './address.ts';
import { fromDevices, fromLog, fromModules, fromTrace, HAPPENINGS_KEPT, mergeHappenings } from './happenings.ts';
import { LOG_KEPT, mergeDevices, mergeLog, mergeRegisters } from './lab-state.ts';
import { Samples } from './samples.ts';
import { Touches } from './touches.ts';
import { TraceRing } from './trace-ring.ts';

const device = (of: Partial<DeviceView>): DeviceView => ({
  name: 'phy0',
  lab: 'lab',
  remote: false,
  kind: 'qt2025',
  ports: ['mdio'],
  datasheet: '',
  session: 's',
  lamp: 'ok',
  link: 'up',
  linkSince: 5,
  owner: null,
  faults: [],
  panel: null,
  ...of,
});

const line = (seq: number, of: Partial<LogLine> = {}): LogLine => ({
  seq,
  time: seq,
  level: 'info',
  facility: 'qt2025',
  text: `line ${seq}`,
  ...of,
});

const ringOf = (trace: Trace): TraceRing => {
  const ring = new TraceRing(256);
  ring.push({ records: trace.slice(1), names: { from: { devices: 0, requesters: 0, texts: 0 }, ...trace.names } });
  return ring;
};

test('reads an address in decimal and as the datasheet prints it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 0, max: 0xffff }), (mmd, register) => {
      const at = c45(mmd, register);
      expect(parseAddress(String(at))).toBe(at);
      expect(parseAddress(printC45(at))).toBe(at);
    }),
  );
  expect(parseAddress('PCS_STAT1')).toBeUndefined();
});

test('keeps two devices of one name apart when they are of two labs', () => {
  const here = device({});
  const there = device({ lab: 'other', remote: true });
  const merged = mergeDevices([here, there], [{ ...there, lamp: 'off' }]);
  expect(merged.map(({ lab, lamp }) => [lab, lamp])).toEqual([
    ['lab', 'ok'],
    ['other', 'off'],
  ]);
});

test('lays register changes over what is known and leaves the rest alone', () => {
  const first = mergeRegisters({}, { phy0: { 1: [6, 4], 2: [7, 7] } });
  const second = mergeRegisters(first, { phy0: { 1: [6, 6] } });
  expect(second.phy0?.get(1)).toEqual({ level: 6, next: 6 });
  expect(second.phy0?.get(2)).toBe(first.phy0?.get(2));
  expect(first.phy0?.get(1)).toEqual({ level: 6, next: 4 });
});

test('takes each log line once and forgets the oldest', () => {
  const lines = Array.from({ length: LOG_KEPT + 5 }, (_, i) => line(i + 1));
  const log = mergeLog(mergeLog([], lines.slice(0, 10)), lines);
  expect(log).toHaveLength(LOG_KEPT);
  expect(log.at(-1)?.seq).toBe(LOG_KEPT + 5);
  expect(mergeLog(log, lines)).toBe(log);
});

test('knows who touched a register last, and counts by operation', () => {
  const trace = new Trace(64);
  const access = { device: 'phy0', outcome: 'ok', at: 0x30001, value: 1 } as const;
  trace.record({ ...access, requester: 'a', op: 'read', time: 10 });
  trace.record({ ...access, requester: 'b', op: 'write', time: 20 });
  trace.record({ device: 'phy0', requester: 'c', op: 'fault', outcome: 'on', time: 30, text: 'rx-loss' });
  const ring = ringOf(trace);
  const touches = new Touches();
  touches.take(ring, 0);
  expect(touches.of(1, 0x30001)).toEqual({ seq: 2, time: 20, requester: 2, op: 'write' });
  expect(touches.lastTime(1)).toBe(20);
  expect([touches.count('read'), touches.count('write'), touches.count('fault')]).toEqual([1, 1, 1]);
});

test('keeps every reading as long as its times, holes where nothing was read', () => {
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.option(fc.integer())), { maxLength: 60 }),
      (rounds) => {
        const samples = new Samples();
        rounds.forEach((readings, i) => void samples.add('phy0', i, readings));
        const { time, readings } = samples.of('phy0');
        expect(time).toHaveLength(rounds.length);
        for (const [name, list] of Object.entries(readings)) {
          expect(list).toHaveLength(rounds.length);
          list.forEach((value, i) => void expect(value).toBe(rounds[i]?.[name] ?? Number.NaN));
        }
      },
    ),
  );
});

test('tells faults, interrupts and notes from accesses', () => {
  const trace = new Trace(64);
  const row = { device: 'phy0', requester: 'lab', time: 1 } as const;
  trace.record({ ...row, op: 'read', outcome: 'ok' });
  trace.record({ ...row, op: 'fault', outcome: 'on', text: 'weak-light rx_dbm=-13' });
  trace.record({ ...row, op: 'fault', outcome: 'off', text: 'weak-light' });
  trace.record({ ...row, op: 'irq', outcome: 'ok', text: 'LASI' });
  expect(fromTrace(ringOf(trace), 0).map(({ kind, text, seq }) => [kind, text, seq])).toEqual([
    ['fault', 'weak-light rx_dbm=-13 on', 2],
    ['cleared', 'weak-light off', 3],
    ['irq', 'LASI', 4],
  ]);
});

test('an interrupt line that rises again and again is one row with a number, and falling is no news', () => {
  const trace = new Trace(64);
  const irq = (time: number, device = 'card0', outcome: 'on' | 'off' = 'on') =>
    trace.record({ device, requester: device, op: 'irq', outcome, time, text: 'INT' });
  for (let frame = 0; frame < 10; frame++) {
    irq(frame * 16e6);
    irq(frame * 16e6 + 1e6, 'card0', 'off');
  }
  irq(50e6, 'phy0');
  irq(3e9);
  const found = fromTrace(ringOf(trace), 0);
  const merged = mergeHappenings(mergeHappenings([], found.slice(0, 5)), found.slice(5));
  expect(merged.map(({ device, time, row }) => [device, time, row])).toEqual([
    ['card0', 0, { times: 10, until: 144e6 }],
    ['phy0', 50e6, undefined],
    ['card0', 3e9, undefined],
  ]);
  expect(mergeHappenings(merged, merged)).toEqual(merged);
});

test('reports a link change once, and nothing for a device it sees first', () => {
  const up = device({});
  const down = device({ link: 'down', linkSince: 9 });
  expect(fromDevices([], [up])).toEqual([]);
  expect(fromDevices([up], [up])).toEqual([]);
  const [change] = fromDevices([up], [down]);
  expect(change).toMatchObject({ kind: 'down', time: 9, text: 'link down' });
  const once = mergeHappenings([], [change!]);
  expect(mergeHappenings(once, [change!])).toHaveLength(1);
});

test('reports a driver that comes and one that leaves', () => {
  const module: ModuleView = {
    client: 'c',
    session: 's',
    module: 'qt2025',
    device: 'phy0',
    params: {},
    pid: 1,
    state: 'live',
    error: null,
    link: null,
    since: '',
  };
  expect(fromModules([], [module], 1).map(({ text }) => text)).toEqual(['qt2025 drives']);
  expect(fromModules([module], [module], 2)).toEqual([]);
  expect(fromModules([module], [], 3).map(({ text }) => text)).toEqual(['qt2025 left']);
});

test('leaves debugging and the lab at ease out of what happened', () => {
  const lines = [
    line(1),
    line(2, { level: 'debug' }),
    line(3, { facility: 'lab' }),
    line(4, { facility: 'lab', level: 'err' }),
  ];
  expect(fromLog(lines).map(({ id }) => id)).toEqual(['g1', 'g4']);
});

test('keeps what happened in order of time and bounded', () => {
  const some = Array.from({ length: HAPPENINGS_KEPT + 30 }, (_, i) => fromLog([line(1000 - i)])).flat();
  const merged = mergeHappenings([], some);
  expect(merged).toHaveLength(HAPPENINGS_KEPT);
  expect(merged.map(({ time }) => time)).toEqual([...merged.map(({ time }) => time)].sort((a, b) => a - b));
});
