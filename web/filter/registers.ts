/** The parts of a filter that speak of registers: `reg == PCS_STAT1`, `reg in {0x8000..0xbfff}`, `PCS_STAT1.LSTATUS == 0`. */

import type { Condition, Term } from '#bus/query/expression.ts';
import { FilterError } from '#bus/query/filter-error.ts';
import { numberOf } from '#bus/query/numbers.ts';
import { COMPARERS, numberQuestion, readNumber } from '#bus/query/questions.ts';
import type { TraceNames, TraceRecord } from '#bus/trace.ts';
import { mmdOf, registerOf } from '#datasheets/c45.ts';
import { type Field, fieldMask, fieldMax, type Register } from '#regmap/declare.ts';
import { addressOf, closest } from '#regmap/names.ts';
import { isAccess, kindOfRecord } from './columns.ts';
import { type Lab, SHEETS } from './sheets.ts';

type Predicate = (record: TraceRecord, names: TraceNames) => boolean;

/** Every register name of every datasheet. */
export const registerNames = (): readonly string[] => Object.values(SHEETS).flatMap((s) => Object.keys(s.registers));

export interface Named {
  readonly kind: string;
  readonly register: Register;
  readonly field: Field | null;
  readonly fieldName: string;
}

/** The register, or register and field, that a subject names; undefined when it names none. Throws for an unknown field. */
export const subjectRegister = (subject: Term): Named | undefined => {
  const [name = '', fieldName, ...rest] = subject.text.split('.');
  for (const [kind, sheet] of Object.entries(SHEETS)) {
    const register = Object.hasOwn(sheet.registers, name) ? sheet.registers[name] : undefined;
    if (register === undefined) continue;
    if (fieldName === undefined) return { kind, register, field: null, fieldName: '' };
    const field =
      rest.length === 0 && Object.hasOwn(register.fields, fieldName) ? register.fields[fieldName] : undefined;
    if (field !== undefined) return { kind, register, field, fieldName };
    const fields = Object.keys(register.fields);
    const near = closest(fieldName, fields);
    throw new FilterError(
      `${name} has no field '${[fieldName, ...rest].join('.')}'; ${near === undefined ? `it has ${fields.join(', ')}` : `did you mean ${near}?`}`,
      subject.from + name.length + 1,
      subject.to,
    );
  }
  return undefined;
};

/** An access to one register, and what is asked of its value or of one field. */
export const compileRegister = (named: Named, subject: Term, condition: Condition, lab: Lab): Predicate => {
  const { kind, register, field, fieldName } = named;
  const here = onSheet(kind, lab);
  const isHere = (record: TraceRecord, names: TraceNames): boolean =>
    record.at === register.at && isAccess(record) && here(record, names);
  if (field === null && condition.is === 'present') return isHere;
  if (field === null) {
    const asked = numberQuestion(subject, condition, readNumber);
    return (record, names) => isHere(record, names) && asked(record.value);
  }
  const asked = numberQuestion(subject, condition, (term) => readCode(field, fieldName, term));
  const mask = fieldMask(field);
  return (record, names) => isHere(record, names) && asked(((record.value & mask) >>> 0) >>> field.lo);
};

/** `reg`: plain numbers ask for the 16-bit register in any MMD, names and `3.8000h` for one place. */
export const compileAddress = (subject: Term, condition: Condition, lab: Lab): Predicate => {
  switch (condition.is) {
    case 'present':
      return isAccess;
    case 'in': {
      const inside = withinAny(condition.items.flatMap(({ low, high }) => rangesOf(low, high, lab)));
      return (record, names) => inside(record, names) && isAccess(record);
    }
    case 'compare': {
      const ranges = rangesOf(condition.value, null, lab);
      const inside = withinAny(ranges);
      if (condition.compare === '==') return (record, names) => inside(record, names) && isAccess(record);
      if (condition.compare === '!=') return (record, names) => !inside(record, names) && isAccess(record);
      const [{ low, plain }] = ranges as [Range]; // rangesOf gives at least one
      const comparer = COMPARERS[condition.compare];
      return (record) =>
        isAccess(record) &&
        (plain ? comparer(registerOf(record.at), low) : mmdOf(record.at) === mmdOf(low) && comparer(record.at, low));
    }
    case 'mask': {
      const asked = numberQuestion(subject, condition, readNumber);
      return (record) => isAccess(record) && asked(registerOf(record.at));
    }
    case 'contains':
      throw new FilterError(
        `reg is an address: ask text contains "${condition.value.text}"`,
        condition.value.from,
        condition.value.to,
      );
  }
};

