/** A live run in a recording: the lab's stream while it runs, with the scenario before and the verdict behind. */
import type { RunView } from '#bus/api.ts';
import { LabError } from '#bus/errors.ts';
import type { AppendFile } from '#server/recording/append-file.ts';
import type { Scenario } from '#server/scenario/model.ts';
import type { LabHttp } from './lab-http.ts';
import { StreamRecorder } from './stream-recorder.ts';

export interface LiveRun {
  readonly scenario: Scenario;
  readonly file: string;
  readonly seed: number;
}

/** Undefined when nobody wants a recording. */
export const recordRun = async (
  lab: LabHttp,
  recording: AppendFile | undefined,
  { scenario, file, seed }: LiveRun,
): Promise<{ end(view: RunView): Promise<void> } | undefined> => {
  if (recording === undefined) return undefined;
  const recorder = new StreamRecorder({ lab, file: recording });
  const { ended } = await recorder.start();
  const { name, yaml } = scenario;
  recorder.event({ event: 'scenario', time: recorder.time, scenario: { name, file, yaml }, seed });
  return {
    async end(view) {
      // what the run did is in the ring by now; the stream is a moment behind
      const { capture } = await lab.get<{ readonly capture: { readonly captured: number } }>('/lab');
      const over = await Promise.race([ended, recorder.reached(capture.captured)]);
      recorder.event({ event: 'run', time: recorder.time, run: view });
      recorder.stop(over instanceof LabError ? over.message : 'the run ended');
      if (over instanceof LabError) throw over;
    },
  };
};
