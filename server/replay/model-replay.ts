/** The drivers' side of a recording against the model: every recorded access at its recorded time, on a bench that is new. */
import { seconds } from '#bus/clock.ts';
import { asLabError } from '#bus/errors.ts';
import { ACCESS_OPS, FIRMWARE_REQUESTER, isNbdRequester, Trace, type TraceOp, type TraceRecord } from '#bus/trace.ts';
import { textOf } from '#bus/trace-words.ts';
import { type RecordedSection, recordAt } from '#recording/decode.ts';
import type { RecordingDiff } from '#recording/diff.ts';
import { Bench } from '../bench.ts';
import { Again, belongs, COMMAND_OPS, sameSlot, widthOf } from './again.ts';
import { deedOf, doAgain } from './deeds.ts';
import { lostAccesses } from './lost-accesses.ts';
import { MadeRows } from './made-rows.ts';
import { type Pair, pairedDiff } from './paired-diff.ts';
import { edidPlaces, specOf, tooLong, withoutWireTime } from './replay-bench.ts';
import { ReplayClock } from './replay-clock.ts';

export interface ModelReplayOptions {
  /** File contents by name; throws ENOENT. */
  readonly firmware: (name: string) => Uint8Array;
  /** Only these devices; all unless given. */
  readonly devices?: readonly string[] | undefined;
}

export interface ModelReplay {
  /** All that the model made of it. */
  readonly replayed: RecordedSection;
  /** The recording against that: a row for each access, and for what the devices said of themselves. */
  readonly diff: RecordingDiff;
  /** Accesses done again. */
  readonly accesses: number;
  /** What could not be compared, a sentence each. */
  readonly notes: readonly string[];
}

/** Throws a LabError when the section's bench cannot be built; whatever its records say, it ends. */
export const replayAgainstModel = (section: RecordedSection, options: ModelReplayOptions): ModelReplay =>
  new Run(section, options).go();

const OWN: ReadonlySet<TraceOp> = new Set(['irq', 'done']);
/** The model computes all of it: an hour of a PHY with its firmware takes more than a minute. */
const LONGEST_NS = seconds(3600);
/** Records of the model at most, for each that was recorded, and so many more. */
const OWN_RECORDS = 4;
const OWN_RECORDS_MORE = 100_000;

class Run {
  readonly #section: RecordedSection;
  readonly #clock = new ReplayClock();
  readonly #bench: Bench;
  readonly #again: ReadonlyMap<string, Again>;
  readonly #lost: ReadonlySet<number>;
  readonly #made: MadeRows;
  readonly #pairs: Pair[] = [];
  /** Interrupts and answers that were recorded up to now. */
  #expected = 0;
  #accesses = 0;
  /** What happens at the next interrupt, before what raised it has ended. */
  #within: (() => void) | undefined;
  /** Records of nobody's bench, or of no way to do them again. */
  #left = new Map<string, number>();
  #end: number;
  readonly #lastNs: number;

