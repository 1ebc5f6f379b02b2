/** Ways to open a recording: a file dropped anywhere on the page, or chosen. */
import { type ReactElement, useEffect, useState } from 'react';
import { openRecording, useOpened } from './opened.ts';

/** Shows where to drop while a file is over the page, and why one was refused. */
export const RecordingDrop = (): ReactElement | null => {
  const [over, setOver] = useState(false);
  const { refused } = useOpened();
  useEffect(() => {
    const drag = (event: DragEvent): void => {
      if (event.dataTransfer?.types.includes('Files') !== true) return;
      event.preventDefault();
      setOver(event.type !== 'dragleave' || event.relatedTarget !== null);
    };
    const drop = (event: DragEvent): void => {
      const file = event.dataTransfer?.files[0];
      setOver(false);
      if (file === undefined) return;
      event.preventDefault();
      void openRecording(file);
    };
    addEventListener('dragover', drag);
    addEventListener('dragleave', drag);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', drag);
      removeEventListener('dragleave', drag);
      removeEventListener('drop', drop);
    };
  }, []);
  if (over) return <p className="recording-drop">Drop a recording to open it</p>;
  return refused === null ? null : (
    <p className="recording-drop refused" role="alert">
      {refused}
    </p>
  );
};

export const ChooseRecording = (): ReactElement => (
  <label className="text-link choose-recording">
    open a recording
    <input
      type="file"
      className="unseen"
      accept=".pcapng"
      onChange={(event) => {
        const file = event.target.files?.[0];
        event.target.value = '';
        if (file !== undefined) void openRecording(file);
      }}
    />
  </label>
);
