/** The panic of a display: what is ready before, and afterwards the code on the screen, read back in this page. */
import { type ReactElement, useEffect, useState } from 'react';
import type { DeviceView } from '#bus/api.ts';
import { decodePanic, linesOf } from '../panic-decoder/decode.ts';
import { withKeptParts } from '../panic-decoder/kept-parts.ts';
import { Link } from '../shell/link.tsx';
import { useLab } from '../store/lab-state.ts';
import { Icon } from '../ui/icon.tsx';
import type { LivePicture } from './live-picture.ts';
import { PanicButton } from './panic-button.tsx';
import type { PanicLogged } from './panic-log.ts';
import { type QrFound, readQr } from './qr-read.ts';

export const PanicCard = (props: {
  readonly device: DeviceView;
  readonly picture: LivePicture | null;
  readonly said: string | null;
  readonly log: PanicLogged | null;
}): ReactElement => {
  const { device, picture, said, log } = props;
  return (
    <section className="faceplate panic-card" data-panicked={said !== null || undefined} aria-label="Panic screen">
      <header className="head">
        <h2>Panic screen</h2>
        {said === null ? (
          <>
            <span className="mid">{device.owner === null ? 'no driver, no panic' : 'armed'}</span>
            <span className="at-end">
              <PanicButton device={device} words="Panic with a text…" />
            </span>
          </>
        ) : (
          <b className="bad panic-said">{said}</b>
        )}
      </header>
      {said === null ? <Armed device={device} /> : <Drawn picture={picture} log={log} />}
    </section>
  );
};

const Armed = ({ device }: { device: DeviceView }): ReactElement => {
  const module = useLab((state) =>
    state.modules.find((one) => one.device === device.name && one.module === device.owner?.module),
  );
  const screen = String(module?.params.panic_screen ?? '');
  return (
    <p className="panic-words mid">
      {screen === '' ? (
        'An error the driver does not catch, this button or a scenario ends in a panic screen.'
      ) : (
        <>
          Shows <code>{screen}</code> when the driver panics: by an error it does not catch, by this button, or by a
          scenario.
        </>
      )}{' '}
      <Link className="text-link" to="/panic">
        Open the decoder
      </Link>
    </p>
  );
};

const Drawn = ({ picture, log }: { picture: LivePicture | null; log: PanicLogged | null }): ReactElement => {
  const codes = useCodes(picture);
  const [code] = codes;
  const parts = codes.map(({ text }) => text);
  const reading = code === undefined ? undefined : decodePanic(parts.join('\n'));
  const text = reading?.text ?? code?.text ?? '';
  return (
    <div className="panic-drawn">
      {log !== null && log.report !== '' && <p className="mid">{log.report}</p>}
      {code === undefined ? (
        <p className="dim">
          No code is on the screen, or it is not there yet: what is shown is the screen <code>user</code> or{' '}
          <code>kmsg</code>.
        </p>
      ) : (
        <>
          <dl className="particulars">
            <dt>code</dt>
            <dd className="mono">
              V{code.version}, {code.scale} px a module, at {code.x},{code.y}
            </dd>
            <dt>holds</dt>
            <dd>
              {reading === undefined
                ? `plain text, ${text.length} characters`
                : `${reading.address.encoding}=, ${reading.address.digits.length} digits`}
              {reading !== undefined &&
                reading.parts.of > 1 &&
                `, parts ${reading.parts.here.join(', ')} of ${reading.parts.of}`}
            </dd>
          </dl>
          <p className={reading?.problem === undefined ? 'ok panic-reads' : 'caution panic-reads'}>
            <Icon name={reading?.problem === undefined ? 'check' : 'bang'} />
            {reading?.problem ?? 'read back off the pixels on this page'}
            {reading !== undefined && (
              <a className="btn at-end" href={decoderPath(parts)} onClick={() => keepAll(parts)}>
                Open in the decoder
              </a>
            )}
          </p>
          <ol className="panic-lines mono">
            {linesOf(text).map((line, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines never move
              <li key={i} data-level={line.level}>
                {line.time !== undefined && <span className="dim">[{line.time}] </span>}
                {line.text}
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
};

/** This page's own decoder, with the fields of the code: the address in the code may be anywhere. */
export const decoderPath = (texts: readonly string[]): string => {
  const [text = ''] = texts;
  return `/panic#${text.slice(text.lastIndexOf('?'))}`;
};

/** The decoder opens one address; it finds the other parts where it keeps them. */
const keepAll = (texts: readonly string[]): void => {
  for (const text of texts) withKeptParts(text);
};

const MOST_CODES = 16;
const SETTLE_MS = 200;

/** The codes seen on the screen, in the order they came: more than one when they are shown in turn. */
const useCodes = (picture: LivePicture | null): readonly QrFound[] => {
  const [codes, setCodes] = useState<readonly QrFound[]>([]);
  useEffect(() => {
    if (picture === null) return;
    let due: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      due = undefined;
      const pixels = picture.pixels(0, 0, picture.canvas.width, picture.canvas.height);
      const found = pixels === null ? undefined : readQr(pixels);
      if (found === undefined) return;
      setCodes((known) =>
        known.some(({ text }) => text === found.text) ? known : [...known, found].slice(-MOST_CODES),
      );
    };
    const wake = (): void => {
      due ??= setTimeout(look, SETTLE_MS); // the parts of one picture come one after the other
    };
    wake();
    const deaf = picture.subscribe(wake);
    return () => {
      deaf();
      clearTimeout(due);
    };
  }, [picture]);
  return codes;
};
