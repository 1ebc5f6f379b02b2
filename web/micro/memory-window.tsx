/** A window on one of the core's memories: sixteen bytes a line, those that changed marked. */
import { type ReactElement, useState } from 'react';
import { MEMORY_SPACES, type MemorySpace, type MicroMemory } from '#bus/micro-view.ts';
import { Seg } from '../ui/button.tsx';
import { hex, hexByte } from '../ui/format.ts';
import { changedBytes } from './micro-words.ts';
import type { WindowPlace } from './use-micro.ts';

const WORDS: Readonly<
  Record<MemorySpace, { readonly label: string; readonly start: string; readonly example: string }>
> = {
  idata: { label: 'idata', start: '0', example: '' },
  sfr: { label: 'SFR', start: '80h', example: '' },
  xdata: { label: 'XDATA', start: '0700h', example: 'UC_STATUS, 0700h, 2000h' },
  code: { label: 'code', start: '0A00h', example: 'main, 0A00h' },
};
export const FIRST_WINDOW: WindowPlace = { space: 'xdata', at: WORDS.xdata.start };

export const MemoryWindow = (props: {
  readonly place: WindowPlace;
  readonly memory: MicroMemory | undefined;
  readonly before: MicroMemory | undefined;
  readonly refused: string | undefined;
  /** Where the stack ends, in idata. */
  readonly sp: number;
  readonly onPlace: (place: WindowPlace) => void;
}): ReactElement => {
  const { place, memory, before, refused, sp, onPlace } = props;
  const [typed, setTyped] = useState<string>();
  const named = place.space === 'xdata' || place.space === 'code';
  const same = before !== undefined && before.space === memory?.space && before.at === memory.at;
  const changed = changedBytes(same ? before.bytes : undefined, memory?.bytes ?? []);
  const go = (): void => {
    if (typed !== undefined && typed.trim() !== '') onPlace({ space: place.space, at: typed.trim() });
    setTyped(undefined);
  };
  return (
    <section className="faceplate memory" aria-label="Memory of the 8051">
      <header className="head">
        <h2>Memory</h2>
        <Seg
          label="Which memory"
          value={place.space}
          choices={MEMORY_SPACES.map((value) => ({ value, label: WORDS[value].label }))}
          onChange={(space) => {
            setTyped(undefined);
            onPlace({ space, at: WORDS[space].start });
          }}
        />
        {named && (
          <form
            className="at-end memory-at"
            onSubmit={(event) => {
              event.preventDefault();
              go();
            }}
          >
            <input
              className="field"
              aria-label="From which address"
              aria-invalid={refused !== undefined}
              title={`As ${WORDS[place.space].example}; Enter goes there`}
              value={typed ?? place.at}
              spellCheck={false}
              onChange={(event) => setTyped(event.target.value)}
              onBlur={go}
            />
          </form>
        )}
      </header>
      {refused !== undefined && (
        <p className="refused memory-refused" role="alert">
          {refused}
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <div className="hex-dump" role="img" tabIndex={0} aria-label={`${WORDS[place.space].label} from ${place.at}`}>
        {rows(memory).map(({ at, bytes, offset }) => (
          <div key={at}>
            <span className="dim">{hex(at)}</span>
            <span className="hex-bytes">
              {bytes.map((byte, i) => (
                <span
                  // biome-ignore lint/suspicious/noArrayIndexKey: the address is what the byte is
                  key={at + i}
                  className="byte"
                  data-changed={changed.has(offset + i) || undefined}
                  data-zero={byte === 0 || undefined}
                  data-stack={(place.space === 'idata' && at + i === sp) || undefined}
                >
                  {hexByte(byte)}
                </span>
              ))}
            </span>
            <span className="hex-text dim">{bytes.map(character).join('')}</span>
          </div>
        ))}
      </div>
    </section>
  );
};

const rows = (memory: MicroMemory | undefined) =>
  Array.from({ length: Math.ceil((memory?.bytes.length ?? 0) / 16) }, (_, row) => ({
    at: (memory?.at ?? 0) + 16 * row,
    offset: 16 * row,
    bytes: memory?.bytes.slice(16 * row, 16 * row + 16) ?? [],
  }));

const character = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·');
