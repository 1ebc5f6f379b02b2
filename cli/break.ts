/** `break`, `continue`, `step`: holding accesses before they take effect. */
import type { Command } from 'commander';
import { LabError, unknownName } from '#bus/errors.ts';
import { type AccessBreakpointView, BREAK_VERBS, type HeldView, type InstrumentsView } from '#bus/filters/views.ts';
import { DriverFailed } from './exit.ts';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import { hex, print, printJson, printTable, stamp } from './print.ts';
import { number, type ScheduleOptions, scheduleOf, withSchedule } from './schedule-options.ts';

interface BreakOptions extends LabOptions, ScheduleOptions {
  readonly verb?: string;
  readonly limit?: string;
}

/** One request waits so long at most; a longer wait is several. */
const WAIT_MS = 20_000;

export const addBreakCommands = (program: Command): void => {
  withLab(withSchedule(program.command('break [when...]')))
    .description('hold accesses before they take effect; without words, list breakpoints and what is held')
    .option('--verb <verb>', `${BREAK_VERBS.join(', ')}; break unless told`)
    .option('--limit <s>', 'a held access goes on by itself after so many seconds; wait-for gives up')
    .addHelpText(
      'after',
      `
break holds each access that fits, run-until lets go what is held and holds the next one, trace notes each and holds none,
wait-for ends when one comes.

Example: ferrolab break write 3.E854 == 0x0040
         ferrolab break 'write MICRO_BOOT.FROM == sram' --device phy0 --limit 600
         ferrolab break read PCS_STAT1 --verb wait-for --limit 10`,
    )
    .action(async (words: string[], options: BreakOptions) => {
      const lab = new LabHttp(options);
      if (words.length === 0) return list(lab, options);
      const { verb = 'break', limit } = options;
      if (!(BREAK_VERBS as readonly string[]).includes(verb))
        throw unknownName('verb of a breakpoint', verb, BREAK_VERBS, 'EINVAL');
      const limitS = limit === undefined ? undefined : number('--limit', limit);
      const added = await lab.post<AccessBreakpointView>('/breakpoints', {
        when: words.join(' '),
        verb,
        ...(limitS === undefined || verb === 'wait-for' ? {} : { limitMs: limitS * 1000 }),
        ...scheduleOf(options),
      });
      if (verb === 'wait-for') return waitFor(lab, added, limitS ?? 60, options);
      if (options.json) return printJson(added);
      print(`breakpoint ${added.id}: ${added.text}`);
    });

  withLab(program.command('unbreak [id]'))
    .description('take one breakpoint away, or all; what they hold goes on')
    .addHelpText('after', '\nExample: ferrolab unbreak 2')
    .action(async (id: string | undefined, options: LabOptions) => {
      const left = await new LabHttp(options).delete<readonly AccessBreakpointView[]>(
        id === undefined ? '/breakpoints' : `/breakpoints/${number('the breakpoint', id)}`,
      );
      if (options.json) return printJson(left);
      print(id === undefined ? 'every breakpoint is gone' : `breakpoint ${id} is gone`);
    });

  for (const verb of ['continue', 'step'] as const)
    withLab(program.command(`${verb} [device]`))
      .description(verb === 'continue' ? 'let held accesses go on' : 'let the held access go on and hold the next one')
      .addHelpText('after', `\nExample: ferrolab ${verb} phy0`)
      .action(async (device: string | undefined, options: LabOptions) => {
        const path = `/breakpoints/${verb}`;
        const now = await new LabHttp(options).post<InstrumentsView>(path, device === undefined ? {} : { device });
        if (options.json) return printJson(now);
        print(verb === 'continue' ? 'it goes on' : 'one access goes on');
        for (const held of now.held) print(heldLine(held));
      });
};

const list = async (lab: LabHttp, options: LabOptions): Promise<void> => {
  const { breakpoints, held } = await lab.get<InstrumentsView>('/instruments');
  if (options.json) return printJson({ breakpoints, held });
  printTable(
    ['ID', 'ON', 'FITTED', 'HIT', 'WHAT'],
    breakpoints.map(({ id, on, matches, hits, text }) => [
      String(id),
      on ? 'on' : '-',
      String(matches),
      String(hits),
      text,
    ]),
  );
  for (const one of held) print(heldLine(one));
};

/** `phy0 is held by breakpoint 2: write 3.E854h MICRO_BOOT 00C0h → 0040h by qt2025, FROM rom → sram; goes on by itself at …`. */
const heldLine = (held: HeldView): string => {
  const { device, breakpoint, op, address, register, old, value, widthBits, requester, decoded, untilNs } = held;
  const digits = widthBits / 4;
  const change = op === 'write' ? ` ${hex(old, digits)} → ${hex(value, digits)}` : '';
  const by = breakpoint === null ? 'a step' : `breakpoint ${breakpoint}`;
  const meaning = decoded === '' ? '' : `, ${decoded}`;
  const name = register === null ? '' : ` ${register}`;
  return `${device} is held by ${by}: ${op} ${address}${name}${change} by ${requester}${meaning}; goes on by itself at ${stamp(untilNs)}`;
};

const waitFor = async (
  lab: LabHttp,
  { id, text }: AccessBreakpointView,
  limitS: number,
  options: LabOptions,
): Promise<void> => {
  const until = performance.now() + limitS * 1000;
  for (;;) {
    const leftMs = Math.max(0, Math.min(WAIT_MS, Math.round(until - performance.now())));
    try {
      const hit = await lab.post<AccessBreakpointView>(`/breakpoints/${id}/wait`, { waitMs: leftMs });
      await lab.delete(`/breakpoints/${id}`);
      if (options.json) return printJson(hit);
      return print(`it came: ${text} (#${hit.firstSeq ?? '?'})`);
    } catch (error) {
      if (!(error instanceof LabError) || error.code !== 'ETIMEDOUT') throw error;
      if (performance.now() < until) continue;
      await lab.delete(`/breakpoints/${id}`);
      throw new DriverFailed('ETIMEDOUT', `${text}: none came within ${limitS} s`);
    }
  }
};
