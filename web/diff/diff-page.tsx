/** The Diff page: two recordings side by side, aligned access by access and blind to time. */
import '../traffic/traffic.css';
import './diff.css';
import { type ReactElement, useCallback, useEffect, useMemo, useState } from 'react';
import type { RecordingDiff } from '#recording/diff.ts';
import { sentenceOf } from '../api.ts';
import { shelveServed } from '../recordings/served.ts';
import { shelve } from '../recordings/shelf.ts';
import { go, useLocation } from '../route.ts';
import { useLab } from '../store/lab-state.ts';
import { count } from '../traffic/words.ts';
import { Button, Key } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { Icon } from '../ui/icon.tsx';
import { type KeyMeaning, useKeys } from '../ui/keys.ts';
import { DiffDetail } from './diff-detail.tsx';
import { Counts, type Sides } from './diff-row.tsx';
import { DiffRows, type Fold, foldKey, type OpenFolds, type Place } from './diff-rows.ts';
import { DiffTable } from './diff-table.tsx';
import { SidePicker } from './side-picker.tsx';
import { choose, diffPath, type Side, type SideName, type SideState, sidesOf, useSide } from './sides.ts';
import { useDiff } from './use-diff.ts';
import { useDropped } from './use-dropped.ts';

export const DiffPage = (): ReactElement => {
  const query = useLocation().split('?')[1] ?? '';
  const asked = useMemo(() => sidesOf(query), [query]);
  const [stateA, stateB] = [useSide(asked.a), useSide(asked.b)];
  const [a, b] = [sideIn(stateA), sideIn(stateB)];
  const made = useDiff(a, b);
  const [refused, setRefused] = useState<string | null>(null);
  const onFiles = useCallback((files: readonly File[], side: SideName): void => {
    setRefused(null);
    void open(files, side).catch((error: unknown) => setRefused(sentenceOf(error)));
  }, []);
  const over = useDropped(onFiles);
  const alone = useLab((state) => state.phase === 'none');
  useEffect(() => {
    if (alone) shelveServed().catch((error: unknown) => setRefused(sentenceOf(error)));
  }, [alone]);
  return (
    <main className="page diff" data-over={over ?? undefined}>
      <h1 className="unseen">Compare recordings</h1>
      <header className="diff-bar">
        <SidePicker side="a" asked={asked.a} onFiles={onFiles} />
        <Button
          look="quiet"
          aria-label="Swap A and B"
          title="Swap A and B"
          disabled={asked.a === null && asked.b === null}
          onClick={() => go(diffPath(asked.b, asked.a), 'replace')}
        >
          ⇄
        </Button>
        <SidePicker side="b" asked={asked.b} onFiles={onFiles} />
      </header>
      {refused !== null && (
        <p className="diff-refused refused" role="alert">
          {refused}
        </p>
      )}
      {a !== null && b !== null && made !== null && 'diff' in made ? (
        <Compared key={`${a.key}\n${b.key}`} diff={made.diff} a={a} b={b} />
      ) : (
        <NotYet a={stateA} b={stateB} failed={made !== null && 'failed' in made ? made.failed : null} />
      )}
    </main>
  );
};

const sideIn = (state: SideState): Side | null => (state !== null && 'section' in state ? state : null);

/** The first goes to the side it was given to; a second one to the other. */
const open = async (files: readonly File[], side: SideName): Promise<void> => {
  const other = side === 'a' ? 'b' : 'a';
  const places: readonly SideName[] = files.length > 1 ? ['a', 'b'] : [side, other];
  for (const [i, file] of files.slice(0, 2).entries()) {
    const { name } = await shelve(file);
    choose(places[i] ?? side, { kind: 'file', file: name, nth: 0 });
  }
};

const NotYet = ({ a, b, failed }: { a: SideState; b: SideState; failed: string | null }): ReactElement => {
  const [one, other] = [sideIn(a), sideIn(b)];
  if (one !== null && other !== null)
    return failed === null ? (
      <Empty title="Comparing">
        {count(one.section.count)} records with {count(other.section.count)}, in the background
      </Empty>
    ) : (
      <Empty title="They could not be compared">{failed}</Empty>
    );
  const half = (letter: string, state: SideState): ReactElement => (
    <div className="diff-half" data-state={state === null ? 'empty' : undefined}>
      {state === null ? (
        <Empty title={`${letter} is empty`}>Pick a run above, or drop a recording on this half.</Empty>
      ) : 'section' in state ? (
        <Empty title={state.title}>{count(state.section.count)} records</Empty>
      ) : 'waits' in state ? (
        <Empty title={state.waits} />
      ) : (
        <Empty title={`${letter} cannot be shown`}>{state.failed}</Empty>
      )}
    </div>
  );
  return (
    <div className="diff-halves">
      {half('A', a)}
      {half('B', b)}
    </div>
  );
};

const Compared = ({ diff, a, b }: { diff: RecordingDiff; a: Side; b: Side }): ReactElement => {
  const sides = useMemo<Sides>(() => ({ a, b }), [a, b]);
  const [opened, setOpened] = useState<OpenFolds>(new Set());
  const rows = useMemo(() => new DiffRows(diff, opened), [diff, opened]);
  const [selected, setSelected] = useState<Place | null>(null);
  const [reveal, setReveal] = useState<Place | null>(null);
  const onFold = useCallback((fold: Fold): void => {
    setReveal(null);
    setOpened((old) => {
      const next = new Set(old);
      if (!next.delete(foldKey(fold))) next.add(foldKey(fold));
      return next;
    });
  }, []);
  const show = useCallback(
    (which: number): void => {
      const { differences } = rows;
      const place = rows.difference(((which % differences) + differences) % differences);
      if (place === undefined) return;
      setSelected(place);
      setReveal(place);
    },
    [rows],
  );
  // a difference is one stretch: the one selected, or the one that ends before the selected row
  const upTo = selected === null ? 0 : rows.differencesUpTo(selected);
  const keys = useMemo<readonly KeyMeaning[]>(() => {
    const begins = selected !== null && rows.difference(upTo - 1)?.row === selected.row;
    return [
      { key: 'n', label: 'N', meaning: 'Next difference', press: () => show(upTo) },
      { key: 'N', label: 'Shift N', meaning: 'Difference before', press: () => show(begins ? upTo - 2 : upTo - 1) },
    ];
  }, [show, upTo, rows, selected]);
  useKeys(keys);
  const press = (key: string): void =>
    keys.find((one) => one.key === key)?.press(new KeyboardEvent('keydown', { key }));
  const { differences } = rows;
  return (
    <>
      <section className="diff-sum" aria-label="Sum">
        {differences === 0 ? (
          <b className="ok">
            <Icon name="check" /> The same, access by access
          </b>
        ) : (
          <b>{differences === 1 ? 'One difference' : `${count(differences)} differences`}</b>
        )}
        <Counts counts={diff} />
        {differences > 0 && (
          <span className="diff-walk">
            <span className="mono dim">
              {upTo === 0 ? '–' : count(upTo)} of {count(differences)}
            </span>
            <Button onClick={() => press('N')}>
              Before <Key>⇧N</Key>
            </Button>
            <Button look="primary" onClick={() => press('n')}>
              Next <Key>N</Key>
            </Button>
          </span>
        )}
      </section>
      <DiffTable rows={rows} sides={sides} selected={selected} onSelect={setSelected} onFold={onFold} reveal={reveal} />
      <DiffDetail rows={rows} place={selected} sides={sides} />
    </>
  );
};
