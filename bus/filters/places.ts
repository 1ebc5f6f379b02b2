/** The parts of a selection that speak of registers: `reg == MICRO_BOOT`, `reg in {3.8000..3.BFFF}`, `MICRO_BOOT.FROM == sram`. */
import { mmdOf, registerOf } from '#datasheets/c45.ts';
import { type Field, fieldMask, fieldMax } from '#regmap/declare.ts';
import { addressOf, closest } from '#regmap/names.ts';
import type { Condition, Term } from '../query/expression.ts';
import { FilterError } from '../query/filter-error.ts';
import { numberOf } from '../query/numbers.ts';
import { COMPARERS, numberQuestion, readNumber } from '../query/questions.ts';
import type { PlaceNames, Touch } from './touch.ts';

type Question = (touch: Touch) => boolean;

const isRegister = ({ op }: Touch): boolean => op === 'read' || op === 'write';

/** A register, or register and field, and what is asked of its value; undefined when the subject names none. */
export const registerQuestion = (
  subject: Term,
  condition: Condition,
  { registers }: PlaceNames,
): Question | undefined => {
  const [name = '', fieldName, ...rest] = subject.text.split('.');
  const register = Object.hasOwn(registers, name) ? registers[name] : undefined;
  if (register === undefined) return undefined;
  const here = (touch: Touch): boolean => touch.at === register.at && isRegister(touch);
  if (fieldName === undefined) {
    if (condition.is === 'present') return here;
    const asked = numberQuestion(subject, condition, readNumber);
    return (touch) => here(touch) && asked(touch.value);
  }
  const { fields } = register;
  const field = rest.length === 0 && Object.hasOwn(fields, fieldName) ? fields[fieldName] : undefined;
  if (field === undefined) {
    const near = closest(fieldName, Object.keys(fields));
    throw new FilterError(
      `${name} has no field '${[fieldName, ...rest].join('.')}'; ${near === undefined ? `it has ${Object.keys(fields).join(', ')}` : `did you mean ${near}?`}`,
      subject.from + name.length + 1,
      subject.to,
    );
  }
  const asked = numberQuestion(subject, condition, (term) => readCode(field, fieldName, term));
  const mask = fieldMask(field);
  return (touch) => here(touch) && asked(((touch.value & mask) >>> 0) >>> field.lo);
};

/** `reg`: on MDIO plain numbers ask for the 16-bit register in any MMD, names and `3.8000h` for one place. */
export const placeQuestion = (subject: Term, condition: Condition, names: PlaceNames): Question => {
  switch (condition.is) {
    case 'present':
      return isRegister;
    case 'in': {
      const ranges = condition.items.flatMap(({ low, high }) => rangesOf(low, high, names));
      return (touch) => isRegister(touch) && ranges.some((range) => within(range, touch.at));
    }
    case 'compare': {
      const ranges = rangesOf(condition.value, null, names);
      const { compare } = condition;
      if (compare === '==') return (touch) => isRegister(touch) && ranges.some((range) => within(range, touch.at));
      if (compare === '!=') return (touch) => isRegister(touch) && !ranges.some((range) => within(range, touch.at));
      const [range] = ranges;
      if (range === undefined) return () => false;
      const { low, plain } = range;
      const comparer = COMPARERS[compare];
      return (touch) =>
        isRegister(touch) &&
        (plain
          ? comparer(registerOf(touch.at), low)
          : (names.port !== 'mdio' || mmdOf(touch.at) === mmdOf(low)) && comparer(touch.at, low));
    }
    case 'mask': {
      const asked = numberQuestion(subject, condition, readNumber);
      return (touch) => isRegister(touch) && asked(names.port === 'mdio' ? registerOf(touch.at) : touch.at);
    }
    case 'contains':
      throw new FilterError(
        `reg is an address: ==, in and the comparisons ask about it`,
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
}

const within = ({ low, high, plain }: Range, address: number): boolean => {
  const at = plain ? registerOf(address) : address;
  return at >= low && at <= high;
};

const rangesOf = (low: Term, high: Term | null, names: PlaceNames): readonly Range[] => {
  const memory = high === null ? names.spans.filter(({ name }) => name === low.text) : [];
  if (memory.length > 0) return memory.map(({ at, length }) => ({ low: at, high: at + length - 1, plain: false }));
  const from = placeOf(low, names);
  const to = high === null ? from : placeOf(high, names);
  if (from.plain !== to.plain)
    throw new FilterError('a range runs between two registers or two plain numbers', low.from, (high ?? low).to);
  return [{ low: from.low, high: to.low, plain: from.plain }];
};

const placeOf = ({ text, from, to }: Term, { registers, port, spans }: PlaceNames): Range => {
  const register = Object.hasOwn(registers, text) ? registers[text] : undefined;
  if (register !== undefined) return { low: register.at, high: register.at, plain: false };
  const number = numberOf(text);
  if (number !== undefined) return { low: number, high: number, plain: port === 'mdio' && number <= 0xffff };
  const at = port === 'mdio' ? addressOf({}, text) : undefined;
  if (at !== undefined) return { low: at, high: at, plain: false };
  const near = closest(text, [...Object.keys(registers), ...spans.map(({ name }) => name)]);
  const examples = port === 'mdio' ? 'PCS_STAT1, 3.0001h and 0x8000' : '0x500 and the names of the datasheet';
  throw new FilterError(
    `there is no register '${text}'${near === undefined ? `; ${examples} are` : `; did you mean ${near}?`}`,
    from,
    to,
  );
};

const readCode = (field: Field, name: string, { text, from, to }: Term): number => {
  const named = field.names !== undefined && Object.hasOwn(field.names, text) ? field.names[text] : undefined;
  const code = named ?? (text === 'true' ? 1 : text === 'false' ? 0 : numberOf(text));
  if (code !== undefined && code <= fieldMax(field)) return code;
  const words = Object.keys(field.names ?? {});
  const near = closest(text, words);
  const allowed = words.length > 0 ? `${words.join(', ')} or a number` : `0 to ${fieldMax(field)}`;
  throw new FilterError(
    `${name} is never '${text}'; ${near === undefined ? `it takes ${allowed}` : `did you mean ${near}?`}`,
    from,
    to,
  );
};
