/** Snapshots of a bench: restore then run equals run, for every kind of device, and no bad file does anything. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OpenBlockPort } from '#bus/block-port.ts';
import { ms, VirtualClock } from '#bus/clock.ts';
import { asLabError, LabError } from '#bus/errors.ts';
import { addressFrame, readFrame, writeFrame } from '#bus/mdio.ts';
import { Trace, unpackRecord } from '#bus/trace.ts';
import { mmdOf } from '#datasheets/c45.ts';
import { Bench } from '#server/bench.ts';
import { type BenchSpec, DEVICE_KINDS, type DeviceKind } from '#server/bench-spec.ts';
import { restoreBench, type SnapshotHost, takeBench } from './bench-snapshot.ts';
import { decodeSnapshot, encodeSnapshot, SNAPSHOT_FORMAT } from './file.ts';

const SPECS: Readonly<Record<DeviceKind, BenchSpec>> = {
  qt2025: { dut: { device: 'qt2025', module: 'sr', light_dbm: -7 } },
  display: { dut: { device: 'display', vram_mib: 1 } },
  nullb: {
    dut: { device: 'nullb', attributes: { size: 8, memory_backed: true, irqmode: 2, completion_nsec: 40_000 } },
  },
};

const lab = (spec: BenchSpec) => {
  const clock = new VirtualClock();
  const trace = new Trace(4096);
  const bench = new Bench({ clock, trace, seed: 5, spec });
  const host: SnapshotHost = {
    name: 'bench',
    clock,
    bench,
    place: async (name, of) => void bench.place(name, of),
    remove: async (name) => bench.remove(name),
  };
  /** Of the driver of the block device. */
  const ports: OpenBlockPort[] = [];
  return { clock, trace, bench, host, ports };
};
type Lab = ReturnType<typeof lab>;

/** What a test does to a device: three numbers say which of many things. */
const step = fc.record({
  what: fc.constantFrom('read', 'read', 'write', 'write', 'fault', 'clear', 'control', 'advance'),
  /** Few places, so that the same one is come by again. */
  place: fc.nat(24).map((n) => n * 7),
  value: fc.nat(0xffff),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

let generation = 0;

const act = async (on: Lab, { what, place, value }: Step): Promise<void> => {
  const { clock, bench } = on;
  const dut = bench.device('dut');
  const pick = (names: readonly string[]): string => names[place % names.length] ?? '';
  try {
    if (what === 'advance') clock.advance(ms(value % 900));
    else if (what === 'fault') dut.fault(pick(Object.keys(dut.device.faults)), {}, 'scenario');
    else if (what === 'clear') dut.clear(undefined, 'scenario');
    else if (what === 'control') dut.control(pick(Object.keys(dut.device.controls)), {}, 'scenario');
    else await access(on, what, place, value);
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown; // a refusal is an answer
  }
  clock.advance(ms(1));
};

const access = async ({ bench, ports }: Lab, op: 'read' | 'write', place: number, value: number): Promise<void> => {
  const dut = bench.device('dut');
  const at =
    Object.values(dut.device.registers)[place % Math.max(1, Object.keys(dut.device.registers).length)]?.at ?? 0;
  const { mdio, mmio, block } = dut.buses;
  if (mdio !== undefined) {
    const [address, frame] = [
      addressFrame(1, at),
      op === 'read' ? readFrame(1, mmdOf(at)) : writeFrame(1, mmdOf(at), value),
    ];
    mdio.execute(Uint32Array.of(address, frame), 'test');
  }
  if (mmio !== undefined) {
    if (place % 5 === 0) mmio.writeSpan('vram', value, Uint8Array.of(value & 0xff, 1, 2, 3), 'test');
    else mmio.access(op === 'read' ? { op, at, width: 4 } : { op, at, value, width: 4 }, 'test');
  }
  if (block === undefined) return;
  const sector = 8 * (place % 512);
  const data = op === 'write' ? { data: new Uint8Array(4096).fill(value & 0xff) } : {};
  ports[0] ??= block.port('test');
  await ports[0].submit([{ op, tag: place % 32, generation: ++generation, hctx: 0, sector, sectors: 8, ...data }]);
};

/** What happened since, without the numbers that count from the beginning of a trace. */
const since = ({ trace }: Lab, seq: number): string => {
  const { devices, requesters, texts } = trace.names;
  const hash = createHash('sha256');
  const records = trace.slice(seq + 1);
  for (let at = 0; at < records.length; at += 32) {
    const { seq: _, device, requester, op, aux, ...rest } = unpackRecord(records, at);
    const text = ['note', 'fault', 'irq', 'span_write'].includes(op) ? texts[aux] : aux;
    hash.update(JSON.stringify([devices[device], requesters[requester], op, text, rest]));
  }
  return hash.digest('hex');
};

/** All that its devices keep. */
const digest = ({ host }: Lab): string =>
  createHash('sha256')
    .update(JSON.stringify(takeBench(host, '1.0.0').devices))
    .digest('hex');

/** Requests of a block device end with their driver: it is not part of the bench. */
const leave = (on: Lab): void => {
  for (const port of on.ports.splice(0)) port.close();
  on.clock.advance(ms(60_000));
};

test.each(DEVICE_KINDS)('%s: restore then run equals run, by the hash of the trace', async (kind) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 20 }),
      fc.array(step, { minLength: 1, maxLength: 20 }),
      async (before, after) => {
        generation = 0;
        const one = lab(SPECS[kind]);
        for (const what of before) await act(one, what);
        leave(one);
        const file = encodeSnapshot(takeBench(one.host, '1.0.0'));
        const other = lab(SPECS[kind]);
        other.clock.advance(one.clock.now());
        await restoreBench(other.host, decodeSnapshot(file, 'file'), 'scenario');
        expect(digest(other)).toBe(digest(one));
        const marks = [one.trace.last, other.trace.last] as const;
        const uses = generation;
        for (const what of after) await act(one, what);
        generation = uses;
        for (const what of after) await act(other, what);
        expect(since(other, marks[1])).toBe(since(one, marks[0]));
        expect(one.trace.last - marks[0]).toBe(other.trace.last - marks[1]);
        for (const it of [one, other]) it.bench.close();
      },
    ),
    { numRuns: kind === 'nullb' ? 25 : 12 },
  );
});

