/** What `replay --devices` does: runs drivers against devices that answer as recorded, and says where one does something else. */
import { resolve } from 'node:path';
import { asLabError, LabError, unknownName } from '#bus/errors.ts';
import type { DriverModule } from '#bus/kernel-port.ts';
import type { TraceRecord } from '#bus/trace.ts';
import { findDriver } from '#drivers/driver-file.ts';
import { DRIVERS } from '#drivers/registry.ts';
import { type RecordedSection, recordAt } from '#recording/decode.ts';
import { type Row, SectionWords } from '#recording/words.ts';
import { settle } from '#regmap/params.ts';
import { type DriverReplay, replayDriver } from '#server/replay/driver-replay.ts';
import { identitiesOf } from '#server/replay/identities.ts';
import { type Plan, plansOf } from '#server/replay/plan.ts';
import type { Asked } from '#server/replay/recorded-side.ts';
import { parseScenario } from '#server/scenario/parse.ts';
import { ExitCode } from './exit.ts';
import { firmwareFile } from './firmware-file.ts';
import { hex, keyValues, print, printJson, stamp } from './print.ts';
import { chosenSections, openRecording, titleOf, warn } from './recording-file.ts';

export interface ReplayDevicesOptions {
  readonly driver?: string;
  readonly param?: readonly string[];
  readonly tolerateReads?: boolean;
  readonly device?: readonly string[];
  readonly section?: string;
  readonly json?: boolean;
}

interface Ready {
  readonly section: RecordedSection;
  readonly plan: Plan;
  readonly modules: ReadonlyMap<string, DriverModule>;
}

export const replayDevices = async (path: string, options: ReplayDevicesOptions): Promise<void> => {
  const sections = chosenSections(path, openRecording(path), options.section);
  // all of it is looked at before the first driver runs
  const ready: Ready[] = [];
  for (const section of sections) ready.push(...(await readied(path, section, options)));
  const params = options.param === undefined ? undefined : keyValues(options.param);
  if (params !== undefined)
    for (const { modules } of ready) for (const module of modules.values()) check(module, params);
  const replays: { readonly section: RecordedSection; readonly replay: DriverReplay }[] = [];
  for (const { section, plan, modules } of ready) {
    const replay = await replayDriver({
      section,
      plan,
      moduleOf: (driver) => modules.get(driver) ?? unknown(driver),
      params,
      firmware: firmwareFile,
      tolerateReads: options.tolerateReads ?? false,
    });
    replays.push({ section, replay });
    if (!options.json) for (const line of lines(section, replay)) print(line);
  }
  if (options.json) printJson(replays.map(({ section, replay }) => jsonOf(section, replay)));
  if (replays.some(({ replay }) => !sameAs(replay))) process.exitCode = ExitCode.driverFailed;
};

const readied = async (
  path: string,
  section: RecordedSection,
  { device, driver }: ReplayDevicesOptions,
): Promise<readonly Ready[]> => {
  const known = section.devices.map(({ name }) => name);
  for (const name of device ?? []) if (!known.includes(name)) throw unknownName('device', name, known);
  const drivers = Object.keys(DRIVERS);
  const plans = plansOf(section, ({ yaml, file }) => parseScenario(yaml, file, { drivers }));
  const wanted = plans.filter((plan) => device?.includes(plan.device) !== false);
  for (const name of device ?? [])
    if (!wanted.some((plan) => plan.device === name))
      throw new LabError('EINVAL', `${path}: no driver made an access of ${name} in ${titleOf(section)}`);
  if (wanted.length === 0)
    throw new LabError(
      'EINVAL',
      `${path}: ${titleOf(section)} has no access of a driver: there is nothing to run against`,
    );
  if (section.missing > 0)
    warn(`${path}: what was lost when ${titleOf(section)} was recorded, a driver is not answered`);
  const ready: Ready[] = [];
  for (const plan of wanted) {
    answerable(path, section, plan);
    const modules = new Map<string, DriverModule>();
    for (const deed of plan.deeds)
      if (deed.kind === 'load') modules.set(deed.driver, await moduleFor(driver ?? deed.driver, section, plan));
    ready.push({ section, plan, modules });
  }
  return ready;
};

/** A file needs no slash before it. */
const FILE = /\.(?:ts|js|mjs)$/;

const moduleFor = async (driver: string, section: RecordedSection, { device }: Plan): Promise<DriverModule> => {
  const module = await findDriver(FILE.test(driver) ? resolve(driver) : driver);
  const kind = section.devices.find(({ name }) => name === device)?.kind ?? '';
  const { name, drives } = module.info;
  if (!drives.includes(kind))
    throw new LabError('EINVAL', `${name} drives ${drives.join(', ')}; ${device} of the recording is a ${kind}`);
  return module;
};

