/** `time`: how the lab's time goes; pause, resume, step, rate, jump. */
import type { Command } from 'commander';
import type { TimeView } from '#bus/api.ts';
import { LabError, unknownName } from '#bus/errors.ts';
import { isRate, RATES } from '#bus/time-word.ts';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import { print, printJson, stamp } from './print.ts';
import { number } from './schedule-options.ts';

export const TIME_VERBS = ['status', 'pause', 'resume', 'step', 'rate', 'jump'] as const;

export const addTime = (program: Command): void => {
  withLab(program.command('time [verb] [words...]'))
    .allowUnknownOption() // a jump back, -5s, is no option: it is refused with the reason
    .description("the lab's time: status, pause, resume, step [n], rate 0.1 to 100 or max, jump 500ms, jump to 60s")
    .addHelpText(
      'after',
      `
The whole bench has one time: devices, block devices and drivers follow it. Paused, nothing falls due and nothing times out,
and registers answer. A step goes to the next event of the bench; a jump fires all events on its way; time never goes back.

Example: ferrolab time
         ferrolab time pause
         ferrolab time step 3
         ferrolab time jump 10s
         ferrolab time jump to 60s
         ferrolab time rate 0.1
         ferrolab time rate max
         ferrolab time resume`,
    )
    .action(async (verb: string | undefined, words: string[], options: LabOptions) => {
      const lab = new LabHttp(options);
      const wish = wishOf(verb ?? 'status', words);
      const view =
        wish === null ? await lab.get<TimeView>('/time') : await arrived(lab, await lab.post<TimeView>('/time', wish));
      if (options.json) return printJson(view);
      for (const line of linesOf(view)) print(line);
    });
};

/** Null: only look. Throws EINVAL. */
export const wishOf = (verb: string, words: readonly string[]): Readonly<Record<string, unknown>> | null => {
  const [first, second] = words;
  const most = verb === 'jump' && first === 'to' ? 2 : verb === 'step' || verb === 'rate' || verb === 'jump' ? 1 : 0;
  if (words.length > most && (TIME_VERBS as readonly string[]).includes(verb))
    throw new LabError(
      'EINVAL',
      `time ${verb} takes ${most === 0 ? 'nothing' : 'one word'} more, not '${words.join(' ')}'`,
    );
  switch (verb) {
    case 'status':
      return null;
    case 'pause':
    case 'resume':
      return { do: verb };
    case 'step':
      return { do: 'step', events: first === undefined ? 1 : number('time step', first) };
    case 'rate':
      if (first === undefined) throw new LabError('EINVAL', 'time rate takes 0.1 to 100, or max');
      return { do: 'rate', rate: first === 'max' ? 'max' : rate(first) };
    case 'jump':
      return first === 'to' ? { do: 'jump', toNs: nanoseconds(second) } : { do: 'jump', byNs: nanoseconds(first) };
    default:
      throw unknownName('verb of time', verb, TIME_VERBS, 'EINVAL');
  }
};

const rate = (word: string): number => {
  const given = Number(word);
  if (word.trim() !== '' && isRate(given)) return given;
  throw new LabError('EINVAL', `time rate ${word}: it takes ${RATES.min} to ${RATES.max}, or max`);
};

const UNITS: Readonly<Record<string, number>> = { us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

const nanoseconds = (word = ''): number => {
  const [, sign = '', digits = '', unit = ''] = /^(-?)(\d{1,9}(?:\.\d{1,9})?)(us|ms|s|m|h)$/.exec(word) ?? [];
  const scale = UNITS[unit];
  if (scale === undefined)
    throw new LabError(
      'EINVAL',
      `time jump takes a time as 250us, 500ms, 10s, 5m or 1h, or to and such a time; not '${word}'`,
    );
  if (sign !== '')
    throw new LabError('EINVAL', `a jump by ${word}: time goes forward only, for what happened has been seen`);
  return Math.round(Number(digits) * scale);
};

const LOOK_MS = 200;

/** A long jump answers while it is on its way. */
const arrived = async (lab: LabHttp, first: TimeView): Promise<TimeView> => {
  let view = first;
  while (view.state === 'jumping' && view.until === first.until) {
    await new Promise((wake) => setTimeout(wake, LOOK_MS));
    view = await lab.get<TimeView>('/time');
  }
  return view;
};

const linesOf = ({ state, rate, now, wall, until, next, waits, drivers }: TimeView): readonly string[] => {
  const speed = rate === 'max' ? 'as fast as possible' : rate === 1 ? 'as the wall clock' : `at ${rate} of real time`;
  const how = state === 'paused' ? `paused; runs ${speed} when it goes on` : `${state} ${speed}`;
  const strays = drivers.filter(({ follows }) => follows === false);
  return [
    `${stamp(now)} ${how}; by the wall ${wall}`,
    ...(until === null ? [] : [`on the way to ${stamp(until)}`]),
    ...(waits === null ? [] : [`it stands meanwhile: ${waits}`]),
    ...(next === null
      ? []
      : [`next event at ${stamp(next.at)}, ${next.of === 'lab' ? 'of the lab' : `of ${next.of}`}`]),
    ...strays.map(({ device, client }) => `the driver of ${device} (${client}) goes on by its own clock`),
  ];
};
