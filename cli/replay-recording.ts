/** What `replay` does: runs what a recording holds once more, and says whether the same came of it. */
import { LabError } from '#bus/errors.ts';
import { RECORD_BYTES } from '#bus/trace.ts';
import { DRIVERS } from '#drivers/registry.ts';
import { type RecordedSection, readRecording, recordAt } from '#recording/decode.ts';
import { isEvent } from '#recording/format.ts';
import { SectionWords } from '#recording/words.ts';
import { AppendFile } from '#server/recording/append-file.ts';
import { parseScenario } from '#server/scenario/parse.ts';
import { ExitCode } from './exit.ts';
import { print, printJson } from './print.ts';
import { openRecording, titleOf } from './recording-file.ts';
import { runVirtual } from './virtual-run.ts';

export interface ReplayOptions {
  readonly record?: string;
  readonly json?: boolean;
}

/** One section run again. */
interface Replayed {
  readonly scenario: string;
  readonly seed: number;
  readonly same: boolean;
  readonly verdict: { readonly recorded: string | null; readonly replayed: string | null };
  readonly traceHash: { readonly recorded: string | null; readonly replayed: string | null };
  readonly records: { readonly recorded: number; readonly replayed: number };
  /** The first record that differs, as it was and as it is. */
  readonly first: { readonly recorded: unknown; readonly replayed: unknown } | null;
  /** What is not as it was when the recording was made. */
  readonly since: readonly string[];
}

export const replay = async (path: string, options: ReplayOptions): Promise<void> => {
  const { sections } = openRecording(path);
  const runs = sections.map((section) => prepared(path, section)); // all of them, before the first runs
  const file = options.record === undefined ? undefined : new AppendFile(options.record, '--record');
  const replayed: Replayed[] = [];
  for (const run of runs) {
    const again = await runAgain(run, file);
    replayed.push(again);
    if (!options.json) for (const line of lines(again)) print(line);
  }
  file?.close();
  if (options.json) printJson(replayed);
  if (replayed.some(({ same }) => !same)) process.exitCode = ExitCode.driverFailed;
};

const prepared = (path: string, section: RecordedSection) => {
  const { scenario, mode, seed } = section.header;
  if (scenario === null || mode === 'live')
    throw new LabError(
      'EINVAL',
      `${path}: ${titleOf(section)} was recorded in real time; only runs in virtual time can be run again the same`,
    );
  const { file, yaml } = scenario;
  return { section, file, seed, scenario: parseScenario(yaml, file, { drivers: Object.keys(DRIVERS) }) };
};

const runAgain = async (
  { section, file, seed, scenario }: ReturnType<typeof prepared>,
  out: AppendFile | undefined,
): Promise<Replayed> => {
  const pieces: Uint8Array[] = [];
  const append = (bytes: Uint8Array): void => {
    pieces.push(bytes.slice()); // it is the encoder's own memory
    out?.append(bytes);
  };
  const { view } = await runVirtual({ scenario, file, seed, append });
  const [again] = readRecording(Buffer.concat(pieces)).sections;
  if (again === undefined) throw new LabError('EIO', `${scenario.name} ran and recorded nothing`);
  const before = section.events.map(({ event }) => event).find((event) => isEvent(event, 'run'));
  const was = before !== undefined && isEvent(before, 'run') ? before.run : undefined;
  const first = firstDifference(section, again);
  // a recording that was cut off has no verdict: as far as it goes it must be the same
  const same =
    first === null && (was === undefined || (was.verdict === view.verdict && was.traceHash === view.traceHash));
  return {
    scenario: scenario.name,
    seed,
    same,
    verdict: { recorded: was?.verdict ?? null, replayed: view.verdict },
    traceHash: { recorded: was?.traceHash ?? null, replayed: view.traceHash },
    records: { recorded: section.count, replayed: again.count },
    first,
    since: changesSince(section, again),
  };
};

const firstDifference = (was: RecordedSection, is: RecordedSection): Replayed['first'] => {
  const cut = !was.complete && was.count < is.count;
  const longest = cut ? was.count : Math.max(was.count, is.count);
  for (let i = 0; i < longest; i++) {
    const [from, to] = [i * RECORD_BYTES, (i + 1) * RECORD_BYTES];
    if (
      i < was.count &&
      i < is.count &&
      Buffer.compare(was.records.subarray(from, to), is.records.subarray(from, to)) === 0
    )
      continue;
    const row = (of: RecordedSection): unknown => (i < of.count ? new SectionWords(of).row(recordAt(of, i)) : null);
    return { recorded: row(was), replayed: row(is) };
  }
  return null;
};

/** Versions and files that are others now: why it may not be the same. */
const changesSince = (was: RecordedSection, is: RecordedSection): readonly string[] => [
  ...(was.header.ferrolab === is.header.ferrolab ? [] : [`Ferrolab ${was.header.ferrolab}, now ${is.header.ferrolab}`]),
  ...changed('datasheet of', was.header.datasheets, is.header.datasheets),
  ...changed('firmware', firmwareOf(was), firmwareOf(is)),
];

const changed = (what: string, was: Readonly<Record<string, string>>, is: Readonly<Record<string, string>>): string[] =>
  Object.entries(was).flatMap(([name, hash]) =>
    is[name] === undefined || is[name] === hash ? [] : [`${what} ${name} is another`],
  );

const firmwareOf = ({ events }: RecordedSection): Readonly<Record<string, string>> =>
  Object.fromEntries(events.flatMap(({ event }) => (isEvent(event, 'firmware') ? [[event.name, event.sha256]] : [])));

function* lines({ scenario, seed, same, verdict, traceHash, records, first, since }: Replayed): Generator<string> {
  const was = verdict.recorded === null ? 'cut off before a verdict' : verdict.recorded;
  yield `${same ? '✓' : '✗'} ${scenario}, seed ${seed}: ${was}; again ${verdict.replayed}${same ? ', the same trace' : ''}`;
  if (traceHash.replayed !== null)
    yield `  trace ${traceHash.replayed}, ${records.replayed.toLocaleString('en-US')} records`;
  for (const change of since) yield `  since: ${change}`;
  if (same) return;
  if (traceHash.recorded !== null)
    yield `  was   ${traceHash.recorded}, ${records.recorded.toLocaleString('en-US')} records`;
  if (first === null) return;
  yield `  first difference: was ${JSON.stringify(first.recorded)}`;
  yield `                    is  ${JSON.stringify(first.replayed)}`;
}
