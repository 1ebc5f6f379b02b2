/** Scenarios on all cores: as many threads as are worth it, the same results in the same order as one after another. */
import { expect, test } from 'vitest';
import { parseScenario } from '#server/scenario/parse.ts';
import type { RunResult } from '#server/scenario/runner.ts';
import type { SeededSource } from './repeat.ts';
import { ScenarioThread } from './scenario-pool.ts';
import { runAll } from './scenario-threads.ts';
import { runVirtual } from './virtual-run.ts';

/** Frames on a display, in number as its place: short ones end before long ones that began earlier. */
const source = (frames: number, wanted = 'bars'): SeededSource => {
  const yaml = `title: T
teaches: F
bench: { card0: { device: display, monitor: xga } }
steps:
  - insmod: { driver: ferro_drm, device: card0, params: { client: none } }
  - expect: { driver: card0, state: live, within: 1s }
  - draw: { card0: { picture: bars, mode: 640x480, frames: ${frames} } }
  - expect: { frame: card0, shows: ${wanted} }
`;
  const file = `frames-${frames}.yaml`;
  return { file, scenario: parseScenario(yaml, file), seed: frames };
};

test('every run is told in its turn, with the trace it has alone', async () => {
  const sources = Array.from({ length: 18 }, (_, i) =>
    source(i % 6 === 0 ? 6 : 1 + (i % 3), i === 7 ? 'white' : 'bars'),
  );
  const told: { readonly file: string; readonly result: RunResult }[] = [];
  await runAll(sources, ({ file }, result) => told.push({ file, result }));
  expect(told.map(({ file }) => file)).toEqual(sources.map(({ file }) => file));
  for (const i of [0, 1, 7, 17]) {
    const alone = await runVirtual(sources[i]!); // there are eighteen
    expect(told[i]?.result.view).toMatchObject({ verdict: alone.view.verdict, traceHash: alone.view.traceHash });
    expect(told[i]?.result.records).toEqual(alone.records);
  }
  expect(told.filter(({ result }) => result.view.verdict !== 'pass').map(({ file }) => file)).toEqual([
    'frames-2.yaml',
  ]);
});

test('a run that cannot be handed to a thread, or whose thread is gone, is an error, not a hang', async () => {
  const thread = new ScenarioThread();
  const { scenario, ...rest } = source(1);
  const bound = { ...scenario, title: (() => 'T') as unknown as string };
  await expect(thread.run({ ...rest, scenario: bound })).rejects.toThrow(/cloned/);
  const running = thread.run({ ...rest, scenario: source(600).scenario });
  const lost = expect(running).rejects.toThrow(/ended/);
  await thread.end();
  await lost;
});
