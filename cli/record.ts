/** `record`: what happens in a running lab, into a file. */
import type { Command } from 'commander';
import { LabError } from '#bus/errors.ts';
import { AppendFile } from '#server/recording/append-file.ts';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import { print } from './print.ts';
import { type Recorded, StreamRecorder } from './stream-recorder.ts';

interface Options extends LabOptions {
  readonly for?: string;
  readonly device?: readonly string[];
  readonly history?: boolean;
  readonly progress?: boolean;
}

const LONGEST_S = 2_000_000;

export const addRecord = (program: Command): void => {
  withLab(program.command('record <file>'))
    .description('record a running lab until Ctrl-C: accesses, kernel log, drivers, links (pcapng)')
    .option('--for <seconds>', 'end by itself after so long')
    .option('--device <name...>', 'only these devices')
    .option('--history', 'begin with what the lab still keeps of before')
    .option('--progress', 'a line each time something has been written')
    .addHelpText('after', '\nExample: ferrolab record probe.pcapng --for 30 --device phy0')
    .action(record);
};

const record = async (path: string, options: Options): Promise<void> => {
  const seconds = options.for === undefined ? undefined : Number(options.for);
  if (seconds !== undefined && !(seconds >= 0 && seconds <= LONGEST_S))
    throw new LabError('EINVAL', `--for is '${options.for}'; it takes seconds from 0 to ${LONGEST_S}`);
  const lab = new LabHttp(options);
  // asked first, so that a lab that is none leaves an older file alone
  const { capture } = await lab.get<{ readonly capture: { readonly captured: number } }>('/lab');
  for (const name of options.device ?? []) await lab.get(`/devices/${encodeURIComponent(name)}`);
  const file = new AppendFile(path, path);
  const recorder = new StreamRecorder({
    lab,
    file,
    devices: options.device ?? [],
    history: options.history ?? false,
    ...(options.progress ? { onWritten: (so) => tell(path, so, options.json ?? false) } : {}),
  });
  const { ended } = await recorder.start();
  const asked = until(seconds);
  // what the lab had before is in the file, however short the time
  const past = options.history ? recorder.reached(capture.captured) : undefined;
  const why = await Promise.race([ended, asked.signal, Promise.all([past, asked.time])]);
  asked.cancel();
  recorder.stop(why instanceof LabError ? why.message : 'the recorder was told to stop');
  file.close();
  tell(path, recorder.recorded, options.json ?? false);
  if (why instanceof LabError) throw new LabError(why.code, `${why.message}; ${path} has everything up to then`);
};

const tell = (file: string, { records, accesses, missing, bytes }: Recorded, json: boolean): void => {
  if (json) {
    print(JSON.stringify({ file, records, accesses, missing, bytes }));
    return;
  }
  const lost = missing === 0 ? '' : `, ${missing.toLocaleString('en-US')} records missing`;
  print(`${file}: ${records.toLocaleString('en-US')} records${lost}, ${bytes.toLocaleString('en-US')} bytes`);
};

/** The first signal, and the end of so many seconds. */
const until = (seconds: number | undefined) => {
  const { promise: signal, resolve } = Promise.withResolvers<null>();
  const stop = (): void => resolve(null);
  const { promise: time, resolve: over } = Promise.withResolvers<null>();
  const timer = seconds === undefined ? undefined : setTimeout(() => over(null), seconds * 1000);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, stop);
  return {
    signal,
    time,
    cancel: () => {
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, stop);
    },
  };
};
