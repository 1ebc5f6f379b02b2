/** The whole bench kept in a file, and put back from one. */
import { type ReactElement, useRef, useState } from 'react';
import { call, fetchFile } from '../api.ts';
import { CommandButton, useCommand } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';

export const BenchSnapshot = (): ReactElement => {
  const input = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState('');
  const { busy, refused, run } = useCommand();
  const putBack = async (file: File): Promise<void> => {
    setSaid('');
    const refusal = await run(async () => {
      const { devices } = await call<{ readonly devices: readonly string[] }>('POST', '/snapshot', file);
      setSaid(`${devices.join(', ')}: as in ${file.name}`);
    });
    if (refusal === null && input.current !== null) input.current.value = '';
  };
  return (
    <section className="faceplate snapshot" aria-label="Bench snapshot">
      <header className="head">
        <h2>Bench snapshot</h2>
        <span className="dim">every device, with all it holds</span>
      </header>
      <div className="row snapshot-row">
        <CommandButton command={keep}>
          <Icon name="download" />
          Keep in a file
        </CommandButton>
        <button type="button" className="btn plain" disabled={busy} onClick={() => input.current?.click()}>
          Put back from a file
        </button>
        <input
          ref={input}
          type="file"
          className="unseen"
          aria-label="Snapshot file"
          tabIndex={-1}
          onChange={({ target }) => {
            const file = target.files?.[0];
            if (file !== undefined) void putBack(file);
          }}
        />
        <span className="mid" role="status">
          {said}
        </span>
        {refused !== null && (
          <span className="refused" role="alert">
            {refused}
          </span>
        )}
      </div>
    </section>
  );
};

const keep = async (): Promise<void> => {
  const url = URL.createObjectURL(await fetchFile('/snapshot'));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'ferrolab.bench';
  link.click();
  URL.revokeObjectURL(url);
};
