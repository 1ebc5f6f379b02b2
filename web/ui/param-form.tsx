/** Fields for declared parameters: each says its unit and range, and beneath it what is wrong with what was typed. */
import { type ReactElement, useId } from 'react';
import { type Param, type Params, settle } from '#regmap/params.ts';

export type Typed = Readonly<Record<string, string | boolean>>;

/** What the fields begin with. */
export const typedDefaults = (params: Params): Typed =>
  Object.fromEntries(
    Object.entries(params).map(([name, param]) => [
      name,
      param.kind === 'flag' ? param.default : String(param.default),
    ]),
  );

/** What is wrong with one value, in a sentence; undefined when it is right. */
export const complaint = (name: string, param: Param, value: string | boolean): string | undefined => {
  try {
    settle({ [name]: param }, { [name]: value });
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
};

/** True when every value may be sent. */
export const allRight = (params: Params, typed: Typed): boolean =>
  Object.entries(params).every(
    ([name, param]) => complaint(name, param, typed[name] ?? String(param.default)) === undefined,
  );

export const ParamForm = (props: {
  readonly params: Params;
  readonly typed: Typed;
  readonly onChange: (typed: Typed) => void;
}): ReactElement => (
  <div className="params">
    {Object.entries(props.params).map(([name, param]) => (
      <ParamField
        key={name}
        name={name}
        param={param}
        value={props.typed[name] ?? (param.kind === 'flag' ? param.default : String(param.default))}
        onChange={(value) => props.onChange({ ...props.typed, [name]: value })}
      />
    ))}
  </div>
);

const ParamField = (props: {
  readonly name: string;
  readonly param: Param;
  readonly value: string | boolean;
  readonly onChange: (value: string | boolean) => void;
}): ReactElement => {
  const id = useId();
  const { name, param, value } = props;
  const wrong = complaint(name, param, value);
  const common = {
    id,
    className: 'field',
    'aria-invalid': wrong !== undefined,
    'aria-describedby': `${id}-note`,
  };
  return (
    <div className="param">
      <label htmlFor={id} className="mono">
        {name}
      </label>
      {param.kind === 'flag' ? (
        <input
          id={id}
          type="checkbox"
          checked={value === true}
          onChange={(event) => props.onChange(event.target.checked)}
        />
      ) : param.kind === 'choice' ? (
        <select {...common} value={String(value)} onChange={(event) => props.onChange(event.target.value)}>
          {param.among.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          inputMode={param.kind === 'number' ? 'decimal' : 'text'}
          value={String(value)}
          onChange={(event) => props.onChange(event.target.value)}
        />
      )}
      <small id={`${id}-note`} className={wrong === undefined ? 'dim' : 'bad'}>
        {wrong ?? note(param)}
      </small>
    </div>
  );
};

const note = (param: Param): string =>
  param.kind === 'number'
    ? `${param.doc}, ${shown(param.min)} to ${shown(param.max)}${param.unit === '' ? '' : ` ${param.unit}`}`
    : param.doc;

const shown = (n: number): string => (n < 0 ? `−${Math.abs(n)}` : String(n));
