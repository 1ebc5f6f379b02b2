/** The Traffic page with a million rows in Debian's Chromium: how soon a filter answers, how many frames the wheel gets, what memory it takes. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { median, type Row } from './rows.ts';

const RECORDS = 1_000_000;
/** Of which a page that keeps up holds the newest million. */
const LIVE_RECORDS = 1_500_000;
const LIVE_PER_SECOND = 100_000;
/** The goals of the page: an answer while the finger is still on the key, a frame for each of the screen's. */
const ANSWER_S = 0.2;
const FRAMES = 60;
/** 32 MiB of records, as much again while the view stands still, an index of them, and the page. */
const HEAP_MIB = 160;

interface Frames {
  readonly perSecond: number;
  readonly late: number;
  readonly later: number;
  readonly worstMs: number;
}
interface Seen {
  readonly still: Frames;
  readonly coming: Frames | null;
  readonly scrolled: Frames;
  readonly answers: Readonly<Record<string, readonly number[]>>;
  /** Rows of the table. */
  readonly shown: number;
  readonly full: number;
  readonly after: number;
}

export const benchPage = async (): Promise<readonly Row[]> => [...(await opened()), ...(await live())];

const opened = async (): Promise<readonly Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'ferrolab-bench-'));
  const file = join(folder, 'million.pcapng');
  try {
    const made = spawnSync(process.execPath, [program('traffic-page-recording.ts'), file, String(RECORDS)]);
    if (made.status !== 0) throw new Error(`the recording was not made: ${made.stderr.toString()}`);
    const ferrolab = join(import.meta.dirname, '../bin/ferrolab.js');
    return await beside([ferrolab, 'open', file, '--json'], ({ url }) => seen('recording', url, 'opened'));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const live = (): Promise<readonly Row[]> =>
  beside([program('traffic-page-lab.ts'), String(LIVE_PER_SECOND), String(LIVE_RECORDS)], ({ url }) =>
    seen('live', `${url}/traffic`, 'live'),
  );

const seen = async (where: string, url: string, mode: 'opened' | 'live'): Promise<readonly Row[]> => {
  const { still, coming, scrolled, answers, shown, full, after } = await browser(url, mode);
  const on = `${where}, ${shown.toLocaleString('en')} rows`;
  const rows = Object.entries(answers).flatMap(([name, times]): Row[] => [
    time(`${on}: filter by ${name}, median`, median(times)),
    time(`${on}: filter by ${name}, worst`, Math.max(...times)),
  ]);
  if (coming !== null)
    rows.push(frames(`${on}: frames while ${LIVE_PER_SECOND.toLocaleString('en')}/s come`, coming, still));
  rows.push(frames(`${on}: frames under the wheel`, scrolled, still));
  rows.push(memory(`${on}: memory, filled`, full), memory(`${on}: memory, after all that`, after));
  return rows;
};

const time = (name: string, ms: number): Row => ({
  name,
  value: ms / 1000,
  unit: 's',
  peer: 'goal',
  peerValue: ANSWER_S,
  ratio: ANSWER_S / (ms / 1000),
});

/** Beside an empty page in the same browser: what the machine gives at best. */
const frames = (name: string, of: Frames, still: Frames): Row => {
  const share = (part: number): string => `${(part * 100).toFixed(1)} %`;
  return {
    name: `${name} (late ${share(of.late)}, by two ${share(of.later)}, worst ${of.worstMs.toFixed(0)} ms)`,
    value: of.perSecond,
    unit: '/s',
    peer: `empty page (late ${share(still.late)})`,
    peerValue: Math.min(FRAMES, still.perSecond),
    ratio: of.perSecond / Math.min(FRAMES, still.perSecond),
  };
};

const memory = (name: string, bytes: number): Row => ({
  name,
  value: bytes / 2 ** 20,
  unit: ' MiB',
  peer: 'goal',
  peerValue: HEAP_MIB,
  ratio: HEAP_MIB / (bytes / 2 ** 20),
});

const browser = async (url: string, mode: string): Promise<Seen> => {
  const args = [program('traffic-page-browser.ts'), url, String(mode === 'live' ? LIVE_RECORDS : RECORDS), mode];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as Seen;
  throw new Error('the browser measured nothing');
};

const beside = async <T>(args: readonly string[], measure: (at: { url: string }) => Promise<T>): Promise<T> => {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<void>((done) => child.on('exit', () => done()));
  try {
    return await measure(await addressOf(child));
  } finally {
    child.kill('SIGTERM');
    await gone;
  }
};

/** JSON on one line or on many. */
const addressOf = async (child: ChildProcess): Promise<{ url: string }> => {
  let text = '';
  for await (const piece of child.stdout ?? []) {
    text += piece;
    if (text.includes('}')) return JSON.parse(text) as { url: string };
  }
  throw new Error('the lab did not say where it is');
};

const program = (name: string): string => join(import.meta.dirname, name);