  constructor(section: RecordedSection, { firmware, devices }: ModelReplayOptions) {
    const live = section.header.mode === 'live';
    const spec = specOf(section, devices);
    const lastNs = section.count === 0 ? 0 : recordAt(section, section.count - 1).time;
    this.#lastNs = lastNs;
    if (lastNs > LONGEST_NS) throw tooLong('the records', lastNs, LONGEST_NS);
    this.#section = section;
    this.#end = section.count;
    const trace = new Trace(1024);
    this.#made = new MadeRows(trace, section.count * OWN_RECORDS + OWN_RECORDS_MORE, () => this.#interrupted());
    this.#lost = lostAccesses(section);
    this.#bench = new Bench({
      clock: this.#clock,
      trace,
      seed: section.header.seed,
      spec: live ? withoutWireTime(spec) : spec,
      firmware,
    });
    const widths = edidPlaces(section);
    this.#again = new Map(
      [...this.#bench.devices].map(([name, device]) => [name, new Again(device, widthOf(widths.get(name) ?? [0]))]),
    );
  }

  go(): ModelReplay {
    try {
      for (let i = 0; i < this.#end; ) i = this.#row(i);
      const last = this.#end === 0 ? 0 : recordAt(this.#section, this.#end - 1).time;
      this.#clock.moveTo(last);
      this.#catchUp();
    } finally {
      for (const again of this.#again.values()) again.close();
      this.#bench.close();
    }
    const replayed = this.#made.section(this.#section);
    const diff = pairedDiff(this.#section, replayed, this.#pairs, {
      end: this.#end,
      devices: new Set(this.#again.keys()),
    });
    return { replayed, diff, accesses: this.#accesses, notes: this.#notes() };
  }

  /** Does what one record says, or a few that belong together; returns the index behind. */
  #row(index: number): number {
    const { names } = this.#section;
    const record = recordAt(this.#section, index);
    const name = names.devices[record.device] ?? '';
    const requester = names.requesters[record.requester] ?? '';
    const again = this.#again.get(name);
    if (again === undefined) return index + 1;
    this.#clock.moveTo(Math.min(record.time, this.#lastNs)); // records of a file that was made by hand may be in any order
    if (requester === FIRMWARE_REQUESTER) return index + 1;
    if (OWN.has(record.op)) {
      if (record.op === 'done' && !isNbdRequester(requester)) again.answered(record, requester);
      this.#expected++;
      return record.op === 'irq' ? this.#interrupt(index, record) : index + 1;
    }
    this.#catchUp();
    if (this.#lost.has(index)) this.#leave('accesses that a bus fault kept from their device');
    else if (isNbdRequester(requester)) this.#leave('requests of NBD clients');
    else if (!ACCESS_OPS.has(record.op)) this.#deed(index, record, name, requester);
    else if (this.#bench.device(name).buses.block !== undefined) return this.#ring(index, again, requester);
    else this.#attempt(() => again.access(record, requester, names.texts), index);
    return index + 1;
  }

  /**
   * A write that raises an interrupt has its row behind those of the driver's answer to it, which looks at the device
   * before the write returns: so it is done first, and the looks from within.
   */
  #interrupt(index: number, { time, device }: TraceRecord): number {
    this.#catchUp();
    if (this.#made.own >= this.#expected) return index + 1;
    let cause = index + 1;
    for (; cause < this.#end; cause++) {
      const record = recordAt(this.#section, cause);
      if (record.time !== time || record.device !== device || OWN.has(record.op)) return index + 1;
      if (record.op !== 'read') break;
    }
    if (cause === this.#end || cause === index + 1) return index + 1;
    const within = (): void => {
      for (let i = index + 1; i < cause; ) i = this.#row(i);
    };
    this.#within = within;
    const next = this.#row(cause);
    if (this.#within === within) {
      this.#within = undefined;
      within(); // no interrupt this time
    }
    return next;
  }

  /** Requests that were handed over in one go stand side by side. */
  #ring(index: number, again: Again, requester: string): number {
    const first = recordAt(this.#section, index);
    const records: TraceRecord[] = [];
    let next = index;
    for (; next < this.#end; next++) {
      const record = recordAt(this.#section, next);
      if (record.time !== first.time || record.device !== first.device || record.requester !== first.requester) break;
      if (!COMMAND_OPS.has(record.op) || this.#lost.has(next) || !belongs(records, record)) break;
      records.push(record);
    }
    const behind = this.#deedsInside(next, records);
    const within = (): void => {
      for (let i = next; i < behind; i++) this.#row(i);
    };
    const meanwhile = behind > next ? within : undefined;
    this.#attempt(() => again.submit(records, requester, meanwhile), index, records.length);
    return behind;
  }

  /** What was done while a request was on its way has its row behind it, and the answer at once: it came before the device saw it. */
  #deedsInside(from: number, requests: readonly TraceRecord[]): number {
    const { time, device } = recordAt(this.#section, from - 1);
    for (let i = from; i < this.#end; i++) {
      const record = recordAt(this.#section, i);
      if (record.time !== time || record.device !== device) return from;
      if (record.op === 'done') return requests.some((request) => sameSlot(request, record)) ? i : from;
      if (record.op !== 'note' && record.op !== 'fault') return from;
    }
    return from;
  }

  #deed(index: number, record: TraceRecord, name: string, requester: string): void {
    const device = this.#bench.device(name);
    const deed = deedOf(record, requester, textOf(record, this.#section.names), device);
    if (deed === undefined) return;
    if (deed.kind === 'restore') {
      this.#end = index;
      this.#left.set(
        `row ${record.seq} puts ${name} back to a snapshot, which is not in the recording: compared up to there`,
        0,
      );
      return;
    }
    try {
      doAgain(deed, device, record, requester);
    } catch (thrown) {
      this.#leave(`things done to a device that this version refuses (${asLabError(thrown).message})`);
    }
  }

  /** Records of accesses, whose own rows are looked for among those made meanwhile. */
  #attempt(work: () => void, first: number, accesses = 1): void {
    this.#accesses += accesses;
    const from = this.#made.count;
    try {
      work();
    } catch {
      // the bus refused it: its row is missing, or is a note, and that is the difference
    }
    let next = from;
    for (let i = first; i < first + accesses; i++) {
      const { op, at } = recordAt(this.#section, i);
      const found = this.#made.rowOf(next, op, at, accesses === 1);
      this.#pairs.push([i, found]);
      if (found >= 0) next = found + 1;
    }
  }

  /** Devices answer at a time of their own: what came before this record then comes before it now. */
  #catchUp(): void {
    while (this.#made.own < this.#expected && this.#clock.fireOne());
  }

  #interrupted(): void {
    const within = this.#within;
    this.#within = undefined;
    within?.();
  }

  #leave(what: string): void {
    this.#left.set(what, (this.#left.get(what) ?? 0) + 1);
  }

  #notes(): readonly string[] {
    if (this.#made.leftOut > 0)
      this.#left.set('records of a model that says far more than was recorded', this.#made.leftOut);
    return [...this.#left].map(([what, count]) => (count === 0 ? what : `${count} ${what} were left out`));
  }
}
