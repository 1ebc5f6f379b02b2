/** The panels beside the listing: registers, breakpoints, the cells of XDATA, and where the time goes. */
import { type ReactElement, useState } from 'react';
import type { BreakpointView, CellView, MicroProfile, MicroView } from '#bus/micro-view.ts';
import { Button, CommandButton, useCommand } from '../ui/button.tsx';
import { hex } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { microApi } from './micro-api.ts';
import { cellWords, cycleWords, FLAGS, inOrder, registerCells } from './micro-words.ts';

export const Registers = ({ view, before }: { view: MicroView; before: MicroView | undefined }): ReactElement => {
  const old = before === undefined ? [] : registerCells(before.registers);
  const psw = view.registers.psw;
  return (
    <section className="faceplate" aria-label="Registers of the 8051">
      <header className="head">
        <h2>
          Registers<small>bank {view.registers.bank}</small>
        </h2>
        <span className="at-end dim small">{cycleWords(view)}</span>
      </header>
      <dl className="cpu-registers">
        {registerCells(view.registers).map(({ name, text, title }, i) => (
          <div key={name} title={title} data-changed={(old[i] !== undefined && old[i].text !== text) || undefined}>
            <dt>{name}</dt>
            <dd className="mono">{text}</dd>
          </div>
        ))}
      </dl>
      <ul className="flags" aria-label="Flags in PSW">
        {FLAGS.map(([name, meaning], i) => {
          const set = ((psw >> (7 - i)) & 1) === 1;
          return (
            <li key={name} data-set={set || undefined} title={`${meaning}: ${set ? 1 : 0}`}>
              {name} {set ? 1 : 0}
            </li>
          );
        })}
      </ul>
    </section>
  );
};

const SPACES = [
  ['code', 'before code', 'main, 0B6Dh'],
  ['xdata', 'on XDATA', 'UC_STATUS, 07FDh'],
  ['register', 'on a register', 'MICRO_RESETN, 1.C300h'],
] as const;

export const Breakpoints = (props: {
  readonly device: string;
  readonly breakpoints: readonly BreakpointView[];
  readonly hit: number | null;
  readonly onChange: () => void;
}): ReactElement => {
  const { device, breakpoints, hit, onChange } = props;
  const [space, setSpace] = useState<(typeof SPACES)[number][0]>('code');
  const [on, setOn] = useState('write');
  const [at, setAt] = useState('');
  const { busy, refused, run, forget } = useCommand();
  const add = async (): Promise<void> => {
    const wish = { space, at: at.trim(), ...(space === 'code' ? {} : { on }) };
    if ((await run(() => microApi.breakOn(device, wish))) === null) setAt('');
    onChange();
  };
  return (
    <section className="faceplate breakpoints" aria-label="Breakpoints">
      <header className="head">
        <h2>
          Breakpoints<small>{breakpoints.length === 0 ? 'none' : breakpoints.length}</small>
        </h2>
      </header>
      <form
        className="break-form"
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <select
          className="field"
          aria-label="What stops the core"
          value={space}
          onChange={(event) => {
            setSpace(SPACES.find(([one]) => one === event.target.value)?.[0] ?? 'code');
            forget();
          }}
        >
          {SPACES.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
        {space !== 'code' && (
          <select
            className="field"
            aria-label="Which access"
            value={on}
            onChange={(event) => setOn(event.target.value)}
          >
            <option>write</option>
            <option>read</option>
            <option>access</option>
          </select>
        )}
        <input
          className="field"
          aria-label="Where"
          aria-invalid={refused !== null}
          placeholder={SPACES.find(([one]) => one === space)?.[2]}
          value={at}
          spellCheck={false}
          onChange={(event) => {
            setAt(event.target.value);
            forget();
          }}
        />
        <Button type="submit" disabled={busy || at.trim() === ''}>
          Add
        </Button>
      </form>
      {refused !== null && (
        <p className="refused break-refused" role="alert">
          {refused}
        </p>
      )}
      <ul className="break-list">
        {breakpoints.map(({ id, on: op, place, hits, value }) => (
          <li key={id} data-hit={id === hit || undefined}>
            <span className="mono dim">{id}</span>
            <span className="break-place">
              {op === 'execute' ? '' : `${op} `}
              <b>{place}</b>
              {value !== null && ` = ${hex(value, 2)}`}
            </span>
            <span className="dim">{id === hit ? 'stopped here' : hits === 0 ? 'not hit' : `hit ${hits}×`}</span>
            <CommandButton
              look="quiet"
              aria-label={`Delete breakpoint ${id}`}
              title="Delete"
              command={() => microApi.deleteBreakpoint(device, id)}
              onDone={onChange}
            >
              <Icon name="cross" />
            </CommandButton>
          </li>
        ))}
      </ul>
    </section>
  );
};

export const Cells = ({
  cells,
  before,
}: {
  cells: readonly CellView[];
  before: readonly CellView[] | undefined;
}): ReactElement => {
  const old = new Map(before?.map(({ name, value }) => [name, value]));
  return (
    <section className="faceplate cells" aria-label="Named cells of XDATA">
      <header className="head">
        <h2>
          XDATA cells<small>3.D000h for the host</small>
        </h2>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <div className="scroll" tabIndex={0}>
        <table className="table">
          <tbody>
            {inOrder(cells).map((cell) => (
              <tr key={cell.name} title={`${hex(cell.at)} ${cell.doc}`}>
                <td className="mono dim">{hex(cell.at)}</td>
                <td className="cell-name">{cell.name}</td>
                <td className="mono right">
                  <span
                    className="byte"
                    data-changed={(old.has(cell.name) && old.get(cell.name) !== cell.value) || undefined}
                  >
                    {hex(cell.value, 2)}
                  </span>
                </td>
                <td className="cell-words mid">{cellWords(cell)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
};

export const Profile = (props: {
  readonly device: string;
  readonly profile: MicroProfile | undefined;
  readonly onChange: () => void;
  readonly onShow: (at: number) => void;
}): ReactElement => {
  const { device, profile, onChange, onShow } = props;
  const running = profile?.running === true;
  const lines = profile?.bySymbol ?? [];
  const widest = lines[0]?.share ?? 1;
  return (
    <section className="faceplate profile" aria-label="Where the time goes">
      <header className="head">
        <h2>
          Profile
          <small>
            {profile === undefined || profile.cycles === 0
              ? 'exact, by function'
              : `of ${millions(profile.cycles)} cycles`}
          </small>
        </h2>
        <span className="at-end">
          <CommandButton command={() => microApi.setProfile(device, !running)} onDone={onChange}>
            {running ? 'Stop' : 'Count'}
          </CommandButton>
        </span>
      </header>
      {lines.length === 0 ? (
        <p className="dim profile-none">
          {running
            ? 'Counting; nothing was executed yet.'
            : 'Counts the clock cycles of every instruction, for as long as you let it.'}
        </p>
      ) : (
        <ol className="bars">
          {lines.map(({ at, place, share }) => (
            <li key={at}>
              <button type="button" onClick={() => onShow(at)} title={`Show ${hex(at)}`}>
                {place}
              </button>
              <i>
                <b style={{ width: `${(100 * share) / widest}%` }} />
              </i>
              <span>{(100 * share).toFixed(share < 0.0995 ? 2 : 1)} %</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
};

const millions = (cycles: number): string => `${(cycles / 1e6).toFixed(1)} M`;
