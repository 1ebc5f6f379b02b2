/** The debugger of the 8051 inside a device: listing, registers, breakpoints, memories, profile. */
import { type ReactElement, useCallback, useEffect, useState } from 'react';
import type { CodeSymbol, MicroView } from '#bus/micro-view.ts';
import { partOf } from '../parts.ts';
import { devicePath } from '../route.ts';
import { Link } from '../shell/link.tsx';
import { labNow, useDevice, useLab } from '../store/lab-state.ts';
import { Empty } from '../ui/empty.tsx';
import { hex } from '../ui/format.ts';
import { Lamp } from '../ui/lamp.tsx';
import { useTick } from '../ui/use-tick.ts';
import { Controls } from './controls.tsx';
import { Listing } from './listing.tsx';
import { FIRST_WINDOW, MemoryWindow } from './memory-window.tsx';
import { microApi } from './micro-api.ts';
import { stateWords } from './micro-words.ts';
import { Breakpoints, Cells, Profile, Registers } from './panels.tsx';
import { useMicro } from './use-micro.ts';
import './micro.css';

export const MicroPage = ({ device }: { device: string }): ReactElement => {
  const known = useLab((state) => state.lab !== null);
  const there = useDevice(device);
  const [window, setWindow] = useState(FIRST_WINDOW);
  const [place, setPlace] = useState<string>();
  const [chosen, setChosen] = useState<number>();
  const { seen, before, refused, look } = useMicro(device, window, place);
  const view = seen?.view;
  const stands = view?.state === 'halted' ? view.cycles : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: wherever it stops, that is what one wants to see
  useEffect(() => {
    setPlace(undefined);
    setChosen(undefined);
  }, [stands]);
  const toggle = useCallback(
    (at: number): void => {
      const stop = view?.breakpoints.find((one) => one.space === 'code' && one.at === at);
      const change = stop === undefined ? microApi.breakAt(device, at) : microApi.deleteBreakpoint(device, stop.id);
      void change.catch(() => {}).then(look); // what is refused stays as it is, and the list shows it
    },
    [device, view?.breakpoints, look],
  );
  const show = useCallback((at: number): void => {
    setPlace(hex(at));
    setChosen(at);
  }, []);
  if (view === undefined)
    return (
      <main className="page" aria-busy={refused === undefined}>
        <Empty
          title={refused === undefined ? `Looking into ${device}` : `Nothing to debug in ${device}`}
          actions={
            <Link to={known && there === undefined ? '/' : devicePath(device)} className="btn">
              {known && there === undefined ? 'Go to the bench' : `Go to ${device}`}
            </Link>
          }
        >
          {refused}
        </Empty>
      </main>
    );
  return (
    <main className="page micro-page" data-state={view.state}>
      <h1 className="unseen">Debugger of {device}</h1>
      <section className="faceplate micro-head" aria-label="The core">
        <header className="head">
          <h2>
            <Link to={devicePath(device)}>{device}</Link>
            <small title={partOf(there?.kind ?? '').title}>8051</small>
          </h2>
          <StateOf view={view} />
          <Controls view={view} chosen={chosen} onToggle={toggle} onDone={look} />
        </header>
      </section>
      <div className="micro-columns">
        <section className="faceplate program" aria-label="Program">
          <header className="head">
            <h2>Program</h2>
            <Symbols device={device} view={view} onShow={show} />
          </header>
          <Listing
            view={view}
            lines={seen?.lines ?? []}
            chosen={chosen}
            onChoose={setChosen}
            onToggle={toggle}
            onFollow={show}
          />
        </section>
        <div className="micro-column">
          <Registers view={view} before={before?.view} />
          <Breakpoints
            device={device}
            breakpoints={view.breakpoints}
            hit={view.stop?.breakpoint ?? null}
            onChange={look}
          />
          <Cells cells={seen?.cells ?? []} before={before?.cells} />
        </div>
        <div className="micro-column">
          <MemoryWindow
            place={window}
            memory={seen?.memory}
            before={before?.memory}
            refused={refused}
            sp={view.registers.sp}
            onPlace={setWindow}
          />
          <Profile device={device} profile={seen?.profile} onChange={look} onShow={show} />
        </div>
      </div>
    </main>
  );
};

const StateOf = ({ view }: { view: MicroView }): ReactElement => {
  useTick();
  const { lamp, word, detail } = stateWords(view, labNow());
  return (
    <span className="micro-state" role="status">
      <Lamp state={lamp} silent />
      <b>{word}</b>
      <span className="mid" title={detail}>
        {detail}
      </span>
    </span>
  );
};

/** Where the names come from, and a list of them to go to. */
const Symbols = (props: {
  readonly device: string;
  readonly view: MicroView;
  readonly onShow: (at: number) => void;
}): ReactElement => {
  const { device, view, onShow } = props;
  const [symbols, setSymbols] = useState<readonly CodeSymbol[]>([]);
  const from = `${view.symbols?.file} ${view.symbols?.count}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another map has other names
  useEffect(() => {
    microApi.symbols(device).then(setSymbols, () => setSymbols([]));
  }, [device, from]);
  if (view.symbols === null)
    return <span className="at-end dim small">no symbols: put the .map of sdcc beside the image</span>;
  const { file, differing } = view.symbols;
  return (
    <>
      <span className="at-end small dim" title={file}>
        {differing !== null && differing > 0 ? (
          <span className="caution">{differing === 1 ? '1 byte is' : `${differing} bytes are`} not of its image</span>
        ) : (
          file
        )}
      </span>
      <select
        className="field symbol-field"
        aria-label="Go to a symbol"
        value=""
        onChange={(event) => onShow(Number(event.target.value))}
      >
        <option value="" disabled>
          go to
        </option>
        {symbols.map(({ name, at }) => (
          <option key={name} value={at}>
            {hex(at)} {name}
          </option>
        ))}
      </select>
    </>
  );
};
