/** What `replay --drivers` does: what the drivers of a recording did, once more to the model; answers that differ side by side. */
import { asLabError, LabError } from '#bus/errors.ts';
import { type RecordedSection, recordAt } from '#recording/decode.ts';
import { DIFF_KINDS, type LaneDiff, NO_RECORD } from '#recording/diff.ts';
import { stretchesOf } from '#recording/diff-fold.ts';
import { encodeSections } from '#recording/sections.ts';
import { type Row, SectionWords } from '#recording/words.ts';
import { AppendFile } from '#server/recording/append-file.ts';
import { type ModelReplay, replayAgainstModel } from '#server/replay/model-replay.ts';
import { ExitCode } from './exit.ts';
import { firmwareFile } from './firmware-file.ts';
import { wholeNumber } from './numbers.ts';
import { hex, print, printJson, stamp } from './print.ts';
import { chosenSections, openRecording, titleOf, warn } from './recording-file.ts';

export interface ReplayDriversOptions {
  readonly device?: readonly string[];
  readonly section?: string;
  readonly record?: string;
  readonly context: string;
  readonly limit: string;
  readonly json?: boolean;
}

export const replayDrivers = (path: string, options: ReplayDriversOptions): void => {
  const context = wholeNumber('--context', options.context, 1000);
  const limit = wholeNumber('--limit', options.limit, 1e9);
  const sections = chosenSections(path, openRecording(path), options.section);
  const replays = sections.map((section) => new Compared(path, section, options.device, limit));
  if (options.record !== undefined) {
    const file = new AppendFile(options.record, '--record');
    file.append(encodeSections(replays.map(({ replayed }) => replayed)));
    file.close();
  }
  if (options.json) printJson(replays.map((replay) => replay.json()));
  else for (const replay of replays) for (const line of replay.lines(context)) print(line);
  if (replays.some(({ same }) => !same)) process.exitCode = ExitCode.driverFailed;
};

const MARKS = { changed: '~', removed: '-', added: '+', equal: ' ' } as const;

class Compared {
  readonly #section: RecordedSection;
  readonly #replay: ModelReplay;
  readonly #was: SectionWords;
  readonly #is: SectionWords;
  #left: number;

  constructor(path: string, section: RecordedSection, devices: readonly string[] | undefined, limit: number) {
    try {
      this.#replay = replayAgainstModel(section, { firmware: firmwareFile, devices });
    } catch (error) {
      const { code, message } = asLabError(error);
      throw new LabError(code, `${path}: ${titleOf(section)} cannot be replayed: ${message}`, { cause: error });
    }
    this.#section = section;
    this.#was = new SectionWords(section);
    this.#is = new SectionWords(this.#replay.replayed);
    this.#left = limit;
    const first = section.count === 0 ? 1 : recordAt(section, 0).seq;
    if (first > 1)
      warn(
        `${path}: ${titleOf(section)} begins with row ${first} of its lab, the model at power-on: what is different may come from before`,
      );
  }

  get same(): boolean {
    return this.#differences === 0;
  }

  get replayed(): RecordedSection {
    return this.#replay.replayed;
  }

  get #differences(): number {
    const { changed, removed, added } = this.#replay.diff;
    return changed + removed + added;
  }

  json(): unknown {
    const { diff, accesses, notes } = this.#replay;
    const { equal, changed, removed, added, lanes } = diff;
    const rows: unknown[] = [];
    for (const { device, firmware, kinds, a, b } of lanes)
      for (const [row, kind] of kinds.entries()) {
        if (kind === 0 || this.#left-- <= 0) continue;
        rows.push({
          kind: DIFF_KINDS[kind],
          device,
          firmware,
          recorded: this.#recorded(a[row]),
          model: this.#model(b[row]),
        });
      }
    const differences = this.#differences;
    return { section: titleOf(this.#section), accesses, differences, equal, changed, removed, added, notes, rows };
  }

  *lines(context: number): Generator<string> {
    const { diff, accesses, notes } = this.#replay;
    const differences = this.#differences;
    const of = (n: number, what: string): string => `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}`;
    yield `${differences === 0 ? '✓' : '✗'} ${titleOf(this.#section)}: ${of(accesses, 'access').replace(/accesss$/, 'accesses')} done again, ${of(differences, 'difference')}, ${diff.equal.toLocaleString('en-US')} rows equal`;
    for (const note of notes) yield `  ${note}`;
    for (const lane of diff.lanes) if (lane.equal < lane.kinds.length) yield* this.#lane(lane, context);
    if (this.#left < 0) yield `… ${of(-this.#left, 'more difference')}; --limit shows them`;
  }

  *#lane({ device, firmware, kinds, a, b }: LaneDiff, context: number): Generator<string> {
    yield `${device}${firmware ? ', its firmware' : ''}: recorded | the model now`;
    for (const { from, to, folded } of stretchesOf(kinds, context)) {
      if (folded && this.#left > 0) yield `  … ${(to - from).toLocaleString('en-US')} equal …`;
      for (let row = from; !folded && row < to; row++) {
        const kind = DIFF_KINDS[kinds[row] ?? 0] ?? 'equal';
        if (kind === 'equal' ? this.#left <= 0 : --this.#left < 0) continue;
        yield `${MARKS[kind]} ${sideBySide(this.#recorded(a[row]), this.#model(b[row]))}`;
      }
    }
  }

  #recorded(index = NO_RECORD): Row | null {
    return index === NO_RECORD ? null : this.#was.row(recordAt(this.#section, index));
  }

  #model(index = NO_RECORD): Row | null {
    return index === NO_RECORD ? null : this.#is.row(recordAt(this.replayed, index));
  }
}

const sideBySide = (recorded: Row | null, model: Row | null): string => {
  if (recorded === null) return model === null ? '' : `${head(model)} nothing | ${answer(model)}`;
  const right = model === null ? 'nothing' : answer(model);
  const left = answer(recorded);
  return `${head(recorded)} ${left}${left === right ? '' : ` | ${right}`}`;
};

const head = ({ time_s, seq, requester, op, address, register }: Row): string => {
  const place = address === null ? '' : ` ${address} ${(register ?? '').padEnd(14)}`;
  return `${stamp(time_s * 1e9)} ${String(seq).padStart(7)} ${requester.padEnd(10)} ${op.padEnd(5)}${place}`;
};

const answer = ({ address, value, decoded, outcome }: Row): string =>
  [address === null ? '' : hex(value ?? 0), decoded, outcome === 'ok' ? '' : `[${outcome}]`]
    .filter((part) => part !== '')
    .join(' ');