interface Range {
  readonly low: number;
  readonly high: number;
  /** Low and high are 16-bit registers of any MMD. */
  readonly plain: boolean;
  readonly here: (record: TraceRecord, names: TraceNames) => boolean;
}

const within = ({ low, high, plain, here }: Range, record: TraceRecord, names: TraceNames): boolean => {
  const at = plain ? registerOf(record.at) : record.at;
  return at >= low && at <= high && here(record, names);
};

/** The address first: most records fail there, and what kind of record they are is dearer to know. */
const withinAny = (ranges: readonly Range[]): Predicate => {
  const [only] = ranges;
  if (only !== undefined && ranges.length === 1) return (record, names) => within(only, record, names);
  return (record, names) => {
    for (const range of ranges) if (within(range, record, names)) return true;
    return false;
  };
};

const anywhere = (): boolean => true;

const rangesOf = (low: Term, high: Term | null, lab: Lab): readonly Range[] => {
  const spans = high === null ? spanRanges(low, lab) : [];
  if (spans.length > 0) return spans;
  const from = placeOfTerm(low, lab);
  const to = high === null ? from : placeOfTerm(high, lab);
  if (from.plain !== to.plain)
    throw new FilterError('a range runs between two registers or two plain numbers', low.from, (high ?? low).to);
  return [{ low: from.low, high: to.low, plain: from.plain, here: from.here }];
};

const spanRanges = (term: Term, lab: Lab): readonly Range[] =>
  Object.entries(SHEETS).flatMap(([kind, { spans }]) =>
    spans
      .filter(({ name }) => name === term.text)
      .map(({ at, length }) => ({ low: at, high: at + length - 1, plain: false, here: onSheet(kind, lab) })),
  );

const placeOfTerm = (term: Term, lab: Lab): Range => {
  for (const [kind, { registers }] of Object.entries(SHEETS)) {
    const register = Object.hasOwn(registers, term.text) ? registers[term.text] : undefined;
    if (register !== undefined) return { low: register.at, high: register.at, plain: false, here: onSheet(kind, lab) };
  }
  const number = numberOf(term.text);
  if (number !== undefined) return { low: number, high: number, plain: number <= 0xffff, here: anywhere };
  const at = addressOf({}, term.text);
  if (at !== undefined) return { low: at, high: at, plain: false, here: anywhere };
  const near = closest(term.text, registerNames());
  throw new FilterError(
    `there is no register '${term.text}'${near === undefined ? '; PCS_STAT1, 3.0001h and 0x8000 are' : `; did you mean ${near}?`}`,
    term.from,
    term.to,
  );
};

/** True for records of devices of this kind, or of a device nobody has announced. */
const onSheet = (kind: string, lab: Lab): ((record: TraceRecord, names: TraceNames) => boolean) => {
  return (record, names) => (kindOfRecord(record, names, lab) ?? kind) === kind;
};

const readCode = (field: Field, name: string, term: Term): number => {
  const named = field.names !== undefined && Object.hasOwn(field.names, term.text) ? field.names[term.text] : undefined;
  const code = named ?? (term.text === 'true' ? 1 : term.text === 'false' ? 0 : numberOf(term.text));
  if (code !== undefined && code <= fieldMax(field)) return code;
  const words = Object.keys(field.names ?? {});
  const near = closest(term.text, words);
  const allowed = words.length > 0 ? `${words.join(', ')} or a number` : `0 to ${fieldMax(field)}`;
  throw new FilterError(
    `${name} is never '${term.text}'; ${near === undefined ? `it takes ${allowed}` : `did you mean ${near}?`}`,
    term.from,
    term.to,
  );
};
