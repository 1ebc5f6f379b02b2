/** The bar over the table: the filter, saved filters, how time and values are written, pause and export. */
import { type ReactElement, type RefObject, useState } from 'react';
import type { Reading } from '../filter/compile.ts';
import type { Lab } from '../filter/sheets.ts';
import { Button, Key, Seg } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import type { ExportFormat } from './export.ts';
import { FilterBox } from './filter-box.tsx';
import { removeFilter, savedFilters, saveFilter } from './saved-filters.ts';
import type { TimeMode } from './table-times.ts';
import type { Radix } from './words.ts';

export interface FilterBarProps {
  readonly text: string;
  readonly reading: Reading;
  readonly lab: Lab;
  readonly input: RefObject<HTMLInputElement | null>;
  readonly onText: (text: string) => void;
  readonly time: TimeMode;
  readonly onTime: (mode: TimeMode) => void;
  readonly canMark: boolean;
  readonly radix: Radix;
  readonly onRadix: (radix: Radix) => void;
  readonly exporting: number | null;
  readonly exportOpen: boolean;
  readonly onExportOpen: (open: boolean) => void;
  readonly onExport: (format: ExportFormat) => void;
}

export const FilterBar = (props: FilterBarProps): ReactElement => {
  const { text, reading, lab, input, onText } = props;
  return (
    <div className="filter-bar">
      <FilterBox text={text} reading={reading} lab={lab} input={input} onChange={onText} />
      <Saved text={text} valid={reading.ok} onText={onText} />
      <Seg
        label="Time"
        value={props.time}
        onChange={props.onTime}
        choices={[
          { value: 'clock', label: 'clock', title: 'Time of day' },
          { value: 'start', label: 'since start', title: 'Seconds since the lab began' },
          {
            value: 'marks',
            label: 'A–B',
            title: props.canMark ? 'Seconds since marker A' : 'Select a row and press M to set marker A',
          },
        ]}
      />
      <Seg
        label="Radix"
        value={props.radix}
        onChange={props.onRadix}
        choices={[
          { value: 'hex', label: 'hex' },
          { value: 'bin', label: 'bin' },
          { value: 'fields', label: 'fields' },
        ]}
      />
      <div className="export">
        <Button
          aria-haspopup="menu"
          aria-expanded={props.exportOpen}
          disabled={props.exporting !== null}
          onClick={() => props.onExportOpen(!props.exportOpen)}
        >
          <Icon name="download" />
          <span className="export-word">{props.exporting === null ? 'Export' : `${props.exporting} %`}</span>
          <Key>E</Key>
        </Button>
        {props.exportOpen && <ExportMenu onExport={props.onExport} onClose={() => props.onExportOpen(false)} />}
      </div>
    </div>
  );
};

const ExportMenu = ({
  onExport,
  onClose,
}: {
  onExport: (format: ExportFormat) => void;
  onClose: () => void;
}): ReactElement => (
  <div
    className="popup"
    role="menu"
    aria-label="Export what is shown"
    onKeyDown={(event) => {
      if (event.key === 'Escape') onClose();
    }}
    onBlur={(event) => {
      if (!event.currentTarget.contains(event.relatedTarget)) onClose();
    }}
  >
    <button type="button" role="menuitem" ref={focused} onClick={() => onExport('csv')}>
      CSV <span className="dim">for a spreadsheet</span>
    </button>
    <button type="button" role="menuitem" onClick={() => onExport('jsonl')}>
      JSON Lines <span className="dim">one object a record</span>
    </button>
  </div>
);

const focused = (element: HTMLElement | null): void => element?.focus();

/** Saved filters as chips; a name is asked for in place when one is saved. */
const Saved = ({
  text,
  valid,
  onText,
}: {
  text: string;
  valid: boolean;
  onText: (text: string) => void;
}): ReactElement => {
  const [, setTurn] = useState(0);
  const [naming, setNaming] = useState<string | null>(null);
  const all = savedFilters(localStorage);
  const known = all.some(({ filter }) => filter === text);
  const again = (): void => setTurn((turn) => turn + 1);
  return (
    <div className="saved">
      {all.map(({ name, filter, given }) => (
        <span key={name} className="chip saved-chip" data-on={filter === text || undefined}>
          <button
            type="button"
            aria-pressed={filter === text}
            title={filter}
            onClick={() => onText(filter === text ? '' : filter)}
          >
            {name}
          </button>
          {!given && (
            <button
              type="button"
              aria-label={`Forget the filter ${name}`}
              onClick={() => {
                removeFilter(localStorage, name);
                again();
              }}
            >
              <Icon name="cross" />
            </button>
          )}
        </span>
      ))}
      {naming === null ? (
        valid &&
        text.trim() !== '' &&
        !known && (
          <Button
            look="quiet"
            className="save"
            aria-label="Save this filter"
            title="Save this filter"
            onClick={() => setNaming('')}
          >
            <Icon name="plus" />
            save
          </Button>
        )
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (naming.trim() !== '') saveFilter(localStorage, naming.trim(), text);
            setNaming(null);
          }}
        >
          <input
            className="field saved-name"
            aria-label="Name of the filter"
            placeholder="name, then Enter"
            maxLength={40}
            ref={focused}
            value={naming}
            onChange={(event) => setNaming(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setNaming(null);
            }}
            onBlur={() => setNaming(null)}
          />
        </form>
      )}
    </div>
  );
};
