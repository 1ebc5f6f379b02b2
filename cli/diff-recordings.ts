/** What `diff` does: what two recordings did differently, whenever they did it. */
import { LabError } from '#bus/errors.ts';
import { type RecordedSection, recordAt } from '#recording/decode.ts';
import { DIFF_KINDS, diffSections, type LaneDiff, NO_RECORD, type RecordingDiff } from '#recording/diff.ts';
import { stretchesOf } from '#recording/diff-fold.ts';
import { type Row, SectionWords } from '#recording/words.ts';
import { ExitCode } from './exit.ts';
import { wholeNumber } from './numbers.ts';
import { hex, print, printJson, stamp } from './print.ts';
import { openRecording, titleOf } from './recording-file.ts';

export interface DiffOptions {
  readonly context: string;
  readonly limit: string;
  readonly json?: boolean;
}

export const compare = (a: string, b: string, options: DiffOptions): void => {
  const context = wholeNumber('--context', options.context, 1000);
  const limit = wholeNumber('--limit', options.limit, 1e9);
  const [mine, theirs] = [openRecording(a).sections, openRecording(b).sections];
  if (mine.length !== theirs.length)
    throw new LabError('EINVAL', `${a} has ${mine.length} sections, ${b} has ${theirs.length}; as many are compared`);
  const diffs = mine.map((section, i) => new SectionDiff(section, theirs[i]!, limit)); // as many as mine
  if (options.json) printJson(diffs.map((diff) => diff.json()));
  else for (const diff of diffs) for (const line of diff.lines(context)) print(line);
  if (diffs.some(({ same }) => !same)) process.exitCode = ExitCode.driverFailed;
};

const MARKS = { changed: '~', removed: '-', added: '+', equal: ' ' } as const;

class SectionDiff {
  readonly #a: RecordedSection;
  readonly #b: RecordedSection;
  readonly #wordsA: SectionWords;
  readonly #wordsB: SectionWords;
  readonly #diff: RecordingDiff;
  #left: number;

  constructor(a: RecordedSection, b: RecordedSection, limit: number) {
    this.#a = a;
    this.#b = b;
    this.#wordsA = new SectionWords(a);
    this.#wordsB = new SectionWords(b);
    this.#diff = diffSections(a, b);
    this.#left = limit;
  }

  get same(): boolean {
    const { changed, removed, added } = this.#diff;
    return changed + removed + added === 0;
  }

  json(): unknown {
    const { equal, changed, removed, added, lanes } = this.#diff;
    const rows: unknown[] = [];
    for (const { device, firmware, kinds, a, b } of lanes)
      for (const [row, kind] of kinds.entries()) {
        if (kind === 0 || this.#left-- <= 0) continue;
        rows.push({ kind: DIFF_KINDS[kind], device, firmware, a: this.#rowA(a[row]), b: this.#rowB(b[row]) });
      }
    return { a: titleOf(this.#a), b: titleOf(this.#b), equal, changed, removed, added, rows };
  }

  *lines(context: number): Generator<string> {
    const { equal, changed, removed, added, lanes } = this.#diff;
    const of = (n: number): string => n.toLocaleString('en-US');
    yield `${titleOf(this.#a)}: ${of(equal)} equal, ${of(changed)} changed, ${of(removed)} removed, ${of(added)} added`;
    for (const lane of lanes) if (lane.equal < lane.kinds.length) yield* this.#lane(lane, context);
    if (this.#left < 0) yield `… ${of(-this.#left)} more; --limit shows them`;
  }

  *#lane({ device, firmware, kinds, a, b }: LaneDiff, context: number): Generator<string> {
    yield `${device}${firmware ? ', its firmware' : ''}:`;
    for (const { from, to, folded } of stretchesOf(kinds, context)) {
      if (folded && this.#left > 0) yield `  … ${(to - from).toLocaleString('en-US')} equal …`;
      for (let row = from; !folded && row < to; row++) {
        const kind = DIFF_KINDS[kinds[row] ?? 0] ?? 'equal';
        if (kind === 'equal' ? this.#left <= 0 : --this.#left < 0) continue;
        const [mine, theirs] = [this.#rowA(a[row]), this.#rowB(b[row])];
        yield `${MARKS[kind]} ${changeWords(mine, theirs, kind === 'changed')}`;
      }
    }
  }

  #rowA(index = NO_RECORD): Row | null {
    return index === NO_RECORD ? null : this.#wordsA.row(recordAt(this.#a, index));
  }

  #rowB(index = NO_RECORD): Row | null {
    return index === NO_RECORD ? null : this.#wordsB.row(recordAt(this.#b, index));
  }
}

const changeWords = (a: Row | null, b: Row | null, changed: boolean): string => {
  const row = b ?? a;
  if (row === null) return '';
  if (!changed || a === null) return words(row);
  return `${words(row)}${a.value === row.value ? `, was [${a.outcome}]` : `, was ${hex(a.value ?? 0)}`}`;
};

const words = ({ time_s, seq, requester, op, address, register, value, decoded, outcome }: Row): string => {
  const head = `${stamp(time_s * 1e9)} ${String(seq).padStart(7)} ${requester.padEnd(10)} ${op.padEnd(5)}`;
  const said = address === null ? '' : ` ${address} ${(register ?? '').padEnd(14)} ${hex(value ?? 0)}`;
  return `${head}${said} ${decoded}${outcome === 'ok' ? '' : ` [${outcome}]`}`.trimEnd();
};
