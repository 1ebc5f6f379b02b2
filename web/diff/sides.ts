/** The two sides of a comparison: a run of this lab or a section of a file, as the address names them. */
import { useEffect, useMemo, useState } from 'react';
import type { ComparedSection } from '#recording/lanes.ts';
import { sentenceOf } from '../api.ts';
import { type Sheet, sheetOf } from '../filter/sheets.ts';
import { type Shelf, useShelf } from '../recordings/shelf.ts';
import { go } from '../route.ts';
import { TraceRing } from '../store/trace-ring.ts';
import { sectionTitle } from '../traffic/recording-source.ts';
import { fetchRunTrace, kindsIn } from '../traffic/source.ts';

export type SideName = 'a' | 'b';

/** What the address says of one side. */
export type Asked =
  | { readonly kind: 'run'; readonly run: number }
  | { readonly kind: 'file'; readonly file: string; readonly nth: number };

export interface Side {
  /** Equal for equal records. */
  readonly key: string;
  readonly title: string;
  readonly section: ComparedSection;
  readonly sheetOf: (device: string) => Sheet | undefined;
  /** The same records on the Traffic page, where they can be shown there. */
  readonly trafficPath: string | null;
}

/** Null: nothing is asked for. */
export type SideState = Side | { readonly waits: string } | { readonly failed: string } | null;

/** `12` is run 12 of this lab, `good.pcapng` the first section of that file, `good.pcapng*3` its third. */
export const parseSide = (text: string | null): Asked | null => {
  if (text === null || text === '') return null;
  if (/^\d{1,9}$/.test(text)) return { kind: 'run', run: Number(text) };
  const match = /^(.+?)(?:\*([1-9]\d{0,5}))?$/s.exec(text);
  return match === null ? null : { kind: 'file', file: match[1] ?? '', nth: Number(match[2] ?? 1) - 1 };
};

export const printSide = (asked: Asked): string =>
  asked.kind === 'run' ? String(asked.run) : asked.nth === 0 ? asked.file : `${asked.file}*${asked.nth + 1}`;

/** The address of a comparison. */
export const diffPath = (a: Asked | null, b: Asked | null): string => {
  const query = new URLSearchParams();
  if (a !== null) query.set('a', printSide(a));
  if (b !== null) query.set('b', printSide(b));
  const text = query.toString();
  return text === '' ? '/diff' : `/diff?${text}`;
};

export const sidesOf = (search: string): Readonly<Record<SideName, Asked | null>> => {
  const query = new URLSearchParams(search);
  return { a: parseSide(query.get('a')), b: parseSide(query.get('b')) };
};

/** Puts one side into the address; the other stays. */
export const choose = (side: SideName, asked: Asked | null): void => {
  const now = sidesOf(location.search);
  go(side === 'a' ? diffPath(asked, now.b) : diffPath(now.a, asked), 'replace');
};

export const useSide = (asked: Asked | null): SideState => {
  const shelf = useShelf();
  const run = asked?.kind === 'run' ? asked.run : null;
  const [fetched, setFetched] = useState<{ readonly run: number; readonly state: SideState } | null>(null);
  useEffect(() => {
    if (run === null) return;
    let left = false;
    runSide(run).then(
      (state) => left || setFetched({ run, state }),
      (error: unknown) => left || setFetched({ run, state: { failed: sentenceOf(error) } }),
    );
    return () => {
      left = true;
    };
  }, [run]);
  const [file, nth] = asked?.kind === 'file' ? [asked.file, asked.nth] : [null, 0];
  const shelved = useMemo(() => (file === null ? null : fileSide(shelf, file, nth)), [shelf, file, nth]);
  if (run === null) return shelved;
  return fetched?.run === run ? fetched.state : { waits: `Fetching the records of run ${run}` };
};

const runSide = async (run: number): Promise<Side> => {
  const { records, names } = await fetchRunTrace(run);
  const ring = TraceRing.of(records, names);
  const kinds = kindsIn(ring);
  const lab = { kindOf: (device: string) => kinds.get(device), devices: [], requesters: [] };
  const blocks = [...kinds].filter(([, kind]) => kind === 'nullb');
  return {
    key: `run ${run}`,
    title: `run ${run}`,
    section: {
      names,
      records,
      count: ring.end - ring.begin,
      devices: blocks.map(([name, kind]) => ({ name, kind, port: 'block' })),
    },
    sheetOf: (device) => sheetOf(lab, device),
    trafficPath: `/traffic?run=${run}`,
  };
};

const fileSide = (shelf: Shelf, file: string, nth: number): SideState => {
  const recording = shelf.get(file)?.recording;
  if (recording === undefined) return { failed: `${file} is not open in this page: open it again` };
  const { sections } = recording;
  const section = sections[nth];
  if (section === undefined) return { failed: `${file} has ${sections.length} sections; there is no ${nth + 1}` };
  const kinds = new Map(section.devices.map(({ name, kind }) => [name, kind]));
  const lab = { kindOf: (device: string) => kinds.get(device), devices: [], requesters: [] };
  return {
    key: `file ${nth} ${file}`,
    title: `${file}: ${sectionTitle(section)}`,
    section,
    sheetOf: (device) => sheetOf(lab, device),
    trafficPath: null,
  };
};
