/** Buttons, the segmented choice, and the small key that stands inside a button. */
import { type ComponentProps, type ReactElement, type ReactNode, useState } from 'react';
import { sentenceOf } from '../api.ts';

type ButtonProps = ComponentProps<'button'> & { readonly look?: 'plain' | 'primary' | 'stop' | 'quiet' };

export const Button = ({ look = 'plain', className = '', ...rest }: ButtonProps): ReactElement => (
  <button type="button" className={`btn ${look} ${className}`} {...rest} />
);

export const Key = ({ children }: { children: ReactNode }): ReactElement => <kbd className="key">{children}</kbd>;

/** A button for a command that takes a while: not to be pressed twice, and it says what went wrong. */
export const CommandButton = ({
  command,
  onDone,
  onRefused,
  disabled,
  ...rest
}: Omit<ButtonProps, 'onClick'> & {
  readonly command: () => Promise<unknown>;
  readonly onDone?: () => void;
  readonly onRefused?: (sentence: string) => void;
}): ReactElement => {
  const { busy, refused, run } = useCommand();
  return (
    <>
      <Button
        {...rest}
        disabled={disabled === true || busy}
        aria-busy={busy}
        onClick={() => {
          void run(command).then((sentence) => (sentence === null ? onDone?.() : onRefused?.(sentence)));
        }}
      />
      {refused !== null && onRefused === undefined && (
        <span className="refused" role="alert">
          {refused}
        </span>
      )}
    </>
  );
};

/** Runs commands one at a time; `refused` is the sentence of the last that was refused. */
export const useCommand = (): {
  busy: boolean;
  refused: string | null;
  run: (command: () => Promise<unknown>) => Promise<string | null>;
  forget: () => void;
} => {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const run = async (command: () => Promise<unknown>): Promise<string | null> => {
    setBusy(true);
    setRefused(null);
    try {
      await command();
      return null;
    } catch (thrown) {
      const sentence = sentenceOf(thrown);
      setRefused(sentence);
      return sentence;
    } finally {
      setBusy(false);
    }
  };
  return { busy, refused, run, forget: () => setRefused(null) };
};

export interface SegChoice<V extends string> {
  readonly value: V;
  readonly label: ReactNode;
  readonly title?: string;
}

/** A few choices side by side, one pressed. */
export const Seg = <V extends string>(props: {
  readonly label: string;
  readonly value: V;
  readonly choices: readonly SegChoice<V>[];
  readonly onChange: (value: V) => void;
}): ReactElement => (
  <fieldset className="seg" aria-label={props.label}>
    {props.choices.map(({ value, label, title }) => (
      <button
        key={value}
        type="button"
        aria-pressed={value === props.value}
        title={title}
        onClick={() => props.onChange(value)}
      >
        {label}
      </button>
    ))}
  </fieldset>
);
