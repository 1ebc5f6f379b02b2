/** Filter, table, detail and timeline of one source of records, and the keys that work them. */
import { type ReactElement, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { alsoWith } from '#bus/query/expression.ts';
import { InstrumentBar, type OpenPanel } from '../instruments/instrument-bar.tsx';
import { type Wish, wishOf } from '../instruments/wish.ts';
import { setShown, useLab } from '../store/lab-state.ts';
import { type KeyMeaning, useKeys } from '../ui/keys.ts';
import { useTick } from '../ui/use-tick.ts';
import { AccessTable } from './access-table.tsx';
import { clauseOf } from './cell-clause.ts';
import { CellMenu, type MenuPlace } from './cell-menu.tsx';
import { DetailPane, type Selection } from './detail-pane.tsx';
import type { ExportFormat } from './export.ts';
import { FilterBar } from './filter-bar.tsx';
import { TimeLanes } from './lanes.tsx';
import { LiveFoot } from './live-foot.tsx';
import { marked, NO_MARKS } from './markers.ts';
import { NothingShown } from './nothing-shown.tsx';
import { RecordingBar } from './recording-bar.tsx';
import { positionOfRow, type Row } from './rows.ts';
import { saveExport } from './save-export.ts';
import type { Source } from './source.ts';
import type { ColumnName } from './table-row.tsx';
import type { TimeMode } from './table-times.ts';
import { useFilter } from './use-filter.ts';
import { TrafficView } from './view.ts';
import type { Radix } from './words.ts';

export const Traffic = ({ source }: { source: Source }): ReactElement => {
  const { lab, sheetOf, ring } = source;
  const still = source.run !== null;
  const view = useMemo(() => new TrafficView({ ring, sheetOf, nextFrame, still }), [ring, sheetOf, still]);
  useSyncExternalStore(view.subscribe, () => view.version);
  useEffect(() => view.start(), [view]);

  const filter = useFilter(view, lab);
  const [time, setTime] = useState<TimeMode>('start');
  const [radix, setRadix] = useState<Radix>('hex');
  const [marks, setMarks] = useState(NO_MARKS);
  const [paused, setPaused] = useState(false);
  const [selection, setSelection] = useState<Selection | null>(null);
  const [reveal, setReveal] = useState<{ readonly position: number } | null>(null);
  const [menu, setMenu] = useState<MenuPlace | null>(null);
  const [exportOpen, setExportOpen] = useState(false);
  const [instruments, setInstruments] = useState<OpenPanel | null>(null);
  const [exporting, setExporting] = useState<number | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const manyDevices = useLab(({ devices }) => devices.length > 1);
  const known = useLab((state) => state.runs);
  const runs = useMemo(
    () =>
      source.opened?.runs ??
      known.filter(({ run, mode }) => (source.run === null ? mode === 'live' : run === source.run)),
    [known, source],
  );
  useShown(view);

  const wish = useCallback(
    (): Wish | null => (selection?.kind === 'record' ? wishOf(selection.record, selection.names, lab, sheetOf) : null),
    [selection, lab, sheetOf],
  );
  const onSelect = useCallback((row: Row): void => setSelection(selectionOf(row, view)), [view]);
  const goLive = useCallback((): void => {
    setPaused(false);
    view.follow();
  }, [view]);
  const also = (clause: string): void => {
    const { reading, text } = filter;
    setMenu(null);
    if (!reading.ok || reading.expression === null) filter.setText(clause);
    else filter.setText(alsoWith(text, clause, reading.expression.kind === 'or' ? 'or' : 'other'));
  };
  const onMenu = ({ row, column, x, y }: { row: Row; column: ColumnName; x: number; y: number }): void => {
    onSelect(row);
    const record = view.records.at(positionOfRow(row));
    if (record === undefined) return;
    const clause = clauseOf(column, record, view.records.names, sheetOf);
    setMenu({ x, y, clause, copy: clause?.replace(/^\w+ (==|>=) /, '') ?? `#${record.seq}` });
  };
  const onExport = async (format: ExportFormat): Promise<void> => {
    setExportOpen(false);
    const followed = !view.held;
    view.hold();
    const { fold, records } = view;
    setExporting(0);
    try {
      await saveExport(fold, records, sheetOf, format, setExporting);
    } finally {
      setExporting(null);
      if (followed) view.follow();
    }
  };

  const keys = useMemo<readonly KeyMeaning[]>(
    () => [
      { key: '/', label: '/', meaning: 'Filter', press: () => input.current?.select() },
      {
        key: ' ',
        label: 'Space',
        meaning: 'Pause or go on',
        press: () => {
          if (paused) return goLive();
          setPaused(true);
          view.hold();
        },
      },
      { key: 'g', label: 'G', meaning: 'Jump to live', press: goLive },
      {
        key: 'm',
        label: 'M',
        meaning: 'Marker A, then B, at the selected row',
        press: () => {
          if (selection === null) return;
          const at =
            selection.kind === 'record'
              ? selection.record
              : { seq: selection.burst.firstSeq, time: selection.burst.time };
          setMarks((old) => marked(old, { position: selection.position, seq: at.seq, time: at.time }));
        },
      },
      { key: 'e', label: 'E', meaning: 'Export what is shown', press: () => setExportOpen(true) },
    ],
    [paused, view, selection, goLive],
  );
  useKeys(keys);

  const frame = {
    records: view.records,
    sheetOf,
    radix,
    time: { mode: time, startedAtMs: source.startedAtMs(), marks },
  };
  const selectedTime =
    selection === null ? null : selection.kind === 'record' ? selection.record.time : selection.burst.time;
  return (
    <main className="page traffic">
      <h1 className="unseen">Traffic</h1>
      <FilterBar
        {...filter}
        lab={lab}
        input={input}
        onText={filter.setText}
        time={time}
        onTime={setTime}
        canMark={marks.a !== null}
        radix={radix}
        onRadix={setRadix}
        exporting={exporting}
        exportOpen={exportOpen}
        onExportOpen={setExportOpen}
        onExport={(format) => void onExport(format)}
      />
      {source.opened !== undefined && <RecordingBar opened={source.opened} />}
      {source.run === null && (
        <InstrumentBar
          open={instruments}
          onOpen={setInstruments}
          wish={wish}
          onShow={(seq) => filter.setText(`seq >= ${seq}`)}
        />
      )}
      <div className="table-side">
        <AccessTable
          view={view}
          frame={frame}
          marks={marks}
          selected={selection?.position ?? null}
          onSelect={onSelect}
          paused={paused}
          manyDevices={source.run === null ? manyDevices : lab.devices.length > 1}
          wordBits={lab.devices.some((device) => source.sheetOf(device)?.mmio === true) ? 32 : 16}
          onMenu={onMenu}
          reveal={reveal}
        />
        {view.rows.count === 0 && <NothingShown view={view} source={source} onClear={() => filter.setText('')} />}
        <LiveFoot
          view={view}
          source={source}
          paused={paused}
          filtered={filter.text.trim() !== ''}
          onLive={goLive}
          onClear={() => filter.setText('')}
        />
      </div>
      <DetailPane selection={selection} sheetOf={sheetOf} prtadOf={source.prtadOf} onFilter={filter.setText} />
      <TimeLanes
        view={view}
        sheetOf={sheetOf}
        marks={marks}
        selectedTime={selectedTime}
        runs={runs}
        onPick={(position) => {
          view.hold();
          const row = view.rows.at(view.rows.indexOf(position));
          if (row !== undefined && row.kind !== 'gap') onSelect(row);
          setReveal({ position });
        }}
      />
      {menu !== null && <CellMenu place={menu} onFilter={also} onClose={() => setMenu(null)} />}
    </main>
  );
};

const nextFrame = (draw: () => void): (() => void) => {
  const asked = requestAnimationFrame(draw);
  return () => cancelAnimationFrame(asked);
};

const selectionOf = (row: Row, { records }: TrafficView): Selection | null => {
  const { names } = records;
  if (row.kind === 'burst') return { kind: 'burst', position: row.burst.position, burst: row.burst, names };
  const position = positionOfRow(row);
  if (row.kind === 'window') return { kind: 'burst', position, burst: row.burst, names };
  const record = records.at(position);
  return row.kind === 'gap' || record === undefined ? null : { kind: 'record', position, record, names };
};

/** Tells the strip at the foot how many records are shown, no faster than people read. */
const useShown = (view: TrafficView): void => {
  const turn = useTick();
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once a turn
  useEffect(() => setShown(view.fold.matched), [turn, view]);
  useEffect(() => () => setShown(null), []);
};
