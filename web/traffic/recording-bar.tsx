/** Over the table of a recording: which file and section it is, what it lacks, and the way back to live traffic. */
import type { ReactElement } from 'react';
import { Link } from '../shell/link.tsx';
import { Button } from '../ui/button.tsx';
import { closeRecording, showSection } from './opened.ts';
import { lacks, type OpenedRecording, sectionTitle } from './recording-source.ts';

export const RecordingBar = ({ opened }: { opened: OpenedRecording }): ReactElement => {
  const { file, recording, nth } = opened;
  const { sections } = recording;
  const section = sections[nth];
  const missing = section === undefined ? '' : lacks(section);
  return (
    <section className="recording-bar" aria-label="Recording">
      <b>{file}</b>
      {sections.length > 1 ? (
        <select
          className="field"
          aria-label="Section of the recording"
          value={nth}
          onChange={(event) => showSection(Number(event.target.value))}
        >
          {sections.map((one, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: sections have no other name, and never move
            <option key={i} value={i}>
              {i + 1} of {sections.length}: {sectionTitle(one)}
            </option>
          ))}
        </select>
      ) : (
        <span>{section === undefined ? '' : sectionTitle(section)}</span>
      )}
      {missing !== '' && <span className="refused">{missing}</span>}
      <Link
        className="btn compare-recording"
        to={`/diff?a=${encodeURIComponent(nth === 0 ? file : `${file}*${nth + 1}`)}`}
      >
        Compare
      </Link>
      <Button className="close-recording" onClick={closeRecording}>
        Close
      </Button>
    </section>
  );
};
