/** `trace`: the accesses on a device's bus, one line each. */
import type { Command } from 'commander';
import { LabError } from '#bus/errors.ts';
import type { TraceOp, TraceOutcome } from '#bus/trace.ts';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import { wholeNumber } from './numbers.ts';
import { hex, print, printJson, stamp } from './print.ts';

/** One record as `GET /trace` gives it. */
interface TraceRow {
  readonly seq: number;
  readonly time: number;
  readonly device: string;
  readonly requester: string;
  readonly op: TraceOp;
  readonly outcome: TraceOutcome;
  /** Accesses only. */
  readonly address?: string;
  readonly register?: string | null;
  readonly value?: number;
  readonly decoded?: string;
  /** Faults, notes and interrupts. */
  readonly text?: string;
}

const PAGE = 1000;

export const addTrace = (program: Command): void => {
  withLab(program.command('trace <device>'))
    .description('print the accesses on a bus')
    .option('-f, --follow', 'wait for new ones')
    .option('--since <seq>', 'begin after this sequence number')
    .option('--filter <text>', 'only lines that contain this text')
    .option('--every <n>', 'of a block device: record one request in so many from now on, and print nothing')
    .addHelpText('after', '\nExample: ferrolab trace phy0 --follow --filter PCS_STAT1')
    .action(
      async (
        device: string,
        options: LabOptions & { follow?: boolean; since?: string; filter?: string; every?: string },
      ) => {
        const lab = new LabHttp(options);
        await lab.get(`/devices/${encodeURIComponent(device)}`);
        if (options.every !== undefined) {
          const traceEvery = wholeNumber('--every', options.every, 1e9);
          const said = await lab.patch<object>(`/devices/${encodeURIComponent(device)}/requests`, { traceEvery });
          if (options.json) return printJson(said);
          return print(`${device}: ${traceEvery === 1 ? 'every request' : `one request in ${traceEvery}`} is recorded`);
        }
        let since = options.since === undefined ? 0 : Number(options.since);
        if (!Number.isInteger(since) || since < 0)
          throw new LabError('EINVAL', `--since is '${options.since}'; it takes a sequence number`);
        for (;;) {
          const { records, next } = await lab.get<{ records: readonly TraceRow[]; next: number }>(
            `/trace?device=${encodeURIComponent(device)}&since=${since}&limit=${PAGE}`,
          );
          for (const row of records) {
            const line = options.json ? JSON.stringify(row) : words(row);
            if (options.filter === undefined || line.includes(options.filter)) print(line);
          }
          const idle = next === since;
          since = next;
          if (!idle) continue;
          if (!options.follow) return;
          await new Promise((wake) => setTimeout(wake, 200));
        }
      },
    );
};

const words = (row: TraceRow): string => {
  const head = `${stamp(row.time)} ${String(row.seq).padStart(7)} ${row.requester.padEnd(10)} ${row.op.padEnd(5)}`;
  if (row.address === undefined && row.decoded !== undefined)
    return `${head} ${row.decoded}${row.outcome === 'ok' ? '' : ` [${row.outcome}]`}`;
  if (row.op !== 'read' && row.op !== 'write') return `${head} ${row.outcome} ${row.text ?? ''}`.trimEnd();
  const outcome = row.outcome === 'ok' ? '' : ` [${row.outcome}]`;
  return `${head} ${row.address ?? ''} ${(row.register ?? '').padEnd(14)} ${hex(row.value ?? 0)} ${row.decoded ?? ''}${outcome}`.trimEnd();
};
