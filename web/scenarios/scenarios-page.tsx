/** The Scenarios page: what can be broken on purpose, how a run goes, how it ended, how two differ. */
import '../traffic/traffic.css';
import './scenarios.css';
import { type ReactElement, useState } from 'react';
import type { RunView, ScenarioView } from '#bus/api.ts';
import { api } from '../api.ts';
import { go, useLocation } from '../route.ts';
import { useLab } from '../store/lab-state.ts';
import { Empty } from '../ui/empty.tsx';
import { BenchSnapshot } from './bench-snapshot.tsx';
import { CompareCard } from './compare-card.tsx';
import { RunHistory } from './run-history.tsx';
import { RunPanel } from './run-panel.tsx';
import { ScenarioList } from './scenario-list.tsx';
import { type Standing, standingOf } from './scenario-words.ts';
import { noteRun, useRuns, useScenarios } from './use-scenarios.ts';
import { VerdictCard } from './verdict-card.tsx';

export const ScenariosPage = (): ReactElement => {
  const scenarios = useScenarios();
  const runs = useLab((state) => state.runs);
  const query = new URLSearchParams(useLocation().split('?')[1] ?? '');
  const list = scenarios !== null && 'list' in scenarios ? scenarios.list : [];
  const asked = query.get('scenario') ?? runs.find(({ run }) => run === Number(query.get('run')))?.scenario ?? null;
  const scenario =
    list.find(({ name }) => name === asked) ?? list.find(({ name }) => name === newest(runs)?.scenario) ?? list[0];
  if (scenario === undefined)
    return (
      <main className="page">
        <h1 className="unseen">Scenarios</h1>
        <Empty
          title={
            scenarios === null
              ? 'Fetching the scenarios'
              : 'failed' in scenarios
                ? 'The scenarios did not come'
                : 'This lab has no scenarios'
          }
        >
          {scenarios !== null &&
            ('failed' in scenarios ? scenarios.failed : 'Put a YAML file into its scenarios directory.')}
        </Empty>
      </main>
    );
  return <Chosen key={scenario.name} scenario={scenario} list={list} asked={Number(query.get('run')) || null} />;
};

const Chosen = ({
  scenario,
  list,
  asked,
}: {
  scenario: ScenarioView;
  list: readonly ScenarioView[];
  asked: number | null;
}): ReactElement => {
  const all = useLab((state) => state.runs);
  const runs = useRuns(scenario.name);
  const [picked, setPicked] = useState<readonly number[]>([]);
  const run = runs.find(({ run: number }) => number === asked) ?? runs[0];
  const ended = run?.state === 'done' ? run : runs.find(({ state }) => state === 'done');
  const show = (number: number): void =>
    go(`/scenarios?scenario=${encodeURIComponent(scenario.name)}&run=${number}`, 'replace');
  const started = (of: RunView): void => {
    noteRun(of);
    show(of.run);
  };
  const pick = (number: number): void =>
    setPicked((old) => (old.includes(number) ? old.filter((n) => n !== number) : [...old, number].slice(-2)));
  const [a, b] = picked.map((number) => runs.find((known) => known.run === number));
  return (
    <main className="page scenarios">
      <h1 className="unseen">Scenarios</h1>
      <ScenarioList
        scenarios={list}
        selected={scenario.name}
        standing={(of) => standing(of, all)}
        onSelect={(name) => go(`/scenarios?scenario=${encodeURIComponent(name)}`, 'replace')}
        onRunAll={() => runAll(list)}
      />
      <RunPanel scenario={scenario} run={run} onStarted={started} />
      <div className="verdicts">
        {ended !== undefined && <VerdictCard key={ended.run} run={ended} onStarted={started} />}
        <RunHistory runs={runs} shown={run?.run ?? null} picked={picked} onShow={show} onPick={pick} />
        {a !== undefined && b !== undefined && <CompareCard key={`${a.run} ${b.run}`} a={a} b={b} />}
        <BenchSnapshot />
      </div>
    </main>
  );
};

const newest = (runs: readonly RunView[]): RunView | undefined =>
  runs.reduce<RunView | undefined>((best, run) => (best === undefined || run.run > best.run ? run : best), undefined);

const standing = (scenario: ScenarioView, runs: readonly RunView[]): Standing => {
  const last = newest(runs.filter((run) => run.scenario === scenario.name));
  return last === undefined ? (scenario.lastVerdict ?? 'not run') : standingOf(last);
};

/** One after another in virtual time: the lab takes a few at once, so each is waited for. */
const runAll = async (list: readonly ScenarioView[]): Promise<void> => {
  for (const { name } of list) {
    let run = await api.startRun({ scenario: name, mode: 'virtual' });
    noteRun(run);
    while (run.state === 'running') {
      await new Promise((resolve) => setTimeout(resolve, 50));
      run = await api.run(run.run);
    }
  }
};
