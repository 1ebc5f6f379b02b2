import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DriverModule } from '#bus/kernel-port.ts';
import type { MdioPort } from '#bus/mdio.ts';
import { ACCESS_OPS, FIRMWARE_REQUESTER, RECORD_BYTES } from '#bus/trace.ts';
import { DRIVERS } from '#drivers/registry.ts';
import { type RecordedSection, readRecording, recordAt } from '#recording/decode.ts';
import { DIFF_KINDS } from '#recording/diff.ts';
import { type DriverReplayOptions, replayDriver } from '#server/replay/driver-replay.ts';
import { replayAgainstModel } from '#server/replay/model-replay.ts';
import { plansOf } from '#server/replay/plan.ts';
import { parseScenario } from '#server/scenario/parse.ts';
import { firmwareFile } from './firmware-file.ts';
import { runVirtual } from './virtual-run.ts';

const drivers = Object.keys(DRIVERS);

const kept = new Map<string, ReturnType<typeof run>>();
/** A shipped scenario's run in virtual time, made once. */
const recorded = (name: string): ReturnType<typeof run> => {
  const made = kept.get(name) ?? run(name);
  kept.set(name, made);
  return made;
};

const run = async (name: string, yaml = readFileSync(join(import.meta.dirname, '../scenarios', name), 'utf8')) => {
  const scenario = parseScenario(yaml, name, { drivers });
  const pieces: Uint8Array[] = [];
  const append = (bytes: Uint8Array): void => void pieces.push(bytes.slice());
  await runVirtual({ scenario, file: name, seed: scenario.seed, append });
  const [section] = readRecording(Buffer.concat(pieces)).sections;
  if (section === undefined) throw new Error('nothing was recorded');
  return { section, accesses: byDrivers(section).length };
};

/** Indexes of accesses that are not the device's own firmware's. */
const byDrivers = (section: RecordedSection): number[] =>
  Array.from({ length: section.count }, (_, i) => i).filter((i) => {
    const { op, requester } = recordAt(section, i);
    return ACCESS_OPS.has(op) && section.names.requesters[requester] !== FIRMWARE_REQUESTER;
  });

const model = (section: RecordedSection) => {
  const { diff, accesses, notes } = replayAgainstModel(section, { firmware: firmwareFile });
  const { equal, changed, removed, added } = diff;
  return { diff, accesses, notes, counts: { changed, removed, added }, equal };
};
const NONE = { changed: 0, removed: 0, added: 0 };

const plansFor = (section: RecordedSection) =>
  plansOf(section, ({ yaml, file }) => parseScenario(yaml, file, { drivers }));

const devices = (section: RecordedSection, of: Partial<DriverReplayOptions> = {}) =>
  Promise.all(
    plansFor(section).map((plan) =>
      replayDriver({
        section,
        plan,
        moduleOf: (driver) => DRIVERS[driver]!, // a scenario's drivers are known
        firmware: firmwareFile,
        tolerateReads: false,
        ...of,
      }),
    ),
  );

/** Faults of the device and of the bus, breakpoints, two devices, a probe that fails, requests, frames. */
const SCENARIOS = [
  'firmware-missing.yaml',
  'lost-address-frame.yaml',
  'heartbeat-dead.yaml',
  'wrong-revision.yaml',
  'block-power-cut.yaml',
  'block-duplicate-answers.yaml',
  'display-first-frame.yaml',
];

test.each(SCENARIOS)('%s: the model answers what its drivers did as it did then', async (name) => {
  const { section, accesses } = await recorded(name);
  const { counts, equal, notes, ...replayed } = model(section);
  expect(counts).toEqual(NONE);
  expect(replayed.accesses).toBe(accesses);
  expect(equal).toBeGreaterThanOrEqual(1);
  expect(notes).toEqual([]);
});

test.each(SCENARIOS.filter((name) => name !== 'block-power-cut.yaml'))(
  '%s: against its own answers a driver does again what it did',
  async (name) => {
    const { section, accesses } = await recorded(name);
    const replays = await devices(section);
    expect(replays.map(({ divergence, died }) => ({ divergence, died }))).toEqual(
      replays.map(() => ({ divergence: null, died: null })),
    );
    expect(replays.reduce((sum, { matched }) => sum + matched, 0)).toBe(accesses);
  },
);

