/** A bench snapshot as a file: one line that says what it is, then the bench as compressed JSON. */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { RegisterBusSnapshot } from '#bus/device.ts';
import { LabError } from '#bus/errors.ts';
import { type BenchSpec, checkBench } from '#server/bench-spec.ts';
import type { DeviceSnapshot } from './device-snapshot.ts';

export interface BenchSnapshot {
  /** Name and version of the lab it was taken in. */
  readonly lab: string;
  readonly version: string;
  readonly takenAt: string;
  /** Lab time, nanoseconds. */
  readonly now: number;
  readonly devices: Readonly<Record<string, DeviceSnapshot>>;
}

export const SNAPSHOT_FORMAT = 1;
/** Bytes of a file, and of the JSON in it. */
export const SNAPSHOT_FILE_BYTES = 64 * 2 ** 20;
const JSON_BYTES = 192 * 2 ** 20;
const HEADER_BYTES = 512;

export const encodeSnapshot = (bench: BenchSnapshot): Buffer => {
  const body = gzipSync(JSON.stringify(bench), { level: 4 });
  const head = { ferrolab: 'snapshot', format: SNAPSHOT_FORMAT, bytes: body.length, sha256: digest(body) };
  const file = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]);
  if (file.length > SNAPSHOT_FILE_BYTES)
    throw new LabError('EFBIG', `the snapshot takes ${file.length} bytes; ${SNAPSHOT_FILE_BYTES} are allowed`);
  return file;
};

/** One LabError for whatever is no snapshot: foreign, cut off, damaged, of a newer format, too large. */
export const decodeSnapshot = (file: Uint8Array, name: string): BenchSnapshot => {
  const refuse = (why: string, cause?: unknown): LabError =>
    new LabError('EINVAL', `${name} ${why}`, cause === undefined ? {} : { cause });
  if (file.length > SNAPSHOT_FILE_BYTES)
    throw new LabError('EFBIG', `${name} has ${file.length} bytes; a snapshot has ${SNAPSHOT_FILE_BYTES} at most`);
  const end = file.subarray(0, HEADER_BYTES).indexOf(0x0a);
  const head = end < 0 ? null : parsed(file.subarray(0, end));
  if (!isObject(head) || head.ferrolab !== 'snapshot') throw refuse('is no snapshot of a bench');
  const { format, bytes, sha256 } = head;
  if (typeof format !== 'number' || format > SNAPSHOT_FORMAT)
    throw refuse(`has format ${String(format)}, of a newer Ferrolab; this one reads format ${SNAPSHOT_FORMAT}`);
  const body = file.subarray(end + 1);
  if (body.length !== bytes)
    throw refuse(`is cut off or has grown: ${body.length} bytes, ${String(bytes)} were written`);
  if (digest(body) !== sha256) throw refuse('is damaged: its checksum does not fit');
  let bench: unknown;
  try {
    bench = parsed(gunzipSync(body, { maxOutputLength: JSON_BYTES }));
  } catch (cause) {
    throw refuse(`does not unpack, or to more than ${JSON_BYTES} bytes`, cause);
  }
  return checked(bench, refuse);
};

const checked = (bench: unknown, refuse: (why: string, cause?: unknown) => LabError): BenchSnapshot => {
  if (!isObject(bench) || !isObject(bench.devices)) throw refuse('has no devices in it');
  const devices = Object.entries(bench.devices);
  const specs = Object.fromEntries(devices.map(([device, of]) => [device, isObject(of) ? of.spec : undefined]));
  let checkedSpecs: BenchSpec;
  try {
    checkedSpecs = checkBench(specs);
  } catch (cause) {
    throw refuse(`has a bench that is none: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const { lab, version, takenAt, now } = bench;
  if (typeof now !== 'number' || [lab, version, takenAt].some((text) => typeof text !== 'string'))
    throw refuse('does not say where and when it was taken');
  return {
    lab: String(lab),
    version: String(version),
    takenAt: String(takenAt),
    now,
    devices: Object.fromEntries(
      devices.map(([device, of]) => {
        const spec = checkedSpecs[device];
        if (!isObject(of) || spec === undefined || of.kind !== spec.device || !isObject(of.state))
          throw refuse(`has no state of ${device} in it`);
        const bus = of.bus === null ? null : busOf(of.bus);
        if (bus === undefined) throw refuse(`has a bus of ${device} that is none`);
        return [device, { kind: spec.device, spec, datasheet: String(of.datasheet), state: of.state, bus }];
      }),
    ),
  };
};

const busOf = (given: unknown): RegisterBusSnapshot | undefined => {
  if (!isObject(given)) return undefined;
  const { addresses, seen } = given;
  return arePairs(addresses) && arePairs(seen) ? { addresses, seen } : undefined;
};

const arePairs = (given: unknown): given is readonly (readonly [number, number])[] =>
  Array.isArray(given) &&
  given.every(
    (pair) => Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isSafeInteger(n) && n >= 0),
  );

const isObject = (given: unknown): given is Readonly<Record<string, unknown>> =>
  typeof given === 'object' && given !== null && !Array.isArray(given);

const parsed = (text: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(text).toString('utf8'));
  } catch {
    return null;
  }
};

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
