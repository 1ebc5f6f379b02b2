/** All scenarios by device: score, what each teaches in a line, how it ended last. */
import { type ReactElement, useState } from 'react';
import type { ScenarioView } from '#bus/api.ts';
import { CommandButton } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { grouped, type Standing } from './scenario-words.ts';
import { Score } from './score.tsx';
import { VerdictTag } from './verdict-tag.tsx';

export const ScenarioList = ({
  scenarios,
  selected,
  standing,
  onSelect,
  onRunAll,
}: {
  scenarios: readonly ScenarioView[];
  selected: string | null;
  standing: (scenario: ScenarioView) => Standing;
  onSelect: (name: string) => void;
  onRunAll: () => Promise<void>;
}): ReactElement => {
  const [search, setSearch] = useState('');
  const groups = grouped(scenarios, search);
  const nothing = groups.every(({ found }) => found.length === 0);
  return (
    <section className="faceplate gallery">
      <header className="head">
        <h2>Scenarios</h2>
        <input
          className="field"
          aria-label="Find a scenario"
          placeholder="find, or tag:link"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </header>
      <div className="gallery-list">
        {nothing && <Empty title={scenarios.length === 0 ? 'No scenario is here' : 'No scenario has these words'} />}
        {groups.map(({ group, of, found }) =>
          found.length === 0 ? null : (
            <section key={group}>
              <h3>
                {group} <span className="dim">{found.length === of ? of : `${found.length} of ${of}`}</span>
              </h3>
              <ul>
                {found.map((scenario) => (
                  <li key={scenario.name}>
                    <button
                      type="button"
                      className="scenario"
                      aria-current={scenario.name === selected || undefined}
                      ref={scenario.name === selected ? inSight : undefined}
                      data-standing={standing(scenario)}
                      onClick={() => onSelect(scenario.name)}
                    >
                      <Score score={scenario.score} />
                      <span className="scenario-words">
                        <b>{scenario.title}</b>
                        <span className="dim">{scenario.teaches}</span>
                      </span>
                      <VerdictTag standing={standing(scenario)} />
                    </button>
                  </li>
                ))}
              </ul>
            </section>
          ),
        )}
      </div>
      <footer className="gallery-foot">
        <span className="key-action">action</span>
        <span className="key-fault">fault</span>
        <span className="key-expect">expectation</span>
        <CommandButton className="at-end" command={onRunAll} disabled={scenarios.length === 0}>
          Run all {scenarios.length}
        </CommandButton>
      </footer>
    </section>
  );
};

/** Scrolls the list alone: where the whole page scrolls, it stays where it is. */
const inSight = (element: HTMLElement | null): void => {
  const list = element?.closest('.gallery-list');
  if (element === null || list === null || list === undefined) return;
  const below = element.getBoundingClientRect().bottom - list.getBoundingClientRect().bottom;
  if (below > 0) list.scrollTop += below;
};