/** Eleven reads and eleven writes. */
const short = recorded('firmware-missing.yaml');
const indexes = (section: RecordedSection, op: 'read' | 'write'): number[] =>
  byDrivers(section).filter((i) => recordAt(section, i).op === op);

test('one recorded answer that is another is exactly one difference, in its row', async () => {
  const { section } = await short;
  const reads = indexes(section, 'read');
  expect(reads.length).toBe(11);
  fc.assert(
    fc.property(fc.constantFrom(...reads), fc.integer({ min: 0, max: 15 }), (index, bit) => {
      const records = Uint8Array.from(section.records);
      const at = index * RECORD_BYTES + 20 + (bit >> 3);
      records[at] = records[at]! ^ (1 << (bit & 7));
      const { counts, diff } = model({ ...section, records });
      expect(counts).toEqual({ ...NONE, changed: 1 });
      const [lane] = diff.lanes.filter(({ changed }) => changed > 0);
      expect(lane?.a[lane.kinds.indexOf(DIFF_KINDS.indexOf('changed'))]).toBe(index);
    }),
    { numRuns: 20 },
  );
});

/** The driver, but for what happens on its port. */
const withPort = (module: DriverModule, wrap: (port: MdioPort) => MdioPort): DriverModule => ({
  info: module.info,
  load: (kernel, params) => {
    const { mdio } = kernel.ports;
    return module.load({ ...kernel, ports: mdio === undefined ? {} : { mdio: wrap(mdio) } }, params);
  },
});

const DATA = 0xffff;
const [WRITE, READ] = [0b01, 0b11];
const opOf = (frame: number): number => (frame >>> 28) & 0b11;

test('a driver with one write changed is named with the row where it went another way', async () => {
  const { section } = await short;
  const writes = indexes(section, 'write');
  expect(writes.length).toBe(11);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: writes.length - 1 }), async (nth) => {
      const changed = withPort(DRIVERS.qt2025!, (port) => {
        let seen = 0;
        return {
          transfer: (frames) =>
            port.transfer(frames.map((frame) => (opOf(frame) === WRITE && seen++ === nth ? (frame ^ 1) >>> 0 : frame))),
        };
      });
      const [replay] = await devices(section, { moduleOf: () => changed });
      const was = recordAt(section, writes[nth]!);
      expect(replay?.divergence).toMatchObject({
        expected: { index: writes[nth], op: 'write', at: was.at, value: was.value },
        actual: { op: 'write', at: was.at, value: (was.value ^ 1) & DATA },
      });
      expect(replay?.matched).toBeLessThan(replay?.recorded ?? 0);
    }),
    { numRuns: 20 },
  );
});

test('reads more are let pass where that is asked for, and counted', async () => {
  const { section } = await short;
  const nosy = withPort(DRIVERS.qt2025!, (port) => ({
    async transfer(frames) {
      const answers = await port.transfer(frames);
      const [address, data] = frames;
      // each single read once more
      if (frames.length === 2 && address !== undefined && opOf(data ?? 0) === READ) await port.transfer(frames);
      return answers;
    },
  }));
  const [strict] = await devices(section, { moduleOf: () => nosy });
  expect(strict?.divergence?.actual).toMatchObject({ op: 'read' });
  const [tolerant] = await devices(section, { moduleOf: () => nosy, tolerateReads: true });
  expect(tolerant).toMatchObject({ divergence: null, died: null });
  expect(tolerant?.extraReads).toBeGreaterThan(0);
});

test('a driver that stops asking is told the row it left out', async () => {
  const { section } = await short;
  const idle: DriverModule = { info: DRIVERS.qt2025!.info, load: async () => ({ exit: async () => {} }) };
  const [replay] = await devices(section, { moduleOf: () => idle });
  expect(replay?.divergence).toMatchObject({ expected: { index: 0 }, actual: null });
  expect(replay?.matched).toBe(0);
});

