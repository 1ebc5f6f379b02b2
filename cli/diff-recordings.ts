/** What `diff` does: what two recordings did differently, whenever they did it. */
import { LabError } from '#bus/errors.ts';
import { type RecordedSection, recordAt } from '#recording/decode.ts';
import { type DiffPart, diffSections, type LaneDiff, type RecordingDiff } from '#recording/diff.ts';
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
    const rows = lanes.flatMap(({ device, firmware, parts }) =>
      parts.flatMap((part) => {
        if (part.kind === 'equal' || this.#left-- <= 0) return [];
        const [a, b] = [
          part.kind === 'added' ? null : this.#rowA(part.a),
          part.kind === 'removed' ? null : this.#rowB(part.b),
        ];
        return [{ kind: part.kind, device, firmware, a, b }];
      }),
    );
    return { a: titleOf(this.#a), b: titleOf(this.#b), equal, changed, removed, added, rows };
  }

  *lines(context: number): Generator<string> {
    const { equal, changed, removed, added, lanes } = this.#diff;
    const of = (n: number): string => n.toLocaleString('en-US');
    yield `${titleOf(this.#a)}: ${of(equal)} equal, ${of(changed)} changed, ${of(removed)} removed, ${of(added)} added`;
    for (const lane of lanes) if (lane.parts.some(({ kind }) => kind !== 'equal')) yield* this.#lane(lane, context);
    if (this.#left < 0) yield `… ${of(-this.#left)} more; --limit shows them`;
  }

  *#lane({ device, firmware, parts }: LaneDiff, context: number): Generator<string> {
    yield `${device}${firmware ? ', its firmware' : ''}:`;
    for (const [n, part] of parts.entries()) {
      if (part.kind !== 'equal') {
        if (--this.#left >= 0) yield* this.#changed(part);
        continue;
      }
      if (this.#left <= 0) continue;
      const { b } = part;
      const before = n === 0 ? 0 : Math.min(context, b.length);
      const after = n === parts.length - 1 ? 0 : Math.min(context, b.length - before);
      for (const index of b.slice(0, before)) yield `  ${words(this.#rowB(index))}`;
      const folded = b.length - before - after;
      if (folded > 0) yield `  … ${folded.toLocaleString('en-US')} equal …`;
      for (const index of b.slice(b.length - after)) yield `  ${words(this.#rowB(index))}`;
    }
  }

  *#changed(part: Exclude<DiffPart, { kind: 'equal' }>): Generator<string> {
    const mark = MARKS[part.kind];
    if (part.kind === 'removed') yield `${mark} ${words(this.#rowA(part.a))}`;
    else if (part.kind === 'added') yield `${mark} ${words(this.#rowB(part.b))}`;
    else {
      const [a, b] = [this.#rowA(part.a), this.#rowB(part.b)];
      yield `${mark} ${words(b)}${a.value === b.value ? `, was [${a.outcome}]` : `, was ${hex(a.value ?? 0)}`}`;
    }
  }

  #rowA(index: number): Row {
    return this.#wordsA.row(recordAt(this.#a, index));
  }

  #rowB(index: number): Row {
    return this.#wordsB.row(recordAt(this.#b, index));
  }
}

const words = ({ time_s, seq, requester, op, address, register, value, decoded, outcome }: Row): string => {
  const head = `${stamp(time_s * 1e9)} ${String(seq).padStart(7)} ${requester.padEnd(10)} ${op.padEnd(5)}`;
  const said = address === null ? '' : ` ${address} ${(register ?? '').padEnd(14)} ${hex(value ?? 0)}`;
  return `${head}${said} ${decoded}${outcome === 'ok' ? '' : ` [${outcome}]`}`.trimEnd();
};
