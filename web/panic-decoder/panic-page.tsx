/** The panic page: the kernel log out of a scanned code, decoded here and sent nowhere. */
import { type ReactElement, useMemo, useState, useSyncExternalStore } from 'react';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { count } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { decodePanic, linesOf, type PanicLine, type PanicReading } from './decode.ts';
import { withKeptParts } from './kept-parts.ts';
import './panic.css';

export const PanicPage = (): ReactElement => {
  const opened = useSyncExternalStore(watchAddress, () => location.search + location.hash);
  const [pasted, setPasted] = useState('');
  const source = pasted.trim() === '' ? opened : pasted;
  const reading = useMemo(() => decodePanic(pasted.trim() === '' ? withKeptParts(opened) : pasted), [opened, pasted]);
  return (
    <main className="page panic-page">
      <h1 className="unseen">Panic decoder</h1>
      <section className="faceplate" aria-label="Panic code">
        <header className="head">
          <h2>
            Panic decoder<small>decoded in this page, sent nowhere</small>
          </h2>
        </header>
        <div className="panic-body">
          <label>
            <span className="mid">Address from the code, or its digits; one a line when there are several codes</span>
            <textarea
              className="field mono"
              rows={3}
              spellCheck={false}
              placeholder="https://…/panic#?a=x86_64&v=6.15.0&z=2285…"
              value={pasted}
              onChange={(event) => setPasted(event.target.value)}
            />
          </label>
          {reading !== undefined && <Fields reading={reading} />}
          {reading?.problem !== undefined && (
            <p className="panic-problem" role="alert">
              <Icon name="bang" /> {reading.problem}.{' '}
              {reading.text === '' ? 'Nothing could be read.' : 'What is shown is what could be read before that.'}
            </p>
          )}
        </div>
      </section>
      <section className="faceplate log" aria-label="Kernel log of the panic">
        {reading === undefined ? (
          <Empty title={source.trim() === '' ? 'No panic code yet' : 'There is no panic code in this'}>
            Scan the code on a panic screen with a phone and open its address, or paste the address above. The digits
            are behind <code>z=</code> or <code>zl=</code>.
          </Empty>
        ) : (
          <Lines reading={reading} />
        )}
      </section>
    </main>
  );
};

const Fields = ({ reading }: { reading: PanicReading }): ReactElement => {
  const { address, parts } = reading;
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['Machine', address.machine],
    ['Kernel', address.release],
    ['Distribution', address.distribution],
    ['Encoding', address.encoding === 'z' ? 'z, 17 digits for 7 bytes' : 'zl, 4 digits for 13 bits'],
    ['Compressed', `${count(reading.streamBytes)} bytes`],
    ['Parts', parts.of > 1 ? `${parts.here.join(', ')} of ${parts.of}` : undefined],
  ];
  return (
    <dl className="panic-fields">
      {fields
        .filter(([, value]) => value !== undefined)
        .map(([label, value]) => (
          <div key={label}>
            <dt className="dim">{label}</dt>
            <dd className="mono">{value}</dd>
          </div>
        ))}
    </dl>
  );
};

const Lines = ({ reading: { text } }: { reading: PanicReading }): ReactElement => {
  const lines = linesOf(text);
  const levels = lines.some(({ level }) => level !== undefined);
  return (
    <>
      <header className="head">
        <h2>
          Kernel log<small>{`${count(lines.length)} lines${levels ? '' : '; this code carries no levels'}`}</small>
        </h2>
        <Button
          className="at-end"
          onClick={() => void navigator.clipboard?.writeText(text)}
          disabled={text === '' || !('clipboard' in navigator)}
        >
          Copy
        </Button>
        <a
          className="btn"
          download="panic.log"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(text.toWellFormed())}`}
        >
          <Icon name="download" /> Save
        </a>
      </header>
      <div
        className="panic-log"
        role="log"
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
        tabIndex={0}
      >
        <ol data-levels={levels}>
          {lines.map((line, number) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines never move
            <Line key={number} line={line} levels={levels} />
          ))}
        </ol>
      </div>
    </>
  );
};

const Line = ({ line, levels }: { line: PanicLine; levels: boolean }): ReactElement => (
  <li data-level={line.level}>
    <span className="dim">{line.time === undefined ? '' : `[${line.time}]`}</span>
    {levels && <span className="log-level">{line.level ?? ''}</span>}
    <span>{line.text}</span>
  </li>
);

/** A phone opens the next part in the same page by changing only what is behind the #. */
const watchAddress = (listener: () => void): (() => void) => {
  addEventListener('hashchange', listener);
  addEventListener('popstate', listener);
  return () => {
    removeEventListener('hashchange', listener);
    removeEventListener('popstate', listener);
  };
};
