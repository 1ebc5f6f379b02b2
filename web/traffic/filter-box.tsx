/** The filter's one line: coloured by what it says, green or red by whether it can be read, completed from the datasheet. */
import { type KeyboardEvent, type ReactElement, type RefObject, useMemo, useRef, useState } from 'react';
import type { Reading } from '../filter/compile.ts';
import { type Completion, complete } from '../filter/complete.ts';
import type { Lab } from '../filter/sheets.ts';
import { Key } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { coloured } from './filter-colours.ts';

interface FilterBoxProps {
  readonly text: string;
  readonly reading: Reading;
  readonly lab: Lab;
  readonly input: RefObject<HTMLInputElement | null>;
  readonly onChange: (text: string) => void;
}

export const FilterBox = ({ text, reading, lab, input, onChange }: FilterBoxProps): ReactElement => {
  const back = useRef<HTMLDivElement>(null);
  const [caret, setCaret] = useState<number | null>(null);
  const [chosen, setChosen] = useState(-1);
  const offer = useMemo<Completion | null>(
    () => (caret === null ? null : withoutDone(complete(text, caret, lab), text)),
    [text, caret, lab],
  );
  const open = offer !== null && offer.options.length > 0;
  const sync = (): void => {
    const element = input.current;
    if (element !== null && back.current !== null) back.current.scrollLeft = element.scrollLeft;
  };
  const take = (option: string): void => {
    if (offer === null) return;
    const next = `${text.slice(0, offer.from)}${option}${text.slice(offer.to)}`;
    const at = offer.from + option.length;
    onChange(next);
    setChosen(-1);
    setCaret(at);
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at));
  };
  const press = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Escape') {
      if (open && chosen >= 0) setChosen(-1);
      else if (open) setCaret(null);
      else input.current?.blur();
      event.preventDefault();
      return;
    }
    if (event.key === 'Enter' && chosen < 0) {
      setCaret(null);
      return;
    }
    if (!open) return;
    const move = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (move !== 0) setChosen((old) => (old + move + offer.options.length + 1) % (offer.options.length + 1));
    else if (event.key === 'Enter' || (event.key === 'Tab' && chosen >= 0)) take(offer.options[chosen]?.text ?? '');
    else return;
    event.preventDefault();
  };
  return (
    <div className="filter" data-valid={text.trim() === '' ? 'empty' : reading.ok}>
      <Icon name="search" className="dim" />
      <div className="filter-line">
        <div className="filter-back mono" aria-hidden="true" ref={back}>
          {coloured(text, reading).map(({ part, look, from }) => (
            <span key={from} data-look={look}>
              {part}
            </span>
          ))}
        </div>
        <input
          ref={input}
          className="filter-input mono"
          aria-label="Filter"
          aria-invalid={!reading.ok}
          aria-describedby="filter-reason"
          role="combobox"
          aria-expanded={open}
          aria-controls="filter-options"
          aria-activedescendant={open && chosen >= 0 ? `filter-option-${chosen}` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder="dev == phy0 && op == write && PCS_STAT1.LSTATUS == 0"
          value={text}
          onChange={(event) => {
            onChange(event.target.value);
            setCaret(event.target.selectionStart);
            setChosen(-1);
          }}
          onKeyDown={press}
          onScroll={sync}
          onSelect={(event) => {
            sync();
            if (caret !== null) setCaret(event.currentTarget.selectionStart);
          }}
          onBlur={() => setCaret(null)}
        />
      </div>
      <Validity text={text} reading={reading} />
      {text === '' ? (
        <Key>/</Key>
      ) : (
        <button type="button" className="filter-clear" aria-label="Clear the filter" onClick={() => onChange('')}>
          <Icon name="cross" />
        </button>
      )}
      {open && (
        <div className="filter-options" id="filter-options" role="listbox" aria-label="Could come next">
          {offer.options.slice(0, 40).map(({ text: word, doc }, i) => (
            <div
              key={word}
              id={`filter-option-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={i === chosen}
              ref={i === chosen ? scrolledTo : undefined}
              onPointerDown={(event) => {
                event.preventDefault(); // the line keeps the focus
                take(word);
              }}
            >
              <span className="mono">{word}</span>
              <span className="dim">{doc}</span>
            </div>
          ))}
        </div>
      )}
      <p className="filter-reason" id="filter-reason" role="status" data-open={!open && !reading.ok ? '' : undefined}>
        {reading.ok ? (reading.hint ?? '') : reading.reason}
      </p>
    </div>
  );
};

const Validity = ({ text, reading }: { text: string; reading: Reading }): ReactElement | null => {
  if (text.trim() === '') return null;
  if (!reading.ok)
    return (
      <span className="filter-validity bad">
        <Icon name="cross" />
        not valid
      </span>
    );
  return reading.hint === null ? (
    <span className="filter-validity ok">
      <Icon name="check" />
      valid
    </span>
  ) : (
    <span className="filter-validity caution" title={reading.hint}>
      <Icon name="bang" />
      {reading.hint}
    </span>
  );
};

/** Nothing is offered where the only thing to offer stands there already. */
const withoutDone = (completion: Completion, text: string): Completion | null => {
  const typed = text.slice(completion.from, completion.to);
  return completion.options.length === 1 && completion.options[0]?.text === typed ? null : completion;
};

const scrolledTo = (element: HTMLElement | null): void => element?.scrollIntoView({ block: 'nearest' });
