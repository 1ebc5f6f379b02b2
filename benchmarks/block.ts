/** The null block device over NBD beside nbdkit and qemu-nbd: the same fio jobs, interleaved; and what NBD load does to a PHY. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  firstLine,
  missingTools,
  nbdkit,
  qemuNull,
  type Served,
  serveOurs,
  servePeer,
  TRANSPORTS,
} from './block-servers.ts';
import { median, type Row, row } from './rows.ts';

interface Job {
  readonly rw: 'randread' | 'randwrite' | 'read' | 'write';
  readonly bs: '4k' | '64k' | '1m';
  readonly depth: number;
}

const SMALL: readonly Job[] = [1, 32, 128].flatMap((depth): Job[] => [
  { rw: 'randread', bs: '4k', depth },
  { rw: 'randwrite', bs: '4k', depth },
]);
const LARGE: readonly Job[] = [
  { rw: 'read', bs: '64k', depth: 16 },
  { rw: 'write', bs: '64k', depth: 16 },
  { rw: 'read', bs: '1m', depth: 8 },
  { rw: 'write', bs: '1m', depth: 8 },
];
const MEMORY: readonly Job[] = [
  { rw: 'randread', bs: '4k', depth: 32 },
  { rw: 'randwrite', bs: '4k', depth: 32 },
  { rw: 'read', bs: '1m', depth: 8 },
  { rw: 'write', bs: '1m', depth: 8 },
];
const SIZE = '256m';

/** `BENCH_SECONDS`, `BENCH_RUNS` and `BENCH_ONLY` (a part of a row's name) make it shorter. */
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
const RUNS = Number(process.env.BENCH_RUNS ?? 3);
const ONLY = process.env.BENCH_ONLY ?? '';

export const benchBlock = async (): Promise<readonly Row[]> => {
  const missing = missingTools();
  if (missing !== undefined) throw new Error(`the block benchmark needs programs: apt-get install ${missing}`);
  const folder = mkdtempSync(join(tmpdir(), 'ferrolab-bench-'));
  const stop: (() => Promise<void>)[] = [];
  const peer = async (name: string, ...command: readonly string[]): Promise<Served> => {
    const served = await servePeer(name, folder, nbdkit(...command));
    stop.push(() => served.stop());
    return served;
  };
  try {
    const ours = await serveOurs(folder);
    stop.push(() => ours.plain.stop());
    const qemu = await servePeer('qemu', folder, qemuNull);
    stop.push(() => qemu.stop());
    const kit = [await peer('kit', 'null', '1G'), await peer('kit1', '--threads=1', 'null', '1G')];
    const kitMemory = [await peer('mem', 'memory', '1G'), await peer('mem1', '--threads=1', 'memory', '1G')];
    const beside = async (what: string, jobs: readonly Job[], mine: Served, peers: readonly Peer[]): Promise<Row[]> => {
      const rows: Row[] = [];
      for (const job of jobs)
        for (const transport of TRANSPORTS) {
          const name = `${what} ${job.bs} ${job.rw} qd${job.depth} ${transport}`;
          if (!name.includes(ONLY)) continue;
          const all = [mine, ...peers.flatMap(({ served }) => served)].map(({ uris }) => uris[transport]);
          const [value = 0, ...theirs] = await interleaved(all, job);
          for (const { title, served } of peers)
            rows.push(row(name, value, '/s', title, Math.max(...theirs.splice(0, served.length))));
        }
      return rows;
    };
    const rows = await beside('null', [...SMALL, ...LARGE], ours.plain, [
      { title: 'nbdkit null, its best', served: kit },
      { title: 'qemu-nbd null-co', served: [qemu] },
    ]);
    rows.push(
      ...(await beside('memory', MEMORY, ours.memory, [{ title: 'nbdkit memory, its best', served: kitMemory }])),
    );
    if ('register access under NBD load'.includes(ONLY)) rows.push(await guard(ours.broker, ours.plain));
    return rows;
  } finally {
    for (const step of stop.reverse()) await step();
    rmSync(folder, { recursive: true, force: true });
  }
};

interface Peer {
  readonly title: string;
  /** Several ways to run it: the best one counts. */
  readonly served: readonly Served[];
}

/** Requests a second of each server: the median of rounds in which each has its turn. */
const interleaved = async (uris: readonly string[], job: Job): Promise<number[]> => {
  const measured = uris.map((): number[] => []);
  for (let run = 0; run < RUNS; run++)
    for (const [i, uri] of uris.entries()) measured[i]?.push((await fio(uri, job, SECONDS)).perSecond);
  return measured.map(median);
};

const fio = async (uri: string, { rw, bs, depth }: Job, seconds: number): Promise<{ perSecond: number }> => {
  const child = spawn(
    'fio',
    [
      '--name=bench',
      '--ioengine=nbd',
      `--uri=${uri}`,
      `--rw=${rw}`,
      `--bs=${bs}`,
      `--iodepth=${depth}`,
      `--size=${SIZE}`,
      '--time_based',
      `--runtime=${seconds}`,
      '--norandommap',
      '--randrepeat=1',
      '--output-format=json',
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`fio ended with ${code} on ${uri}`);
  const { jobs } = JSON.parse(said.slice(said.indexOf('{'))) as {
    jobs: { read: { iops: number }; write: { iops: number } }[];
  };
  return { perSecond: (jobs[0]?.read.iops ?? 0) + (jobs[0]?.write.iops ?? 0) };
};

/** 99 of 100 register accesses take no longer than this, with and without a client at full rate: at most twice as long is asked. */
const guard = async (broker: string, { uris }: Served): Promise<Row> => {
  const quiet: number[] = [];
  const loaded: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    quiet.push(await accessP99(broker));
    const load = fio(uris.tcp, { rw: 'read', bs: '1m', depth: 8 }, SECONDS + 2);
    loaded.push(await accessP99(broker));
    await load;
  }
  return row('99th percentile of a register access under NBD load', median(loaded), 's', 'without', median(quiet));
};

const accessP99 = async (broker: string): Promise<number> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'block-guard.ts'), broker, String(SECONDS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await firstLine(child);
  return (JSON.parse(line) as { p99Seconds: number }).p99Seconds;
};