/** A driver that finds no firmware, while something is wrong with the bus. */
const troubled = (step: string) =>
  run(
    'troubled.yaml',
    [
      'title: Trouble on the bus',
      'teaches: What a recording holds of it.',
      'bench: { phy0: { device: qt2025 } }',
      'steps:',
      `  - ${step}`,
      '  - insmod: { driver: qt2025, device: phy0, params: { firmware: not-shipped.fw } }',
      '  - wait: 200ms',
    ].join('\n'),
  );

test.each([
  ...['delay', 'drop', 'duplicate', 'error', 'all-ones', 'bit-flip', 'lost-address', 'turnaround'].flatMap((effect) =>
    ['read HW_REV', 'write OP_MODE'].map((when) => `bus-fault: { phy0: { effect: ${effect}, when: ${when}, nth: 1 } }`),
  ),
  'bus-fault: { phy0: { effect: reorder, when: write OP_MODE, nth: 1 } }',
  'bus-fault: { phy0: { effect: disconnect, when: write OP_MODE, nth: 1 } }',
  'break: { phy0: { when: write OP_MODE, limit: 50ms } }',
  'flip: { phy0: { register: HW_REV, op: read, bit: 3 } }',
  'flip: { phy0: { register: OP_MODE, op: write, bit: 3 } }',
  'lose: { phy0: { register: OP_MODE, op: write } }',
])('%s: the driver sees it again, the model does not answer otherwise', async (step) => {
  const { section } = await troubled(step);
  const ops = Array.from({ length: section.count }, (_, i) => recordAt(section, i).op);
  expect(ops.filter((op) => op === 'fault' || op === 'note')).not.toEqual([]);
  const [replay] = await devices(section);
  expect(replay).toMatchObject({ divergence: null, died: null });
  expect(replay?.matched).toBe(replay?.recorded);
  expect(model(section).counts).toEqual(NONE);
});

test('a bus that failed fails again, where it did', async () => {
  const { section } = await troubled('bus-fault: { phy0: { effect: error, when: read HW_REV, nth: 1 } }');
  const [replay] = await devices(section);
  expect(replay?.log.map(({ text }) => text).join()).toMatch(/EIO/);
  const at = recordAt(section, indexes(section, 'read').at(-1) ?? 0).time;
  expect(replay?.log.find(({ text }) => /EIO/.test(text))?.time).toBeGreaterThanOrEqual(at);
});

test('of a live lab a driver begins with its first access, with the parameters of the bench', async () => {
  const { section } = await short;
  const params = { firmware: 'not-shipped.fw' };
  const bench = { phy0: { device: 'qt2025', driver: 'qt2025', params } };
  const header = { ...section.header, mode: 'live', lab: 'lab', scenario: null, bench } as const;
  const live = { ...section, header };
  expect(plansFor(live)).toMatchObject([{ device: 'phy0', deeds: [{ kind: 'load', driver: 'qt2025', params }] }]);
  expect(await devices(live)).toMatchObject([{ matched: 22, recorded: 22, divergence: null, died: null }]);
  // unloaded in the midst of it, which nothing tells
  const cut = { ...live, count: 14, records: live.records.subarray(0, 14 * RECORD_BYTES) };
  expect(await devices(cut)).toMatchObject([{ matched: 14, divergence: null, died: null }]);
  // and one that was cut off is the same as far as it goes
  const virtual = { ...section, count: 14, records: cut.records };
  expect(await devices(virtual)).toMatchObject([{ matched: 14, divergence: null, died: null }]);
});

test('a record at an hour nobody waits for is refused, as is a bench that cannot be built', async () => {
  const { section } = await short;
  const late = Uint8Array.from(section.records);
  new DataView(late.buffer).setFloat64((section.count - 1) * RECORD_BYTES + 8, 2 ** 50, true);
  expect(() => model({ ...section, records: late })).toThrow(/hours of lab time; a replay takes/);
  const bench = { phy0: { device: 'toaster' } };
  expect(() => model({ ...section, header: { ...section.header, bench } })).toThrow(/phy0/);
});
