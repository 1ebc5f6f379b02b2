/** Declared settings without an address: fault and control parameters, module parameters, device attributes. */

interface Common<V> {
  readonly doc: string;
  readonly default: V;
}
export interface NumberParam extends Common<number> {
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
  /** Whole numbers only. */
  readonly whole: boolean;
  readonly unit: string;
}
export interface FlagParam extends Common<boolean> {
  readonly kind: 'flag';
}
export interface ChoiceParam<N extends string = string> extends Common<N> {
  readonly kind: 'choice';
  readonly among: readonly N[];
}
export interface TextParam extends Common<string> {
  readonly kind: 'text';
  readonly maxLength: number;
}
export type Param = NumberParam | FlagParam | ChoiceParam | TextParam;
export type Params = Readonly<Record<string, Param>>;

/** The values of a declared set of parameters. */
export type Settings<P extends Params> = {
  readonly [K in keyof P]: P[K] extends ChoiceParam<infer N>
    ? N
    : P[K] extends NumberParam
      ? number
      : P[K] extends FlagParam
        ? boolean
        : string;
};

export const number = (
  doc: string,
  of: { min: number; max: number; default: number; unit?: string; whole?: boolean },
): NumberParam => ({
  kind: 'number',
  doc,
  min: of.min,
  max: of.max,
  default: of.default,
  unit: of.unit ?? '',
  whole: of.whole ?? false,
});

export const onOff = (doc: string, initially = false): FlagParam => ({ kind: 'flag', doc, default: initially });

export const oneOf = <const N extends string>(
  doc: string,
  among: readonly N[],
  initially: NoInfer<N>,
): ChoiceParam<N> => ({
  kind: 'choice',
  doc,
  among,
  default: initially,
});

export const text = (doc: string, initially = '', maxLength = 4096): TextParam => ({
  kind: 'text',
  doc,
  default: initially,
  maxLength,
});

/** Takes values as people and JSON give them (`"0x10"`, `16`, `"on"`), fills defaults; throws a RangeError that names the parameter. */
export const settle = <P extends Params>(declared: P, given: Readonly<Record<string, unknown>>): Settings<P> => {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(declared, name))
      throw new RangeError(`no parameter '${name}'; there ${listed(Object.keys(declared))}`);
  return Object.fromEntries(
    Object.entries(declared).map(([name, param]) => [
      name,
      Object.hasOwn(given, name) ? one(name, param, given[name]) : param.default,
    ]),
  ) as Settings<P>; // the loop walks exactly the declared names
};

const listed = (names: readonly string[]): string => (names.length === 0 ? 'are none' : `is ${names.join(', ')}`);

const one = (name: string, param: Param, value: unknown): unknown => {
  switch (param.kind) {
    case 'number': {
      const n =
        typeof value === 'string' && value.trim() !== ''
          ? Number(value)
          : typeof value === 'number'
            ? value
            : Number.NaN;
      const range = `${param.whole ? 'a whole number' : 'a number'} from ${param.min} to ${param.max}${param.unit && ` ${param.unit}`}`;
      if (!Number.isFinite(n) || n < param.min || n > param.max || (param.whole && !Number.isInteger(n)))
        throw new RangeError(`${name} is ${JSON.stringify(value)}, it takes ${range}`);
      return n;
    }
    case 'flag': {
      const word = String(value).toLowerCase();
      if (['1', 'y', 'yes', 'on', 'true'].includes(word)) return true;
      if (['0', 'n', 'no', 'off', 'false'].includes(word)) return false;
      throw new RangeError(`${name} is ${JSON.stringify(value)}, it takes on or off`);
    }
    case 'choice':
      if (typeof value === 'string' && param.among.includes(value)) return value;
      throw new RangeError(`${name} is ${JSON.stringify(value)}, it takes one of ${param.among.join(', ')}`);
    case 'text':
      if (typeof value === 'string' && value.length <= param.maxLength) return value;
      throw new RangeError(`${name} takes text of at most ${param.maxLength} characters`);
  }
};