/** A part of the requests answers nobody; nor does a device that told nothing of itself. */
const answerable = (path: string, section: RecordedSection, { device }: Plan): void => {
  if (section.devices.find(({ name }) => name === device)?.port !== 'block') return;
  if (identitiesOf(section, device).length === 0)
    throw new LabError('EINVAL', `${path}: what ${device} told its driver of itself is not in this recording`);
  const spec = section.header.bench[device];
  const every = typeof spec === 'object' && spec !== null && 'trace_every' in spec ? Number(spec.trace_every) : 1;
  if (every > 1)
    throw new LabError('EINVAL', `${path}: one request in ${every} of ${device} was recorded; it takes all`);
};

const unknown = (driver: string): never => {
  throw unknownName('driver', driver, Object.keys(DRIVERS));
};

const check = ({ info }: DriverModule, params: Readonly<Record<string, string>>): void => {
  try {
    settle(info.params, params);
  } catch (thrown) {
    throw new LabError('EINVAL', `${info.name}: ${asLabError(thrown).message}`);
  }
};

const sameAs = ({ divergence, died }: DriverReplay): boolean => divergence === null && died === null;

const jsonOf = (section: RecordedSection, replay: DriverReplay): unknown => {
  const { divergence, ...rest } = replay;
  return {
    section: titleOf(section),
    ...rest,
    same: sameAs(replay),
    divergence:
      divergence === null
        ? null
        : {
            time_s: divergence.time / 1e9,
            expected: expectedRow(section, replay),
            actual: divergence.actual === null ? null : actualRow(section, replay, divergence.actual),
          },
  };
};

function* lines(section: RecordedSection, replay: DriverReplay): Generator<string> {
  const { device, drivers, matched, recorded, extraReads, skippedReads, divergence, died, log, notes } = replay;
  const of = (n: number): string => n.toLocaleString('en-US');
  const reads =
    extraReads + skippedReads === 0 ? '' : `, ${of(extraReads)} reads more and ${of(skippedReads)} fewer were let pass`;
  yield `${sameAs(replay) ? '✓' : '✗'} ${titleOf(section)}: ${drivers.join(', ')} on ${device}: ${of(matched)} of ${of(recorded)} accesses as recorded${reads}`;
  for (const note of notes) yield `  ${note}`;
  if (died !== null) yield `  the driver died: ${died}`;
  if (divergence === null) return;
  const row = expectedRow(section, replay);
  const at = row === null ? 'after the last row' : `at row ${row.seq}`;
  yield `  ${at}, ${stamp(divergence.time)}:`;
  yield `    expected ${row === null ? 'nothing more' : `${words(row)}${checksum(row.op, divergence.expected?.old)}`}`;
  yield `    actual   ${divergence.actual === null ? 'nothing: the driver made no more accesses' : `${words(actualRow(section, replay, divergence.actual))}${checksum(divergence.actual.op, divergence.actual.more)}`}`;
  for (const { time, level, text } of log.filter(({ time }) => time <= divergence.time).slice(-3))
    yield `  its log: ${stamp(time)} ${level} ${text}`;
}

const expectedRow = (section: RecordedSection, { divergence }: DriverReplay): Row | null => {
  const expected = divergence?.expected ?? null;
  if (expected === null) return null;
  const words = new SectionWords(section);
  if (expected.index >= 0) {
    // as the driver made it and saw it, which a bus fault may have made another than the row
    const { at, value } = expected;
    return words.row({ ...recordAt(section, expected.index), at, value });
  }
  return words.row({ ...EMPTY, ...expected, op: expected.op });
};

const EMPTY: TraceRecord = {
  seq: 0,
  device: 0,
  requester: 0,
  op: 'read',
  outcome: 'ok',
  time: 0,
  at: 0,
  value: 0,
  old: 0,
  aux: 0,
};
const UPPER = 0x100;

/** What a driver did, as the trace would have told it. */
const actualRow = (section: RecordedSection, replay: DriverReplay, asked: Asked): Row => {
  const { device, drivers, divergence } = replay;
  const { devices } = section.names;
  const block = section.devices.some(({ name, port }) => name === device && port === 'block');
  const more = asked.more ?? 0;
  const names = { ...section.names, requesters: [drivers.at(-1) ?? ''], texts: [asked.text] };
  return new SectionWords({ names, devices: section.devices }).row({
    ...EMPTY,
    device: devices.indexOf(device),
    op: asked.op,
    time: divergence?.time ?? 0,
    at: asked.at,
    value: asked.value ?? 0,
    old: block ? ((more % UPPER) << 24) >>> 0 : asked.op === 'write' ? (asked.value ?? 0) : 0,
    aux: block ? Math.floor(more / UPPER) : 0,
  });
};

const words = ({ op, address, register, value, decoded }: Row): string => {
  const place = address === null ? '' : ` ${address}${register === null ? '' : ` ${register}`}`;
  const said = address === null || (op === 'read' && decoded === '') ? '' : ` ${hex(value ?? 0)}`;
  return `${op}${place}${said} ${decoded}`.trimEnd();
};

/** What tells two writes of memory apart. */
const checksum = (op: string, of: number | null | undefined): string =>
  op === 'span_write' ? `, checksum ${hex(of ?? 0)}` : '';
