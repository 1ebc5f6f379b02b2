/** Which recording stands on one side: a run of this lab, a section of an opened file, or a file to open. */
import { type ReactElement, useMemo } from 'react';
import type { RunView } from '#bus/api.ts';
import { type Shelf, useShelf } from '../recordings/shelf.ts';
import { useLab } from '../store/lab-state.ts';
import { sectionTitle } from '../traffic/recording-source.ts';
import { type Asked, choose, parseSide, printSide, type SideName } from './sides.ts';

export const SidePicker = ({
  side,
  asked,
  onFiles,
}: {
  readonly side: SideName;
  readonly asked: Asked | null;
  readonly onFiles: (files: readonly File[], side: SideName) => void;
}): ReactElement => {
  const all = useLab((state) => state.runs);
  const runs = useMemo(
    () => all.filter(({ mode, state }) => mode === 'virtual' && state === 'done').sort((x, y) => y.run - x.run),
    [all],
  );
  const files = filesOf(useShelf());
  const value = asked === null ? '' : printSide(asked);
  const known = value === '' || runs.some(({ run }) => String(run) === value) || files.some(([key]) => key === value);
  const name = side.toUpperCase();
  return (
    <div className="diff-side" data-side={side}>
      <b className="diff-letter">{name}</b>
      <select
        className="field"
        aria-label={`Side ${name}`}
        value={value}
        onChange={({ target }) => choose(side, parseSide(target.value))}
      >
        <option value="">pick a run or a file</option>
        {!known && <option value={value}>{asked?.kind === 'run' ? `run ${value}` : value}</option>}
        {files.length > 0 && (
          <optgroup label="Opened files">
            {files.map(([key, title]) => (
              <option key={key} value={key}>
                {title}
              </option>
            ))}
          </optgroup>
        )}
        {runs.length > 0 && (
          <optgroup label="Runs of this lab">
            {runs.map((run) => (
              <option key={run.run} value={run.run}>
                {runTitle(run)}
              </option>
            ))}
          </optgroup>
        )}
      </select>
      <label className="text-link choose-recording">
        open a file
        <input
          type="file"
          className="unseen"
          accept=".pcapng"
          multiple
          aria-label={`Open a recording as ${name}`}
          onChange={({ target }) => {
            const chosen = [...(target.files ?? [])];
            target.value = '';
            onFiles(chosen, side);
          }}
        />
      </label>
    </div>
  );
};

const runTitle = ({ run, scenario, seed, verdict }: RunView): string =>
  `run ${run}: ${scenario}, seed ${seed}${verdict === null ? '' : `: ${verdict}`}`;

const filesOf = (shelf: Shelf): readonly (readonly [key: string, title: string])[] =>
  [...shelf.values()].flatMap(({ name, recording: { sections } }) =>
    sections.map((section, nth) => {
      const which = sections.length > 1 ? `, ${nth + 1} of ${sections.length}` : '';
      return [printSide({ kind: 'file', file: name, nth }), `${name}${which}: ${sectionTitle(section)}`] as const;
    }),
  );