const file = encodeSnapshot(takeBench(lab({ ...SPECS.qt2025, disk: { device: 'nullb' } }).host, '1.0.0'));

test('no cut of a file is a snapshot, and the refusal is one line', () => {
  fc.assert(
    fc.property(fc.nat(file.length - 1), (length) => {
      const refusal = refusalOf(file.subarray(0, length));
      expect(refusal.code).toBe('EINVAL');
      expect(refusal.message).toMatch(/^x\.bench [^\n]+$/);
    }),
  );
});

test('no changed byte goes unnoticed', () => {
  const body = file.indexOf(0x0a) + 1;
  fc.assert(
    fc.property(fc.integer({ min: body, max: file.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ change;
      expect(refusalOf(changed).message).toContain('damaged');
    }),
    { numRuns: 50 },
  );
});

test('any bytes get a LabError and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(refusalOf(bytes)).toBeInstanceOf(LabError);
    }),
  );
});

test.each([
  ['a newer version', { ferrolab: 'snapshot', format: SNAPSHOT_FORMAT + 1 }, 'newer Ferrolab'],
  ['another file of ours', { ferrolab: 'coverage', format: 1 }, 'no snapshot'],
  ['hostile sizes', { ferrolab: 'snapshot', format: 1, bytes: 1e15, sha256: '' }, 'cut off'],
])('refuses %s', (_what, head, words) => {
  expect(refusalOf(Buffer.from(`${JSON.stringify(head)}\n`)).message).toContain(words);
});

test('a bench with one device that does not fit stays as it was, the others too', async () => {
  const one = lab({ a: { device: 'qt2025', module: 'sr' }, b: { device: 'display', vram_mib: 1 } });
  const good = takeBench(one.host, '1.0.0');
  one.bench.device('a').control('remove', {}, 'scenario');
  const before = digest(one);
  const b = good.devices.b;
  if (b === undefined) throw new Error('no b');
  const bad = { ...good, devices: { ...good.devices, b: { ...b, state: { device: 'display', time: 7 } } } };
  await expect(restoreBench(one.host, bad, 'scenario')).rejects.toMatchObject({
    code: 'EINVAL',
    message: expect.stringContaining('the bench is as it was'),
  });
  expect(digest(one)).toBe(before);
});

test('a device that is missing is placed, one that is built otherwise is built anew', async () => {
  const one = lab({ a: { device: 'qt2025', module: 'sr', prtad: 3 }, b: { device: 'nullb', attributes: { size: 8 } } });
  const kept = takeBench(one.host, '1.0.0');
  const other = lab({ a: { device: 'qt2025', module: null } });
  expect(await restoreBench(other.host, kept, 'scenario')).toEqual(['a', 'b']);
  expect(other.bench.device('a').prtad).toBe(3);
  expect(other.bench.device('b').readAttribute('size')).toBe('8');
});

const refusalOf = (bytes: Uint8Array): LabError => {
  try {
    decodeSnapshot(bytes, 'x.bench');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(LabError);
    return asLabError(thrown);
  }
  throw new Error('it was taken');
};
